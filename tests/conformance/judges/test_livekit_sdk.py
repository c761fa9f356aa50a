"""LiveKit's own client, unchanged, judges the sandbox."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from modeldeck.sandbox.voice import numbered
from tests.conformance.judges.conftest import Judged, Verdict, Verdicts, samples

TURNS = [
    ["This is the first sentence of all.", "This is the second one of them."],
    ["Another turn begins with this one."],
    ["The third turn is the last one of them."],
]
EACH = [sum(map(len, sentences)) * 1440 for sentences in TURNS]  # samples at 24 kHz
TAIL = 240  # samples of silence that its whole answers end with


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("livekit")


def well(verdict: Verdict) -> Any:
    assert verdict.raised is None
    assert verdict.logged == []
    found = verdict.result if isinstance(verdict.result, list) else [verdict.result]
    assert [one["error"] for one in found] == [None] * len(found)
    return verdict.result


def kinds(verdict: Verdict) -> list[list[str]]:
    """What was sent, by connection."""
    return [[frame["type"] for frame in one.frames] for one in verdict.sent]


def test_turns_over_one_connection(verdicts: Verdicts) -> None:
    found = well(verdicts["turns"])
    first = 0
    for one, count in zip(found, EACH, strict=True):
        assert samples(one["audio"], first) == count
        first += count
    assert len({one["segments"][0] for one in found}) == 1
    transcripts = [["input_transcript"] * len(sentences) + ["session.flush"] for sentences in TURNS]
    assert kinds(verdicts["turns"]) == [["session.create", *(kind for kinds in transcripts for kind in kinds)]]


@pytest.mark.parametrize("name", ["pieces", "prewarm", "fallback", "fallback_takes_over", "without_the_version"])
def test_a_turn(verdicts: Verdicts, name: str) -> None:
    assert samples(well(verdicts[name])["audio"]) == EACH[0]
    assert len(verdicts[name].sent) == 1


def test_a_whole_answer(verdicts: Verdicts) -> None:
    audio = base64.b64decode(well(verdicts["synthesize"])["audio"])
    assert audio == numbered(0, EACH[0]) + bytes(2 * TAIL)


def test_another_rate(verdicts: Verdicts) -> None:
    assert samples(well(verdicts["every_option"])["audio"]) == EACH[0] * 2 // 3


def test_another_model_on_the_same_connection(verdicts: Verdicts) -> None:
    first, second = well(verdicts["update_options"])
    assert samples(first["audio"]) == EACH[0]
    assert samples(second["audio"], EACH[0]) == EACH[1]
    (connection,) = verdicts["update_options"].sent
    configs = [frame["generation_config"]["model"] for frame in connection.frames if "generation_config" in frame]
    assert configs == ["cartesia/sonic-3"] * 2 + ["inworld/inworld-tts-2"]


def test_words(verdicts: Verdicts) -> None:
    for one, sentences in zip(well(verdicts["words"]), TURNS[:2], strict=True):
        text = "".join(word for word, _, _ in one["timed"])
        assert text == " ".join(sentence.rstrip(".") for sentence in sentences) + " "
        assert (one["timed"][0][1], one["timed"][0][2] > 0.1) == (0.0, True)


def test_characters(verdicts: Verdicts) -> None:
    timed = well(verdicts["characters"])["timed"]
    assert "".join(letter for letter, _, _ in timed) == TURNS[1][0].rstrip(".") + " "
    assert timed[0][:2] == ["A", 0.0]


def test_an_empty_turn(verdicts: Verdicts) -> None:
    nothing, something = well(verdicts["empty"])
    assert (nothing["audio"], samples(something["audio"])) == ("", EACH[1])
    assert kinds(verdicts["empty"]) == [["session.create", "session.flush", "input_transcript", "session.flush"]]


@pytest.mark.parametrize(("name", "status"), [("wrong_key", 401), ("wrong_secret", 401), ("unknown_model", 404)])
def test_a_refusal(verdicts: Verdicts, name: str, status: int) -> None:
    found = verdicts[name].result
    assert f"status_code={status}, retryable=False" in found["error"]
    assert found["audio"] == ""
    assert len(verdicts[name].sent) == 1


def test_too_many_requests(verdicts: Verdicts) -> None:
    once = verdicts["throttled_once"]
    assert (once.result["error"], samples(once.result["audio"])) == (None, EACH[0])
    assert kinds(once)[0] == []
    always = verdicts["throttled"]
    assert "status_code=429, retryable=True" in always.result["error"]
    assert (len(always.sent), len(always.logged)) == (4, 3)


def test_an_error_before_the_audio_is_tried_again(verdicts: Verdicts) -> None:
    once = verdicts["error_once"]
    assert (once.result["error"], samples(once.result["audio"])) == (None, EACH[0])
    assert "LiveKit Inference TTS returned error" in once.logged[0]
    assert len(once.sent) == 2


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("error_after_audio", "returned error"),
        ("closed", "closed unexpectedly"),
        ("no_finish", "closed unexpectedly"),
    ],
)
def test_an_end_in_the_middle(verdicts: Verdicts, name: str, error: str) -> None:
    verdict = verdicts[name]
    assert error in verdict.result["error"]
    assert samples(verdict.result["audio"]) > 0
    assert "partial audio" in verdict.logged[0]
    assert len(verdict.sent) == 1


def test_an_interruption_costs_a_connection(verdicts: Verdicts) -> None:
    """Ours has one open by then: see tests/providers/livekit/test_connections.py."""
    assert samples(well(verdicts["interrupted"])["audio"]) == EACH[1]
    assert len(verdicts["interrupted"].sent) == 2
