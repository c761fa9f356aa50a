"""The server's side of a Realtime session: strict, and in the order of live ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modeldeck._wire.acts import Close, Send, Stop
from modeldeck.providers.openai.wire import realtime
from modeldeck.providers.openai.wire.realtime import RealtimeClient, RealtimeServer, Respond, session
from modeldeck.tts.hook import Audio
from tests.wire.openai import golden

VOICES = ("alloy", "cedar")


def server() -> RealtimeServer:
    made = RealtimeServer("gpt-realtime", VOICES)
    made.opening()
    return made


def said(acts: list[realtime.Act]) -> list[dict[str, Any]]:
    return [json.loads(act.frame) for act in acts if isinstance(act, Send)]


def create(**response: Any) -> str:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
    return json.dumps({"type": "response.create", "response": {"conversation": "none", "input": [item], **response}})


def update(**settings: Any) -> str:
    return json.dumps({"type": "session.update", "session": {"type": "realtime", **settings}})


def respond(one: RealtimeServer, frame: str) -> realtime.Response:
    (act,) = one.receive(frame)
    assert isinstance(act, Respond)
    return act.response


def whole(response: realtime.Response) -> list[str]:
    return [*response.begin(), response.delta("AAABAAIA"), *response.end(), response.done(1.0), realtime.rate_limits()]


def test_what_the_sdk_sends_is_understood() -> None:
    one = server()
    (updated,) = said(one.receive(golden.SDK_UPDATE))
    assert updated["type"] == "session.updated"
    assert updated["session"]["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "voice": "cedar",
        "speed": 1.25,
    }
    response = respond(one, golden.SDK_CREATE)
    assert (response.text, response.speed, response.conversation) == ("床前明月光。It shines!", 1.25, None)


def test_the_order_of_events() -> None:
    types = [json.loads(frame)["type"] for frame in whole(respond(server(), create(conversation="auto")))]
    assert [name for name in types if name != "conversation.item.done"] == golden.ORDER
    outside = [json.loads(frame)["type"] for frame in whole(respond(server(), create()))]
    assert outside == [name for name in golden.ORDER if not name.startswith("conversation.")]


@pytest.mark.parametrize("name", [name for name in golden.ORDER if name.startswith("response.")])
def test_its_events_have_what_live_ones_have(name: str) -> None:
    frames = {json.loads(frame)["type"]: json.loads(frame) for frame in whole(respond(server(), create()))}
    live = json.loads(golden.LIVE[name])
    assert set(live) <= set(frames[name])
    for part in ("response", "item", "part"):
        assert set(live.get(part, ())) <= set(frames[name].get(part, ()))


def test_our_client_understands_it() -> None:
    one, client = RealtimeServer("gpt-realtime", VOICES), RealtimeClient(session({"voice": "cedar"}))
    for act in (*one.opening(), *one.receive(client.due() or "")):
        assert isinstance(act, Send)
        client.receive(act.frame)
    assert client.ready
    response = respond(one, client.speak("Hello."))
    events = [event for frame in whole(response) for event in client.receive(frame)]
    assert sum(isinstance(event, Audio) for event in events) == 1
    assert (client.ready, client.ignored) == (True, 0)


def test_one_response_at_a_time() -> None:
    one = server()
    first = respond(one, create())
    (refused,) = said(one.receive(create()))
    assert refused["error"]["code"] == "conversation_already_has_active_response"
    one.over(first)
    respond(one, create())


def test_a_cancel_names_what_is_outside_of_the_conversation() -> None:
    one = server()
    response = respond(one, create())
    for frame in ('{"type":"response.cancel"}', '{"type":"response.cancel","response_id":"resp_other"}'):
        (refused,) = said(one.receive(frame))
        assert refused["error"]["code"] == "response_cancel_not_active"
    assert one.receive(json.dumps({"type": "response.cancel", "response_id": response.id})) == [Stop()]
    one.over(response)
    (refused,) = said(one.receive(json.dumps({"type": "response.cancel", "response_id": response.id})))
    assert refused["error"]["code"] == "response_cancel_not_active"


def test_a_cancel_in_the_conversation() -> None:
    one = server()
    respond(one, create(conversation="auto"))
    assert one.receive('{"type":"response.cancel"}') == [Stop()]


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ("not json", "invalid_json", None),
        (b"\x00", "invalid_event", None),
        ('{"type":"nope"}', "invalid_value", "type"),
        ('{"type":"input_audio_buffer.append","audio":""}', "invalid_value", "type"),
        ('{"type":"session.update","session":{}}', "missing_required_parameter", "session.type"),
        (update(bogus_field=1), "unknown_parameter", "session.bogus_field"),
        (update(audio={"output": {"pitch": 1}}), "unknown_parameter", "session.audio.output.pitch"),
        (update(audio={"output": {"voice": "nobody"}}), "invalid_value", "session.audio.output.voice"),
        (update(audio={"output": {"speed": 2}}), "decimal_out_of_range", "session.audio.output.speed"),
        (update(output_modalities=["text"]), "invalid_value", "session.output_modalities"),
        (
            update(audio={"output": {"format": {"type": "audio/mpeg"}}}),
            "invalid_value",
            "session.audio.output.format.type",
        ),
        (create(bogus=1), "unknown_parameter", "response.bogus"),
        ('{"type":"conversation.item.create","item":{"type":"message"}}', "invalid_value", "item"),
    ],
)
def test_what_it_refuses(frame: str | bytes, code: str, param: str | None) -> None:
    (act,) = server().receive(frame)
    assert isinstance(act, Send)
    assert act.error
    error = json.loads(act.frame)["error"]
    assert (error["code"], error["param"]) == (code, param)
    live = json.loads(golden.LIVE_ERRORS["unknown_parameter"])
    assert set(json.loads(act.frame)) == set(live)
    assert set(error) == set(live["error"])


def test_the_voice_stays_once_it_was_heard() -> None:
    one = server()
    one.over(respond(one, create()))
    (refused,) = said(one.receive(update(audio={"output": {"voice": "cedar"}})))
    assert refused["error"]["code"] == "cannot_update_voice"
    (updated,) = said(one.receive(update(audio={"output": {"voice": "alloy"}})))
    assert updated["type"] == "session.updated"


@pytest.mark.parametrize(
    ("model", "voices", "problem", "code", "close"),
    [
        ("gpt-realtime", VOICES, "missing", None, 3000),
        ("gpt-realtime", VOICES, "invalid", "invalid_api_key", 3000),
        ("", None, None, "missing_model", 4000),
        ("gpt-nope", None, None, "invalid_model", 4000),
    ],
)
def test_refusals_come_after_the_handshake(
    model: str, voices: tuple[str, ...] | None, problem: str | None, code: str | None, close: int
) -> None:
    told, end = RealtimeServer(model, voices).opening(problem)
    assert isinstance(told, Send)
    assert json.loads(told.frame)["error"]["code"] == code
    assert end == Close(close, f"invalid_request_error.{code}" if code else "invalid_request_error")


def test_what_was_said_in_the_conversation_is_answered() -> None:
    one = server()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "One."}]}
    added, kept = said(one.receive(json.dumps({"type": "conversation.item.create", "item": item})))
    assert (added["type"], kept["type"]) == ("conversation.item.added", "conversation.item.done")
    assert respond(one, '{"type":"response.create"}').text == "One."
