"""Any model as a Pipecat TTS service: in real pipelines, with Pipecat's own output and aggregator."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.conformance.judges.conftest import samples
from tests.integrations.conftest import Found, Scenarios

TURNS = ["Hello there. One more.", "And the second."]
MODELS = {
    "openai": ("gpt-4o-mini-tts", 24000),
    "dashscope": ("qwen3-tts-flash-realtime", 24000),
    "cosyvoice": ("cosyvoice-v3-flash", 22050),
    "azure": ("neural", 24000),
    "several": ("openai/gpt-4o-mini-tts!status=503 | azure/neural", 24000),
    "timed": ("dashscope/cosyvoice-v3-flash | azure/neural", 22050),
}
TIMED = ("cosyvoice", "azure", "timed")
MODES = ("sentence", "token")
CHARACTER = 0.06  # seconds, in the sandbox


@pytest.fixture(scope="module")
def found(inside: Callable[[str], Scenarios]) -> Scenarios:
    return inside("pipecat")


def one_by_one(audio: str, text: str, rate: int = 24000) -> bool:
    """Every sample of it, in order; a sentence may be a request of its own, and is numbered anew then."""
    data = memoryview(base64.b64decode(audio)).cast("H")
    steps = [after - before for before, after in pairwise(data)]
    breaks = sum(step not in (1, 1 - 2**16) for step in steps)
    return len(data) == round(len(text) * CHARACTER * rate) and breaks < max(1, text.count("."))


def spoken(text: str, mode: str) -> str:
    """What is sent of it: the space between two sentences only where tokens are."""
    return text if mode == "token" else text.replace(". ", ".")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MODELS)
def test_a_conversation(found: Scenarios, name: str, mode: str) -> None:
    model, rate = MODELS[name]
    talk = found(f"conversation-{name}-{mode}")
    assert (talk["errors"], talk["usable"]) == ([], True)
    for one, text in zip(talk["contexts"], TURNS, strict=True):
        assert one["rates"] == [rate]
        assert one_by_one(one["audio"], spoken(text, mode), rate)
        assert (one["frames"][0], one["frames"][-1]) == ("TTSStartedFrame", "TTSStoppedFrame")
        assert one["frames"].count("TTSStartedFrame") == one["frames"].count("TTSStoppedFrame") == 1
    assert talk["usage"] == ([len(text) for text in TURNS] if mode == "token" else [12, 9, 15])
    assert [by for by, _ in talk["ttfb"]] == [model] * 2
    said = [" ".join(content.split()) for content, _ in talk["spoken"]]  # Pipecat puts a second space between tokens
    assert said == TURNS
    assert [interrupted for _, interrupted in talk["spoken"]] == [False, False]
    assert [message["content"] for message in talk["context"]] == [content for content, _ in talk["spoken"]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TIMED)
def test_words_come_when_they_are_spoken(found: Scenarios, name: str, mode: str) -> None:
    for one, text in zip(found(f"conversation-{name}-{mode}")["contexts"], TURNS, strict=True):
        at = 0
        for word, begin, _ in one["words"]:
            assert begin == pytest.approx(at * CHARACTER, abs=1e-6)
            at += len(word) + (mode == "token" or not word.endswith("."))
        assert " ".join(word for word, *_ in one["words"]) == text


@pytest.mark.parametrize("name", sorted(MODELS.keys() - TIMED - {"several"}))
def test_a_sentence_comes_when_it_was_spoken_where_no_words_are_timed(found: Scenarios, name: str) -> None:
    first, second = found(f"conversation-{name}-sentence")["contexts"]
    assert first["words"] == [["Hello there.", 0.0, False], ["One more.", pytest.approx(9 * CHARACTER), False]]
    assert first["frames"][-2:] == ["TTSTextFrame", "TTSStoppedFrame"]
    assert second["words"] == [["And the second.", 0.0, False]]


def test_chinese_has_no_spaces_between_words(found: Scenarios) -> None:
    (one,) = found("chinese")["contexts"]
    assert "".join(word for word, *_ in one["words"]) == "你好。今天天气很好。"
    assert {unspaced for *_, unspaced in one["words"]} == {True}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MODELS)
def test_a_barge_in(found: Scenarios, name: str, mode: str) -> None:
    _, rate = MODELS[name]
    talk = found(f"barge_in-{name}-{mode}")
    cut, whole = talk["contexts"]
    assert 0 < samples(cut["audio"]) < 36 * CHARACTER * rate
    assert "TTSStoppedFrame" not in cut["frames"]
    assert one_by_one(whole["audio"], TURNS[1], rate)
    assert talk["late"] == 1  # after the interruption audio of the new turn alone
    assert (talk["errors"], talk["told"]) == ([], 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["dashscope", "cosyvoice", "azure"])
def test_the_turn_after_a_barge_in_takes_one_connection_at_the_most(found: Scenarios, name: str, mode: str) -> None:
    talk = found(f"barge_in-{name}-{mode}")
    (connection,) = [at for at, one in enumerate(talk.sent) if "cond" in str(one.frames)]  # it may be sent in pieces
    assert connection <= talk["before"]  # what the sandbox has seen at the interruption may be one behind


def by_text(talk: Found) -> dict[str, Any]:
    return {" ".join(word for word, *_ in one["words"]): one for one in talk["contexts"]}


def test_text_outside_of_a_turn_is_spoken_and_ended(found: Scenarios) -> None:
    contexts = by_text(found("outside_of_turns"))
    for text in ("By itself.", "Spoken at once."):
        assert one_by_one(contexts[text]["audio"], text)
        assert contexts[text]["frames"][-1] == "TTSStoppedFrame"


def test_what_is_spoken_in_between_is_a_context_of_its_own(found: Scenarios) -> None:
    contexts = by_text(found("spoken_in_between"))
    for text in (TURNS[0], "In between."):
        assert one_by_one(contexts[text]["audio"], text)


def test_what_may_not_be_interrupted_is_not(found: Scenarios) -> None:
    (one,) = found("uninterruptible")["contexts"]
    assert one_by_one(one["audio"], TURNS[0])


def test_settings_change_what_begins_from_then_on(found: Scenarios) -> None:
    talk = found("settings")
    voices = [(one.body["voice"], one.body.get("speed")) for one in talk.sent]
    assert voices == [("alloy", None), ("coral", 1.5), ("coral", 1.5)]
    (refused,) = talk["errors"]
    assert (refused["category"], refused["cause"]) == ("application", "ParameterError")
    assert talk["stored"] == ["gpt-4o-mini-tts", "coral", {"speed": 1.5}]


def test_another_rate(found: Scenarios) -> None:
    for talk in found("another_rate").result:
        (one,) = talk["contexts"]
        assert (one["rates"], talk["errors"]) == ([16000], [])
        assert len(base64.b64decode(one["audio"])) == pytest.approx(2 * 15 * CHARACTER * 16000, abs=100)


SILENT = ["", "unknown", "NoneType"]  # Pipecat's own word for a turn without any audio


@pytest.mark.parametrize(
    ("name", "category", "cause", "requests", "usable"),
    [
        ("refused", "authentication", "AuthenticationError", 1, False),
        ("throttled", "rate_limit", "RateLimitError", 3, True),
        ("broken", "server", "ProviderError", 3, True),
        ("cut", "connectivity", "ConnectionFailedError", 1, True),
        ("error", "server", "ProviderError", 0, True),
    ],
)
def test_an_error_is_told_once_and_for_what_it_is(
    found: Scenarios, name: str, category: str, cause: str, requests: int, usable: bool
) -> None:
    talk = found(name)
    first, *more = [["", one["category"], one["cause"]] for one in talk["errors"]]
    assert first == ["", category, cause]
    assert more == ([SILENT] if usable and name != "cut" else [])
    assert talk["usable"] is usable
    if requests:  # a model's own attempts
        assert len(talk.sent) == requests
    (one,) = talk["contexts"]
    assert bool(one["audio"]) == (name == "cut")
    assert one["frames"][-1] == "TTSStoppedFrame"


def test_a_model_tries_again_by_itself(found: Scenarios) -> None:
    talk = found("throttled_once")
    assert (talk["errors"], len(talk.sent)) == ([], 2)
    assert one_by_one(talk["contexts"][0]["audio"], "One.")


def test_what_is_written_after_an_error_is_spoken(found: Scenarios) -> None:
    talk = found("goes_on")
    assert [one["cause"] for one in talk["errors"]] == ["ProviderError"]
    (one,) = talk["contexts"]
    assert one_by_one(one["audio"], "Then one more.")
    assert one["frames"][-1] == "TTSStoppedFrame"


def test_a_sentence_that_is_too_long_costs_no_other(found: Scenarios) -> None:
    talk = found("too_long")
    assert [(one["category"], one["cause"]) for one in talk["errors"]] == [("application", "ParameterError")]
    assert talk["usable"]
    (one,) = talk["contexts"]
    assert one_by_one(one["audio"], "Another one.", 22050)


def test_the_end_of_a_pipeline_waits_for_what_was_written(found: Scenarios) -> None:
    (one,) = found("ended_in_the_middle")["contexts"]
    assert one_by_one(one["audio"], TURNS[0])
    assert one["frames"][-1] == "TTSStoppedFrame"


def test_a_cancelled_pipeline_leaves_nothing(found: Scenarios) -> None:
    (one,) = found("cancelled")["contexts"]
    assert 0 < samples(one["audio"]) < 36 * CHARACTER * 24000
