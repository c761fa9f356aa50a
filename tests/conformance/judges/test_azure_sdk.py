"""The official SDK of Azure Speech, unchanged, judges the sandbox."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from modeldeck.tts import AzureTTSModel
from tests.conformance.judges.conftest import Judged, Verdict, Verdicts, samples, seconds

TEXT = "床前明月光。It shines <twice> & more!"
PIECES = "Hello there. How <b>& are you? And more"
SHINES = "It shines."
WORDS = [  # text, begin, place in the text, length
    ["床", 0, 0, 1],
    ["前", 1, 1, 1],
    ["明", 2, 2, 1],
    ["月", 3, 3, 1],
    ["光", 4, 4, 1],
    ["It", 6, 6, 2],
    ["shines", 9, 9, 6],
    ["twice", 17, 17, 5],
    ["more", 26, 26, 4],
]


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("azure")


def well(verdict: Verdict) -> Any:
    assert verdict.raised is None
    return verdict.result


def spoken(said: dict[str, Any], text: str, first: int = 0, rate: int = 24000) -> int:
    """The numbered samples of `text`, whole; the number of the next one."""
    assert (said["reason"], said["error"]) == ("SynthesizingAudioCompleted", None)
    count = len(text) * 6 * rate // 100
    assert samples(said["audio"], first) == count
    assert said["seconds"] == pytest.approx(count / rate)
    return first + count


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text", TEXT),
        ("text_of_another_locale", "你好。"),
        ("ssml", SHINES),
        ("as_it_comes", TEXT),
        ("trained_voice", SHINES),
        ("token", SHINES),
        ("text_stream", PIECES),
        ("text_stream_settings", PIECES),
        ("text_stream_temperature", PIECES),
        ("ssml_on_version_2", SHINES),
    ],
)
def test_it_speaks(verdicts: Verdicts, name: str, text: str) -> None:
    spoken(well(verdicts[name]), text)


def test_words(verdicts: Verdicts) -> None:
    said = well(verdicts["words"])
    spoken(said, TEXT)
    told = [[text, offset // 600_000, place, length] for text, offset, place, length, _ in said["heard"]]
    assert told == WORDS
    assert {kind for *_, kind in said["heard"]} == {"Word"}


def test_words_of_streamed_text(verdicts: Verdicts) -> None:
    said = well(verdicts["text_stream_words"])
    spoken(said, PIECES)
    assert [word[:2] for word in said["heard"]] == [
        [word, PIECES.index(word) * 600_000] for word in ("Hello", "there", "How", "b", "are", "you", "And", "more")
    ]


def test_visemes(verdicts: Verdicts) -> None:
    assert well(verdicts["visemes"])["heard"] == [[0, 0], [0, 1_800_000]]


@pytest.mark.parametrize("name", ["several_turns", "text_stream_turns"])
def test_several_turns_on_one_connection(verdicts: Verdicts, name: str) -> None:
    first = 0
    for said, text in zip(well(verdicts[name]), ("One.", "Two two.", "Three."), strict=True):
        first = spoken(said, text, first)
    assert len(verdicts[name].sent) == 1


def test_two_at_a_time(verdicts: Verdicts) -> None:
    for said in well(verdicts["two_at_a_time"]):
        spoken(said, "Both.")


def test_chunks_come_as_they_are_made(verdicts: Verdicts) -> None:
    assert len(well(verdicts["as_it_comes"])["heard"]) == 10


def test_formats(verdicts: Verdicts) -> None:
    said = well(verdicts["formats"])
    files = {"riff": 24000, "unset": 16000, "mp3": 24000, "ogg": 24000, "riff_alaw": 8000}
    for name, rate in files.items():
        assert seconds(said[name]["audio"], rate) == pytest.approx(0.6, abs=0.08), name
    spoken(said["raw_48"], SHINES, rate=48000)
    spoken(said["raw_8"], SHINES, rate=8000)
    assert len(base64.b64decode(said["mulaw"]["audio"])) == 4800
    assert said["webm"]["error"] == "BadRequest"
    assert "The sandbox cannot make webm-24khz-16bit-mono-opus" in said["webm"]["details"]


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("wrong_key", "AuthenticationFailure", "401"),
        ("unknown_voice", "BadRequest", "Unsupported voice en-US-NobodyNeural."),
        ("unknown_voice_streamed", "BadRequest", "Unsupported voice en-US-NobodyNeural."),
        ("wrong_ssml", "BadRequest", "at least one [voice] tag"),
        ("text_stream_on_version_1", "BadRequest", "websocket/v2"),
    ],
)
def test_a_refusal(verdicts: Verdicts, name: str, error: str, said: str) -> None:
    found = well(verdicts[name])
    assert (found["reason"], found["error"], found["audio"]) == ("Canceled", error, "")
    assert said in found["details"]


def test_faults(verdicts: Verdicts) -> None:
    assert {fault: said["error"] for fault, said in well(verdicts["faults"]).items()} == {
        "status=429": "TooManyRequests",
        "status=503": "ServiceUnavailable",
        "status=400": "BadRequest",
        "close=4429": "TooManyRequests",
        "close=1007": "BadRequest",
        "close=1011": "ServiceError",
        "error=TooManyRequests": "TooManyRequests",
    }


def test_an_error_after_audio(verdicts: Verdicts) -> None:
    said = well(verdicts["error_after_audio"])
    assert (said["error"], samples(said["audio"])) == ("ServiceError", 2 * 4800)


def test_voices(verdicts: Verdicts) -> None:
    listed = well(verdicts["voices"])
    assert (listed["reason"], listed["error"]) == ("VoicesListRetrieved", "")
    cards = {voice.id: voice for card in AzureTTSModel.list_models() for voice in card.voices}
    assert {name for name, *_ in listed["voices"]} == set(cards)
    name, locale, gender, styles = next(one for one in listed["voices"] if one[0] == "en-US-JennyNeural")
    assert (name, locale, gender, styles) == ("en-US-JennyNeural", "en-US", "Female", list(cards[name].styles))
    assert {"zh-CN-XiaoxiaoNeural", "zh-CN-YunxiNeural"} <= set(well(verdicts["voices_of_a_locale"])) < set(cards)
