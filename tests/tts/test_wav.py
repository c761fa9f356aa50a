"""A provider's own WAV is samples to us; a file is what its name says."""

from __future__ import annotations

import asyncio
import itertools
import os
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import ParameterError, ProtocolError
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSModelCard
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.save import encodings_of, save
from modeldeck.tts.wav import HEADER_BYTES, Samples, wav_header

from .conftest import PER_CHARACTER, RATE, Numbered, numbers

PCM = "pcm_s16le"
WAV = AudioFormat("wav", RATE)
RAW = AudioFormat(PCM, RATE)
SIGNAL = struct.pack("<600H", *range(600))


def riff(data: bytes, *, rate: int = RATE, kind: int = 1, bits: int = 16, size: int | None = None) -> bytes:
    """A WAV with a chunk before its samples; `size` as it is told."""
    fmt = struct.pack("<HHIIHH", kind, 1, rate, rate * bits // 8, bits // 8, bits)
    chunks = b"LIST" + struct.pack("<I", 5) + b"about\0" + b"fmt " + struct.pack("<I", 16) + fmt
    told = len(data) if size is None else size
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + chunks + b"data" + struct.pack("<I", told) + data


def read(reader: Samples, data: bytes, cuts: list[int]) -> bytes:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(reader.feed(data[a:b]) for a, b in itertools.pairwise(places)) + reader.rest()


@given(st.lists(st.integers(0, 4000), max_size=30), st.sampled_from([None, 0, 0xFFFFFFFF, 0x7FFFFFFF, 100]))
def test_where_a_wav_is_cut_changes_no_sample(cuts: list[int], size: int | None) -> None:
    reader = Samples(WAV)
    assert read(reader, riff(SIGNAL, size=size), cuts) == SIGNAL
    assert reader.format == RAW


@given(st.lists(st.integers(0, 4000), max_size=30))
def test_files_in_a_row_are_one_signal(cuts: list[int]) -> None:
    data = riff(SIGNAL[:400]) + riff(SIGNAL[400:]) + b"LIST" + struct.pack("<I", 4) + b"more"
    assert read(Samples(WAV), data, cuts) == SIGNAL


def test_a_piece_with_a_header_begins_another_file_whatever_the_size_says() -> None:
    """Also in pieces of one byte; half a sample before it is none."""
    reader = Samples(WAV)
    first, second = riff(SIGNAL[:400] + b"\7", size=0xFFFFFFFF), riff(SIGNAL[400:], size=0)
    pieces = [first, *(second[at : at + 1] for at in range(len(second)))]
    assert b"".join(map(reader.feed, pieces)) == SIGNAL


def test_what_is_no_wav_passes() -> None:
    for data in (SIGNAL, b"RIFFraff" * 5, b"RI"):
        assert read(Samples(RAW), data, [1]) == data


def test_a_wav_of_another_kind() -> None:
    for data in (riff(SIGNAL, kind=3, bits=32), riff(SIGNAL, kind=7, bits=8)):
        with pytest.raises(ProtocolError, match="16-bit PCM was expected"):
            Samples(WAV).feed(data)
        reader = Samples(WAV, others=True)
        assert read(reader, data, [3, 50]) == data
        assert reader.format == WAV


def test_a_change_in_mid_stream_is_refused() -> None:
    for other in (riff(SIGNAL, rate=48000), riff(SIGNAL, kind=3, bits=32)):
        reader = Samples(WAV, others=True)
        reader.feed(riff(SIGNAL))
        with pytest.raises(ProtocolError):
            reader.feed(other)


# -- models


class Filed(Numbered):
    """Speaks as `Numbered` does, each request as a WAV of its own, in the pieces that it was given."""

    def __init__(self, *, size: int | None = 0xFFFFFFFF, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
        data = b""
        async for event in super()._speak(request):
            if isinstance(event, Audio):
                data += event.data
            else:
                yield event
        file = riff(data, size=self.size)
        for at in range(0, len(file), self.piece):
            yield Audio(file[at : at + self.piece], AudioFormat("wav", 24000))  # the header knows better


def without_header(parts: list[TTSResponse]) -> bytes:
    return b"".join(part.audio for part in parts)[HEADER_BYTES:]


@pytest.mark.parametrize("piece", [1, 43, 61, 101, 10_000])
async def test_it_has_one_header_offsets_and_a_duration(piece: int) -> None:
    parts = [part async for part in Filed(piece=piece).synthesize("one two three")]
    assert b"".join(part.audio for part in parts).startswith(wav_header(WAV, None))
    assert numbers(without_header(parts)) == list(range(13 * PER_CHARACTER))
    heard = 0
    for part in parts:
        assert part.offset == heard
        heard += part.samples or 0
    assert heard == 13 * PER_CHARACTER
    whole = await Filed(piece=piece, stream=False).synthesize("one two three")
    assert whole.audio[:HEADER_BYTES] == wav_header(WAV, 2 * heard)
    assert whole.duration == heard / RATE
    assert whole.format == WAV


async def test_sentences_that_are_files_are_one() -> None:
    async with Filed().session() as talk:
        await talk.send("First sentence. Second sentence.")
        await talk.end()
        parts = [part async for part in talk]
    data = b"".join(part.audio for part in parts)
    assert data.count(b"RIFF") == 1
    assert len(numbers(without_header(parts))) == len("First sentence. Second sentence.") * PER_CHARACTER
    words = [word for part in parts for word in part.timings]
    assert [word.text for word in words] == ["First", "sentence.", "Second", "sentence."]
    assert words[2].start >= 0.15


async def test_it_is_converted_like_raw_pcm(tmp_path: Path) -> None:
    raw = await Filed(output=RAW, stream=False).synthesize("Hello")
    assert (raw.format, numbers(raw.audio)) == (RAW, list(range(5 * PER_CHARACTER)))
    twice = await Filed(output=AudioFormat("wav", 2 * RATE), stream=False).synthesize("Hello")
    assert twice.samples == 2 * 5 * PER_CHARACTER
    await Filed(output=AudioFormat("flac", RATE)).save("Hello", tmp_path / "x.flac")
    assert soundfile.info(tmp_path / "x.flac").frames == 5 * PER_CHARACTER


async def test_it_is_a_wav_though_the_card_says_pcm_first() -> None:
    tts = Filed(stream=False)
    tts._card = card("audio/pcm", "pcm", "wav")
    assert (await tts.synthesize("Hello")).audio[:HEADER_BYTES] == wav_header(WAV, 2 * 5 * PER_CHARACTER)


async def test_a_wav_that_ends_in_its_header_passes_as_it_is() -> None:
    class Short(Filed):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
            yield Audio(riff(b"")[:30], WAV)

    assert (await Short(stream=False).synthesize("...")).audio == riff(b"")[:30]


async def test_float_samples_pass_as_they_are(tmp_path: Path) -> None:
    own = riff(SIGNAL, kind=3, bits=32)

    class Float(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
            for at in range(0, len(own), 50):
                yield Audio(own[at : at + 50], WAV)

    assert (await Float(stream=False).synthesize("Hello")).audio == own
    saved = await Float().save("Hello", tmp_path / "x.wav")
    assert (tmp_path / "x.wav").read_bytes() == own
    assert saved.duration is None
    with pytest.raises(ParameterError, match=r"the audio is wav; name the file \.wav"):
        await Float().save("Hello", tmp_path / "x.pcm")


# -- files


def card(output_type: str, *formats: str) -> TTSModelCard:
    audio = {"sample_rate": RATE, "formats": formats}
    return TTSModelCard.model_validate(
        {"name": "numbered", "label": "Numbered", "output_types": [output_type], "audio": audio}
    )


def raw_model(**options: Any) -> Numbered:
    tts = Numbered(**options)
    tts._card = card("audio/pcm", "pcm")
    return tts


class Encoded(Numbered):
    """Gives MP3 unless it is asked for what else its card says."""

    def __init__(self, *formats: str, **options: Any) -> None:
        super().__init__(**options)
        self._card = card("audio/mpeg", *formats) if formats else None

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Any]:
        if request.output is not None and request.output.encoding in (PCM, "wav"):
            async for event in super()._speak(request):
                yield event
            return
        self.requests.append(request)
        yield Audio(b"frames", request.output or AudioFormat("mp3", RATE))


@pytest.mark.parametrize("name", ["x.wav", "x.WAVE"])
async def test_raw_pcm_becomes_a_wav_with_true_sizes(tmp_path: Path, name: str) -> None:
    assert (await raw_model(stream=False).synthesize("Hello")).format == RAW
    saved = await raw_model().save("Hello", tmp_path / name)
    with wave.open(str(tmp_path / name)) as file:
        assert numbers(file.readframes(10_000)) == list(range(5 * PER_CHARACTER))
    assert saved.format == WAV
    assert saved.duration == 5 * PER_CHARACTER / RATE
    assert saved.bytes == (tmp_path / name).stat().st_size


@pytest.mark.parametrize("made_of", [Numbered, Filed, raw_model])
async def test_a_name_for_raw_samples_gets_them(tmp_path: Path, made_of: Any) -> None:
    saved = await made_of().save("Hello", tmp_path / "x.pcm")
    assert numbers((tmp_path / "x.pcm").read_bytes()) == list(range(5 * PER_CHARACTER))
    assert saved.format == RAW


async def test_a_name_without_a_suffix_says_nothing(tmp_path: Path) -> None:
    await raw_model().save("Hello", tmp_path / "raw")
    await Numbered().save("Hello", tmp_path / "x.tmp")
    assert numbers((tmp_path / "raw").read_bytes()) == list(range(5 * PER_CHARACTER))
    assert (tmp_path / "x.tmp").read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize("name", ["x.mp3", "x.flac", "x.opus", "x.ogg"])
@pytest.mark.parametrize("made_of", [raw_model, lambda: Encoded("wav", "pcm")])
async def test_other_kinds_are_made_of_raw_pcm(tmp_path: Path, name: str, made_of: Any) -> None:
    saved = await made_of().save("a" * 50, tmp_path / name)
    assert saved.format == AudioFormat(encodings_of(name)[0], RATE)
    assert soundfile.info(tmp_path / name).duration == pytest.approx(0.5, abs=0.01)


async def test_what_the_name_says_is_asked_for_natively(tmp_path: Path) -> None:
    tts = Encoded("mp3", "opus", "pcm")
    for name, output in {
        "x.mp3": None,
        "x": None,
        "x.opus": AudioFormat("opus", RATE),
        "x.ogg": AudioFormat("opus", RATE),
        "x.wav": RAW,
    }.items():
        await tts.save("Hello", tmp_path / name)
        assert tts.requests.pop().output == output
    assert soundfile.info(tmp_path / "x.wav").frames == 5 * PER_CHARACTER
    assert (tmp_path / "x.ogg").read_bytes() == b"frames"


@pytest.mark.parametrize(
    ("formats", "name", "says"),
    [
        (["mp3"], "x.wav", r"gives mp3, and the file is to be wav.*only raw PCM is converted; or name the file \.mp3"),
        (["mp3"], "x.flac", "only raw PCM is converted"),
        (["mp3", "pcm"], "x.m4a", "conversion makes"),
    ],
)
async def test_what_cannot_be_is_refused_before_any_traffic(
    tmp_path: Path, formats: list[str], name: str, says: str
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    tts = Encoded(*formats)
    with pytest.raises(ParameterError, match=says) as caught:
        await tts.save("Hello", tmp_path / name)
    assert tts.requests == []
    assert caught.value.provider == "numbered"
    assert "AudioFormat(" not in str(caught.value)
    assert (tmp_path / name).read_bytes() == b"mine"


async def test_an_unknown_model_is_judged_by_what_comes(tmp_path: Path) -> None:
    with pytest.raises(
        ParameterError, match=r"x\.wav: the audio is mp3; name the file \.mp3, or ask the model for wav"
    ):
        await Encoded().save("Hello", tmp_path / "x.wav")
    assert list(tmp_path.iterdir()) == []
    await Encoded().save("Hello", tmp_path / "x.mp3")


async def test_a_name_may_be_made_of_what_comes(tmp_path: Path) -> None:
    names: list[str] = []

    def named(suffix: str) -> Path:
        names.append(suffix)
        return tmp_path / f"x{suffix}"

    for tts in (Numbered(), raw_model(), Encoded("mp3")):
        saved = await save(tts.synthesize("Hello"), named)
        assert saved.path.exists()
    assert names == [".wav", ".wav", ".mp3"]


async def test_the_header_of_a_pipe_stays_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.wav")
    reading = asyncio.get_running_loop().run_in_executor(None, (tmp_path / "x.wav").read_bytes)
    await raw_model().save("Hello", tmp_path / "x.wav")
    assert (await reading)[:HEADER_BYTES] == wav_header(WAV, None)


class Choosing(Numbered):
    class Parameters(Numbered.Parameters):
        format: Literal["pcm", "wav"] | None = None


@pytest.mark.parametrize(
    ("chosen", "called", "encoding"),
    [({}, {}, "wav"), ({"format": "wav"}, {}, "wav"), ({"format": "pcm"}, {}, PCM), ({}, {"format": "pcm"}, PCM)],
)
async def test_who_asks_for_raw_samples_gets_no_header(
    chosen: dict[str, str], called: dict[str, str], encoding: str
) -> None:
    tts = Choosing(parameters=chosen, stream=False)
    whole = await tts.synthesize("One.", **called)
    assert whole.format == AudioFormat(encoding, RATE)
    assert whole.audio.startswith(b"RIFF") == (encoding == "wav")
    async with tts.session(**called) as talk:
        await talk.send("One.")
        await talk.flush()
        assert {part.format for part in [one async for one in talk.utterance()] if part.audio} == {whole.format}
