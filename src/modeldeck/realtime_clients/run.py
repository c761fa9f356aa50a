"""One utterance of a callback client: its speech in a thread with an event loop, its callbacks in another."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from queue import SimpleQueue
from typing import Any

from modeldeck._transport.settings import Limits
from modeldeck._transport.transport import Transport
from modeldeck.errors import ModelDeckError
from modeldeck.realtime_clients.callbacks import Call, Calls
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.response import TTSResponse

_log = logging.getLogger("modeldeck.realtime_clients")
_GRACE = 1.0  # seconds that close() waits for a callback that is still being called


class Run:
    """From `start()` to the last callback. Threads may call everything here; nothing of it is left at the end.

    Callbacks are called one after the other, and what one raises is logged. While one takes its time, audio waits.
    """

    def __init__(
        self,
        build: Callable[[Transport], TTSModelBase[Any]],
        calls: Calls,
        headers: Mapping[str, str],
        *,
        at_once: bool,
    ) -> None:
        """`at_once`: it is running before it is connected."""
        self.error: Exception | None = None
        self.running = at_once
        self.stopping = False
        self.connected = False
        self.settled = threading.Event()  # it is connected, or over
        self._build = build
        self._calls = calls
        self._headers = headers
        self._at_once = at_once
        self._lock = threading.RLock()  # a client may be collected while one is held
        self._texts: deque[str | None] = deque()
        self._events: list[Call] = []
        self._last: deque[Call] = deque()  # callbacks that are left to be called at the end
        self._failing: set[str] = set()  # callbacks that raised
        self._broken_off = False
        self._ending = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._more: asyncio.Event | None = None
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._caller = threading.Thread(target=self._call_all, name="modeldeck callbacks", daemon=True)
        self._speaker = threading.Thread(target=self._run, name="modeldeck client", daemon=True)

    def begin(self) -> None:
        self._caller.start()
        self._speaker.start()

    # -- from any thread

    @property
    def here(self) -> bool:
        """This is called by a callback."""
        return threading.current_thread() is self._caller

    @property
    def over(self) -> bool:
        """Nothing of it is left."""
        return not (self._speaker.is_alive() or self._caller.is_alive())

    def fix(self) -> None:
        """Its callbacks keep the chat id that they have now."""
        self._calls.fix()

    @property
    def request_id(self) -> str | None:
        return self._calls.request_id

    def say(self, text: str | None) -> bool:
        """More text; None is its end. False: it was too late."""
        with self._lock:
            if self.stopping or self._broken_off:
                return False
            self.stopping = text is None
            self._texts.append(text)
            if self._loop is not None and self._more is not None:
                _soon(self._loop, self._more.set)
            return True

    def break_off(self) -> None:
        """Stop at once; what is not being called by now is not called any more, but that it was broken off."""
        with self._lock:
            if self._broken_off:
                return
            self._broken_off = self.stopping = True
            self.running = False
            self._last.clear()
            if self._loop is not None and self._task is not None:
                _soon(self._loop, self._task.cancel)

    def wait(self, grace: float | None = None) -> None:
        """Until nothing of it is left. `grace`: seconds to wait for a callback that does not return."""
        if self.here or threading.current_thread() is self._speaker:
            return
        self._speaker.join(grace)
        self._caller.join(0 if self._speaker.is_alive() else grace)

    def close_at_once(self, grace: float = _GRACE) -> None:
        self.break_off()
        self.wait(grace)

    def tell_last(self, most: int | None = None) -> None:
        """Call what is left to be called at the end, in this thread of the callbacks."""
        while most is None or most > 0:
            most = most and most - 1
            with self._lock:
                if not self._last:
                    return
                call = self._last.popleft()
            self._called(call)

    # -- the thread of the callbacks

    def _call_all(self) -> None:
        while (work := self._queue.get()) is not None:
            work()

    def _called(self, call: Call) -> None:
        name, callback, arguments = call
        if callback is None:
            return
        try:
            callback(*arguments)
        except BaseException as error:  # whatever it is: the speech goes on
            if name not in self._failing:
                self._failing.add(name)
                _log.error("%s raised %s; the speech goes on", name, type(error).__name__, exc_info=error)

    # -- the thread of the speech

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        finally:
            with self._lock:
                self.running, self._loop = False, None
            self.settled.set()
            self._queue.put(None)

    async def _main(self) -> None:
        with self._lock:
            self._more = asyncio.Event()
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            broken_off = self._broken_off
        try:
            if broken_off:
                raise asyncio.CancelledError
            async with Transport(headers=self._headers, limits=Limits(spares=0)) as transport:
                try:
                    await self._speak(transport)
                except Exception as error:
                    self.error = error
                    _log.warning("the speech of %s failed: %s", self._calls.chat_id, error)
                await self._end(self._calls.ended(self.error), self._calls.closed())
            await self._handed(self.tell_last)
        except asyncio.CancelledError:
            if not self._broken_off:
                raise
            if not self._ending and (calls := self._calls.broken_off()):
                await self._end(calls, broken_off=True)

    async def _speak(self, transport: Transport) -> None:
        if self._at_once:
            await self._call(self._calls.opened)
        tts = self._build(transport)
        try:
            await tts.prewarm()
        except ModelDeckError as error:
            if not (self._at_once and error.retryable):  # the first text has attempts of its own
                raise
        if not self._at_once:
            with self._lock:
                self.running = not self._broken_off
            await self._call(self._calls.opened)
        self.connected = True
        self.settled.set()
        async with aclosing(tts.stream(self._said(), on_event=self._watch)) as speech:
            async for part in speech:
                events, self._events = self._events, []
                await self._call(partial(self._data, events, part))

    def _data(self, events: list[Call], part: TTSResponse) -> list[Call]:
        return [*events, *self._calls.data(part)]

    def _watch(self, event: Mapping[str, Any]) -> None:
        self._events += self._calls.event(event)

    async def _said(self) -> AsyncGenerator[str, None]:
        assert self._more is not None
        while True:
            self._more.clear()
            while self._texts:
                text = self._texts.popleft()
                if text is None:
                    return
                yield text
            if not self._texts:
                await self._more.wait()

    async def _end(self, calls: list[Call], then: Sequence[Call] = (), *, broken_off: bool = False) -> None:
        """The last calls, and those that are left for `tell_last`; `running` is over before the first of them."""
        with self._lock:
            if self._broken_off != broken_off:
                return
            self._ending = True
            self._last.extend([*calls, *then])

        def told() -> None:
            self.running = False
            self.tell_last(len(calls))

        await self._handed(told)

    async def _call(self, calls: Callable[[], list[Call]]) -> None:
        """Have them called, in their order, and wait for it; not once it is broken off."""

        def told() -> None:
            for call in calls():
                if self._broken_off:
                    return
                self._called(call)

        await self._handed(told)

    async def _handed(self, work: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def worked() -> None:
            try:
                work()
            finally:
                _soon(loop, partial(_finish, done))

        self._queue.put(worked)
        await done


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:  # it was closed this very moment
        pass


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
