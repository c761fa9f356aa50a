"""The connections of one Transport in one event loop: lent whole, last in first out, with spares."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

from modeldeck._transport import descriptors, failures
from modeldeck._transport.headers import USER_AGENT, merged
from modeldeck._transport.link import Dial, Link
from modeldeck._transport.observe import NO_WATCH, Watch
from modeldeck._transport.opening import GRACE, Allowance, AnEnd, End, connect, within
from modeldeck._transport.place import Place, Proxy, place_of
from modeldeck._transport.settings import Settings
from modeldeck._transport.spares import BACKGROUND, Attendance, Coming, Shelves, Spare, until_the_end

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
        self._coming = Coming(self._shelve)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()  # for room under max_connections
        self._emptied: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hook: AsyncGenerator[None] | None = None

    async def lend_http(
        self, place: Place, limit: float | None, watch: Watch = NO_WATCH, fresh: bool = False
    ) -> tuple[HTTPConnection, bool]:
        """A connection to `place`, and whether it was used before."""
        started, allowed = watch.clock(), Allowance(limit)
        spare = None
        if not fresh:
            spare = self._shelves.take(place, self.loop.time()) or await self._coming.wait(place, allowed)
        connection: Any = spare.end if spare is not None else None
        if spare is None:
            spare, connection = await self._open_http(place, allowed, fresh)
        watch.connected(watch.clock() - started, spare is not None)
        self._lent(place, limit)
        return connection, spare is not None

    def give_back_http(self, connection: HTTPConnection) -> None:
        if connection.rest():
            self._shelve(Spare(connection, connection.place, self._until(connection)))

    async def lend(self, dial: Dial, limit: float | None, watch: Watch) -> Link:
        """A prepared link: the newest spare, one that is nearly there, or a new one."""
        started, allowed = watch.clock(), Allowance(limit)
        spare = self._shelves.take(dial, self.loop.time()) or await self._coming.wait(dial, allowed)
        link = spare.link if spare is not None else None
        if link is None:
            spare, link = await self._open_link(dial, allowed)
        link.kept = link.salvaged = False
        link.socket.silent = spare is not None
        watch.connected(watch.clock() - started, spare is not None)
        if spare is None or not spare.prepared:
            await self._prepare(dial, link)
        self._lent(dial, limit)
        return link

    def _lent(self, target: Dial | Place, limit: float | None) -> None:
        attendance = self._attended.get(target)
        if attendance is not None:
            attendance.target, attendance.lent, attendance.limit = target, self.loop.time(), limit or BACKGROUND
            attendance.used = True
            self._fill(attendance)

    def give_back(self, dial: Dial, link: Link, limit: float | None) -> None:
        """The loan ended well, or was broken off and the link is salvaged."""
        if not link.kept or self.closed or not link.open:
            link.socket.close()
        elif dial.prepare is None:
            self._shelve(Spare(link.socket, dial, self._until(link.socket, dial.lasts), link))
        elif link.salvaged or self._shelves.prepared(dial) + self._coming.count(dial) < self._wanted(dial):
            self._bring(dial, self._rest(dial, link, limit or BACKGROUND))
        else:  # what is prepared for nobody costs the other end something
            self._shelve(Spare(link.socket, dial, self._until(link.socket), link, prepared=False))

    def distrust(self, dial: Dial) -> None:
        """A link that had lain ready was gone: so may be the others."""
        for spare in self._shelves.on(dial):
            self._shelves.close(spare)

    def _wanted(self, dial: Dial) -> int:
        """How many prepared spares there should be."""
        attendance = self._attended.get(dial)
        return max(min(self.limits.spares, 1), attendance.wanted(self.limits.spares) if attendance else 0)

    async def prewarm(self, target: Dial | Place, limit: float | None) -> None:
        """Have a spare ready now; raises what went wrong."""
        if self._shelves.prepared(target) and (spare := self._shelves.take(target, self.loop.time())) is not None:
            self._shelve(spare)
        elif isinstance(target, Place):
            _, connection = await self._open_http(target, Allowance(limit), fresh=True)
            self.give_back_http(connection)
        else:
            _, link = await self._open_link(target, Allowance(limit), fresh=True)
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
                self._forsake(spare)

    async def _open_http(self, place: Place, allowed: Allowance, fresh: bool) -> tuple[Spare | None, Any]:
        """A spare that came free meanwhile, or else a new connection."""
        from modeldeck._transport.http import HTTPConnection

        spare = await self._room(place, fresh, allowed)
        if spare is not None:
            return spare, spare.end
        async with within(allowed, place):
            proxy = self.settings.proxy_for(place)
            forwarded = proxy is not None and not place.secure and proxy.scheme.startswith("http")
            end = HTTPConnection(place, proxy if forwarded else None)
            return None, await self._connect(end, proxy, forwarded=forwarded)

    async def _open_link(self, dial: Dial, allowed: Allowance, fresh: bool = False) -> tuple[Spare | None, Link]:
        """A spare that came free meanwhile, or else a new link, not yet prepared."""
        from modeldeck._transport.ws import WebSocket

        place = place_of(dial.url)
        headers = merged({"User-Agent": USER_AGENT}, self.settings.headers, dial.handshake())
        spare = await self._room(dial, fresh, allowed)
        if spare is not None and spare.link is not None:
            return spare, spare.link
        async with within(allowed, place):
            end = WebSocket(place, dial.url)
            return None, Link(await self._connect(end, self.settings.proxy_for(place), headers))

    async def _room(self, shelf: Dial | Place, fresh: bool, allowed: Allowance) -> Spare | None:
        """A spare, or None as soon as there is room for one more connection."""
        if self.closed:
            raise failures.closed()
        if self._hook is None:
            self._hook = until_the_end(weakref.ref(self))
            await anext(self._hook)
        while self._full():
            if (oldest := self._shelves.oldest) is not None:
                self._shelves.close(oldest)
            waiter = self.loop.create_future()
            self._waiting.append(waiter)
            try:
                await asyncio.wait([waiter], timeout=allowed.left)
            except BaseException:
                self._admit()
                raise
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
            if not waiter.done():
                raise failures.no_room(self.limits.max_connections, allowed.limit)
            if self.closed:
                raise failures.closed()
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
            await connect(end, proxy, self.settings, forwarded=forwarded)
            if handshake is not None:
                await end.handshake(handshake)
            if self.closed:
                raise failures.closed()
        except BaseException:
            end.abort()
            if end.transport is None:
                self._gone(end)
            raise
        end.look = self.loop.time() + PING
        self._look_at(end.look)
        return end

    async def _prepare(self, dial: Dial, link: Link, limit: float | None = None) -> None:
        if dial.prepare is None:
            return
        try:
            async with within(Allowance(limit), link.socket.place):
                await dial.prepare(link)
        except BaseException:
            link.socket.abort()
            raise

    async def _rest(self, dial: Dial, link: Link, limit: float | None, attended: bool = False) -> bool:
        """Prepare a link and keep it for its next loan."""
        await self._prepare(dial, link, limit or BACKGROUND)
        return self._shelve(Spare(link.socket, dial, self._until(link.socket, dial.lasts, attended), link, attended))

    def _fill(self, attendance: Attendance) -> None:
        """Prepare or open what spares are missing, in the background."""
        target = attendance.target
        now = self.loop.time()
        prepares = attendance.prepares(now)
        there = self._shelves.prepared(target) if prepares else len(self._shelves.on(target))
        for _ in range(attendance.missing(self.limits.spares, there + self._coming.count(target), now)):
            resting = self._shelves.take_unprepared(target, now) if prepares else None
            if self.closed or (resting is None and self._full()):
                return
            if isinstance(target, Dial) and resting is not None and resting.link is not None:
                self._bring(target, self._rest(target, resting.link, attendance.limit, attended=resting.attended))
            else:
                self._bring(target, self._open_spare(attendance))

    async def _open_spare(self, attendance: Attendance) -> None:
        try:
            if not await self._open_one(attendance.target, attendance):
                raise failures.closed()
            attendance.failures = 0
        except Exception:  # whoever needs a connection next is told why there is none
            self._look_at(attendance.failed(self.loop.time()))

    async def _open_one(self, target: Dial | Place, attendance: Attendance) -> bool:
        if isinstance(target, Place):
            _, end = await self._open_http(target, Allowance(attendance.limit), fresh=True)
            return self._shelve(Spare(end, target, self._until(end, attended=True), attended=True))
        _, link = await self._open_link(target, Allowance(attendance.limit), fresh=True)
        if attendance.prepares(self.loop.time()):
            return await self._rest(target, link, attendance.limit, attended=True)
        until, prepared = self._until(link.socket, attended=True), target.prepare is None
        return self._shelve(Spare(link.socket, target, until, link, attended=True, prepared=prepared))

    def _bring(self, target: Dial | Place, work: Coroutine[Any, Any, object]) -> None:
        """Open or prepare a spare in the background."""
        self._coming.begin(target)
        self.background(work, partial(self._coming.end, target))

    def _shelve(self, spare: Spare) -> bool:
        """Keep it for its next loan, if it is still good."""
        if spare.shelf not in self._attended:
            self._forsake(spare)
        if self.closed or not spare.end.open or self.loop.time() >= spare.until:
            spare.end.close()
            return False
        if self._coming.deliver(spare):
            return True
        self._shelves.put(spare)
        self._look_at(spare.until)
        self._admit()
        return True

    def _forsake(self, spare: Spare) -> None:
        """Nobody attends any more: one for a turn and its spares rest like those that were given back."""
        if not spare.attended:
            return
        others = sum(one is not spare for one in self._shelves.on(spare.shelf)) + self._coming.count(spare.shelf)
        spare.attended = False
        spare.until = 0.0 if others > self.limits.spares else min(spare.until, self.loop.time() + self.limits.idle)
        self._look_at(spare.until)

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

    def background(self, work: Coroutine[Any, Any, object], done: Callable[[], None] | None = None) -> None:
        """Do `work` in a task that ends with the pool."""
        task = self.loop.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if done is not None:
            task.add_done_callback(lambda _: done())

    def _done(self, task: asyncio.Task[Any]) -> None:
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
        for end in list(self._ends):
            if now >= end.look:
                end.look = end.asked(now, PING)
        due = [end.look for end in self._ends]
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

    def _close(self) -> set[asyncio.Task[Any]]:
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
