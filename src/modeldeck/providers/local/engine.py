"""The speech engine as an event loop sees it: one worker process, no thread, no lasting task."""

from __future__ import annotations

import asyncio
import os
import struct
import weakref
from collections.abc import AsyncGenerator
from typing import Any

from modeldeck._near import quoted
from modeldeck.errors import ParameterError, ProviderError
from modeldeck.providers.local import worker as wire
from modeldeck.providers.local.pieces import WordFinder, speakable
from modeldeck.providers.local.process import PROVIDER, Chunk, Job, UnknownVoice, Word, WorkerProcess, loss
from modeldeck.providers.local.voices import EngineVoice, closest, read_voices

__all__ = ["SAMPLE_RATE", "Chunk", "Engine", "EngineVoice", "Word"]

SAMPLE_RATE = wire.SAMPLE_RATE
MOST_SENT = 3  # times that a piece may be sent to a fresh worker before it is given up


class Engine:
    """The speech engine of one event loop: `await Engine.running()`, then `say` and `voices`.

    The worker starts with the first request and ends with the loop, or when it had nothing to do for `idle`
    seconds; one that is silent at work for `stall` seconds is killed.
    """

    stall = 15.0
    idle = 30.0
    longest_shared = 1000

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.pid = os.getpid()
        self.workers: set[WorkerProcess] = set()  # all that live, also one that is on its way out
        self._closed = False
        self._worker: WorkerProcess | None = None
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._end: AsyncGenerator[None, None] | None = None

    @classmethod
    async def running(cls) -> Engine:
        """The engine of the running event loop."""
        loop = asyncio.get_running_loop()
        known = _engines.get(loop)
        engine = known() if known is not None else None
        if engine is None or engine.pid != os.getpid():
            engine = cls(loop)
            # Weak both ways: what keeps an engine is the loop, by its worker's pipes.
            _engines[loop] = weakref.ref(engine)
        await engine._ready()
        return engine

    async def say(
        self,
        piece: str,
        *,
        voice: str = "en-us",
        rate: int = 175,
        pitch: int = 50,
        volume: int = 100,
        ssml: bool = False,
        word_gap: int | None = None,
    ) -> AsyncGenerator[Chunk | Word, None]:
        """Speak one piece of text; closing the iterator stops the engine.

        Rate in words per minute, pitch 0 to 99, volume 0 to 200, word gap in units of 10 ms. A piece of more
        than `longest_shared` code points gets a worker of its own, no further ahead than its consumer takes.
        """
        name = speakable(voice).encode()[:1000]
        alone = len(piece) > self.longest_shared
        flags = wire.AS_SSML * ssml | wire.ALONE * alone
        try:
            settings = wire.SAY.pack(rate, pitch, volume, word_gap or 0, flags, len(name))
        except struct.error as error:
            raise ParameterError(f"rate, pitch, volume or word gap: {error}", provider=PROVIDER) from None
        text = speakable(piece)
        job = Job(wire.SPEAK, settings + name + text.encode(), WordFinder(text, ssml))
        events = self._run(job, alone)
        try:
            async for event in events:
                yield event
        except UnknownVoice:
            raise await self._unknown(voice) from None
        finally:
            await events.aclose()

    async def voices(self) -> list[EngineVoice]:
        """Language voices in the engine's order, then the variants."""
        lines = [lines async for lines in self._run(Job(wire.LIST, b""))]
        return read_voices(b"".join(lines).decode())

    def lost(self, worker: WorkerProcess) -> None:
        """The worker's output ended: tell the piece it was at, send the ones behind it to a fresh worker."""
        self.workers.discard(worker)
        waiting: list[Job] = []
        for job in worker.jobs.values():
            if job is None:
                continue
            if job.begun or not worker.ready or job.sent >= MOST_SENT or self._closed:
                job.finish(loss(worker))
            else:
                waiting.append(job)
        worker.jobs.clear()
        if waiting:
            self._start().add_done_callback(lambda start: _resend(start, waiting))

    async def _run(self, job: Job, alone: bool = False) -> AsyncGenerator[Any, None]:
        worker = await (self._open(alone=True) if alone else self._ready())
        job.sent = MOST_SENT if alone else 0
        worker.submit(job)
        try:
            while True:
                while job.events:
                    yield job.events.popleft()
                if job.done:
                    break
                worker.resume()
                await job.more()
            if job.error is not None:
                raise job.error
        finally:
            job.done = True
            if alone:
                worker.end()
            elif self._worker is not None:
                self._worker.cancel(job)

    async def _ready(self) -> WorkerProcess:
        """A worker that takes jobs; simultaneous callers share one start, which none of them can cancel."""
        for _ in range(MOST_SENT):
            if self._worker is not None and self._worker.usable:
                return self._worker
            worker = await asyncio.shield(self._start())
            if worker.usable:
                return worker
        raise ProviderError("the speech engine does not keep running; try again", provider=PROVIDER, retryable=True)

    def _start(self) -> asyncio.Task[WorkerProcess]:
        if self._starting is None:
            self._starting = self.loop.create_task(self._launch())
            self._starting.add_done_callback(self._started)
        return self._starting

    def _started(self, start: asyncio.Task[WorkerProcess]) -> None:
        self._starting = None
        if not start.cancelled():
            start.exception()  # seen, also when nobody waits any more

    async def _launch(self) -> WorkerProcess:
        self._worker = await self._open()
        return self._worker

    async def _open(self, alone: bool = False) -> WorkerProcess:
        if self._closed:
            raise ProviderError("the event loop is ending: the speech engine is closed", provider=PROVIDER)
        if self._end is None:
            self._end = self._until_the_end()
            await anext(self._end)
        worker = WorkerProcess(self.stall, self.idle, self.lost, alone)
        self.workers.add(worker)
        try:
            await worker.connect()
        except BaseException:
            self.workers.discard(worker)
            raise
        return worker

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        """Stays suspended until the loop ends (`shutdown_asyncgens`), and then closes the workers."""
        try:
            yield
        finally:
            self._closed = True
            for worker in list(self.workers):
                await worker.close()

    async def _unknown(self, voice: str) -> ParameterError:
        suggestion = closest(voice, await self.voices())
        hint = f"; did you mean {suggestion!r}?" if suggestion else "; `modeldeck voices` lists them"
        return ParameterError(
            f"espeak-ng has no voice {quoted(voice)}{hint}",
            parameter="voice",
            value=voice,
            suggestion=suggestion,
            provider=PROVIDER,
        )


# Weak at both ends: while a worker runs, the loop holds its pipes, they the worker, and it the engine.
_engines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[Engine]] = weakref.WeakKeyDictionary()


def _resend(start: asyncio.Task[WorkerProcess], jobs: list[Job]) -> None:
    for job in jobs:
        if job.done:
            continue
        if start.cancelled() or start.exception() or start.result().gone.done():
            job.finish(
                ProviderError("the speech engine stopped and could not be restarted", provider=PROVIDER, retryable=True)
            )
        else:
            start.result().submit(job)
