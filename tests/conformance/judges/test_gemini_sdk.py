"""The official SDK of Gemini, unchanged, judges the sandbox."""

from __future__ import annotations

import pytest

from tests.conformance.judges.conftest import Judged, Verdict, Verdicts, samples, seconds

TEXT = "床前明月光。It shines!"
DIALOGUE = "Joe: Are you there?\nJane: I am."
PER_CHARACTER = 1440  # samples at 24 kHz
OLD_PCM, NEW_PCM = "audio/L16;codec=pcm;rate=24000", "audio/l16; rate=24000; channels=1"


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("gemini")


def well(verdict: Verdict) -> Verdict:
    assert verdict.raised is None
    assert verdict.logged == []
    return verdict


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("whole", TEXT),
        ("whole_every_option", TEXT),
        ("whole_instructions", TEXT),
        ("asynchronous", TEXT),
        ("dialogue", DIALOGUE),
        ("throttled_and_tried_again", TEXT),
    ],
)
def test_a_whole_answer(verdicts: Verdicts, name: str, text: str) -> None:
    answer = well(verdicts[name]).result
    count = len(text) * PER_CHARACTER
    assert samples(answer["audio"]) == count
    assert (answer["mime"], answer["finish_reason"]) == ([OLD_PCM], "STOP")
    assert answer["tokens"][0] > 0
    assert answer["tokens"][1] == round(25 * count / 24000)
    assert answer["id"]
    assert answer["model"] == "gemini-2.5-flash-preview-tts"


@pytest.mark.parametrize(
    ("name", "text", "mime"),
    [
        ("stream", TEXT, OLD_PCM),
        ("asynchronous_stream", TEXT, OLD_PCM),
        ("verbatim_stream", TEXT, NEW_PCM),
        ("verbatim_dialogue", "Are you there?\nI am.", NEW_PCM),
    ],
)
def test_a_stream(verdicts: Verdicts, name: str, text: str, mime: str) -> None:
    answers = well(verdicts[name]).result
    first = 0
    for answer in answers[:-1]:
        first += samples(answer["audio"], first=first)
    assert first == len(text) * PER_CHARACTER
    assert [one["finish_reason"] for one in answers] == [None] * (len(answers) - 1) + ["STOP"]
    assert {tuple(one["mime"]) for one in answers} == {(mime,)}
    assert len({one["id"] for one in answers}) == 1
    assert answers[-1]["tokens"][1] == round(25 * first / 24000)


@pytest.mark.parametrize("name", ["verbatim_whole", "own_voice"])
def test_a_whole_answer_is_a_file_from_38_on(verdicts: Verdicts, name: str) -> None:
    answer = well(verdicts[name]).result
    assert answer["mime"] == ["audio/wav"]
    assert seconds(answer["audio"], 24000) == len(TEXT) * PER_CHARACTER / 24000


def test_every_version_of_the_interface(verdicts: Verdicts) -> None:
    answers = well(verdicts["other_versions"]).result
    assert {version: samples(one["audio"]) for version, one in answers.items()} == dict.fromkeys(
        ("v1", "v1beta", "v1alpha"), len(TEXT) * PER_CHARACTER
    )


@pytest.mark.parametrize(
    ("name", "kind", "code", "status"),
    [
        ("wrong_key", "ClientError", 400, "INVALID_ARGUMENT"),
        ("unknown_model", "ClientError", 404, "NOT_FOUND"),
        ("unknown_voice", "ClientError", 400, "INVALID_ARGUMENT"),
        ("no_audio_asked_for", "ClientError", 400, "INVALID_ARGUMENT"),
        ("metadata_before_its_time", "ClientError", 400, "INVALID_ARGUMENT"),
        ("temperature_after_its_time", "ClientError", 400, "INVALID_ARGUMENT"),
        ("one_speaker", "ClientError", 400, "INVALID_ARGUMENT"),
        ("throttled", "ClientError", 429, "RESOURCE_EXHAUSTED"),
        ("unavailable", "ServerError", 503, "UNAVAILABLE"),
        ("error_in_the_stream", "ServerError", 503, "UNAVAILABLE"),
    ],
)
def test_a_refusal(verdicts: Verdicts, name: str, kind: str, code: int, status: str) -> None:
    refused = well(verdicts[name]).result
    assert (refused["kind"], refused["code"], refused["status"]) == (kind, code, status)
    assert refused["message"]


def test_what_was_throttled_is_tried_again(verdicts: Verdicts) -> None:
    assert len(well(verdicts["throttled_and_tried_again"]).sent) == 3


def test_an_early_end_is_none_to_the_sdk(verdicts: Verdicts) -> None:
    """It hands on the reason and raises nothing; our client does."""
    first, last = well(verdicts["early_end"]).result
    assert samples(first["audio"]) == 4800
    assert (last["audio"], last["finish_reason"]) == ("", "OTHER")


def test_pages_of_models(verdicts: Verdicts) -> None:
    by_pages = well(verdicts["listed_by_pages"])
    assert by_pages.result == well(verdicts["listed"]).result
    assert len(by_pages.sent) == -(-len(by_pages.result) // 2)


def test_voices(verdicts: Verdicts) -> None:
    found = well(verdicts["voices"]).result
    assert {kind for _, kind in found} == {"prebuilt", "prompted", "replicated"}
    assert ["voice_sandbox2", "replicated"] in found
    by_pages = well(verdicts["voices_by_pages"])
    assert by_pages.result == found
    assert len(by_pages.sent) == 2


def test_models(verdicts: Verdicts) -> None:
    names = well(verdicts["listed"]).result
    assert {"models/gemini-2.5-flash-preview-tts", "models/gemini-3.8-flash-tts"} <= set(names)
    assert well(verdicts["shown"]).result == "models/gemini-2.5-flash-preview-tts"
