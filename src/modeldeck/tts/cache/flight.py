"""One fill that many listen to: whoever comes while it goes on hears what is there, and then the rest as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterable
from typing import Any

from modeldeck.errors import ModelDeckError
from modeldeck.tts.hook import Audio, SpeechEvent, Told
from modeldeck.tts.response import TTSUsage

NOTHING_BILLED = TTSUsage(characters=0, cost=0.0)


class Abandoned(Exception):
    """Whoever filled is gone, and did not say how it ends."""


class Listener:
    """One call's place in a flight. `at`: the number of the next event."""

    def __init__(self) -> None:
        self.at = 0
        self.loop = asyncio.get_running_loop()
        self.more = asyncio.Event()

    def wake(self) -> None:
        """From any thread."""
        if asyncio.get_running_loop() is self.loop:
            self.more.set()
            return
        with contextlib.suppress(RuntimeError):  # its loop was closed
            self.loop.call_soon_threadsafe(self.more.set)


class Flight:
    """The events of one request so far, and who listens; used from several threads.

    `first`: who began it, and pays; when that one leaves, another pays. `longest`: bytes of audio that are held at the
    most; what is longer cannot be joined any more, and goes at the pace of its slowest listener.
    """

    def __init__(self, longest: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.listeners: list[Listener] = []
        self.ended = False
        self.too_long = False
        self._kept = False  # nobody fills: it was there
        self._longest = longest
        self._lock = threading.Lock()
        self._events: list[SpeechEvent] = []
        self._forgotten = 0  # events before `_events`
        self._held = 0
        self._error: BaseException | None = None
        self._copy: BaseException | None = None
        self._raised = False  # the error itself; others get copies
        self._payer: Listener | None = None  # who was told the bill
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()

    # -- whoever fills

    def begin(self, filling: Coroutine[Any, Any, None]) -> None:
        self._task = self.loop.create_task(filling, name="modeldeck cache")
        self._task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        """Also when it was cancelled before it began."""
        if not self.ended:
            self.end(Abandoned())
        if not task.cancelled():
            task.exception()

    async def add(self, event: SpeechEvent) -> None:
        with self._lock:
            first = not self._held
            self._events.append(event)
            self._held += _bytes(event)
            self.too_long = self.too_long or self._held > self._longest
        self._wake()
        if first and self._held:
            await asyncio.sleep(0)  # the first audio leaves before more is read
        while self.too_long and self._full():
            await self._room.wait()

    def _full(self) -> bool:
        """Forget what everybody has heard; whether too much is left."""
        with self._lock:
            self._room.clear()
            heard = min((one.at for one in self.listeners), default=0) - self._forgotten
            if heard > 0:
                self._held -= sum(map(_bytes, self._events[:heard]))
                del self._events[:heard]
                self._forgotten += heard
            return self._held > self._longest

    def serve(self, events: Iterable[SpeechEvent]) -> None:
        """All of it, which was kept."""
        with self._lock:
            self._events += [*events, NOTHING_BILLED]
            self._kept = True
        self.end()

    def events(self) -> list[SpeechEvent]:
        """All of them, of a flight that is not too long."""
        return list(self._events)

    def end(self, error: BaseException | None = None) -> None:
        self._copy = copy.copy(error) if isinstance(error, ModelDeckError) else error
        self._error, self.ended = error, True
        self._wake()

    def _wake(self) -> None:
        for listener in list(self.listeners):
            listener.wake()

    # -- whoever listens

    def join(self) -> Listener:
        listener = Listener()
        with self._lock:
            self.listeners.append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """When nobody is left, whoever fills stops."""
        with self._lock:
            self.listeners.remove(listener)
            alone = not self.listeners
            if listener is self._payer and not (self.ended and listener.at == self._forgotten + len(self._events)):
                self._payer = None  # it never told
        if not self.ended:
            self._in_loop(self._stop if alone else self._room.set)

    async def stopped(self) -> None:
        """Nobody listens any more, and this loop's task has ended."""
        if self._task is not None and self.loop is asyncio.get_running_loop() and not self.listeners:
            await asyncio.wait([self._task])

    def _stop(self) -> None:
        if self._task is not None and not self.ended:
            self._task.cancel()

    async def listen(self, listener: Listener, how: str) -> AsyncGenerator[SpeechEvent, None]:
        """First `Told`, with `hit` or `how`, then all events. Raises what ended the flight; Abandoned."""
        while True:
            listener.more.clear()
            with self._lock:
                at = listener.at - self._forgotten
                event = self._events[at] if at < len(self._events) else None
            if event is None:
                if self.ended:
                    break
                await listener.more.wait()
                continue
            if not listener.at:
                yield Told({"cache": "hit" if self._kept else how})
            listener.at += 1
            if self.too_long:
                self._in_loop(self._room.set)
            yield self._billed_to(listener, event) if isinstance(event, TTSUsage) else event
        if self._error is not None:
            raise self._failure()

    def _billed_to(self, listener: Listener, told: TTSUsage) -> TTSUsage:
        """The bill goes to one of them; a provider may tell it several times, the last one is the whole."""
        with self._lock:
            if self._payer is None and not self._kept and self.listeners[0] is listener:
                self._payer = listener
            usage = next((one for one in reversed(self._events) if isinstance(one, TTSUsage)), told)
        return usage if listener is self._payer else NOTHING_BILLED

    def _failure(self) -> BaseException:
        """Each its own, for whoever gets it writes on it how much audio had come."""
        assert self._error is not None
        with self._lock:
            first, self._raised = not self._raised, True
        return copy.copy(self._copy) if isinstance(self._copy, ModelDeckError) and not first else self._error

    def _in_loop(self, call: Any) -> None:
        if asyncio.get_running_loop() is self.loop:
            call()
            return
        with contextlib.suppress(RuntimeError):  # that loop was closed, and its tasks with it
            self.loop.call_soon_threadsafe(call)


def _bytes(event: SpeechEvent) -> int:
    return len(event.data) if isinstance(event, Audio) else 0
