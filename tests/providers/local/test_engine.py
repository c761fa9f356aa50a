"""The real engine in a real process over real pipes: what it says."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import pytest

from modeldeck.errors import ParameterError, ProviderError
from modeldeck.providers.local.engine import Chunk, Engine, Word
from modeldeck.providers.local.pieces import pieces
from tests.providers.local.helpers import LONG, SECOND, Roomy, loudness, pitch, spoken, worker_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks into /proc and sends POSIX signals")


async def test_it_speaks_and_says_when_each_word_begins() -> None:
    engine = await Engine.running()
    text = "Hello world. this is a test of 1,234 words."
    events = [event async for event in engine.say(text)]
    pcm = b"".join(event.pcm for event in events if isinstance(event, Chunk))
    words = [event for event in events if isinstance(event, Word)]
    assert 3 < len(pcm) / SECOND < 8
    assert loudness(pcm) > 500
    heard = [text[word.start : word.start + word.length] for word in words]
    assert heard[:4] == ["Hello", "world", "this", "is"]
    assert heard[-2:] == ["1,234", "words"]
    times = [word.at for word in words]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < len(pcm) / SECOND


async def test_a_word_comes_before_its_audio_and_audio_before_the_end() -> None:
    engine = await Roomy.running()
    heard, job_done = 0.0, []
    async with aclosing(engine.say(LONG)) as events:
        async for event in events:
            if isinstance(event, Word):
                assert event.at >= heard - 0.2
            else:
                heard += len(event.pcm) / SECOND
                (worker,) = engine.workers
                job_done.append(not worker.jobs)
    assert not job_done[0], "the first chunk must leave while the engine still speaks"


async def test_settings_reach_the_engine() -> None:
    engine = await Engine.running()
    text = "The quick brown fox jumps over the lazy dog."
    usual = await spoken(engine, text)
    assert len(await spoken(engine, text, rate=350)) < 0.7 * len(usual)
    assert len(await spoken(engine, text, word_gap=20)) > 1.2 * len(usual)
    assert loudness(await spoken(engine, text, volume=20)) < 0.4 * loudness(usual)
    hum = "Nine men in a moon lane may roam all morning long."
    assert pitch(await spoken(engine, hum, pitch=99)) > 1.5 * pitch(await spoken(engine, hum, pitch=0))
    assert pitch(await spoken(engine, hum, voice="en-us+f3")) > 1.5 * pitch(await spoken(engine, hum))
    assert abs(len(await spoken(engine, text)) - len(usual)) < 0.02 * len(usual), "a setting must not stay"
    paused = await spoken(engine, '<speak>The fox.<break time="5s"/></speak>', ssml=True)
    assert 5 < len(paused) / SECOND < 8


async def test_engine_commands_in_the_text_are_only_text() -> None:
    engine = await Engine.running()
    plain = await spoken(engine, "Hello there again")
    assert abs(len(await spoken(engine, "Hello there\0again")) - len(plain)) < 0.1 * len(plain)
    assert len(await spoken(engine, "Hello \x01400S there again")) > len(plain)
    assert await spoken(engine, "\ud800 Hello")


async def test_two_hundred_voices_at_once_stay_apart() -> None:
    engine = await Engine.running()
    known = await engine.voices()
    variants = [voice.id for voice in known if voice.variant]
    voices = [f"en-us+{name}" for name in variants] + [f"de+{name}" for name in variants]
    voices = [*voices[:200]]
    texts = [f"Sentence number {index}, which is spoken in a voice of its own." for index in range(200)]
    alone = len(await spoken(engine, texts[0]))
    results = await asyncio.gather(
        *(spoken(engine, text, voice=voice) for text, voice in zip(texts, voices, strict=True))
    )
    for voice, pcm in zip(voices, results, strict=True):
        assert 0.5 < len(pcm) / alone < 2.5, voice
        assert 200 < loudness(pcm) < 15_000, voice
    assert len(engine.workers) == 1


async def test_hello_does_not_wait_for_a_chapter() -> None:
    engine = await Engine.running()
    started, order = asyncio.Event(), []

    async def chapter() -> None:
        for piece in pieces("A sentence of a chapter that is long enough to take a while. " * 300):
            await spoken(engine, piece.text)
            started.set()
        order.append("chapter")

    async def hello() -> None:
        await started.wait()
        await spoken(engine, "Hello.")
        order.append("hello")

    await asyncio.gather(chapter(), hello())
    assert order == ["hello", "chapter"]


@pytest.mark.parametrize(
    ("voice", "suggestion"),
    [
        ("en-us+nosuch", "en-us"),
        ("en_us", "en-us"),
        ("EN-US", "en-us"),
        ("en-us+F3", "en-us+f3"),
        ("en-us+wisper", "en-us+whisper"),
        ("qqqqqqqq", None),
        ("", None),
        ("../../etc/passwd", None),
        ("gmw/en-US", None),
        ("fo", None),  # listed by the engine, but the package has no dictionary: it would be silent
    ],
)
async def test_a_voice_that_the_engine_does_not_have_is_an_error(voice: str, suggestion: str | None) -> None:
    engine = await Engine.running()
    with pytest.raises(ParameterError) as caught:
        await spoken(engine, "Hello.", voice=voice)
    assert caught.value.parameter == "voice"
    assert caught.value.value == voice
    if suggestion:
        assert caught.value.suggestion == suggestion


async def test_every_voice_and_alias_is_heard() -> None:
    engine = await Engine.running()
    for voice in await engine.voices():
        for name in (f"en-us+{voice.id}",) if voice.variant else (voice.id, *voice.aliases):
            pcm = await spoken(engine, "Test 12", voice=name)
            assert len(pcm) > SECOND / 5, name
            assert loudness(pcm) > 100, name


async def test_an_endless_pause_is_refused() -> None:
    engine = await Engine.running()
    text = "<speak>" + '<break time="900s"/>a' * 9 + "</speak>"
    with pytest.raises(ProviderError, match="longer than"):
        async for _ in engine.say(text, ssml=True):
            pass
    assert await spoken(engine, "Next.")


async def test_a_long_piece_goes_no_further_than_its_consumer_and_holds_nobody_up() -> None:
    engine = await Engine.running()
    shared = worker_of(engine)
    text = "<speak>" + '<s>A sentence of many.</s><break time="60s"/>' * 100 + "</speak>"
    async with aclosing(engine.say(text, ssml=True)) as events:
        await anext(events)
        (alone,) = (worker for worker in engine.workers if worker.process.pid != shared)
        while not alone.paused:
            await asyncio.sleep(0)
        (job,) = alone.jobs.values()
        assert job is not None
        waiting = len(job.events)
        for _ in range(5):
            assert await spoken(engine, "Hello.")
        assert len(job.events) == waiting
        assert sum(len(event.pcm) for event in job.events if isinstance(event, Chunk)) < 120 * SECOND
        heard = 0
        async for event in events:
            heard += len(event.pcm) if isinstance(event, Chunk) else 0
            if heard > 300 * SECOND:
                break
    await alone.gone
    assert worker_of(engine) == shared
    assert await spoken(engine, "Hello.")
