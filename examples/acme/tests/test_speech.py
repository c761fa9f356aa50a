"""A text over HTTP, without sockets: what either side of the wire says, the other understands."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from modeldeck.errors import ConnectionFailedError, ProtocolError, ProviderError, RateLimitError
from modeldeck.kit import Audio, Refused, TTSUsage, Wanted

from acme_modeldeck import wire

VOICES = {"loud-1": ["ann", "bob"]}
SAMPLES = bytes(range(8))
PCM = b64encode(SAMPLES).decode()


def said(*chunks: str, characters: int = 0) -> bytes:
    server = wire.SpeechServer()
    asked(server, text="x" * characters)
    return "".join([*map(server.audio, chunks), server.end(1.0)]).encode()


def asked(server: wire.SpeechServer, **wish: Any) -> Wanted | Refused:
    body = wire.body("loud-1", **{"text": "Hello.", "parameters": {}, **wish})
    return server.asked(json.dumps(body).encode(), VOICES.get)


def heard(data: bytes, step: int) -> list[Any]:
    answer = wire.SpeechAnswer({})
    told = [event for at in range(0, len(data), step) for event in answer.feed(data[at : at + step])]
    return [*told, *answer.end()]


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_an_answer_may_be_cut_anywhere(step: int) -> None:
    told = heard(said(PCM, PCM, characters=9), step)
    assert told == [Audio(SAMPLES, wire.FORMAT), Audio(SAMPLES, wire.FORMAT), TTSUsage(characters=9)]


def test_what_it_does_not_know_is_ignored() -> None:
    news = b'event: weather\ndata: {"sun": true}\n\n'
    assert heard(news + said(PCM), 1000)[0] == Audio(SAMPLES, wire.FORMAT)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"event: audio\ndata: {#}\n\n", ProtocolError),
        (b'event: audio\ndata: {"seq": 1, "pcm": ""}\n\n', ProtocolError),
        (b'event: audio\ndata: {"seq": 0, "pcm": "AAA"}\n\n', ProtocolError),
        (b'event: problem\ndata: {"code": "too_fast", "detail": "slow down"}\n\n', RateLimitError),
        (b'event: end\ndata: {"characters": 1}\n\n', ProviderError),
        (b"", ConnectionFailedError),
    ],
    ids=["garbage", "order", "base64", "problem", "no audio", "broken off"],
)
def test_what_would_make_the_speech_wrong_is_an_error(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        heard(data, 1000)


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, None),
        ({"parameters": {"voice": "bob", "pace": 1.5}}, None),
        ({"extra": {"model": "loud-2"}}, 404),
        ({"text": ""}, 400),
        ({"parameters": {"voice": "eve"}}, 400),
        ({"parameters": {"pace": 3}}, 400),
    ],
)
def test_the_server_s_side_is_strict(wish: dict[str, Any], status: int | None) -> None:
    found = asked(wire.SpeechServer(), **wish)
    assert (found.status if isinstance(found, Refused) else None) == status
