"""Qwen-TTS realtime, the server's side, and both sides in one conversation."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._wire.acts import Close, End, Send, Speak, Stop
from modeldeck.providers.dashscope.wire import realtime
from modeldeck.providers.dashscope.wire.facts import Facts
from modeldeck.tts.hook import Audio, Cleared, UtteranceEnd
from tests.wire.dashscope import golden
from tests.wire.dashscope.helpers import DOC, SPOKEN, client

FACTS = Facts(voices=("Cherry",))


def server(facts: Facts | None = FACTS, **settings: Any) -> realtime.RealtimeServer:
    made = realtime.RealtimeServer("m", facts)
    assert not errors(made.receive(update(**settings)))
    return made


def update(**settings: Any) -> str:
    return realtime.RealtimeClient("m", {"voice": "Cherry", **settings}).update()


def errors(acts: list[realtime.Act]) -> list[Any]:
    return [json.loads(act.frame)["error"] for act in acts if isinstance(act, Send) and act.error]


@pytest.mark.parametrize("frame", [golden.SDK_REALTIME_DEFAULTS, golden.SDK_REALTIME_ALL])
def test_server_takes_what_the_sdk_sends(frame: str) -> None:
    one = realtime.RealtimeServer("qwen3-tts-flash-realtime", FACTS)
    (updated,) = one.receive(frame)
    assert isinstance(updated, Send)
    assert not updated.error
    echoed = json.loads(updated.frame)["session"]
    assert json.loads(frame)["session"].items() <= echoed.items()
    for name in ("append", "commit", "cancel", "clear", "finish"):
        assert not errors(one.receive(golden.SDK_REALTIME[name])), name


def test_server_frames_have_the_golden_shape() -> None:
    one = realtime.RealtimeServer("qwen3-tts-flash-realtime", FACTS)
    response = one.response("x" * 25)
    frames = [act.frame for act in one.opening() if isinstance(act, Send)]
    frames += [*response.begin(), response.delta("AAABAAIA"), *response.end(1.0), one.finished()]
    names = ["session.created", "response.created", *SPOKEN, "response.done", "session.finished"]
    assert [shape(frame) for frame in frames] == [shape(DOC[name]) for name in names]


def shape(frame: str) -> Any:
    def blank(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: ... if key.endswith("id") and key != "conversation_id" else blank(inner)
                for key, inner in value.items()
            }
        return [blank(inner) for inner in value] if isinstance(value, list) else value

    return blank(json.loads(frame))


def test_server_says_nothing_about_a_model_it_does_not_have() -> None:
    created, close = realtime.RealtimeServer("m", None).opening()
    assert isinstance(created, Send)
    assert close == Close(1000, "")
    assert len(realtime.RealtimeServer("m", None, deaf=True).opening()) == 1
    assert realtime.RealtimeServer("m", None, deaf=True).receive("{") == []


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"mode": "x"}, "session.mode"),
        ({"format": "flac"}, "session.response_format"),
        ({"sample_rate": 12345}, "session.sample_rate"),
        ({"speech_rate": 2.1}, "session.speech_rate"),
        ({"pitch_rate": 0.4}, "session.pitch_rate"),
        ({"volume": 101}, "session.volume"),
        ({"volume": 1.5}, "session.volume"),
        ({"volume": True}, "session.volume"),
        ({"bit_rate": 5}, "session.bit_rate"),
        ({"language_type": "chinese"}, "session.language_type"),
        ({"enable_tn": 1}, "session.enable_tn"),
        ({"instructions": "词" * 1601}, "session.instructions"),
    ],
)
def test_server_refuses_settings(settings: dict[str, Any], param: str) -> None:
    (error,) = errors(realtime.RealtimeServer("m", FACTS).receive(update(**settings)))
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "invalid_value", param)


def test_server_refuses_voices() -> None:
    (error,) = errors(realtime.RealtimeServer("m", FACTS).receive(update(voice="xxx")))
    assert error == {"code": "invalid_value", "message": "The requested voice 'xxx' is not supported."}
    clones = realtime.RealtimeServer("m", Facts(made_voices=True))
    (error,) = errors(clones.receive(update()))
    assert error == {"code": "CLIENT_ERROR", "message": "[qwen-tts:]Engine return error code: 411"}
    assert not errors(clones.receive(update(voice="qwen-tts-vc-guanyu-voice-20250812105009984-838b")))


TOO_LATE = "Session update error: session already started or finished or failed."


def test_server_takes_settings_before_text_only() -> None:
    one = server()
    assert not errors(one.receive(update(volume=3)))
    one.receive(client().append("x"))
    (error,) = errors(one.receive(update()))
    assert error["message"] == TOO_LATE


def test_server_takes_nothing_after_finish() -> None:
    one = server()
    one.receive(client().finish())
    for frame in (client().append("x"), client().commit(), client().finish(), update()):
        assert errors(one.receive(frame))


def test_server_needs_an_event_id_of_its_own_for_each_event() -> None:
    one = server()
    frame = client().append("x")
    assert not errors(one.receive(frame))
    assert errors(one.receive(frame))
    assert errors(one.receive('{"type":"input_text_buffer.append","text":"x"}'))
    assert errors(one.receive('{"event_id":"new","type":"response.create"}'))
    assert one.receive("no JSON") == [Close(1007, "Invalid payload data")]


@pytest.mark.parametrize("mode", ["commit", "server_commit"])
def test_server_refuses_to_commit_nothing(mode: str) -> None:
    assert errors(server(mode=mode).receive(client().commit()))


def test_server_commits_by_itself_or_on_command() -> None:
    def acts(mode: str, *texts: str) -> list[Any]:
        one, ours = server(mode=mode), client(mode=mode)
        frames = [*(ours.append(text) for text in texts), ours.commit(), ours.append("z."), ours.finish()]
        return [
            act.text if isinstance(act, Speak) else act
            for frame in frames
            for act in one.receive(frame)
            if not isinstance(act, Send)
        ]

    assert acts("server_commit", "a. b", "? c") == ["a.", " b?", " c", "z.", End()]
    assert acts("commit", "a. b", "? c") == ["a. b? c", "z.", End()]


def test_server_clears_what_was_not_begun() -> None:
    one, ours = server(), client()
    assert [act for act in one.receive(ours.append("a. b")) if isinstance(act, Speak)] == [Speak("a.")]
    (cleared,) = one.receive(ours.clear())
    assert isinstance(cleared, Send)
    assert ours.receive(cleared.frame) == [Cleared(2)]
    assert one.receive(ours.finish()) == [End()]
    assert server().receive(golden.SDK_REALTIME["cancel"]) == [Stop()]


def test_tokens_of_the_old_models() -> None:
    response = realtime.RealtimeServer("m", Facts(tokens=True)).response("你好吗")
    usage = json.loads(response.end(1.28)[-1])["response"]["usage"]
    assert usage == golden.DOC_LEGACY_USAGE


@given(st.sampled_from(["commit", "server_commit"]), st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_both_sides_together(mode: str, texts: list[str]) -> None:
    """Every character is spoken once and in order, however the text comes."""
    ours, theirs = client(mode=mode), server(mode=mode)
    frames = [ours.append(text) for text in texts]
    frames += [ours.commit()] if mode == "commit" else []
    heard, ended = b"", 0
    for act in (act for frame in (*frames, ours.finish()) for act in theirs.receive(frame)):
        match act:
            case Speak():
                response = theirs.response(act.text)
                data = base64.b64encode(act.text.encode("utf-8", "surrogatepass")).decode()
                back = [*response.begin(), response.delta(data), *response.end(1.0)]
            case Send():
                assert not act.error
                back = [act.frame]
            case _:
                back = [theirs.finished()]
        for event in (event for frame in back for event in ours.receive(frame)):
            heard += event.data if isinstance(event, Audio) else b""
            ended += isinstance(event, UtteranceEnd)
    assert heard.decode("utf-8", "surrogatepass") == "".join(texts)
    assert (ended, ours.ignored) == (1, 0)
