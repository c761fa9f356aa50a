"""One worker process of the speech engine, its pipes, and the requests it has taken."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeldeck.errors import (
    MissingExtraError,
    ModelDeckError,
    ProviderError,
    TimeoutExceededError,
)
from modeldeck.providers.local import worker as wire
from modeldeck.providers.local.pieces import WordFinder

__all__ = ["PROVIDER", "Chunk", "Job", "UnknownVoice", "Word", "WorkerProcess", "loss"]

PROVIDER = "local"
AHEAD = 200  # events that a worker of one stream may be ahead of its consumer: some 10 s


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio as the engine made it: signed 16-bit little-endian, mono, 22050 Hz."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """A word begins: `start`, `length` in code points of the piece, `at` in seconds since it began."""

    start: int
    length: int
    at: float


class UnknownVoice(Exception):
    """The engine's own lists do not have the voice."""


class Job:
    """One request, and what has come of it but was not taken yet; no more than one piece."""

    def __init__(self, kind: int, payload: bytes, words: WordFinder | None = None) -> None:
        self.kind, self.payload, self.words = kind, payload, words
        self.number = 0
        self.sent = 0
        self.begun = False
        self.done = False
        self.error: Exception | None = None
        self.events: deque[Any] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, *events: Any) -> None:
        self.events.extend(events)
        self.wake()

    def finish(self, error: Exception | None = None) -> None:
        self.done, self.error = True, error
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter


class WorkerProcess(asyncio.Protocol):
    """One worker process and the pipes to it; ends when its output ends."""

    def __init__(self, stall: float, idle: float, lost: Callable[[WorkerProcess], None], alone: bool = False) -> None:
        self.stall, self.idle, self.lost, self.alone = stall, idle, lost, alone
        self.paused = False
        self.loop = asyncio.get_running_loop()
        self.process = spawn()
        self.pid = os.getpid()
        self.ready = False
        self.stalled = False
        self.jobs: dict[int, Job | None] = {}  # in the worker's order; None: called off, not confirmed yet
        self.output: asyncio.ReadTransport | None = None
        self.input: asyncio.WriteTransport | None = None
        self.gone: asyncio.Future[None] = self.loop.create_future()
        self.message = ""
        self._unread = bytearray()
        self._count = 0
        self._active = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        return self.input is not None and not self.input.is_closing() and not self.gone.done()

    async def connect(self) -> None:
        loop, process = self.loop, self.process
        try:
            self.output, _ = await loop.connect_read_pipe(lambda: self, process.stdout)
            self.input, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        except BaseException:
            self.kill()
            for end in (self.output or process.stdout, process.stdin):
                if end is not None:
                    end.close()
            raise
        self._watch()

    def submit(self, job: Job) -> None:
        self._count += 1
        job.number, job.begun = self._count, False
        job.sent += 1
        if not self.jobs:
            self._active = self.loop.time()
        self.jobs[job.number] = job
        self._send(job.number, job.kind, job.payload)

    def cancel(self, job: Job) -> None:
        if self.jobs.get(job.number) is job:
            self.jobs[job.number] = None
            if self.usable:
                self._send(job.number, wire.CANCEL)

    def end(self) -> None:
        """End the process; from now on it takes no jobs."""
        self.kill()
        if self.input is not None and not self.input.is_closing():
            self.input.abort()

    def kill(self) -> None:
        """End the process at once, and wait for the kernel to say so."""
        if self._timer is not None:
            self._timer.cancel()
        if self.pid == os.getpid():  # a forked child must not touch its parent's worker
            self.process.kill()
            self.process.wait()

    async def close(self) -> None:
        if self.pid != os.getpid():
            return
        self.end()
        if self.output is not None:
            self.output.close()
            await self.gone
        await asyncio.sleep(0)  # the transports close their pipes in the loop's next turn

    def data_received(self, data: bytes) -> None:
        self._active = self.loop.time()
        unread = self._unread
        unread += data
        at, header = 0, wire.FRAME.size
        while len(unread) - at >= header:
            length, number, kind = wire.FRAME.unpack_from(unread, at)
            if len(unread) - at - header < length:
                break
            self._frame(number, kind, bytes(unread[at + header : at + header + length]))
            at += header + length
        del unread[:at]
        if self.alone and not self.paused and self.output is not None and self._ahead() > AHEAD:
            self.paused = True
            self.output.pause_reading()  # the pipe fills, and the engine waits

    def _ahead(self) -> int:
        return max((len(job.events) for job in self.jobs.values() if job is not None), default=0)

    def resume(self) -> None:
        """The consumer has taken everything."""
        if self.paused and self.output is not None:
            self.paused = False
            self._active = self.loop.time()
            self.output.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)
        self.end()
        self.lost(self)

    def _send(self, number: int, kind: int, payload: bytes = b"") -> None:
        if self.input is not None:
            self.input.write(wire.FRAME.pack(len(payload), number, kind) + payload)

    def _frame(self, number: int, kind: int, payload: bytes) -> None:
        if kind == wire.READY:
            self.ready = True
            return
        job = self.jobs.get(number)
        if kind == wire.FAILED and number == 0:
            self.message = payload.decode("utf-8", "replace")
        elif kind in (wire.DONE, wire.FAILED, wire.UNKNOWN_VOICE):
            self.jobs.pop(number, None)
            if job is not None:
                job.finish(_failure(kind, payload))
        elif job is None:
            pass
        elif kind == wire.BEGIN:
            job.begun = True
        elif kind == wire.CHUNK:
            job.put(Chunk(payload))
        elif kind == wire.WORDS:
            job.put(*_words(job, payload))
        elif kind == wire.VOICES:
            job.put(payload)

    def _watch(self) -> None:
        """Kill a worker that is silent at work, retire one that has had no work; looks every few seconds."""
        loop = self.loop
        if self.paused:
            self._active = loop.time()
        due = self._active + (self.stall if self.jobs else self.idle)
        if loop.time() < due:
            self._timer = loop.call_at(min(due, loop.time() + self.stall), self._watch)
        elif self.jobs:
            self.stalled = True
            self.kill()
        else:
            self.end()


def spawn() -> subprocess.Popen[bytes]:
    library, data = _installation()
    command = [sys.executable, "-I", "-S", "-u", wire.__file__, library, data]
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    try:
        if sys.platform == "win32":
            from asyncio.windows_utils import Popen  # its pipes are the kind that the loop can wait for

            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            return Popen(command, stdin=pipe, stdout=pipe, stderr=null, creationflags=flags)
        return subprocess.Popen(  # noqa: S603 - our own script
            command,
            bufsize=0,
            stdin=pipe,
            stdout=pipe,
            stderr=null,
            start_new_session=True,  # Ctrl-C in the terminal is for the caller
        )
    except OSError as error:
        message = f"the speech engine's process cannot be started: {error}"
        raise ProviderError(message, provider=PROVIDER) from error


def _installation() -> tuple[str, str]:
    """The engine's library and data folder, found without importing the package."""
    found = importlib.util.find_spec("espeakng_loader")
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            'the local voice is not installed: pip install "modeldeck[local]" '
            "(it brings espeak-ng, which is GPL-3.0-or-later)",
            extra="local",
            provider=PROVIDER,
        )
    names = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
    folder = Path(next(iter(found.submodule_search_locations)))
    return str(folder / names.get(sys.platform, "libespeak-ng.so")), str(folder / "espeak-ng-data")


def _words(job: Job, payload: bytes) -> list[Word]:
    found: list[Word] = []
    for position, length, milliseconds in wire.WORD.iter_unpack(payload):
        place = job.words.locate(position, length) if job.words is not None else None
        if place is not None:
            found.append(Word(*place, milliseconds / 1000))
    return found


def _failure(kind: int, payload: bytes) -> Exception | None:
    if kind == wire.UNKNOWN_VOICE:
        return UnknownVoice()
    if kind == wire.FAILED:
        return ProviderError(f"the speech engine refused: {payload.decode('utf-8', 'replace')}", provider=PROVIDER)
    return None


def loss(worker: WorkerProcess) -> ModelDeckError:
    if worker.stalled:
        return TimeoutExceededError(
            f"the speech engine was silent for {worker.stall:g} s and stopped; the next call starts it anew",
            provider=PROVIDER,
        )
    code = worker.process.returncode or 0
    how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
    if not worker.ready:
        return ProviderError(
            f"the speech engine did not start: {worker.message or how}",
            provider=PROVIDER,
            retryable=not worker.message,
        )
    return ProviderError(
        f"the speech engine ended ({worker.message or how}); the next call starts it anew",
        provider=PROVIDER,
        retryable=True,
    )
