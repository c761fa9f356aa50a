"""The connections of one Transport in one event loop: lent whole, last in first out, with spares."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

from modeldeck._transport import descriptors
from modeldeck._transport.headers import USER_AGENT, merged
from modeldeck._transport.link import Dial, Link
from modeldeck._transport.observe import NO_WATCH, Watch
from modeldeck._transport.opening import GRACE, AnEnd, End, connect, within
from modeldeck._transport.place import Place, Proxy, place_of
from modeldeck._transport.settings import Settings
from modeldeck._transport.spares import BACKGROUND, Attendance, Shelves, Spare
from modeldeck.errors import ConnectionFailedError

if TYPE_CHECKING:
    from modeldeck._transport.http import HTTPConnection

PING = 20.0  # seconds between two signs of life that are asked for, and until one that does not come is missed
TICK = 0.25  # seconds between two looks at the least


class Pool:
    """Belongs to one Transport, which it does not know, and to the loop that is running when it is made."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.loop = asyncio.get_running_loop()
        self.pid = os.getpid()
        self.closed = False
        self._ends: set[End] = set()  # every socket that is open or being opened
        self._shelves = Shelves()
        self._attended: dict[Dial | Place, Attendance] = {}
        self._coming: Counter[Dial | Place] = Counter()  # spares that are being opened or prepared
        self._expecting: dict[Dial | Place, deque[asyncio.Future[Spare | None]]] = {}  # who waits for one of those
        self._doubted: set[Dial | Place] = set()  # whose spares on their way were waited for in vain
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()  # for room under max_connections
        self._emptied: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hook: AsyncGenerator[None] | None = None

    async def lend_http(
        self, place: Place, limit: float | None, watch: Watch = NO_WATCH, fresh: bool = False
    ) -> tuple[HTTPConnection, bool]:
        """A connection to `place`, and whether it was used before."""
        started = watch.clock()
        spare = None
        if not fresh:
            spare = self._shelves.take(place, self.loop.time()) or await self._expected(place, limit)
        connection: Any = spare.end if spare is not None else None
        if spare is None:
            spare, connection = await self._open_http(place, limit, fresh)
        watch.connected(watch.clock() - started, spare is not None)
        self._lent(place, limit)
        return connection, spare is not None

    def give_back_http(self, connection: HTTPConnection) -> None:
        if connection.rest():
            self._shelve(Spare(connection, connection.place, self._until(connection)))

    async def lend(self, dial: Dial, limit: float | None, watch: Watch) -> Link:
        """A prepared link: the newest spare, one that is nearly there, or a new one."""
        started = watch.clock()
        spare = self._shelves.take(dial, self.loop.time()) or await self._expected(dial, limit)
        link = spare.link if spare is not None else None
        if link is None:
            spare, link = await self._open_link(dial, limit)
        link.kept = False
        watch.connected(watch.clock() - started, spare is not None)
        if spare is None or not spare.prepared:
            await self._prepare(dial, link)
        self._lent(dial, limit)
        return link

    def _lent(self, target: Dial | Place, limit: float | None) -> None:
        attendance = self._attended.get(target)
        if attendance is not None:
            attendance.target, attendance.lent, attendance.limit = target, self.loop.time(), limit or BACKGROUND
            self._fill(attendance)

    def give_back(self, dial: Dial, link: Link, limit: float | None) -> None:
        """The loan ended well."""
        if not link.kept or self.closed or not link.open:
            link.socket.close()
        elif dial.prepare is None:
            self._shelve(Spare(link.socket, dial, self._until(link.socket, dial.lasts), link))
        elif self._shelves.prepared(dial) + self._coming[dial] < self._wanted(dial):
            self._bring(dial, self._rest(dial, link, limit or BACKGROUND))
        else:  # what is prepared for nobody costs the other end something
            self._shelve(Spare(link.socket, dial, self._until(link.socket), link, prepared=False))

    def _wanted(self, dial: Dial) -> int:
        """How many prepared spares there should be."""
        attendance = self._attended.get(dial)
        return max(min(self.limits.spares, 1), attendance.wanted(self.limits.spares) if attendance else 0)

    async def prewarm(self, target: Dial | Place, limit: float | None) -> None:
        """Open one spare now; raises what went wrong."""
        if isinstance(target, Place):
            _, connection = await self._open_http(target, limit, fresh=True)
            self.give_back_http(connection)
        else:
            _, link = await self._open_link(target, limit, fresh=True)
            await self._rest(target, link, limit)

    def attend(self, target: Dial | Place) -> None:
        """Somebody will want connections to `target`: have a spare ready."""
        attendance = self._attended.setdefault(target, Attendance(target))
        attendance.attendants += 1
        attendance.lent = self.loop.time()
        self._fill(attendance)

    def leave(self, target: Dial | Place) -> None:
        attendance = self._attended.get(target)
        if attendance is None:  # the pool was closed meanwhile
            return
        attendance.attendants -= 1
        if not attendance.attendants:
            del self._attended[target]
            for spare in self._shelves.on(target):
                if spare.attended:
                    self._shelves.close(spare)

    async def _open_http(self, place: Place, limit: float | None, fresh: bool) -> tuple[Spare | None, Any]:
        """A spare that came free meanwhile, or else a new connection."""
        from modeldeck._transport.http import HTTPConnection

        async with within(limit, place):
            spare = await self._room(place, fresh)
            if spare is not None:
                return spare, spare.end
            proxy = self.settings.proxy_for(place)
            forwarded = proxy is not None and not place.secure and proxy.scheme.startswith("http")
            end = HTTPConnection(place, proxy if forwarded else None)
            return None, await self._connect(end, proxy, forwarded=forwarded)

    async def _open_link(self, dial: Dial, limit: float | None, fresh: bool = False) -> tuple[Spare | None, Link]:
        """A spare that came free meanwhile, or else a new link, not yet prepared."""
        from modeldeck._transport.ws import WebSocket

        place = place_of(dial.url)
        headers = merged({"User-Agent": USER_AGENT}, self.settings.headers, dial.headers)
        async with within(limit, place):
            spare = await self._room(dial, fresh)
            if spare is not None and spare.link is not None:
                return spare, spare.link
            end = WebSocket(place, dial.url)
            return None, Link(await self._connect(end, self.settings.proxy_for(place), headers))

    async def _room(self, shelf: Dial | Place, fresh: bool) -> Spare | None:
        """A spare, or None as soon as there is room for one more connection."""
        if self.closed:
            raise _is_closed()
        if self._hook is None:
            self._hook = _until_the_end(weakref.ref(self))
            await anext(self._hook)
        while self._full():
            if (oldest := self._shelves.oldest) is not None:
                self._shelves.close(oldest)
            waiter = self.loop.create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except BaseException:
                self._admit()
                raise
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
            if self.closed:
                raise _is_closed()
            if not fresh and (spare := self._shelves.take(shelf, self.loop.time())) is not None:
                return spare
        return None

    async def _connect(
        self, end: AnEnd, proxy: Proxy | None, handshake: Mapping[str, str] | None = None, *, forwarded: bool = False
    ) -> AnEnd:
        descriptors.check(len(self._ends))
        self._ends.add(end)
        end.gone = self._gone
        try:
            await connect(end, end.place, proxy, self.settings.tls, forwarded=forwarded)
            if handshake is not None:
                await end.handshake(handshake)
            if self.closed:
                raise _is_closed()
        except BaseException:
            end.abort()
            if end.transport is None:
                self._gone(end)
            raise
        self._look_at(self.loop.time() + PING)
        return end

    async def _prepare(self, dial: Dial, link: Link, limit: float | None = None) -> None:
        if dial.prepare is None:
            return
        try:
            async with within(limit, link.socket.place):
                await dial.prepare(link)
        except BaseException:
            link.socket.abort()
            raise

    async def _rest(self, dial: Dial, link: Link, limit: float | None, attended: bool = False) -> None:
        """Prepare a link and keep it for its next loan."""
        await self._prepare(dial, link, limit or BACKGROUND)
        self._shelve(Spare(link.socket, dial, self._until(link.socket, dial.lasts, attended), link, attended))

    def _fill(self, attendance: Attendance) -> None:
        """Prepare or open what spares are missing, in the background."""
        target = attendance.target
        there = self._shelves.prepared(target) + self._coming[target]
        for _ in range(attendance.missing(self.limits.spares, there, self.loop.time())):
            resting = self._shelves.take(target, self.loop.time()) if not self._shelves.prepared(target) else None
            if self.closed or (resting is None and self._full()):
                return
            if isinstance(target, Dial) and resting is not None and resting.link is not None:
                self._bring(target, self._rest(target, resting.link, attendance.limit, attended=resting.attended))
            else:
                self._bring(target, self._open_spare(attendance))

    async def _open_spare(self, attendance: Attendance) -> None:
        target = attendance.target
        try:
            if isinstance(target, Place):
                _, end = await self._open_http(target, attendance.limit, fresh=True)
                self._shelve(Spare(end, target, self._until(end, attended=True), attended=True))
            else:
                _, link = await self._open_link(target, attendance.limit, fresh=True)
                await self._rest(target, link, attendance.limit, attended=True)
            attendance.failures = 0
        except Exception:  # whoever needs a connection next is told why there is none
            self._look_at(attendance.failed(self.loop.time()))

    def _bring(self, target: Dial | Place, work: Coroutine[Any, Any, None]) -> None:
        """Open or prepare a spare in the background."""
        self._coming[target] += 1
        self.background(work, partial(self._came, target))

    def _came(self, target: Dial | Place) -> None:
        """One less is on its way; whoever waited for it in vain is told."""
        self._coming[target] -= 1
        self._doubted.discard(target)
        if not self._coming[target]:
            del self._coming[target]
        expecting = self._expecting.get(target, ())
        waiting = [waiter for waiter in expecting if not waiter.done()]
        for waiter in waiting[self._coming[target] :]:
            waiter.set_result(None)

    async def _expected(self, target: Dial | Place, limit: float | None) -> Spare | None:
        """A spare that is on its way and that nobody else waits for."""
        expecting = self._expecting.setdefault(target, deque())
        if self._coming[target] <= len(expecting) or target in self._doubted:
            if not expecting:
                del self._expecting[target]
            return None
        waiter: asyncio.Future[Spare | None] = self.loop.create_future()
        expecting.append(waiter)
        try:
            await asyncio.wait([waiter], timeout=limit and limit / 2)
        except BaseException:
            if waiter.done() and (spare := waiter.result()) is not None:
                self._shelve(spare)
            raise
        finally:
            expecting.remove(waiter)
            if not waiter.done():
                self._doubted.add(target)
            if not expecting and self._expecting.get(target) is expecting:
                del self._expecting[target]
        spare = waiter.result() if waiter.done() else None
        return spare if spare is not None and spare.end.open else None

    def _shelve(self, spare: Spare) -> None:
        unwanted = spare.attended and spare.shelf not in self._attended
        if self.closed or unwanted or not spare.end.open or self.loop.time() >= spare.until:
            spare.end.close()
            return
        for waiter in self._expecting.get(spare.shelf, ()):
            if not waiter.done():
                waiter.set_result(spare)
                return
        self._shelves.put(spare)
        self._look_at(spare.until)
        self._admit()

    def _until(self, end: End, lasts: float | None = None, attended: bool = False) -> float:
        """The loop time until which `end`, unused from now on, may be lent."""
        now = self.loop.time()
        until = end.born + self.limits.max_age
        if not attended:
            until = min(until, now + self.limits.idle)
        return until if lasts is None else min(until, now + lasts)

    def _full(self) -> bool:
        most = self.limits.max_connections
        return most is not None and len(self._ends) >= most

    def _gone(self, end: End) -> None:
        """A socket is closed, or was never opened."""
        self._ends.discard(end)
        spare = self._shelves.remove(end)
        if spare is not None and spare.shelf in self._attended:
            self._fill(self._attended[spare.shelf])
        self._admit()
        if not self._ends and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    def _admit(self) -> None:
        """Let one of those look again who wait for room."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def background(self, work: Coroutine[Any, Any, None], done: Callable[[], None] | None = None) -> None:
        """Do `work` in a task that ends with the pool."""
        task = self.loop.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if done is not None:
            task.add_done_callback(lambda _: done())

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: a spare that could not be prepared is no spare

    def _look_at(self, when: float) -> None:
        """Have `_look` called at loop time `when` or earlier."""
        when = max(when, self.loop.time() + TICK)
        if self.closed or (self._timer is not None and self._timer.when() <= when):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        """Close what is too old, open what is missing, ask for signs of life."""
        self._timer = None
        now = self.loop.time()
        for spare in self._shelves:
            if now >= spare.until:
                self._shelves.close(spare)
        for attendance in self._attended.values():
            self._fill(attendance)
        due = [end.asked(now, PING) for end in list(self._ends)]
        due += [spare.until for spare in self._shelves]
        due += [attendance.not_before for attendance in self._attended.values() if attendance.not_before > now]
        if due:
            self._look_at(min(due))

    async def aclose(self, grace: bool = True) -> None:
        """Close everything; with `grace` in order, waiting no longer than a second for the other ends."""
        tasks = self._close()
        if tasks:
            await asyncio.wait(tasks)
        try:
            for end in list(self._ends):
                if grace and (end in self._shelves or not end.open):
                    end.close()
                else:
                    end.abort()
            await self._empty()
        finally:
            for end in list(self._ends):
                end.abort()
        await self._empty()
        if grace and self._hook is not None:
            await self._hook.aclose()

    def shut(self) -> None:
        """Close everything now."""
        self._close()
        for end in list(self._ends):
            end.abort()

    def _close(self) -> set[asyncio.Task[None]]:
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._attended.clear()
        while self._waiting:
            self._admit()
        for task in self._tasks:
            task.cancel()
        return set(self._tasks)

    async def _empty(self) -> None:
        """Wait until every socket is closed, a second at the most."""
        if self._ends:
            self._emptied = self.loop.create_future()
            await asyncio.wait([self._emptied], timeout=GRACE)


async def _until_the_end(pool: weakref.ref[Pool]) -> AsyncGenerator[None]:
    """Stays suspended until the loop ends (`shutdown_asyncgens`), and then closes the pool."""
    try:
        yield
    finally:
        ending = pool()
        if ending is not None and not ending.closed:
            await ending.aclose(grace=False)


def _is_closed() -> ConnectionFailedError:
    return ConnectionFailedError("the transport is closed; make a new one", retryable=False)
