"""Attempts in a conversation: the text so far is said again to a fresh run of the hook, and nothing is spoken twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar, Literal

import pytest

from modeldeck import Retry, Timeouts
from modeldeck._transport.limits import without_pauses
from modeldeck.credential import LocalCredential
from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ParameterError,
    ProviderError,
    TimeoutExceededError,
)
from modeldeck.tts import Audio, AudioFormat, TTSResponse
from modeldeck.tts.deadline import Deadline
from modeldeck.tts.facts import Limits
from modeldeck.tts.hook import Clear, Cleared, ConversationEvent, Flush, Inbox, SpeechRequest, Text, UtteranceEnd
from modeldeck.tts.realtime import RealtimeTTSModelBase
from modeldeck.tts.script import Script
from modeldeck.tts.words import count_words

RATE = 8000
FORMAT = AudioFormat("pcm_s16le", RATE)


@pytest.fixture(autouse=True)
def at_once() -> AsyncIterator[None]:
    with without_pauses():
        yield


class Echo(RealtimeTTSModelBase):
    """Speaks each utterance as its own UTF-16 code units, when it is flushed; `failures` come before, one a run."""

    provider: ClassVar[str] = "echo"
    type: Literal["echo_tts"] = "echo_tts"

    def __init__(self, *failures: Exception | str, **options: object) -> None:
        super().__init__(LocalCredential(), "echo", **options)
        self.failures = list(failures)
        self.runs = 0
        self.items: list[object] = []

    async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
        self.runs += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure == "at the start":
            raise ConnectionFailedError("refused")
        text = ""
        async for item in inbox:
            self.items.append(item)
            match item:
                case Text():
                    text += item.text
                case Clear():
                    yield Cleared(len(text))
                    text = ""
                case Flush():
                    if isinstance(failure, Exception):
                        raise failure
                    if failure == "never":
                        await asyncio.Event().wait()
                    half = len(text) // 2
                    yield Audio(spoken(text[:half]), FORMAT)
                    if failure == "in the middle":
                        raise ConnectionFailedError("lost")
                    yield Audio(spoken(text[half:]), FORMAT)
                    yield UtteranceEnd()
                    text = ""
                    if failure == "when idle":
                        raise ConnectionFailedError("closed by the other end")
                case _:
                    pass


def spoken(text: str) -> bytes:
    return text.encode("utf-16-le")


def heard(parts: list[TTSResponse]) -> str:
    audio = b"".join(part.audio[44 if part.offset == 0 else 0 :] for part in parts if part.audio)
    return audio.decode("utf-16-le")


async def said(tts: Echo, *texts: str) -> list[str]:
    """What one session speaks for `texts`, an utterance each."""
    async with tts.session() as session:
        utterances = []
        for text in texts:
            for word in text.split(" "):
                await session.send(word)
            await session.flush()
            utterances.append(heard([part async for part in session.utterance()]))
        return utterances


@pytest.mark.parametrize("failure", [ConnectionFailedError("lost"), "at the start"])
async def test_a_failure_before_the_first_audio_is_tried_again_with_all_the_text(failure: Exception | str) -> None:
    tts = Echo(failure, failure)
    assert await said(tts, "one two", "three") == ["onetwo", "three"]
    assert tts.runs == 3


async def test_the_attempts_are_counted_for_each_utterance() -> None:
    tts = Echo(*[ConnectionFailedError("lost")] * 4, retry=Retry(max_retries=3))
    with pytest.raises(ConnectionFailedError, match="lost"):
        await said(tts, "one")
    assert tts.runs == 4


async def test_after_audio_nothing_is_spoken_twice() -> None:
    tts = Echo("in the middle")
    with pytest.raises(ConnectionFailedError, match="lost"):
        await said(tts, "hello there")
    assert tts.runs == 1


async def test_what_no_attempt_helps_is_raised_at_once() -> None:
    tts = Echo(AuthenticationError("no"))
    with pytest.raises(AuthenticationError):
        await said(tts, "hello")
    assert tts.runs == 1


async def test_a_connection_that_is_lost_between_two_utterances_costs_neither() -> None:
    tts = Echo("when idle", "when idle", retry=Retry(max_retries=0))
    assert await said(tts, "one", "two", "three") == ["one", "two", "three"]


async def test_silence_before_the_first_audio_is_tried_again() -> None:
    tts = Echo("never", timeouts=Timeouts(first_audio=0.05))
    assert await said(tts, "hello") == ["hello"]
    with pytest.raises(TimeoutExceededError, match="first_audio"):
        await said(Echo("never", timeouts=Timeouts(first_audio=0.05), max_retries=0), "hello")


async def test_synthesize_outside_a_conversation_is_one_utterance_of_the_same_hook() -> None:
    tts = Echo(ConnectionFailedError("lost"), stream=False)
    response = await tts.synthesize("hello")
    assert response.audio[44:] == spoken("hello")
    assert response.is_last


async def test_a_hook_that_ends_without_audio_is_an_error() -> None:
    class Mute(Echo):
        async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
            async for item in inbox:
                if isinstance(item, Flush):
                    yield UtteranceEnd()

    with pytest.raises(ProviderError, match="without any audio"):
        await said(Mute(), "hello")


async def test_cleared_text_is_not_said_again_and_later_text_stays() -> None:
    tts = Echo(ConnectionFailedError("lost"))
    async with tts.session() as session:
        await session.send("wrong")
        await session.clear()
        await session.send("right")
        await session.flush()
        assert heard([part async for part in session.utterance()]) == "right"
    assert tts.runs == 2
    assert Clear() not in tts.items[4:]


async def test_cold_start_waits_for_both_and_a_flush_ends_it() -> None:
    tts = Echo(cold_start_length=8, cold_start_words=2)
    async with tts.session() as session:
        for piece in ("Good", " mo", "rning", "!"):
            await session.send(piece)
        await session.flush()
        await session.send("Hi")
        await session.flush()
        for _ in range(2):
            assert [part async for part in session.utterance()][-1].is_last
    assert tts.items == [Text("Good morning"), Text("!"), Flush(), Text("Hi"), Flush()]


async def test_cleared_text_that_was_held_back_never_leaves() -> None:
    tts = Echo(cold_start_words=3)
    async with tts.session() as session:
        await session.send("one two ")
        await session.clear()
        await session.send("three")
        await session.flush()
        assert heard([part async for part in session.utterance()]) == "three"
    assert Text("three") in tts.items
    assert Text("one two ") not in tts.items


def test_chinese_has_words() -> None:
    assert count_words("今天天气很好") >= 3
    assert count_words("don't stop") == 2


async def test_a_script_forgets_what_is_over() -> None:
    taken: list[object] = []
    script = Script(lambda item, since: taken.append(item))
    for item in (Text("a"), Flush(), Text("b"), Clear(), Text("c"), Flush()):
        script.put(item, 0.0)
    script.end()
    first = script.read()
    assert [await anext(first), await anext(first)] == [Text("a"), Flush()]
    script.utterance_over()
    assert [item async for item in script.read()] == [Text("b"), Clear(), Text("c"), Flush()]
    script.cleared(1)
    assert [item async for item in script.read()] == [Text("c"), Flush()]
    assert [item async for item in first] == [Text("c"), Flush()]
    assert taken == [Text("a"), Flush(), Text("b"), Clear(), Text("c"), Flush()]


async def test_a_deadline_is_one_timer_for_many_waits() -> None:
    deadline = Deadline()
    clock = asyncio.get_running_loop().time
    for _ in range(100):
        with deadline.until(clock() + 60):
            await asyncio.sleep(0)
    with pytest.raises(TimeoutError), deadline.until(clock() + 0.01):
        await asyncio.Event().wait()
    assert deadline.passed
    with deadline.until(clock() + 60):
        await asyncio.sleep(0)
    assert not deadline.passed
    deadline.close()


async def test_cancelling_a_wait_is_not_its_time_out() -> None:
    deadline = Deadline()

    async def wait() -> None:
        with deadline.until(asyncio.get_running_loop().time() + 60):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not deadline.passed


async def test_the_limit_is_of_the_whole_utterance() -> None:
    tts = Echo()
    tts._settings._limits = Limits(max_characters=10)
    async with tts.session() as session:
        await session.send("12345678")
        with pytest.raises(ParameterError, match="12 characters"):
            await session.send("9012")
        await session.send("90")
        await session.flush()
        await session.send("12345678")
        await session.flush()
        assert [heard([part async for part in session.utterance()]) for _ in range(2)] == ["1234567890", "12345678"]
