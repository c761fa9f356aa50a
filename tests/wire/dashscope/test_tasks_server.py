"""The run-task protocol, the server's side, and both sides together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._wire.acts import End, Speak, Stop
from modeldeck.providers.dashscope.wire import tasks
from modeldeck.providers.dashscope.wire.characters import counted
from modeldeck.providers.dashscope.wire.facts import Facts
from modeldeck.tts.hook import Audio, UtteranceEnd
from modeldeck.tts.response import TTSUsage, WordTiming
from tests.wire.dashscope import golden

MODELS = {
    "cosyvoice-v3-flash": Facts(voices=("longanyang", "longhuhu_v3", "longtian_v3"), made_voices=True),
    "cosyvoice-v1": Facts(voices=("longxiaochun",), formats=("mp3", "wav", "pcm"), ssml=False, instructions=False),
    "sambert-zhichu-v1": Facts(),
}
MADE, HAPPY = "cosyvoice-v3-flash-mine-1a2b", "你说话的情感是happy。"


def server(run: str = golden.SDK_RUN) -> tasks.TaskServer:
    one = tasks.TaskServer(MODELS.get)
    (begin,) = one.receive(run, 0.0)
    assert isinstance(begin, tasks.Begin)
    return one


def failed(acts: list[tasks.Act]) -> tuple[str, str]:
    (fail,) = acts
    assert isinstance(fail, tasks.Fail)
    header = json.loads(fail.frame)["header"]
    assert header["event"] == "task-failed"
    return header["error_code"], header["error_message"]


def run(model: str = "cosyvoice-v3-flash", payload: dict[str, Any] | None = None, **settings: Any) -> str:
    frame = json.loads(golden.SDK_RUN_DEFAULTS)
    frame["payload"]["model"] = model
    frame["payload"]["parameters"] = {"voice": "longanyang", "text_type": "PlainText", **settings}
    frame["payload"].update(payload or {})
    return json.dumps({**frame, "payload": {key: value for key, value in frame["payload"].items() if value is not ...}})


def text(content: str) -> str:
    return json.dumps(
        {"header": {"action": "continue-task", "task_id": "bdbb"}, "payload": {"input": {"text": content}}}
    )


def test_server_takes_what_the_sdk_sends() -> None:
    one = server()
    assert one.task is not None
    assert (one.task.format, one.task.sample_rate, one.task.rate, one.task.words) == ("opus", 24000, 1.1, True)
    assert one.receive(golden.SDK_TASK["text"], 0.0) == []
    assert one.receive(golden.SDK_TASK["flush"], 0.0) == [Speak("今天")]
    assert one.receive(golden.SDK_TASK["finish"], 0.0) == [End()]
    defaults = server(golden.SDK_RUN_DEFAULTS).task
    assert defaults is not None
    assert (defaults.format, defaults.sample_rate, defaults.ssml) == ("mp3", 22050, True)
    one = tasks.TaskServer(MODELS.get)
    begin, speak, end = one.receive(golden.SDK_SAMBERT, 0.0)
    assert isinstance(begin, tasks.Begin)
    assert (begin.task.format, begin.task.sample_rate) == ("wav", 16000)
    assert (speak, end) == (Speak("你好"), End())


def test_server_frames_have_the_golden_shape() -> None:
    one = server(golden.SDK_RUN)
    word = WordTiming("床", 0.0, 0.263, 0, 1)
    frames = [one.started(), *one.begin("床前明"), *one.synthesis(), *one.end("床前明", [word], 0.0, 1.0)]
    golden_frames = [
        golden.DOC_TASK[name].replace("床前明月光，", "床前明") for name in ("started", "begin", "synthesis", "end")
    ]
    assert [json.loads(frame) for frame in frames] == [json.loads(frame) for frame in golden_frames]
    finished = json.loads(one.finished())
    assert finished["payload"] == {"usage": {"characters": 6}}
    assert finished["header"]["event"] == "task-finished"
    other = server()
    frame = other.failure("InvalidParameter", "[tts:]Engine return error code: 418")
    assert json.loads(frame) == json.loads(golden.DOC_TASK["failed"])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (run(payload={"model": ...}), "Missing required parameter 'payload.model'! Please follow the protocol!"),
        (run(payload={"input": ...}), "task can not be null"),
        (run(voice="nobody"), "[tts:]Engine return error code: 418"),
        (run("cosyvoice-v1", voice="longanyang"), "[tts:]Engine return error code: 418"),
        (run(voice=""), "Request voice is invalid!"),
        (run(text_type=None), "Missing required parameter 'payload.parameters.text_type'! Please follow the protocol!"),
        (run(voice=MADE, instruction="很" * 51), "[tts:]Engine return error code: 428"),
        (run(instruction="Speak calmly."), "[tts:]Engine return error code: 428"),
        (run(instruction="你说话的情感是happy"), "[tts:]Engine return error code: 428"),
        (run(instruction="你正在进行课堂教学，你说话的情感是happy。"), "[tts:]Engine return error code: 428"),
        (run(voice="longtian_v3", instruction=HAPPY), "[tts:]Engine return error code: 428"),
        (run("cosyvoice-v1", voice="longxiaochun", instruction=HAPPY), "[tts:]Engine return error code: 428"),
        (run("sambert-zhichu-v1"), "Request text is invalid!"),
    ],
)
def test_server_refuses_a_task(frame: str, message: str) -> None:
    assert failed(tasks.TaskServer(MODELS.get).receive(frame, 0.0)) == ("InvalidParameter", message)


@pytest.mark.parametrize(
    ("voice", "instruction"),
    [
        (MADE, "Speak calmly."),
        ("longanyang", HAPPY),
        ("longanyang", "你正在进行新闻播报，你说话的情感是neutral。"),
        ("longanyang", "你正在以一个故事机的身份说话，你说话的情感是sad。"),
        ("longhuhu_v3", "你说话的角色是机器人，你说话的情感是neutral。"),
    ],
)
def test_server_takes_an_instruction(voice: str, instruction: str) -> None:
    task = server(run(voice=voice, instruction=instruction)).task
    assert task is not None


@pytest.mark.parametrize(
    "settings",
    [
        {"format": "flac"},
        {"sample_rate": 12345},
        {"volume": 101},
        {"rate": 0.4},
        {"pitch": 2.1},
        {"bit_rate": 5},
        {"seed": 65536},
        {"seed": 1.0},
        {"enable_ssml": "yes"},
        {"language_hints": "zh"},
        {"language_hints": ["tlh", "zh"]},
        {"text_type": "Plain"},
        {"hot_fix": []},
    ],
)
def test_server_refuses_settings(settings: dict[str, Any]) -> None:
    code, message = failed(tasks.TaskServer(MODELS.get).receive(run(**settings), 0.0))
    assert code == "InvalidParameter"
    assert next(iter(settings)) in message


def test_server_formats_are_the_models() -> None:
    assert failed(tasks.TaskServer(MODELS.get).receive(run("cosyvoice-v1", voice="longxiaochun", format="opus"), 0.0))
    assert failed(tasks.TaskServer(MODELS.get).receive(run("qwen3-tts-flash-realtime"), 0.0))[0] == "ModelNotFound"


def test_server_takes_made_voices() -> None:
    server(run(voice="cosyvoice-v3-flash-mine-0a1b2c"))


@pytest.mark.parametrize(
    "frames",
    [
        [golden.SDK_TASK["text"]],
        [golden.SDK_TASK["finish"]],
        [golden.SDK_RUN, golden.SDK_RUN],
        [golden.SDK_RUN, golden.SDK_TASK["text"].replace("bdbb", "other")],
        [golden.SDK_RUN, golden.SDK_TASK["finish"]],
        [golden.SDK_RUN, golden.SDK_TASK["text"], golden.SDK_TASK["finish"], golden.SDK_TASK["text"]],
        [golden.SDK_RUN, text("x" * 20_001)],
        [golden.SDK_RUN, *[text("字" * 10_000)] * 10, text("x")],
        [golden.SDK_RUN_DEFAULTS, text("a"), text("b")],
        [golden.SDK_RUN, '{"header":{"action":"continue-task","task_id":"bdbb"},"payload":{"input":{}}}'],
    ],
)
def test_server_refuses_what_comes_at_the_wrong_time(frames: list[str]) -> None:
    one = tasks.TaskServer(MODELS.get)
    for frame in frames[:-1]:
        assert not any(isinstance(act, tasks.Fail) for act in one.receive(frame, 0.0))
    assert failed(one.receive(frames[-1], 0.0))[0] == "InvalidParameter"
    assert one.due is None


def test_server_reads_ssml_in_one_piece() -> None:
    assert server(golden.SDK_RUN_DEFAULTS).receive(text("<speak>a <b/>b.</speak>"), 0.0) == [Speak("a b.")]
    old = server(run("cosyvoice-v1", voice="longxiaochun", enable_ssml=True))
    assert failed(old.receive(text("<speak>a</speak>"), 0.0))[1] == "SSML text is not supported at the moment!"


def test_server_closes_on_garbage() -> None:
    assert tasks.TaskServer(MODELS.get).receive("{", 0.0) == [tasks.Fail("", 1007, "Invalid payload data")]
    assert tasks.TaskServer(MODELS.get).receive(b"\x00", 0.0) == [tasks.Fail("", 1007, "Invalid payload data")]


def test_server_waits_23_seconds_for_the_client() -> None:
    one = server()
    assert one.due == 23.0
    one.receive(golden.SDK_TASK["text"], 20.0)
    assert one.due == 43.0
    assert failed(one.overdue()) == ("CLIENT_ERROR", "request timeout after 23 seconds.")
    one = server()
    one.receive(golden.SDK_TASK["text"], 20.0)
    one.receive(golden.SDK_TASK["finish"], 21.0)
    assert one.due is None
    assert tasks.TaskServer(MODELS.get).due is None


def test_server_holds_what_is_incomplete_and_breaks_off_on_command() -> None:
    one = server()
    assert one.receive(text("a. b"), 0.0) == [Speak("a.")]
    assert one.receive(golden.SDK_TASK["cancel"], 0.0) == [Stop(), End()]
    one.finished()
    assert isinstance(one.receive(golden.SDK_RUN, 0.0)[0], tasks.Begin)
    assert one.receive(text("c."), 0.0) == [Speak("c.")]


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8), st.booleans())
def test_both_sides_together(texts: list[str], flushed: bool) -> None:
    """Every character is spoken once and in order, and each word is found where it was sent."""
    ours = tasks.TaskClient("cosyvoice-v3-flash", {"voice": "longanyang", "word_timestamp_enabled": True})
    theirs = tasks.TaskServer(MODELS.get)
    heard, events = b"", list[Any]()

    def answer(frame: str) -> None:
        nonlocal heard
        for act in theirs.receive(frame, 0.0):
            back: list[str | bytes] = []
            match act:
                case tasks.Begin():
                    back = [theirs.started()]
                case Speak():
                    word = WordTiming(act.text, 0.0, 1.0, 0, len(act.text))
                    data = act.text.encode("utf-8", "surrogatepass")
                    back = [*theirs.begin(act.text), *theirs.synthesis(), data, *theirs.end(act.text, [word], 0, 1)]
                case End():
                    back = [theirs.finished()]
                case _:
                    raise AssertionError(act)
            for one in (one for frame in back for one in ours.receive(frame)):
                heard += one.data if isinstance(one, Audio) else b""
                events.append(one)

    answer(ours.run())
    for piece in texts:
        for frame in ours.text(piece):
            answer(frame)
        if flushed:
            answer(ours.flush())
    answer(ours.finish())
    whole = "".join(texts)
    assert heard.decode("utf-8", "surrogatepass") == whole
    assert events[-2:] == [TTSUsage(characters=counted(whole)), UtteranceEnd()]
    for one in events:
        if isinstance(one, WordTiming):
            assert one.begin_index is not None
            assert whole[one.begin_index : one.end_index] == one.text
    assert (ours.state, ours.ignored) == ("idle", 0)
