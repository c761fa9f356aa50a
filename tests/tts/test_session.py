"""A conversation: both directions at once, several utterances, barge-in, the seed's calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from modeldeck import Timeouts
from modeldeck._transport.limits import without_pauses
from modeldeck.errors import (
    AuthenticationError,
    ConcurrentUseError,
    ConnectionFailedError,
    ParameterError,
    ProtocolError,
    TimeoutExceededError,
    UnsupportedError,
)
from modeldeck.tts import Audio, SpeechRequest, TTSResponse, TTSUsage, WordTiming
from modeldeck.tts.hook import ConversationEvent, Flush, Inbox, UtteranceEnd
from modeldeck.tts.wav import HEADER_BYTES

from .conftest import PER_CHARACTER, Numbered, numbers


def pcm(increments: list[TTSResponse]) -> bytes:
    """The samples without the headers: one at the start of each utterance."""
    return b"".join(one.audio[HEADER_BYTES if one.offset == 0 else 0 :] for one in increments if one.audio)


async def words(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_audio_comes_while_text_is_still_sent() -> None:
    async with Numbered().session() as session:
        await session.send("First sentence. Second ")
        first = await anext(session)
        assert first.audio
        await session.send("sentence.")
        await session.flush()
        rest = [increment async for increment in session.utterance()]
    assert rest[-1].is_last
    text = "First sentence. Second sentence."
    assert numbers(pcm([first, *rest])) == list(range(len(text) * PER_CHARACTER))
    assert rest[-1].usage is not None
    assert rest[-1].usage.characters == len(text)


async def test_several_utterances_each_with_a_last_increment() -> None:
    async with Numbered().session() as session:
        for text in ("One.", "Two.", "Three."):
            await session.send(text)
            await session.flush()
        await session.end()
        increments = [increment async for increment in session]
    assert sum(increment.is_last for increment in increments) == 3
    assert numbers(pcm(increments)) == list(range(14 * PER_CHARACTER))


async def test_a_bill_that_is_told_several_times_counts_once_in_a_sentence() -> None:
    class Chatty(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio | WordTiming | TTSUsage]:
            async for event in super()._speak(request):
                if isinstance(event, TTSUsage):
                    yield TTSUsage(characters=1)  # so far
                yield event

    parts = [part async for part in Chatty().stream("One two. Three.")]
    assert parts[-1].usage is not None
    assert parts[-1].usage.characters == len("One two. Three.")


async def test_timings_count_through_the_utterance() -> None:
    async with Numbered().session() as session:
        await session.send("One two. Three four. ")
        await session.flush()
        increments = [increment async for increment in session.utterance()]
    timings = [timing for increment in increments for timing in increment.timings]
    text = "One two. Three four. "
    assert [text[timing.begin_index : timing.end_index] for timing in timings] == ["One", "two.", "Three", "four."]
    assert [round(timing.start, 2) for timing in timings] == [0.0, 0.04, 0.09, 0.15]


async def test_interrupt_drops_what_is_queued_and_says_what_was_heard() -> None:
    tts = Numbered()
    async with tts.session() as session:
        await session.send("One two three four five six. And more.")
        await session.flush()
        await anext(session)
        heard = await session.interrupt(played=0.09)
        assert heard == "One two three"
        await session.send("After.")
        await session.flush()
        increments = [increment async for increment in session.utterance()]
    spoken = numbers(pcm(increments))
    assert len(spoken) == len("After.") * PER_CHARACTER
    assert tts.requests[-1].text == "After."
    assert increments[0].offset == 0


async def test_interrupt_without_a_position_knows_nothing() -> None:
    async with Numbered().session() as session:
        await session.send("One two.")
        await session.flush()
        await anext(session)
        assert await session.interrupt() is None


async def test_a_slow_consumer_holds_the_model_back() -> None:
    tts = Numbered(piece=1600)
    session = tts.session()
    session._new = partial(session._new, buffer=0.5)
    async with session:
        await session.send("x" * 1000)  # 10 s
        await session.flush()
        await anext(session)
        for _ in range(200):
            await asyncio.sleep(0)
        waiting = sum(part.duration or 0 for _, part in session._current._ready)
        assert 0.4 < waiting < 1
        rest = [increment async for increment in session.utterance()]
    assert rest[-1].is_last
    assert rest[-1].offset == 1000 * PER_CHARACTER


async def test_an_error_reaches_reader_and_writer() -> None:
    tts = Numbered()
    tts.failures = [AuthenticationError("gone")]
    async with tts.session() as session:
        await session.send("One.")
        await session.flush()
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                await anext(session)
            with pytest.raises(AuthenticationError):
                await session.send("Two.")


async def test_a_cut_stream_is_no_normal_end_for_the_reader() -> None:
    tts = Numbered(piece=80)
    tts.fail_after = ConnectionFailedError("cut")
    async with tts.session() as session:
        await session.send("One.")
        await session.flush()
        assert (await anext(session)).audio
        while tts.open:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(ConnectionFailedError):
            await session.send("x")
        with pytest.raises(ConnectionFailedError):
            await anext(session)


async def test_sentences_and_streams_are_tried_again_before_their_audio() -> None:
    tts = Numbered()
    tts.failures = [ConnectionFailedError("once"), ConnectionFailedError("twice")]
    with without_pauses():
        increments = [one async for one in tts.stream("One.")]
    assert numbers(pcm(increments)) == list(range(2 * 4 * PER_CHARACTER, 3 * 4 * PER_CHARACTER))


async def test_text_after_the_end_is_refused_and_interrupt_begins_anew() -> None:
    tts = Numbered()
    async with tts.session() as session:
        await session.send("One. ")
        await session.end()
        with pytest.raises(UnsupportedError, match="ended"):
            await session.send("Two.")
        while tts.open or not tts.requests:
            await asyncio.sleep(0)
        await anext(session)
        assert await session.interrupt(played=1) == "One."
        await session.send("Two.")
        await session.end()
        assert len(numbers(pcm([one async for one in session]))) == 4 * PER_CHARACTER


async def test_an_interrupt_that_is_cancelled_leaves_a_session_that_works() -> None:
    class Slow(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio | WordTiming | TTSUsage]:
            try:
                async for event in super()._speak(request):
                    yield event
            finally:
                await asyncio.sleep(0.05)

    tts = Slow()
    tts.gate = asyncio.Event()
    async with tts.session() as session:
        await session.send("One two three four.")
        await session.flush()
        await anext(session)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.interrupt(), 0.01)
        tts.gate.set()
        await session.send("Two.")
        await session.flush()
        assert [one async for one in session.utterance()][-1].is_last
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_was_cleared_was_not_heard() -> None:
    async with Numbered().session() as session:
        await session.send("secret draft ")
        await session.clear()
        await session.send("Hello world again. ")
        await session.flush()
        await anext(session)
        assert await session.interrupt(played=0.07) == "Hello world"


async def test_a_hook_that_never_answers_is_a_time_out() -> None:
    class Silent(Numbered):
        async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
            async for _ in inbox:
                pass
            yield UtteranceEnd()

    timeouts = Timeouts(first_audio=0.02)
    with pytest.raises(TimeoutExceededError, match="first_audio"):
        [one async for one in Silent(timeouts=timeouts).stream("One.")]


async def test_a_hook_that_ends_what_was_not_begun_is_a_protocol_error() -> None:
    class Eager(Numbered):
        async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
            async for _ in inbox:
                yield UtteranceEnd()

    async with Eager().session() as session:
        await session.send("One.")
        with pytest.raises(ProtocolError):
            await anext(session)


async def test_closing_leaves_no_task() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    async with tts.session() as session:
        await session.send("One.")
        await session.flush()
        await anext(session)
    assert tts.open == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
    with pytest.raises(UnsupportedError):
        await session.flush()


async def test_stream_speaks_a_stream_of_text() -> None:
    tts = Numbered()
    increments = [one async for one in tts.stream(words("One", ". T", "wo. Thr", "ee"))]
    assert [request.text for request in tts.requests] == ["One.", " Two.", " Three"]
    assert increments[-1].is_last
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_the_text_raises_comes_out() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "One. "
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        [one async for one in Numbered().stream(broken())]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_push_returns_what_arrived_never_twice() -> None:
    tts = Numbered()
    async with tts:
        first = await tts.push("One. Two. ")
        assert first.content is None
        assert not first.is_last
        while tts.open or not tts.requests:  # until the first sentence is through
            await asyncio.sleep(0)
        second = await tts.push("Three.")
        rest = [one async for one in await tts.synthesize()]
    assert second.audio
    assert not second.is_last
    assert rest[-1].is_last
    assert numbers(pcm([second, *rest])) == list(range(16 * PER_CHARACTER))


async def test_synthesize_finishes_with_more_text_and_a_second_utterance_works() -> None:
    tts = Numbered()
    async with tts:
        for text in ("One. ", "Two. "):
            await tts.push(text)
            assert [one async for one in await tts.synthesize("End.")][-1].is_last
    assert "".join(request.text for request in tts.requests) == "One. End.Two. End."


async def test_synthesize_whole_after_a_push_is_a_wav_of_its_own() -> None:
    tts = Numbered(stream=False)
    async with tts:
        await tts.push("One. ")
        response = await tts.synthesize("Two.")
    assert response.audio[:4] == b"RIFF"
    assert len(numbers(response.audio[HEADER_BYTES:])) == 9 * PER_CHARACTER


async def test_synthesize_with_nothing_pushed_is_one_empty_response() -> None:
    tts = Numbered()
    async with tts:
        assert [one.is_last async for one in await tts.synthesize()] == [True]
    assert tts.requests == []


async def test_second_use_of_the_private_conversation_is_refused() -> None:
    tts = Numbered()
    async with tts:
        with pytest.raises(ConcurrentUseError):
            await tts.connect()
        await tts.push("One. ")
        speech = await tts.synthesize()
        await anext(speech)
        with pytest.raises(ConcurrentUseError):
            await tts.push("Two.")
        await speech.aclose()
        with pytest.raises(ParameterError, match="fixed"):
            await tts.push("Three.", voice="two")


async def test_push_needs_a_connection_and_close_is_idempotent() -> None:
    tts = Numbered()
    with pytest.raises(UnsupportedError, match="not connected"):
        await tts.push("One.")
    await tts.connect()
    await tts.close()
    await tts.close()


async def test_commit_speaks_now_and_clear_forgets() -> None:
    tts = Numbered()
    async with tts:
        await tts.push("Not this")
        await tts.clear()
        await tts.push("But this")
        await tts.commit()
        increments = [one async for one in await tts.synthesize()]
    assert [request.text for request in tts.requests] == ["But this"]
    assert [one.is_last for one in increments].count(True) == 1


async def test_commit_and_more_is_one_utterance_with_one_header() -> None:
    tts = Numbered(stream=False)
    async with tts:
        await tts.push("One")
        await tts.commit()
        response = await tts.synthesize(" two")
    assert response.audio.count(b"RIFF") == 1
    assert len(numbers(response.audio[HEADER_BYTES:])) == 7 * PER_CHARACTER


async def test_leaving_an_utterance_early_does_not_speak_it_into_the_next() -> None:
    tts = Numbered()
    async with tts:
        await tts.push("Old old old. ")
        async for _ in await tts.synthesize("Older."):
            break
        increments = [one async for one in await tts.synthesize("New.")]
    assert len(numbers(pcm(increments))) == 4 * PER_CHARACTER


async def test_text_that_cannot_be_sent_is_refused_and_the_conversation_goes_on() -> None:
    async with Numbered().session() as session:
        with pytest.raises(ParameterError, match="half a character"):
            await session.send("\ud800")
        await session.send("Good.")
        await session.flush()
        assert [one async for one in session.utterance()][-1].usage is not None


async def test_stream_takes_a_plain_text_and_a_plain_list() -> None:
    for texts in ("One. Two.", ["One", ". Two."]):
        tts = Numbered()
        assert [one async for one in tts.stream(texts)][-1].is_last
        assert "".join(request.text for request in tts.requests) == "One. Two."


async def test_a_hook_that_takes_the_flush_and_then_waits_for_ever_is_a_time_out() -> None:
    class Waiting(Numbered):
        async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
            async for item in inbox:
                if isinstance(item, Flush):
                    await asyncio.Event().wait()
            yield UtteranceEnd()

    with pytest.raises(TimeoutExceededError, match="first_audio"):
        [one async for one in Waiting(timeouts=Timeouts(first_audio=0.02)).stream("One.")]


async def test_a_sentence_that_timed_out_is_tried_again() -> None:
    tts = Numbered(timeouts=Timeouts(first_audio=0.05))
    tts.failures = [60.0]
    with without_pauses():
        assert [one async for one in tts.stream("One.")][-1].is_last
    assert len(tts.requests) == 2


async def test_the_player_of_an_interrupted_utterance_ends_and_takes_nothing_of_the_next() -> None:
    tts = Numbered()
    tts.gate = asyncio.Event()
    async with tts.session() as session:
        played: list[TTSResponse] = []

        async def play() -> None:
            played.extend([increment async for increment in session.utterance()])

        await session.send("A sentence that is interrupted.")
        await session.flush()
        player = asyncio.create_task(play())
        while not tts.open:
            await asyncio.sleep(0)
        await session.interrupt()
        await asyncio.wait_for(player, 5)
        tts.gate.set()
        await session.send("Yes?")
        await session.flush()
        answer = [increment async for increment in session.utterance()]
    assert answer[-1].is_last
    assert all(increment not in played for increment in answer)
