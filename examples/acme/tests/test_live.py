"""Text as it is written, without sockets: what either side of the wire says, the other understands."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from modeldeck.errors import ProtocolError, ProviderError
from modeldeck.kit import Audio, Cleared, Close, End, Identity, Send, Speak, TTSUsage, UtteranceEnd

from acme_modeldeck import wire

SAMPLES = bytes(range(8))
PCM = b64encode(SAMPLES).decode()


def answers(server: wire.LiveServer, *frames: str) -> list[Any]:
    return [act for frame in frames for act in server.receive(frame)]


def opened(**settings: Any) -> tuple[wire.LiveClient, wire.LiveServer]:
    client, server = wire.LiveClient(settings), wire.LiveServer(["ann"])
    (act,) = answers(server, *client.begin())
    assert isinstance(act, Send)
    assert not client.ready
    (known,) = client.receive(act.frame)
    assert isinstance(known, Identity)
    assert client.ready
    return client, server


def test_a_conversation() -> None:
    client, server = opened(voice="ann")
    assert answers(server, *client.text("Hello. How")) == [Speak("Hello. ")]
    assert answers(server, *client.text(" are"), *client.commit()) == [Speak("How are")]
    (dropped,) = answers(server, *client.text(" you"), *client.clear())
    assert client.receive(dropped.frame) == [Cleared(4)]
    assert answers(server, *client.text("?"), *client.flush()) == [Speak("?"), End()]
    assert client.receive(server.audio(PCM)) == [Audio(SAMPLES, wire.FORMAT)]
    assert client.receive(server.finished()) == [TTSUsage(characters=15), UtteranceEnd()]


@pytest.mark.parametrize("frame", ["{#}", '{"op": "sing"}', '{"op": "say"}', '{"op": "open"}'])
def test_the_server_s_side_closes_on_nonsense(frame: str) -> None:
    client, server = opened()
    said, close = answers(server, frame)
    assert isinstance(close, Close)
    with pytest.raises(ProviderError):
        client.receive(said.frame)


def test_a_setting_that_is_wrong() -> None:
    assert isinstance(answers(wire.LiveServer(["ann"]), *wire.LiveClient({"voice": "bob"}).begin())[-1], Close)


def test_audio_out_of_order_is_an_error() -> None:
    client, server = opened()
    server.audio(PCM)
    with pytest.raises(ProtocolError, match="in the place of 0"):
        client.receive(server.audio(PCM))


def test_messages_that_are_new_are_ignored() -> None:
    client, _ = opened()
    assert client.receive('{"ev": "weather"}') == []
    assert client.ignored == 1
