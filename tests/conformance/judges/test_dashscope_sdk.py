"""The official SDK of DashScope, unchanged, judges the sandbox."""

from __future__ import annotations

import base64

import pytest

from tests.conformance.judges.conftest import Judged, Verdict, Verdicts, samples, seconds

TEXT = "床前明月光。It shines!"
WHOLE = len(TEXT) * 1440  # samples at 24 kHz
CLOSED = "websocket error: Connection closed normally (code 1000)"  # what its library calls an end
OPENING = ["session.created", "session.updated"]
BEGIN = ["response.created", "response.output_item.added", "response.content_part.added"]
END = ["response.audio.done", "response.content_part.done", "response.output_item.done", "response.done"]


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("dashscope")


def well(verdict: Verdict) -> Verdict:
    assert verdict.raised is None
    assert [line for line in verdict.logged if line != CLOSED] == []
    return verdict


# -- Qwen-TTS over HTTP


@pytest.mark.parametrize("name", ["http_stream", "http_instructions"])
def test_a_stream_over_http(verdicts: Verdicts, name: str) -> None:
    chunks = well(verdicts[name]).result
    assert {(chunk["status"], chunk["code"]) for chunk in chunks} == {(200, "")}
    assert samples("".join(chunk["audio"] for chunk in chunks[:-1])) == WHOLE
    assert [chunk["finish_reason"] for chunk in chunks] == ["null"] * (len(chunks) - 1) + ["stop"]
    last = chunks[-1]
    assert (last["audio"], last["url"].startswith("http://127.0.0.1:"), last["usage"]["characters"] > 0) == (
        "",
        True,
        True,
    )
    assert len({chunk["request_id"] for chunk in chunks}) == 1


def test_the_oldest_model_counts_tokens(verdicts: Verdicts) -> None:
    usage = well(verdicts["http_legacy"]).result[-1]["usage"]
    assert (usage["input_tokens"] > 0, usage["output_tokens"] > 0, usage["characters"]) == (True, True, 0)


def test_a_whole_answer_over_http_and_its_file(verdicts: Verdicts) -> None:
    answer = well(verdicts["http_whole"]).result
    assert (answer["status"], answer["finish_reason"], answer["audio"]) == (200, "stop", "")
    assert samples(answer["file"], head=44) == WHOLE
    assert seconds(answer["file"], 24000) == WHOLE / 24000


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("http_wrong_key", 401, "InvalidApiKey"),
        ("http_unknown_voice", 400, "BadRequest.VoiceNotFound"),
        ("http_unknown_model", 404, "ModelNotFound"),
        ("http_status", 429, "Throttling.RateQuota"),
    ],
)
def test_a_refusal_over_http(verdicts: Verdicts, name: str, status: int, code: str) -> None:
    answer = well(verdicts[name]).result
    assert (answer["status"], answer["code"]) == (status, code)
    assert answer["message"]
    assert answer["request_id"]


def test_an_error_in_the_stream(verdicts: Verdicts) -> None:
    first, last = well(verdicts["http_error_in_the_stream"]).result
    assert samples(first["audio"]) == 4800
    # The SDK does not read the status of an event: any error is 400 to it (2.0.2, read 2026-11-21).
    assert (last["status"], last["code"]) == (400, "Throttling")


def test_a_cut_over_http(verdicts: Verdicts) -> None:
    assert "ConnectionResetError" in (verdicts["http_cut"].raised or "")


# -- Qwen-TTS realtime


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("realtime_server_commit", len("床前明月光。It shines! And more") * 1440),
        ("realtime_commit", WHOLE),
        ("realtime_every_option", round(len(TEXT) * 0.06 / 1.2 * 48000)),
        ("realtime_workspace", WHOLE),
    ],
)
def test_a_session(verdicts: Verdicts, name: str, count: int) -> None:
    found = well(verdicts[name]).result
    assert samples(found["audio"]) == pytest.approx(count, abs=2 * 1440)  # spaces between sentences may fall out
    types = found["types"]
    assert (types[:2], types[-1], found["closed"][0]) == (OPENING, "session.finished", 1000)
    responses = [kind for kind in types if kind.startswith("response.") and kind != "response.audio.delta"]
    assert responses == (BEGIN + END) * types.count("response.created")
    assert found["session_id"].startswith("sess_")
    assert found["response_id"].startswith("resp_")
    assert found["first_audio"] >= 0


def test_the_modes_of_a_session(verdicts: Verdicts) -> None:
    for name, mode, commits in (("realtime_server_commit", "server_commit", 0), ("realtime_commit", "commit", 2)):
        found = verdicts[name].result
        assert found["types"].count("input_text_buffer.committed") == commits
        assert found["types"].count("response.created") >= 2
        assert found["events"][1]["session"]["mode"] == mode


def test_every_option_comes_back(verdicts: Verdicts) -> None:
    (sent,) = verdicts["realtime_every_option"].sent
    asked, answered = sent.frames[0]["session"], verdicts["realtime_every_option"].result["events"][1]["session"]
    assert len(asked) == 11
    assert {
        name: answered.get(name) for name in ("voice", "mode", "response_format", "sample_rate", "language_type")
    } == {name: asked[name] for name in ("voice", "mode", "response_format", "sample_rate", "language_type")}


@pytest.mark.parametrize(
    ("name", "text"),
    [("realtime_every_option_opus", TEXT), ("realtime_server_commit_every_option", f"{TEXT} And more")],
)
def test_every_option_in_both_modes(verdicts: Verdicts, name: str, text: str) -> None:
    found = well(verdicts[name]).result
    (sent,) = verdicts[name].sent
    assert len(sent.frames[0]["session"]) == 12
    session = found["events"][1]["session"]
    assert {option: session[option] for option in sent.frames[0]["session"]} == sent.frames[0]["session"]
    assert seconds(found["audio"], 48000) == pytest.approx(len(text) * 0.06 / 1.2, abs=0.25)
    assert (found["types"][-1], found["closed"][0]) == ("session.finished", 1000)


@pytest.mark.parametrize(("name", "rate"), [("realtime_opus", 48000), ("realtime_mp3", 16000), ("realtime_wav", 8000)])
def test_formats_of_a_session(verdicts: Verdicts, name: str, rate: int) -> None:
    assert seconds(well(verdicts[name]).result["audio"], rate) == pytest.approx(WHOLE / 24000, abs=0.2)


def test_what_is_cleared_is_not_said(verdicts: Verdicts) -> None:
    found = well(verdicts["realtime_clear"]).result
    assert samples(found["audio"]) == len("this is.") * 1440


def test_what_is_cancelled_ends(verdicts: Verdicts) -> None:
    found = well(verdicts["realtime_cancel"]).result
    assert 0 < samples(found["audio"]) < len("a long text ") * 40 * 1440
    assert found["types"][-1] == "session.finished"


def test_an_unknown_voice_is_an_event(verdicts: Verdicts) -> None:
    last = well(verdicts["realtime_unknown_voice"]).result["events"][-1]
    assert (last["type"], last["error"]["code"]) == ("error", "invalid_value")
    assert "'Nobody'" in last["error"]["message"]


def test_throttling_closes_the_session(verdicts: Verdicts) -> None:
    found = verdicts["realtime_throttled"].result
    assert found["closed"] == [1011, "To many requests."]
    assert samples(found["audio"]) == 4800


def test_a_cut_in_a_session(verdicts: Verdicts) -> None:
    assert "Connection reset by peer" in verdicts["realtime_cut"].logged[0]
    assert samples(verdicts["realtime_cut"].result["audio"]) == 4800


def test_sockets_are_refused(verdicts: Verdicts) -> None:
    verdict = verdicts["sockets_refused"]
    assert set(verdict.result) == {"unknown model", "wrong key", "wrong key of a task"}
    assert all(raised.startswith("TimeoutError") for raised in verdict.result.values())
    assert sum("Handshake status 401" in line and "InvalidApiKey" in line for line in verdict.logged) == 2
    assert CLOSED in verdict.logged


# -- CosyVoice and Sambert


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("task_call", WHOLE),
        ("task_call_v2", WHOLE),
        ("task_streaming", len("床前明月光。It shines! And more") * 1440),
        ("task_streaming_flush", len("床前明月光") * 1440),
        ("task_streaming_every_option", round(WHOLE / 1.1)),
        ("task_streaming_words", WHOLE),
        ("task_call_with_a_callback", WHOLE),
        ("task_async_streaming_complete", WHOLE),
    ],
)
def test_a_task(verdicts: Verdicts, name: str, count: int) -> None:
    found = well(verdicts[name]).result
    assert samples(found["audio"]) == pytest.approx(count, abs=2 * 1440)
    assert found["response"]["header"]["event"] == "task-finished"
    assert found["response"]["payload"]["usage"]["characters"] > 0
    if "calls" in found:
        assert found["calls"] == ["open", "complete", "close"]


@pytest.mark.parametrize(
    ("name", "rate"),
    [("task_call_default", 22050), ("task_call_mp3", 22050), ("task_call_opus", 24000), ("task_call_wav", 16000)],
)
def test_formats_of_a_task(verdicts: Verdicts, name: str, rate: int) -> None:
    audio = well(verdicts[name]).result["audio"]
    assert seconds(audio, rate) == pytest.approx(WHOLE / 24000, abs=0.2)
    if name == "task_call_wav":
        assert samples(audio, head=44) == len(TEXT) * 960


def test_ssml(verdicts: Verdicts) -> None:
    (sent,) = verdicts["task_call_ssml"].sent
    assert sent.frames[0]["payload"]["parameters"]["enable_ssml"] is True
    assert samples(well(verdicts["task_call_ssml"]).result["audio"]) > 0


def test_words_are_told(verdicts: Verdicts) -> None:
    ends = [
        event["payload"]["output"]
        for event in verdicts["task_streaming_words"].result["events"]
        if event["payload"].get("output", {}).get("type") == "sentence-end"
    ]
    words = [word for output in ends for word in output["sentence"]["words"]]
    assert [word["text"] for word in words][:5] == list("床前明月光")
    assert [words[1]["begin_time"], words[1]["end_time"]] == [60, 120]


def test_a_task_is_cancelled(verdicts: Verdicts) -> None:
    found = well(verdicts["task_streaming_cancel"]).result
    assert 0 < samples(found["audio"]) < len("a long text ") * 40 * 1440
    (sent,) = verdicts["task_streaming_cancel"].sent
    assert sent.frames[-1]["payload"]["input"] == {"directive": "cancel"}
    assert found["response"]["header"]["event"] == "task-finished"


def test_a_task_is_cancelled_before_it_has_said_anything(verdicts: Verdicts) -> None:
    found = well(verdicts["task_cancel_before_audio"]).result
    assert (found["audio"], found["calls"][:2]) == ("", ["open", "complete"])


def test_an_instruction_and_word_timings_of_opus(verdicts: Verdicts) -> None:
    found = well(verdicts["task_streaming_instruction"]).result
    assert seconds(found["audio"], 24000) == pytest.approx(6 * 0.06, abs=0.2)
    told = [event["payload"]["output"] for event in found["events"]]
    assert [word["text"] for output in told for word in output["sentence"]["words"]] == list("床前明月光")


def test_the_pool_uses_one_connection_again(verdicts: Verdicts) -> None:
    verdict = well(verdicts["task_pool"])
    assert [samples(one["audio"], first=index * WHOLE) for index, one in enumerate(verdict.result)] == [WHOLE] * 3
    (sent,) = verdict.sent
    assert [frame["header"]["action"] for frame in sent.frames] == ["run-task", "continue-task", "finish-task"] * 3


@pytest.mark.parametrize(
    ("name", "said"),
    [("task_unknown_voice", "error_name: InvalidParameter"), ("task_unknown_model", "error_name: ModelNotFound")],
)
def test_a_task_is_refused(verdicts: Verdicts, name: str, said: str) -> None:
    assert (verdicts[name].raised or "").startswith("RequestFailure")
    assert said in (verdicts[name].raised or "")


def test_a_task_fails_in_the_middle(verdicts: Verdicts) -> None:
    found = verdicts["task_error_in_the_middle"].result
    assert samples(found["audio"]) == 4800
    assert '"error_code": "InternalError"' in found["calls"][1]


@pytest.mark.parametrize(
    ("name", "rate", "speed"),
    [("sambert_default", 16000, 1.0), ("sambert_words", 16000, 1.1), ("sambert_mp3", 48000, 1.0)],
)
def test_sambert(verdicts: Verdicts, name: str, rate: int, speed: float) -> None:
    found = well(verdicts[name]).result
    assert (found["status"], found["usage"]["characters"] > 0) == (200, True)
    length = len(TEXT) * 0.06 / speed
    if name == "sambert_words":
        assert samples(found["audio"]) == pytest.approx(length * rate, abs=2000)
        words = [word for sentence in found["sentences"] for word in sentence["words"]]
        assert words[0]["text"] == "床"
    else:
        assert seconds(found["audio"], rate) == pytest.approx(length, abs=0.2)


# -- the voices of an account


def test_voices(verdicts: Verdicts) -> None:
    found = well(verdicts["voices"]).result
    assert {one["status"] for one in found} == {"OK", "DEPLOYING"}
    assert all({"voice_id", "gmt_create", "gmt_modified", "status"} <= one.keys() for one in found)
    pages = well(verdicts["voices_by_pages"]).result
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert [one for page in pages for one in page] == found
    (captain,) = well(verdicts["voices_of_a_prefix"]).result
    assert captain["voice_id"] == "cosyvoice-v1-vd-captain-000000f0"
    qwen = well(verdicts["voices_of_qwen"]).result
    assert qwen["status"] == 200
    assert qwen["output"]["total_count"] == len(qwen["output"]["voice_list"])
    assert "InvalidApiKey" in (verdicts["voices_with_a_wrong_key"].raised or "")


@pytest.mark.parametrize("name", ["v2_http", "v2_task", "v2_task_ssml"])
def test_the_second_generation(verdicts: Verdicts, name: str) -> None:
    assert samples(well(verdicts[name]).result) == WHOLE


# -- the record


def test_the_record_has_what_the_sdk_sent(verdicts: Verdicts) -> None:
    (sent,) = verdicts["http_stream"].sent
    assert (sent.method, sent.path) == ("POST", "/api/v1/services/aigc/multimodal-generation/generation")
    assert sent.body == {
        "model": "qwen3-tts-flash",
        "parameters": {},
        "input": {"text": TEXT, "voice": "Cherry", "language_type": "Chinese"},
    }
    assert list(sent.body) == ["model", "parameters", "input"]
    assert sent.headers["x-dashscope-sse"] == "enable"
    (session,) = verdicts["realtime_commit"].sent
    assert [frame["type"] for frame in session.frames] == [
        "session.update",
        *["input_text_buffer.append", "input_text_buffer.commit"] * 2,
        "session.finish",
    ]
    assert not any(base64.b64encode(b"sk-sandbox").decode() in value for value in session.headers.values())
    assert not any("sk-sandbox" in value for value in session.headers.values())
