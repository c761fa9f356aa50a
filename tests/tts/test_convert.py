"""Conversion as a stream: what is heard, how long it is, when the first of it leaves, what stays behind."""

from __future__ import annotations

import gc
import io
import itertools
import random
import struct
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldeck.errors import ParameterError
from modeldeck.providers.local.tts import LocalTTSModel
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSModelCard, WordTiming
from modeldeck.tts.convert import Converter, planned
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.wav import HEADER_BYTES

from .conftest import PER_CHARACTER, RATE, Numbered, numbers

PCM = "pcm_s16le"
ENCODED = ("flac", "mp3", "ogg", "opus")


def sine(rate: int, seconds: float = 2.0, channels: int = 1, hertz: float = 440.0) -> bytes:
    wave = 12000 * numpy.sin(2 * numpy.pi * hertz * numpy.arange(round(rate * seconds)) / rate)
    return wave.astype("<i2").repeat(channels).tobytes()


def converted(data: bytes, source: AudioFormat, target: AudioFormat, cuts: tuple[int, ...] = ()) -> bytes:
    """The whole, with the true head that a file gets; `cuts`: where the input is split."""
    converter = Converter(source, target)
    places = [0, *sorted(cuts), len(data)]
    out = [converter.feed(data[start:end]) for start, end in itertools.pairwise(places)]
    whole = b"".join([*out, converter.finish()])
    return converter.head + whole[len(converter.head) :]


def pitch(pcm: bytes, rate: int) -> float:
    """The strongest frequency, in Hz."""
    samples = numpy.frombuffer(pcm, "<i2").astype(float)
    spectrum = abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


def decoded(data: bytes) -> tuple[bytes, int]:
    """PCM and sample rate, as libsndfile reads them from the bytes of a file."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    return samples.tobytes(), rate


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 48000])
@pytest.mark.parametrize("given_rate", [22050, 24000])
def test_another_sample_rate_keeps_pitch_and_length(given_rate: int, rate: int) -> None:
    pcm = converted(sine(given_rate), AudioFormat(PCM, given_rate), AudioFormat(PCM, rate))
    assert abs(len(pcm) // 2 - 2 * rate) <= 2  # a sample per second
    assert abs(pitch(pcm, rate) - 440) < 1
    middle = numpy.frombuffer(pcm, "<i2")[rate // 4 : -rate // 4]
    assert 11900 < abs(middle).max() <= 12050


def test_what_the_new_rate_cannot_hold_is_filtered_not_mirrored() -> None:
    high = sine(24000, hertz=7000)
    pcm = converted(high, AudioFormat(PCM, 24000), AudioFormat(PCM, 8000))
    assert abs(numpy.frombuffer(pcm, "<i2")[800:-800]).max() < 20


@settings(deadline=None, max_examples=25)
@given(
    target=st.builds(
        AudioFormat,
        st.sampled_from([PCM, "wav", "flac", "mp3"]),
        st.sampled_from([8000, 16000, 22050, 24000, 48000]),
        st.sampled_from([1, 2]),
    ),
    channels=st.sampled_from([1, 2]),
    cuts=st.lists(st.integers(0, 20000), max_size=12),
)
def test_where_the_input_is_cut_changes_nothing(target: AudioFormat, channels: int, cuts: list[int]) -> None:
    noise = random.Random(7).randbytes(20000)
    source = AudioFormat(PCM, 22050, channels)
    assert converted(noise, source, target, tuple(cuts)) == converted(noise, source, target)


@pytest.mark.parametrize("encoding", ["ogg", "opus"])
def test_where_the_input_is_cut_changes_no_sample_of_ogg(encoding: str) -> None:
    source, target = AudioFormat(PCM, 22050), AudioFormat(encoding, 16000)
    one = converted(sine(22050), source, target)
    many = converted(sine(22050), source, target, tuple(range(0, 88200, 331)))
    assert decoded(many) == decoded(one)  # the bytes differ in the stream's random serial number


def test_one_channel_becomes_two_and_two_become_one() -> None:
    mono, stereo = AudioFormat(PCM, 8000), AudioFormat(PCM, 8000, 2)
    assert converted(struct.pack("<3h", 1, -2, 32767), mono, stereo) == struct.pack("<6h", 1, 1, -2, -2, 32767, 32767)
    assert converted(struct.pack("<6h", 10, 20, -30, -10, 32767, 32767), stereo, mono) == struct.pack(
        "<3h", 15, -20, 32767
    )


def test_two_channels_at_another_rate_stay_apart() -> None:
    left, right = numpy.frombuffer(sine(22050, hertz=440), "<i2"), numpy.frombuffer(sine(22050, hertz=1000), "<i2")
    both = numpy.stack([left, right], axis=1).tobytes()
    pcm = converted(both, AudioFormat(PCM, 22050, 2), AudioFormat(PCM, 24000, 2))
    out = numpy.frombuffer(pcm, "<i2").reshape(-1, 2)
    assert abs(pitch(out[:, 0].tobytes(), 24000) - 440) < 1
    assert abs(pitch(out[:, 1].tobytes(), 24000) - 1000) < 1


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize(("given_rate", "rate"), [(22050, 24000), (22050, 8000), (24000, 48000), (16000, 16000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_encoded_audio_decodes_to_the_same_length_and_pitch(
    encoding: str, given_rate: int, rate: int, channels: int
) -> None:
    source, target = AudioFormat(PCM, given_rate, channels), AudioFormat(encoding, rate)
    pcm, got_rate = decoded(converted(sine(given_rate, channels=channels), source, target))
    assert got_rate == rate
    assert abs(len(pcm) // 2 - 2 * rate) <= 2
    assert abs(pitch(pcm, rate) - 440) < 1


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_encoded_stereo_is_both_channels_and_no_noise(encoding: str, rate: int) -> None:
    left, right = numpy.frombuffer(sine(rate), "<i2"), numpy.frombuffer(sine(rate, hertz=1000), "<i2")
    both = numpy.stack([left, right], axis=1).astype("<i2")
    form = AudioFormat(PCM, rate, 2)
    pcm, _ = decoded(converted(both.tobytes(), form, AudioFormat(encoding, rate, 2)))
    out = numpy.frombuffer(pcm, "<i2").reshape(-1, 2)
    middle = slice(rate // 4, -rate // 4)
    error = out[middle].astype(float) - both[middle]
    assert (error**2).mean() < (both[middle].astype(float) ** 2).mean() / 100  # 20 dB


def test_flac_loses_nothing() -> None:
    noise = random.Random(3).randbytes(30000)
    assert decoded(converted(noise, AudioFormat(PCM, 24000), AudioFormat("flac", 24000))) == (noise, 24000)


# Samples of input before the first byte of audio leaves; soxr takes 950 of them at 22050 Hz (1800 down to 8000 Hz).
# Vorbis collects pages of 4 kB: 0.7 s at 24 kHz, 1.6 s at 8 kHz.
@pytest.mark.parametrize(
    ("encoding", "rate", "samples"),
    [
        (PCM, 22050, 100),
        (PCM, 24000, 1000),
        (PCM, 8000, 1900),
        ("mp3", 24000, 1900),
        ("flac", 22050, 1300),
        ("flac", 24000, 1900),
        ("opus", 24000, 1900),
        ("opus", 48000, 1900),
        ("ogg", 24000, 18000),
    ],
)
def test_the_first_audio_leaves_early(encoding: str, rate: int, samples: int) -> None:
    converter = Converter(AudioFormat(PCM, 22050), AudioFormat(encoding, rate))
    noise = random.Random(5).randbytes(2 * 22050)
    fed = 0
    while not converter.feed(noise[fed : fed + 200]):
        fed += 200
    assert fed / 2 <= samples


def test_a_header_alone_is_no_audio() -> None:
    for encoding in ENCODED:
        converter = Converter(AudioFormat(PCM, 24000), AudioFormat(encoding, 24000))
        assert converter.feed(b"\x00\x01") == b""
        assert decoded(converter.finish())[1] == 24000


@pytest.mark.parametrize("encoding", [PCM, "wav", *ENCODED])
def test_no_audio_gives_no_bytes(encoding: str) -> None:
    converter = Converter(AudioFormat(PCM, 22050), AudioFormat(encoding, 24000))
    assert converter.feed(b"") + converter.finish() == b""


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_converter_that_is_dropped_leaves_nothing(encoding: str) -> None:
    gc.disable()  # reference counts alone free it: no cycle holds the encoder
    try:
        converter = Converter(AudioFormat(PCM, 22050), AudioFormat(encoding, 24000))
        converter.feed(sine(22050, 0.3))
        encoder: Any = converter._encoder
        gone = [weakref.ref(encoder), weakref.ref(encoder._file), weakref.ref(encoder._sink)]
        del converter, encoder
        assert [one() for one in gone] == [None, None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_long_stream_is_not_kept(encoding: str) -> None:
    converter = Converter(AudioFormat(PCM, 24000), AudioFormat(encoding, 24000))
    second = random.Random(9).randbytes(48000)
    for _ in range(20):
        converter.feed(second)
        assert converter._encoder is not None
        assert sum(map(len, converter._encoder._sink._new)) == 0
    assert len(converter.finish()) < 60_000


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        (AudioFormat(PCM, 24000), AudioFormat("opus", 22050), "opus takes 8000, 12000, 16000, 24000, 48000 Hz"),
        (AudioFormat(PCM, 24000), AudioFormat("mp3", 96000), "mp3 takes 8000"),
        (AudioFormat(PCM, 24000), AudioFormat("smoke", 24000), "conversion makes pcm_s16le, wav, flac, mp3, ogg, opus"),
        (AudioFormat(PCM, 24000), AudioFormat("flac", 24000, 3), "1 or 2 channels"),
        (AudioFormat(PCM, 24000, 3), AudioFormat(PCM, 24000, 2), "3 channels become 1"),
        (AudioFormat(PCM, 24000), AudioFormat("ogg", 384000), "1000 to 192000 Hz"),  # libsndfile 1.2.2 would crash
        (AudioFormat(PCM, 24000), AudioFormat("wav", 24000, 9), "1 to 8 channels"),
        (AudioFormat("mp3", 24000), AudioFormat(PCM, 24000), "only raw PCM is converted, and this is mp3"),
    ],
)
def test_what_cannot_be_made_says_why(source: AudioFormat, target: AudioFormat, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        Converter(source, target)


# -- models


def card(**audio: Any) -> TTSModelCard:
    return TTSModelCard.model_validate({"name": "numbered", "label": "Numbered", "audio": audio})


def test_what_is_native_is_asked_for_and_the_rest_is_made_of_pcm() -> None:
    facts = card(sample_rate=24000, formats=["mp3", "pcm"]).audio
    for native in (AudioFormat("mp3", 24000), AudioFormat(PCM, 24000), AudioFormat("wav", 24000)):
        assert planned("m", facts, native).source == native
    for made in (AudioFormat("mp3", 16000), AudioFormat("flac", 24000), AudioFormat("wav", 24000, 2)):
        assert planned("m", facts, made).source == AudioFormat(PCM, 24000)
    with pytest.raises(ParameterError, match=r"it gives mp3 at 24000 Hz, 1 channel.*only raw PCM is converted"):
        planned("m", card(sample_rate=24000, formats=["mp3"]).audio, AudioFormat("flac", 24000))


async def test_pcm_at_another_rate_has_true_offsets_and_timings_in_seconds() -> None:
    tts = Numbered(output=AudioFormat(PCM, 2 * RATE))
    parts = [part async for part in tts.synthesize("one two three")]
    samples = 0
    for part in parts:
        assert part.offset == samples
        assert part.samples == len(part.audio) // 2
        samples += part.samples or 0
    assert samples == 2 * PER_CHARACTER * 13
    assert parts[0].audio
    assert parts[0].format == AudioFormat(PCM, 2 * RATE)
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [word.text for part in parts for word in part.timings] == ["one", "two", "three"]
    assert parts[-1].first_audio is not None


async def test_the_request_asks_for_what_is_native() -> None:
    tts = Numbered(output=AudioFormat("flac", 24000))
    tts._card = card(sample_rate=RATE, formats=["pcm"])
    await _collected(tts, "one")
    assert tts.requests[0].output == AudioFormat(PCM, RATE)


async def test_a_converted_wav_is_one_wav() -> None:
    tts = Numbered(output=AudioFormat("wav", 24000, 2), piece=101)
    parts = await _collected(tts, "Hello there.")
    data = b"".join(part.audio for part in parts)
    assert data.count(b"RIFF") == 1
    assert data.startswith(b"RIFF\xff\xff\xff\xff")
    assert len(data) == HEADER_BYTES + sum(part.samples or 0 for part in parts) * 4
    whole = await Numbered(output=AudioFormat("wav", 24000, 2), stream=False).synthesize("Hello there.")
    assert whole.audio[HEADER_BYTES:] == data[HEADER_BYTES:]
    assert soundfile.info(io.BytesIO(whole.audio)).frames == 12 * PER_CHARACTER * 3 == whole.samples


async def test_pcm_that_fits_is_not_touched() -> None:
    tts = Numbered(output=AudioFormat("wav", RATE))
    data = b"".join(part.audio for part in await _collected(tts, "Hello"))
    assert numbers(data[HEADER_BYTES:]) == list(range(5 * PER_CHARACTER))


@pytest.mark.parametrize("encoding", ENCODED)
async def test_encoded_increments_do_not_claim_samples(encoding: str) -> None:
    parts = await _collected(Numbered(output=AudioFormat(encoding, 16000)), "a" * 300)
    assert len(parts) > 2 or encoding == "ogg"
    assert {(part.samples, part.offset, part.duration) for part in parts} == {(None, 0, None)}
    assert {part.format for part in parts} == {AudioFormat(encoding, 16000)}
    assert parts[-1].audio == b""
    assert parts[-2].audio != b""


@pytest.mark.parametrize("encoding", ENCODED)
async def test_the_whole_and_the_file_have_the_true_length(encoding: str, tmp_path: Path) -> None:
    output = AudioFormat(encoding, 16000)
    whole = await Numbered(output=output, stream=False).synthesize("a" * 300)
    assert len(decoded(whole.audio)[0]) == 2 * 2 * PER_CHARACTER * 300
    assert whole.metadata is None
    saved = await Numbered(output=output).save("a" * 300, tmp_path / "speech")
    assert saved.bytes == (tmp_path / "speech").stat().st_size
    assert len(decoded((tmp_path / "speech").read_bytes())[0]) == 2 * 2 * PER_CHARACTER * 300


async def test_audio_shorter_than_the_encoder_s_delay_still_has_a_first_audio() -> None:
    parts = await _collected(Numbered(output=AudioFormat("ogg", 16000)), "a")
    assert [bool(part.audio) for part in parts] == [True, False]
    assert parts[-1].first_audio is not None


async def test_each_utterance_of_a_session_is_a_file_of_its_own() -> None:
    files = [b""]
    async with Numbered(output=AudioFormat("flac", 16000)).session() as session:
        for text in ("First.", "Second one."):
            await session.send(text)
            await session.flush()
        await session.end()
        async for part in session:
            files[-1] += part.audio
            if part.is_last:
                files.append(b"")
    assert [data[:4] for data in files] == [b"fLaC", b"fLaC", b""]


async def test_sentences_of_one_utterance_are_one_stream() -> None:
    async with Numbered(output=AudioFormat("opus", 16000)).session() as session:
        await session.send("First sentence. Second sentence.")
        await session.end()
        data = b"".join([part.audio async for part in session])
    assert data.count(b"OpusHead") == 1
    assert abs(len(decoded(data)[0]) // 2 - 2 * PER_CHARACTER * 32) <= 2 * PER_CHARACTER  # less the space between


async def test_closing_early_stops_the_provider_and_frees_the_encoder() -> None:
    tts = Numbered(output=AudioFormat("mp3", 16000))
    gc.collect()
    before = sum(isinstance(one, soundfile.SoundFile) for one in gc.get_objects())
    speech = tts.synthesize("a" * 500)
    await anext(speech)
    await speech.aclose()
    del speech
    assert tts.open == 0
    gc.collect()
    assert sum(isinstance(one, soundfile.SoundFile) for one in gc.get_objects()) == before


async def test_other_encoded_audio_than_was_asked_for_is_refused() -> None:
    class Encoded(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio | WordTiming | Any]:
            yield Audio(b"mp3 frames", AudioFormat("mp3", 24000))

    with pytest.raises(ParameterError, match="only raw PCM is converted, and this is mp3"):
        await _collected(Encoded(output=AudioFormat("flac", 24000)), "Hello")
    [part, _] = await _collected(Encoded(output=AudioFormat("mp3", 24000)), "Hello")
    assert part.audio == b"mp3 frames"


def _without(*modules: str) -> str:
    return f"import sys\nfor name in {modules!r}: sys.modules[name] = None\n"


_REFUSED = """
from modeldeck.errors import ParameterError
from modeldeck.tts import AudioFormat, LocalTTSModel
LocalTTSModel(output=AudioFormat("wav", 22050))
for output in (AudioFormat("mp3", 24000), AudioFormat("wav", 24000), AudioFormat("wav", 22050, 2)):
    try:
        LocalTTSModel(output=output)
    except ParameterError as error:
        assert 'pip install "modeldeck[audio]"' in str(error), error
        assert error.parameter == "output"
    else:
        raise SystemExit(f"{output} was not refused")
"""


def test_without_the_extra_construction_says_what_to_install() -> None:
    _run(_without("numpy", "soxr", "soundfile") + _REFUSED)


def test_nothing_of_the_extra_is_imported_before_it_is_needed() -> None:
    _run("""
import sys
import modeldeck.tts, modeldeck.tts.assemble, modeldeck.tts.convert, modeldeck.tts.speech, modeldeck.tts.session
from modeldeck.tts import AudioFormat, LocalTTSModel
LocalTTSModel(output=AudioFormat("pcm_s16le", 22050))
assert not {"numpy", "soxr", "soundfile"} & set(sys.modules)
""")


async def test_a_real_sentence_becomes_an_mp3(tmp_path: Path) -> None:
    sentence = "The quick brown fox jumps over the lazy dog."
    saved = await LocalTTSModel(output=AudioFormat("mp3", 24000)).save(sentence, tmp_path / "fox.mp3")
    native = await LocalTTSModel(stream=False).synthesize(sentence)
    info = soundfile.info(tmp_path / "fox.mp3")
    assert (info.format, info.samplerate, info.channels) == ("MP3", 24000, 1)
    assert abs(info.duration - native.duration) < 0.001
    assert abs(soundfile.read(tmp_path / "fox.mp3")[0]).max() > 0.1
    assert saved.format == AudioFormat("mp3", 24000)


async def _collected(tts: Any, text: str) -> list[TTSResponse]:
    return [part async for part in tts.synthesize(text)]


def _run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
