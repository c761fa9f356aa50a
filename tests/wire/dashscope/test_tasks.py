"""The run-task protocol: golden frames, what may be sent and come when, word timings, both sides together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    ConnectionFailedError,
    ModelDeckError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    UnsupportedError,
)
from modeldeck.providers.dashscope.wire import tasks
from modeldeck.providers.dashscope.wire.characters import counted
from modeldeck.tts.hook import Audio, Identity, SentenceBegin, UtteranceEnd
from modeldeck.tts.response import AudioFormat, SentenceTiming, TTSUsage, WordTiming
from tests.wire.dashscope import golden


def client(**parameters: Any) -> tasks.TaskClient:
    made = tasks.TaskClient("cosyvoice-v3-flash", {"voice": "longanyang", **parameters})
    made.run()
    made.receive(event(made, "task-started"))
    return made


def event(one: tasks.TaskClient, name: str, payload: Any = None, **header: Any) -> str:
    return json.dumps({"header": {"task_id": one.task_id, "event": name, **header}, "payload": payload or {}})


def own(one: tasks.TaskClient, frame: str) -> str:
    return frame.replace('"bdbb"', f'"{one.task_id}"')


# -- the client's side


def test_run_task_as_the_sdk_sends_it() -> None:
    ours = {
        "voice": "longanyang",
        "format": "opus",
        "sample_rate": 24000,
        "volume": 60,
        "rate": 1.1,
        "pitch": 0.9,
        "bit_rate": 32,
        "word_timestamp_enabled": True,
        "seed": 7,
        "language_hints": ["zh"],
        "instruction": "你说话的情感是happy。",
        "enable_aigc_tag": False,
        "hot_fix": {"pronunciation": [{"天气": "tian1 qi4"}]},
    }
    sent = tasks.TaskClient("cosyvoice-v3-flash", {**ours, "type": 0}).run()
    assert golden.same(sent, golden.SDK_RUN)


def test_other_frames_as_the_sdk_sends_them() -> None:
    one = client()
    sent = {"text": one.text("今天")[0], "flush": one.flush(), "finish": one.finish()}
    for name, frame in sent.items():
        assert golden.same(frame, golden.SDK_TASK[name]), name
    assert len({json.loads(frame)["header"]["task_id"] for frame in sent.values()}) == 1


def test_what_nobody_set_is_not_sent() -> None:
    payload = json.loads(tasks.TaskClient("m", {"voice": "v"}, {"parameters": {"seed": 2}, "x": 3}).run())["payload"]
    assert payload["parameters"] == {
        "voice": "v",
        "text_type": "PlainText",
        "sample_rate": 22050,
        "format": "mp3",
        "seed": 2,
        "x": 3,
    }


def test_sambert_as_the_sdk_sends_it() -> None:
    settings = {
        "volume": 50,
        "rate": 1.0,
        "pitch": 1.0,
        "word_timestamp_enabled": True,
        "phoneme_timestamp_enabled": True,
    }
    one = tasks.TaskClient("sambert-zhichu-v1", settings, duplex=False)
    sent, known = json.loads(one.run("你好")), json.loads(golden.SDK_SAMBERT)
    assert sent["payload"] == known["payload"]
    assert sent["header"] == {**known["header"], "task_id": one.task_id}


def test_golden_task() -> None:
    one = tasks.TaskClient("cosyvoice-v3-flash", {"voice": "x", "format": "pcm", "word_timestamp_enabled": True})
    one.run()
    assert not one.ready
    assert one.receive(own(one, golden.DOC_TASK["started"])) == [Identity(request_id=one.task_id)]
    assert one.ready
    one.text("床前明月光，")
    one.finish()
    assert one.receive(own(one, golden.DOC_TASK["begin"])) == [SentenceBegin()]
    assert one.receive(own(one, golden.DOC_TASK["synthesis"])) == []
    assert one.receive(b"\x00\x01") == [Audio(b"\x00\x01", AudioFormat("pcm_s16le", 22050))]
    word, sentence = WordTiming("床", 0.0, 0.263, 0, 1), SentenceTiming("床前明月光，", 0.0, 1 / 22050, 0, 6)
    assert one.receive(own(one, golden.DOC_TASK["end"])) == [word, sentence]
    assert one.receive(own(one, golden.DOC_TASK["finished"])) == [TTSUsage(characters=13), UtteranceEnd()]
    assert (one.state, one.ignored) == ("idle", 0)


def test_the_frames_of_older_models() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("x")
    one.finish()
    assert one.receive(own(one, golden.RECORDED_OLD_RESULT)) == []
    assert one.receive(b"ID3") == [Audio(b"ID3", AudioFormat("mp3", 22050))]
    assert one.receive(own(one, golden.RECORDED_OLD_FINISHED)) == [TTSUsage(characters=12), UtteranceEnd()]


def test_one_task_after_the_other() -> None:
    one, ids = client(), set[str | None]()
    for _ in range(3):
        if one.state == "idle":
            one.run()
            one.receive(event(one, "task-started"))
        ids.add(one.task_id)
        one.text("x")
        one.finish()
        assert one.receive(b"x")
        assert one.received == 1
        assert UtteranceEnd() in one.receive(event(one, "task-finished"))
    assert len(ids) == 3


STATES = ["idle", "starting", "running", "finishing", "failed"]


def in_state(state: str) -> tasks.TaskClient:
    one = tasks.TaskClient("m", {"voice": "v"})
    if state != "idle":
        one.run()
    if state in ("running", "finishing"):
        one.receive(event(one, "task-started"))
    if state == "finishing":
        one.finish()
    if state == "failed":
        with pytest.raises(ProviderError):
            one.receive(event(one, "task-failed", error_code="X", error_message="y"))
    assert one.state == state
    return one


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("run", ["idle"]),
        ("text", ["running"]),
        ("flush", ["running"]),
        ("finish", ["running"]),
    ],
)
def test_what_may_be_sent_when(state: str, action: str, allowed: list[str]) -> None:
    one = in_state(state)
    arguments = ["x"] if action == "text" else []
    if state in allowed:
        assert getattr(one, action)(*arguments)
    else:
        with pytest.raises(UnsupportedError, match=state):
            getattr(one, action)(*arguments)


@pytest.mark.parametrize("state", STATES)
def test_audio_belongs_to_a_running_task(state: str) -> None:
    one = in_state(state)
    if state in ("running", "finishing"):
        assert one.receive(b"x")
    else:
        with pytest.raises(ProtocolError, match="outside a task"):
            one.receive(b"x")


def test_task_failed_raises() -> None:
    one = client()
    with pytest.raises(ProviderError, match="418") as raised:
        one.receive(own(one, golden.DOC_TASK["failed"]))
    assert (raised.value.code, raised.value.request_id, raised.value.retryable) == (
        "InvalidParameter",
        one.task_id,
        False,
    )
    one = client()
    with pytest.raises(RateLimitError):
        one.receive(event(one, "task-failed", error_code="Throttling.RateQuota", error_message="slow down"))


@pytest.mark.parametrize("frame", ["", "{", "[1]"])
def test_what_is_no_json(frame: str) -> None:
    with pytest.raises(ProtocolError):
        client().receive(frame)


def test_unknown_and_old_frames_are_counted() -> None:
    one = client()
    frames = [event(one, "result-sparkled"), "{}", event(one, "task-started"), golden.DOC_TASK["finished"]]
    for frame in frames:
        assert one.receive(frame) == []
    assert (one.ignored, one.state) == (len(frames), "running")


def test_no_audio_is_an_error_when_there_was_text() -> None:
    one = client()
    one.text("x")
    one.finish()
    with pytest.raises(ProviderError, match="without any audio"):
        one.receive(event(one, "task-finished"))
    one = client()
    one.finish()
    assert one.receive(event(one, "task-finished")) == [UtteranceEnd()]


def test_a_close_before_the_end() -> None:
    one = client()
    one.receive(b"abc")
    assert one.closed(1000, "").request_id == one.task_id
    assert isinstance(one.closed(1000, ""), ConnectionFailedError)


@pytest.mark.parametrize("text", ["x" * 45_000, "字" * 25_000, "", "e\u0301" * 20_000])
def test_text_in_frames_that_the_service_takes(text: str) -> None:
    sent = [json.loads(frame)["payload"]["input"]["text"] for frame in client().text(text)]
    assert "".join(sent) == text
    assert all(counted(piece) <= tasks.FRAME_CHARACTERS for piece in sent)


@given(st.lists(st.one_of(st.text(), st.binary(), st.sampled_from(sorted(golden.DOC_TASK.values())))))
def test_any_frames_give_events_or_a_typed_error(frames: list[str | bytes]) -> None:
    one = client(word_timestamp_enabled=True)
    try:
        for frame in frames:
            one.receive(own(one, frame) if isinstance(frame, str) else frame)
    except ModelDeckError:
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["sentence", "words", "index", "begin_time", "text", "type"]), inner)
        ),
    )
)
def test_any_result_is_survived(output: Any) -> None:
    one = client(word_timestamp_enabled=True)
    one.text("x")
    one.receive(event(one, "result-generated", {"output": output, "usage": output}))


# -- word timings


def words(
    one: tasks.TaskClient, index: int | None, original: str | None, *told: tuple[Any, ...], **more: Any
) -> list[Any]:
    names = ("text", "begin_index", "end_index", "begin_time", "end_time")
    listed = [{name: value for name, value in zip(names, word, strict=True) if value is not None} for word in told]
    sentence: dict[str, Any] = {"words": listed, **more}
    if index is not None:
        sentence["index"] = index
    output = {"sentence": sentence, "original_text": original, "type": "sentence-end"}
    told = one.receive(event(one, "result-generated", {"output": output}))
    return [word for word in told if isinstance(word, WordTiming)]


def test_places_are_those_of_the_text_sent() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("Hi.  ")
    one.text("Hi.")
    assert words(one, 0, "Hi.", ("Hi", 0, 2, 0, 200)) == [WordTiming("Hi", 0.0, 0.2, 0, 2)]
    assert words(one, 1, "Hi.", ("Hi", 0, 2, 400, 600)) == [WordTiming("Hi", 0.4, 0.6, 5, 7)]


def test_times_that_begin_anew_with_each_sentence() -> None:
    one = client(word_timestamp_enabled=True, format="pcm", sample_rate=8000)
    one.text("A b. C.")
    words(one, 0, "A b.", ("A", 0, 1, 10, 200), ("b", 2, 3, 200, 900))
    one.receive(bytes(16000))
    one.receive(event(one, "result-generated", {"output": {"sentence": {"index": 1}, "original_text": "C."}}))
    one.receive(bytes(8000))
    assert words(one, 1, "C.", ("C", 0, 1, 20, 300)) == [WordTiming("C", 1.02, 1.3, 5, 6)]
    one = client(word_timestamp_enabled=True)
    one.text("A b. C.")
    words(one, 0, "A b.", ("A", 0, 1, 10, 200), ("b", 2, 3, 200, 900))
    assert words(one, 1, "C.", ("C", 0, 1, 20, 300)) == [WordTiming("C", 0.92, 1.2, 5, 6)]


def test_a_small_step_back_is_no_new_beginning() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("烫。行人")
    words(one, 0, "烫。", ("烫", 0, 1, 0, 18666))
    assert words(one, 1, "行人", ("行", 0, 1, 17882, 17971))[0].start == 17.882


def test_each_word_is_told_once() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("A b.")
    first, second = ("A", 0, 1, 0, 200), ("b", 2, 3, 200, 400)
    assert len(words(one, 0, "A b.", first)) == 1
    assert [word.text for word in words(one, 0, "A b.", first, second)] == ["b"]
    assert words(one, 0, "A b.", first, second) == []


def test_places_after_an_emoji_that_counts_two() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("😀好")
    assert words(one, 0, "😀好", ("好", 2, 3, 0, 200)) == [WordTiming("好", 0.0, 0.2, 1, 2)]


def test_places_where_the_sentence_is_not_found() -> None:
    one = client(word_timestamp_enabled=True)
    one.text("**Big** house")
    told = words(one, 0, "Big house", ("Big", 0, 3, 0, 200), ("house", 4, 9, 200, 400), ("x", 9, 10, 400, 500))
    assert [(word.begin_index, word.end_index) for word in told] == [(2, 5), (8, 13), (None, None)]


def test_sambert_sentences_have_no_index() -> None:
    one = tasks.TaskClient("sambert-zhichu-v1", {"word_timestamp_enabled": True}, duplex=False)
    one.run("你好。你好")
    one.receive(event(one, "task-started"))
    told = words(one, None, None, ("你", None, None, 0, 100), begin_time=0, end_time=100)
    told += words(one, None, None, ("你", None, None, 0, 100), ("好", None, None, 100, 200), begin_time=0, end_time=200)
    told += words(one, None, None, ("你", None, None, 300, 400), begin_time=300, end_time=400)
    assert [(word.start, word.begin_index) for word in told] == [(0.0, 0), (0.1, 1), (0.3, 3)]


# -- sentence timings


def result(one: tasks.TaskClient, kind: str, index: int | None, original: str | None = None, **more: Any) -> list[Any]:
    sentence = {"words": [], **more} if index is None else {"index": index, "words": [], **more}
    output = {"sentence": sentence, **({"type": kind} if kind else {}), "original_text": original}
    return one.receive(event(one, "result-generated", {"output": output}))


def test_sentences_are_timed_by_their_audio() -> None:
    one = client(format="pcm", sample_rate=8000)
    one.text("A b. ")
    one.text("A b. C")
    assert result(one, "sentence-begin", 0, "A b.") == []
    one.receive(bytes(16000))
    assert result(one, "sentence-end", 0, "A b.") == [SentenceTiming("A b.", 0.0, 1.0, 0, 4)]
    assert result(one, "sentence-end", 0, "A b.") == []
    assert result(one, "sentence-begin", 1, " A b.") == []
    one.receive(bytes(8000))
    assert result(one, "sentence-begin", 2, " C") == [SentenceTiming(" A b.", 1.0, 1.5, 4, 9)]
    one.receive(bytes(8000))
    one.finish()
    last = one.receive(event(one, "task-finished", {"usage": {"characters": 10}}))
    assert last[0] == SentenceTiming(" C", 1.5, 2.0, 9, 11)


def test_encoded_sentences_are_timed_by_their_words() -> None:
    one = client(format="mp3", word_timestamp_enabled=True)
    one.text("A b. C.")
    listed = [{"text": "A", "begin_index": 0, "end_index": 1, "begin_time": 10, "end_time": 200}]
    listed.append({"text": "b", "begin_index": 2, "end_index": 3, "begin_time": 200, "end_time": 900})
    assert result(one, "sentence-end", 0, "A b.", words=listed)[-1] == SentenceTiming("A b.", 0.01, 0.9, 0, 4)
    assert result(one, "sentence-end", 1, " C.") == []  # nothing tells


def test_sambert_s_sentences_grow_and_are_told_when_they_are_over() -> None:
    one = tasks.TaskClient("sambert-zhichu-v1", {"word_timestamp_enabled": True}, duplex=False)
    one.run("你好。再见")
    one.receive(event(one, "task-started"))
    one.receive(b"12")
    names = ("text", "begin_time", "end_time")
    words = [dict(zip(names, word, strict=True)) for word in (("你", 0, 100), ("好", 100, 200), ("再", 300, 400))]
    told = result(one, "", None, words=words[:1], begin_time=0, end_time=100)
    told += result(one, "", None, words=words[:2], begin_time=0, end_time=250)
    told += result(one, "", None, words=words[2:], begin_time=300, end_time=400)
    told += one.receive(event(one, "task-finished"))
    sentences = [one for one in told if isinstance(one, SentenceTiming)]
    assert sentences == [SentenceTiming("你好", 0.0, 0.25, 0, 2), SentenceTiming("再", 0.3, 0.4, 3, 4)]


def test_results_of_old_models_tell_no_sentences() -> None:
    one = client(format="pcm")
    one.text("A b.")
    one.receive(bytes(16000))
    assert result(one, "", None) == []
