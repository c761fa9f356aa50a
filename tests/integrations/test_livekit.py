"""Any model as LiveKit agents' TTS: in an `AgentSession`, in its `FallbackAdapter`, and by itself."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from modeldeck.integrations._spoken import Spoken
from modeldeck.tts import WordTiming
from tests.conformance.judges.conftest import samples
from tests.integrations.conftest import Found, Scenarios

TURNS = [
    "Hello there. This is the first answer, which goes on for a while.",
    "And here is the second one. It ends soon.",
]
BESIDES = "Said besides."
MODELS = {
    "openai": ("openai/gpt-4o-mini-tts", 24000),
    "dashscope": ("dashscope/qwen3-tts-flash-realtime", 24000),
    "cosyvoice": ("dashscope/cosyvoice-v3-flash", 22050),
    "azure": ("azure/neural", 24000),
}
TIMED = ("cosyvoice", "azure")
CHARACTER = 0.06  # seconds, in the sandbox


@pytest.fixture(scope="module")
def found(inside: Callable[[str], Scenarios]) -> Scenarios:
    return inside("livekit")


def count(text: str, rate: int = 24000) -> int:
    """Samples that the sandbox speaks `text` in."""
    return round(len(text) * CHARACTER * rate)


def one_by_one(audio: str, text: str, rate: int = 24000) -> bool:
    """Every sample of it, in order; a sentence may be a request of its own, and is numbered anew then."""
    data = memoryview(base64.b64decode(audio)).cast("H")
    steps = [after - before for before, after in pairwise(data)]
    breaks = sum(step not in (1, 1 - 2**16) for step in steps)
    return len(data) == count(text, rate) and breaks < text.count(".")


@pytest.mark.parametrize("name", MODELS)
def test_a_conversation(found: Scenarios, name: str) -> None:
    reference, rate = MODELS[name]
    talk = found(f"conversation-{name}")
    assert talk["errors"] == []
    assert talk["rates"] == [rate]
    assert [one_by_one(audio, text, rate) for audio, text in zip(talk["audio"], [*TURNS, BESIDES], strict=True)] == [
        True
    ] * 3
    assert talk["history"] == [[text, False] for text in TURNS]
    provider, _, model = reference.partition("/")
    for measured, text in zip(talk["metrics"], [*TURNS, BESIDES], strict=True):
        assert measured["metadata"] == {"model_name": model, "model_provider": provider}
        assert measured["label"] == f"modeldeck {reference}"
        assert measured["characters_count"] == len(text)
        assert measured["audio_duration"] == pytest.approx(len(text) * CHARACTER)
        assert 0 < measured["ttfb"] <= measured["duration"]
        assert measured["request_id"]
        assert not measured["cancelled"]


@pytest.mark.parametrize("name", TIMED)
def test_the_transcript_goes_by_the_words(found: Scenarios, name: str) -> None:
    for words, text in zip(found(f"conversation-{name}")["subtitles"], [*TURNS, BESIDES], strict=True):
        assert "".join(word for word, *_ in words) == text
        at = 0
        for word, begin, end in words:
            spoken = len(word.rstrip(" .,"))
            assert [begin, end] == pytest.approx([at * CHARACTER, (at + spoken) * CHARACTER])
            at += len(word)


@pytest.mark.parametrize("name", sorted(MODELS.keys() - TIMED))
def test_the_transcript_is_the_text_where_no_words_are_timed(found: Scenarios, name: str) -> None:
    for pieces, text in zip(found(f"conversation-{name}")["subtitles"], [*TURNS, BESIDES], strict=True):
        assert ("".join(piece for (piece,) in pieces), text) == (text, text)


@pytest.mark.parametrize("name", MODELS)
def test_a_barge_in(found: Scenarios, name: str) -> None:
    _, rate = MODELS[name]
    talk = found(f"barge_in-{name}")
    cut, whole = talk["audio"]
    assert 0 < samples(cut) < count(TURNS[0], rate)
    assert one_by_one(whole, TURNS[1], rate)
    assert talk["errors"] == []
    assert talk["history"][-1] == [TURNS[1], False]
    assert talk["told"] == 1  # the model's observer too knows that it was interrupted
    if name == "azure":
        assert talk["history"][0] == ["Hello there. ", True]  # of the text what has been timed


@pytest.mark.parametrize("name", ["dashscope", "cosyvoice", "azure"])
def test_the_turn_after_a_barge_in_takes_one_connection_at_the_most(found: Scenarios, name: str) -> None:
    talk = found(f"barge_in-{name}")
    (connection,) = [at for at, one in enumerate(talk.sent) if "seco" in str(one.frames)]  # it is sent in pieces
    assert connection <= talk["before"]  # what the sandbox has seen at the interruption may be one behind


def test_what_it_says_of_itself(found: Scenarios) -> None:
    assert found("about").result == [
        ["modeldeck azure/neural", "neural", "azure", 24000, 1, True],
        ["modeldeck openai/gpt-4o-mini-tts", "gpt-4o-mini-tts", "openai", 24000, 1, False],
    ]


@pytest.mark.parametrize("name", ["synthesize", "stream", "flushed", "prewarmed"])
def test_its_events_are_as_those_of_livekits_plugins(found: Scenarios, name: str) -> None:
    """After `tests/test_tts.py` of livekit/agents: one request id, one segment, the last frame alone is final."""
    one = found(name)
    assert one["error"] is None
    assert one_by_one(one["audio"], TURNS[0])
    requests, segments, finals, durations, _ = zip(*one["events"], strict=True)
    assert len(set(requests)) == len(set(segments)) == 1
    assert requests[0]
    assert bool(segments[0]) == (name != "synthesize")
    assert finals == (False,) * (len(finals) - 1) + (True,)
    assert all(0 < duration < 0.25 for duration in durations)
    if name in ("synthesize", "stream"):
        (measured,) = one["metrics"]
        assert (measured["characters_count"], measured["streamed"]) == (len(TURNS[0]), name == "stream")
        assert "".join(word for *_, words in one["events"] for word, *_ in words) == TURNS[0]


def test_a_stream_takes_the_connection_that_was_opened_before(found: Scenarios) -> None:
    opened, *others = found("prewarmed").sent
    assert "first answer" in str(opened.frames)
    assert not any("first answer" in str(one.frames) for one in others)


def test_nothing_to_speak_is_no_failure(found: Scenarios) -> None:
    empty, blank, dots = found("nothing").result
    assert [one["error"] for one in (empty, blank, dots)] == [None] * 3
    assert (empty["audio"], blank["audio"]) == ("", "")
    assert set(dots["audio"]) == {"A"}  # silence, as without any LiveKit reports an error
    assert found("nothing").sent == []


def test_another_rate(found: Scenarios) -> None:
    one = found("another_rate")
    assert (one["rate"], one["error"]) == (16000, None)
    assert one_by_one(one["audio"], TURNS[0], 16000)
    assert 'pip install "modeldeck[audio]"' in one["refused"]


def test_options_change_what_begins_from_then_on(found: Scenarios) -> None:
    refused, second = found("options").result
    assert "speed" in refused
    assert second["error"] is None
    first, last = (one.body for one in found("options").sent)
    assert (first["voice"], last["voice"], last["speed"]) == ("alloy", "coral", 1.5)


ERRORS: dict[str, tuple[str, int | None, str, int]] = {  # LiveKit's, its status, ours, requests
    "refused": ("APIStatusError", 401, "AuthenticationError", 1),
    "throttled": ("APIStatusError", 429, "RateLimitError", 3),
    "client_closed": ("APIError", None, "ProviderError", 1),
    "cut": ("APIConnectionError", None, "ConnectionFailedError", 1),
    "error": ("APIError", None, "ProviderError", 0),
}


@pytest.mark.parametrize("way", ["stream", "whole"])
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_livekits_own_and_final(found: Scenarios, name: str, way: str) -> None:
    kind, status, cause, requests = ERRORS[name]
    one = found(f"{name}-{way}")
    expected = {"type": kind, "status": status, "cause": cause, "retryable": False, "recoverable": False}
    assert {**one["error"], "said": ""} == {**expected, "said": ""}
    assert [{**told, "said": ""} for told in one["told"]] == [{**expected, "said": ""}]
    assert one["metrics"] == []
    assert bool(one["audio"]) == (name == "cut")
    if requests:  # a model's own attempts, and none of LiveKit's besides
        assert len(one.sent) == requests


@pytest.mark.parametrize("way", ["stream", "whole"])
def test_either_the_model_tries_again_or_livekit(found: Scenarios, way: str) -> None:
    ours, theirs = found(f"throttled_once-{way}"), found(f"throttled_for_livekit-{way}")
    for one in (ours, theirs):
        assert one["error"] is None
        assert len(one.sent) == 2
        assert one_by_one(one["audio"], "One sentence.")
    assert ours["told"] == []
    assert [(told["status"], told["retryable"], told["recoverable"]) for told in theirs["told"]] == [(429, True, True)]


def test_what_could_not_be_opened_beforehand_is_told_by_the_call(found: Scenarios) -> None:
    assert found("prewarmed_in_vain")["error"]["cause"] == "AuthenticationError"


def test_an_error_reaches_the_session(found: Scenarios) -> None:
    (told,) = found("an_error_in_a_session")["errors"]
    assert (told["type"], told["status"], told["recoverable"]) == ("APIStatusError", 401, False)


def test_livekits_fallback_takes_the_next_model(found: Scenarios) -> None:
    talk: Found = found("fallback")
    assert [one_by_one(audio, text) for audio, text in zip(talk["audio"], TURNS, strict=True)] == [True, True]
    assert [one["label"] for one in talk["metrics"] if not one["cancelled"]] == ["modeldeck azure/neural"] * 2


def test_several_models_are_one_voice(found: Scenarios) -> None:
    talk = found("several")
    assert [one_by_one(audio, text) for audio, text in zip(talk["audio"], TURNS, strict=True)] == [True, True]
    labels = {one["label"] for one in talk["metrics"]}
    assert labels == {"modeldeck dashscope/cosyvoice-v3-flash!status=503 | azure/neural"}
    timed = found("several_timed")
    assert timed["aligned"]
    assert [one_by_one(audio, text) for audio, text in zip(timed["audio"], TURNS, strict=True)] == [True, True]


def test_the_words_of_a_text() -> None:
    def pieces(text: str, *words: Any) -> list[str]:
        spoken = Spoken(text)
        return [*(spoken.piece(WordTiming(*word)) for word in words), spoken.rest()]

    text = "„Well“, 3.5 (or so): 你好。Bye"
    marked = [
        ("Well", 0, 1, 1, 5),
        ("3.5", 1, 2, 8, 11),
        ("so", 2, 3, 16, 18),
        ("你", 3, 4, 21, 22),
        ("好", 4, 5, 22, 23),
    ]
    assert pieces(text, *marked) == ["„Well“, ", "3.5 (", "or so): ", "你", "好。", "Bye"]
    assert pieces("One two", ("One", 0, 1), ("two", 1, 2)) == ["One ", "two ", ""]
    assert pieces("One two") == [""]
    assert pieces("One two", ("two", 1, 2, 4, 7), ("One", 0, 1, 0, 3)) == ["One two", "", ""]
