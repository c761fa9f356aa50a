"""One utterance: increments, the last one, attempts, time-outs, closing."""

from __future__ import annotations

import asyncio
import collections.abc
import gc
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modeldeck._transport.limits import Retry, Timeouts, without_pauses
from modeldeck.errors import (
    AuthenticationError,
    ConcurrentUseError,
    ConnectionFailedError,
    ParameterError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
    UnsupportedError,
)
from modeldeck.message import UserMsg
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSUsage, pace
from modeldeck.tts.wav import HEADER_BYTES

from .conftest import PER_CHARACTER, RATE, Numbered, numbers


async def test_the_document_s_loop_over_an_awaited_call() -> None:
    tts = Numbered()
    chunks = [chunk async for chunk in await tts.synthesize("Hello, world!")]
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[0].content is not None
    assert chunks[0].content.source.media_type == "audio/wav"
    assert chunks[-1].content is None
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.characters == len("Hello, world!")


@pytest.mark.parametrize("piece", [1, 3, 44, 700, 10_000_000])
async def test_samples_arrive_whole_in_order_under_one_header(piece: int) -> None:
    chunks = [chunk async for chunk in Numbered(piece=piece).synthesize("Hello, world!")]
    joined = b"".join(chunk.audio for chunk in chunks)
    assert joined[:4] == b"RIFF"
    assert joined[40:44] == b"\xff" * 4
    assert numbers(joined[HEADER_BYTES:]) == list(range(13 * PER_CHARACTER))
    assert [chunk.offset for chunk in chunks[1:]] == [
        sum(one.samples or 0 for one in chunks[:index]) for index in range(1, len(chunks))
    ]


async def test_whole_speech_is_a_valid_wav() -> None:
    response = await Numbered(stream=False).synthesize("Hello")
    with wave.open(io.BytesIO(response.audio)) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (5 * PER_CHARACTER, RATE, 1)
    assert response.is_last
    assert response.duration == 5 * PER_CHARACTER / RATE
    assert [timing.text for timing in response.timings] == ["Hello"]
    assert response.first_audio is not None


async def test_raw_pcm_says_its_rate() -> None:
    tts = Numbered(output=AudioFormat("pcm_s16le", RATE), stream=False)
    response = await tts.synthesize("Hello")
    assert numbers(response.audio) == list(range(5 * PER_CHARACTER))
    assert response.content is not None
    assert response.content.source.media_type == "audio/pcm;rate=8000"


async def test_iterating_streams_whatever_the_model_s_setting() -> None:
    assert len([chunk async for chunk in Numbered(stream=False).synthesize("Hello")]) > 1


async def test_awaiting_a_whole_speech_twice_gives_the_same() -> None:
    speech = Numbered(stream=False).synthesize("Hello")
    assert await speech is await speech


@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("stream", [True, False])
async def test_empty_text_is_one_empty_last_response_without_traffic(text: str, stream: bool) -> None:
    tts = Numbered(stream=stream)
    answer = await tts.synthesize(text)
    responses = [one async for one in answer] if stream else [answer]
    assert [(one.is_last, one.content, one.audio) for one in responses] == [(True, None, b"")]
    assert tts.requests == []


async def test_a_message_is_spoken() -> None:
    tts = Numbered(stream=False)
    await tts.synthesize(UserMsg("me", "Hello"))
    assert tts.requests[0].text == "Hello"


async def test_keyword_arguments_are_parameters_of_this_call() -> None:
    tts = Numbered(stream=False, parameters={"speed": 1.5})
    await tts.synthesize("a", voice="two", extra={"x": 1})
    await tts.synthesize("b")
    assert [dict(one.parameters) for one in tts.requests] == [
        {"voice": "two", "speed": 1.5},
        {"voice": "one", "speed": 1.5},
    ]
    assert tts.requests[0].extra == {"x": 1}
    with pytest.raises(ParameterError, match="did you mean 'speed'"):
        tts.synthesize("c", sped=1)


async def test_first_audio_is_not_held_back() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    speech = tts.synthesize("Hello")
    first = await anext(speech)
    assert first.audio
    assert not first.is_last
    await speech.aclose()
    assert tts.open == 0


async def test_retries_before_the_first_audio_and_says_it_all() -> None:
    tts = Numbered(stream=False)
    tts.failures = [ConnectionFailedError("gone"), ConnectionFailedError("gone again")]
    with without_pauses():
        response = await tts.synthesize("Hello")
    assert len(tts.requests) == 3
    assert len(response.audio) == HEADER_BYTES + 5 * PER_CHARACTER * 2


async def test_gives_up_after_max_retries() -> None:
    tts = Numbered(stream=False, retry=Retry(max_retries=1))
    tts.failures = [ConnectionFailedError("one"), ConnectionFailedError("two"), ConnectionFailedError("three")]
    with without_pauses(), pytest.raises(ConnectionFailedError, match="two"):
        await tts.synthesize("Hello")


async def test_what_is_not_retryable_is_not_retried() -> None:
    tts = Numbered(stream=False)
    tts.failures = [AuthenticationError("no"), ConnectionFailedError("never reached")]
    with without_pauses(), pytest.raises(AuthenticationError):
        await tts.synthesize("Hello")
    assert len(tts.requests) == 1


async def test_a_retry_that_cannot_be_in_time_is_none() -> None:
    tts = Numbered(stream=False, timeouts=Timeouts(total=1))
    tts.failures = [ConnectionFailedError("busy", retry_after=30)]
    with pytest.raises(ConnectionFailedError, match="busy"):
        await tts.synthesize("Hello")


async def test_nothing_is_spoken_twice_after_audio() -> None:
    tts = Numbered(stream=False)
    tts.fail_after = ConnectionFailedError("cut")
    with without_pauses(), pytest.raises(ConnectionFailedError, match=r"cut; 0\.04 s of audio had come"):
        await tts.synthesize("Hello")
    assert len(tts.requests) == 1


async def test_silence_before_the_first_audio_is_a_time_out() -> None:
    tts = Numbered(timeouts=Timeouts(first_audio=0.01), retry=Retry(max_retries=0))
    tts.failures = [60.0]
    with pytest.raises(TimeoutExceededError, match=r"first_audio=0\.01 s"):
        await anext(tts.synthesize("Hello"))
    assert tts.open == 0


async def test_silence_between_pieces_is_a_time_out_that_says_what_came() -> None:
    tts = Numbered(timeouts=Timeouts(idle=0.01))
    tts.gate = asyncio.Event()
    with pytest.raises(TimeoutExceededError, match=r"idle=0.01 s; 0\.04 s of audio had come"):
        [chunk async for chunk in tts.synthesize("Hello")]


async def test_a_slow_consumer_is_no_time_out() -> None:
    tts = Numbered(timeouts=Timeouts(first_audio=0.05, idle=0.05, total=None))
    speech = tts.synthesize("Hello")
    await anext(speech)
    await asyncio.sleep(0.1)
    assert (await anext(speech)).audio


async def test_no_audio_for_a_text_is_an_error_and_for_a_pause_is_not() -> None:
    class Mute(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[TTSUsage]:
            yield TTSUsage(characters=0)

    with pytest.raises(ProviderError, match="without any audio"):
        [chunk async for chunk in Mute(retry=Retry(max_retries=0)).synthesize("Hello")]
    assert [chunk.is_last async for chunk in Mute().synthesize("...")] == [True]


async def test_a_format_that_changes_in_mid_stream_is_an_error() -> None:
    tts = Numbered()
    speech = tts.synthesize("Hello")
    await anext(speech)
    tts.format = AudioFormat("pcm_s16le", RATE * 2)
    with pytest.raises(ProtocolError, match="changed"):
        await anext(speech)


async def test_two_iterators_of_one_speech_are_refused() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    speech = tts.synthesize("Hello")
    await anext(speech)
    waiting = asyncio.ensure_future(anext(speech))
    await asyncio.sleep(0)
    with pytest.raises(ConcurrentUseError):
        await anext(speech)
    tts.gate.set()
    assert (await waiting).audio


async def test_cancelling_the_consumer_closes_the_provider() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()

    async def consume() -> None:
        async for _ in tts.synthesize("Hello"):
            pass

    task = asyncio.create_task(consume())
    while not tts.open:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tts.open == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_dropping_a_speech_closes_the_provider() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    speech = tts.synthesize("Hello")
    await anext(speech)
    assert tts.open == 1
    del speech
    gc.collect()
    for _ in range(10):  # the loop's own finalizer hook closes it
        await asyncio.sleep(0)
    assert tts.open == 0


async def test_a_speech_is_an_async_generator() -> None:
    assert isinstance(Numbered().synthesize("Hello"), collections.abc.AsyncGenerator)


async def test_nothing_to_speak_is_said() -> None:
    with pytest.raises(ParameterError, match="nothing to speak"):
        Numbered().synthesize()


async def test_half_a_character_is_refused() -> None:
    with pytest.raises(ParameterError, match="at 1"):
        Numbered().synthesize("a\ud800")


async def test_a_failure_is_remembered() -> None:
    tts = Numbered(stream=False)
    tts.failures = [AuthenticationError("no")]
    speech = tts.synthesize("Hello")
    for _ in range(2):
        with pytest.raises(AuthenticationError):
            await speech
    assert len(tts.requests) == 1


async def test_closed_before_use_makes_no_request() -> None:
    tts = Numbered(stream=False)
    speech = tts.synthesize("Hello")
    await speech.aclose()
    with pytest.raises(UnsupportedError, match="closed"):
        await speech
    assert tts.requests == []


async def test_closing_from_another_task_is_a_typed_error() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    speech = tts.synthesize("Hello")
    await anext(speech)
    waiting = asyncio.ensure_future(anext(speech))
    await asyncio.sleep(0)
    with pytest.raises(ConcurrentUseError, match="cancel that task"):
        await speech.aclose()
    tts.gate.set()
    await waiting


async def test_a_provider_s_own_wav_is_left_as_it_is(tmp_path: Path) -> None:
    own = b"RIFF" + b"\0" * 60 + b"a LIST chunk and 24 bits"

    class Filed(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
            yield Audio(own[:30], AudioFormat("wav", 24000))
            yield Audio(own[30:], AudioFormat("wav", 24000))

    assert (await Filed(stream=False).synthesize("Hello")).audio == own
    await Filed().save("Hello", tmp_path / "x.wav")
    assert (tmp_path / "x.wav").read_bytes() == own


async def test_a_retry_after_beyond_the_longest_pause_is_the_caller_s() -> None:
    tts = Numbered(stream=False)
    tts.failures = [RateLimitError("busy", retry_after=3600)]
    with pytest.raises(RateLimitError):
        await tts.synthesize("Hello")


async def test_a_hook_that_closes_slowly_does_not_hold_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sticky(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
            try:
                yield Audio(b"\0\0", self.format)
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

    monkeypatch.setattr(pace, "CLOSING", 0.02)
    with pytest.raises(TimeoutExceededError):
        [one async for one in Sticky(timeouts=Timeouts(idle=0.02)).synthesize("Hello")]
