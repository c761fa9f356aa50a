"""What is said: numbers without a gap, in every size and container."""

from __future__ import annotations

import asyncio
import io
from array import array
from typing import Literal

import numpy
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.sandbox import Fault
from modeldeck.sandbox import voice as voices
from modeldeck.sandbox.law import Law
from modeldeck.sandbox.silent import SilentMp3, SilentOpus
from modeldeck.sandbox.voice import HUGE, Voice, numbered

RATES = (8000, 16000, 22050, 24000, 44100, 48000)


@given(st.integers(0, 10**7), st.integers(0, 200_000))
def test_sample_i_is_the_number_i(first: int, count: int) -> None:
    assert list(array("H", numbered(first, count))) == [i % 65536 for i in range(first, first + count)]


@pytest.mark.parametrize("encoding", ["pcm", "wav"])
async def test_one_stream_counts_through_all_that_is_said(encoding) -> None:
    speaker = Voice().speaker(encoding, 16000, sample=5)
    data = b"".join([chunk for text in ("hello", "", "there") for chunk in [c async for c in await speaker.say(text)]])
    head = 44 if encoding == "wav" else 0
    assert data[head:] == numbered(5, 10 * 960)
    assert (speaker.sample, speaker.end()) == (5 + 9600, b"")


async def test_what_nobody_takes_is_counted_too() -> None:
    speaker = Voice().speaker()
    dropped = await speaker.say("dropped")
    assert await anext(dropped) == numbered(0, 4800)
    heard = [chunk async for chunk in await speaker.say("b")]
    assert b"".join(heard) == numbered(7 * 1440, 1440)


@pytest.mark.parametrize(
    ("fault", "sizes"),
    [
        ("tiny", lambda sizes: sizes[:100] == [1] * 100),
        ("odd", lambda sizes: all(n % 2 for n in sizes)),
        ("huge", [HUGE].__eq__),
    ],
)
async def test_sizes_that_a_fault_asks_for_lose_nothing(fault: str, sizes) -> None:
    speaker = Voice().speaker(fault=Fault(fault))
    chunks = [chunk async for chunk in await speaker.say("hello there")]
    assert sizes([len(chunk) for chunk in chunks])
    assert b"".join(chunks) == numbered(0, speaker.sample)


async def test_words_are_where_they_are_said() -> None:
    speaker = Voice().speaker(rate=2.0)
    await speaker.say("ab")
    said = await speaker.say("don't 天气!")
    assert [(word.text, word.begin_index, word.end_index) for word in said.words] == [
        ("don't", 0, 5),
        ("天", 6, 7),
        ("气", 7, 8),
    ]
    times = [time for word in said.words for time in (word.start, word.end)]
    assert times == pytest.approx([0.06, 0.21, 0.24, 0.27, 0.27, 0.3])
    assert (said.begin, said.end) == pytest.approx((0.06, 0.33))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("encoding", ["mp3", "opus", "wav"])
async def test_files_are_files_as_long_as_what_is_said(encoding, rate: int) -> None:
    sound = soundfile.SoundFile(io.BytesIO(await Voice(pace=1000).file("hello there", encoding, rate)))
    assert sound.frames / sound.samplerate == pytest.approx(0.66, abs=0.3)
    assert sound.channels == 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("silent", [SilentMp3, SilentOpus])
def test_silence_is_a_file_too(silent: type[SilentMp3 | SilentOpus], rate: int) -> None:
    encoder = silent(rate)
    data = b"".join(encoder.feed(bytes(2 * size)) for size in (rate // 5, 1, rate // 3)) + encoder.finish()
    sound = soundfile.SoundFile(io.BytesIO(data))
    assert abs(sound.read()).max() < 1e-9
    assert sound.frames / sound.samplerate == pytest.approx(8 / 15, abs=0.08)


def test_without_the_audio_extra_files_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert isinstance(voices._encoder("mp3", 24000), SilentMp3)
    assert isinstance(voices._encoder("opus", 24000), SilentOpus)


async def test_at_a_pace_audio_comes_as_it_is_heard() -> None:
    clock = asyncio.get_running_loop().time
    speaker = Voice(pace=10).speaker()
    begun = clock()
    for text in ("hello there", "and again"):  # 1.2 s: the last chunk begins after 1.06 s
        async for _ in await speaker.say(text):
            pass
    assert clock() - begun >= 0.1


async def test_the_local_voice_speaks() -> None:
    speaker = Voice("local").speaker("pcm", 16000)
    data = b"".join([chunk async for chunk in await speaker.say("Hello.")])
    assert len(data) == 2 * speaker.sample > 2 * 16000 * 0.2
    assert max(abs(sample) for sample in array("h", data)) > 1000


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mulaw", {0: 0xFF, 0xFFFF: 0x7F, 0x7FFF: 0x80, 0x8000: 0x00}),
        ("alaw", {0: 0xD5, 0xFFFF: 0x55, 0x7FFF: 0xAA, 0x8000: 0x2A}),
    ],
)
async def test_the_telephones_laws(name: Literal["mulaw", "alaw"], wanted: dict[int, int]) -> None:
    """By the corners of ITU-T G.711's tables; and as libsndfile has them, all of them."""
    whole = numbered(0, 65536)
    law, cut = Law(name), Law(name)
    encoded = law.feed(whole)
    assert b"".join(cut.feed(whole[at : at + 777]) for at in range(0, len(whole), 777)) == encoded
    assert {sample: encoded[sample] for sample in wanted} == wanted
    file = io.BytesIO()
    subtype = "ULAW" if name == "mulaw" else "ALAW"
    soundfile.write(file, numpy.frombuffer(whole, "<i2"), 8000, format="RAW", subtype=subtype)
    assert sum(one != other for one, other in zip(encoded, file.getvalue(), strict=True)) <= 65536 // 100
    speaker = Voice(pace=None).speaker(name, 8000)
    assert len(b"".join([chunk async for chunk in await speaker.say("One.")])) == 4 * 480
