"""A cache of speech, for every model that has `cache=`."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from modeldeck._nested import Nested
from modeldeck._transport.limits import Timeouts
from modeldeck._warn import warn
from modeldeck.errors import ConnectionFailedError, ParameterError, UnsupportedError
from modeldeck.tts.cache.entry import Entry, entry_of
from modeldeck.tts.cache.flight import Abandoned, Flight, Listener
from modeldeck.tts.cache.key import key_of
from modeldeck.tts.cache.store import Entries, Folder, Foreign, Memory, SpeechStore
from modeldeck.tts.hook import SpeechEvent, SpeechRequest, Told
from modeldeck.tts.pace import paced

if TYPE_CHECKING:
    from modeldeck.tts.base import TTSModelBase

Fill = Callable[[], AsyncGenerator[SpeechEvent, None]]
_LARGEST = 64 << 20  # bytes of audio of one entry


@dataclass(frozen=True, slots=True)
class CacheCounts:
    """Of requests since the cache was made. `joined`: they heard another one's, while that was being spoken.

    `failures`: entries that could not be read or written; their calls were spoken all the same.
    """

    hits: int = 0
    joined: int = 0
    misses: int = 0
    failures: int = 0


class TTSCache:
    """Speech that was spoken before, for `cache=` of any number of models.

        cache = TTSCache("~/.cache/my-app/speech", max_bytes=1 << 30, max_age=30 * 86400)
        tts = tts_model("dashscope/qwen3-tts-flash:Cherry", cache=cache)

    Without a folder it is kept in memory; folders may be shared by processes, a cache by tasks, event loops and
    threads. The same request at the same time is spoken once: those who come later hear what is there and then the
    rest as it comes, with the first one's time-outs; when that one leaves, it goes on for them. When it fails, all of
    them get the error; the next call tries anew. What is not complete is never kept. (Processes that share a folder do
    not wait for each other: each asks once, and the last one's is kept.)

    A hit is a stream like any other: formats, offsets, word timings, one last response, whose `metadata["cache"]` is
    `hit` (else `joined` or `miss`; in a conversation `partly` where its sentences differ) and whose usage says that
    nothing was billed. Whole texts are cached: `synthesize`, `save`, and each sentence of `stream()` and `session()`
    of a model that takes whole texts; text that goes to a realtime model in pieces is not. A model that would read
    differently each time (a temperature, no seed) is cached all the same: leave it out with `cache=False` in the call,
    or speak anew with `cache="renew"`.

    An entry holds the audio and the words of its timings, in clear; its name is a digest, of which no key is a part
    (see `key_of` for what is).
    """

    def __init__(
        self,
        place: str | os.PathLike[str] | SpeechStore | None = None,
        *,
        max_bytes: int = 256 << 20,
        max_age: float | None = None,
        salt: bytes | None = None,
    ) -> None:
        """`max_bytes`: of all entries; what was not used the longest goes first, and an entry of more than an eighth
        of it (64 MiB at most) is not kept. `max_age`: seconds from when it was spoken. `salt`: of processes that share
        a store of your own, so that voices of an account's are found by all of them. Raises ParameterError.
        """
        _check_number("max_bytes", max_bytes)
        if max_age is not None:
            _check_number("max_age", max_age)
        self._entries = _entries(place, max_bytes)
        self._salt = self._entries.salt if salt is None else salt
        self._max_age = max_age
        self._longest = min(max_bytes // 8, _LARGEST)
        self._flights: dict[tuple[str, bool], Flight] = {}
        self._lock = threading.RLock()
        self._counts = dict.fromkeys(CacheCounts.__slots__, 0)
        self._warned = False

    @property
    def counts(self) -> CacheCounts:
        return CacheCounts(**self._counts)

    async def clear(self) -> None:
        """Forget every entry. UnsupportedError for a store of somebody else's."""
        try:
            await self._entries.clear()
        except NotImplementedError:
            raise UnsupportedError("this cache does not know what else is in your store; clear it there") from None

    async def holds(self, model: TTSModelBase[Any], request: SpeechRequest) -> bool:
        """Whether that request would be a hit."""
        key = key_of(model, request, self._salt)
        return key is not None and not request.renew and await self._found(key) is not None

    async def events(
        self, model: TTSModelBase[Any], request: SpeechRequest, fill: Fill, deadline: float | None
    ) -> AsyncGenerator[SpeechEvent, None]:
        """The events of `request`: kept ones, those that another call waits for, or what `fill` gives.

        `deadline`: this call's own, of the loop's clock.
        """
        key = key_of(model, request, self._salt)
        if key is None:  # nothing that could be found again
            async with aclosing(Nested(paced(Nested(fill()), _total(request), deadline=deadline))) as events:
                async for event in events:
                    yield event
            return
        while True:
            flight, listener, mine = self._boarded((key, request.renew))
            try:
                if mine:
                    await self._looked_up(key, request, flight, fill)
                heard = flight.listen(listener, "miss" if mine else "joined")
                async with aclosing(Nested(_within(flight, heard, request, deadline))) as events:
                    async for event in events:
                        if isinstance(event, Told):
                            self._count(event)
                        yield event
                return
            except Abandoned:
                if listener.at:
                    message = "the call that was being spoken for this one too was ended with its event loop"
                    raise ConnectionFailedError(message) from None
            finally:
                await self._left((key, request.renew), flight, listener)

    # -- inside

    def _boarded(self, key: tuple[str, bool]) -> tuple[Flight, Listener, bool]:
        """The flight for that key; whether it is a new one, which the caller has to fill."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and not flight.loop.is_closed() and (listener := flight.join()) is not None:
                return flight, listener, False
            flight = self._flights[key] = Flight(self._longest)
            first = flight.join()
            assert first is not None
            return flight, first, True

    async def _left(self, key: tuple[str, bool], flight: Flight, listener: Listener) -> None:
        with self._lock:
            flight.leave(listener)
            if not flight.listeners:
                self._landed(key, flight)
        await flight.stopped()

    def _landed(self, key: tuple[str, bool], flight: Flight) -> None:
        """Nobody boards it any more."""
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    async def _looked_up(self, key: str, request: SpeechRequest, flight: Flight, fill: Fill) -> None:
        """Have `flight` serve what is kept, else be filled."""
        board = (key, request.renew)
        try:
            entry = None if request.renew else await self._found(key)
        except BaseException:
            self._landed(board, flight)
            flight.end(Abandoned())  # whoever waits looks for himself
            raise
        if entry is not None:
            flight.serve(entry.events)
            self._landed(board, flight)
        else:
            flight.begin(self._filled(board, flight, fill))

    def _count(self, told: Told) -> None:
        name = {"hit": "hits", "joined": "joined"}.get(told.metadata.get("cache", ""), "misses")
        self._counts[name] += 1

    async def _filled(self, board: tuple[str, bool], flight: Flight, fill: Fill) -> None:
        error: BaseException | None = None
        try:
            async with aclosing(Nested(fill())) as events:
                async for event in events:
                    await flight.add(event)
            if not flight.too_long:
                await self._kept(board[0], entry_of(flight.events(), time.time()))
        except asyncio.CancelledError:
            error = Abandoned()
            raise
        except Exception as failure:
            error = failure
        finally:
            self._landed(board, flight)
            flight.end(error)

    async def _found(self, key: str) -> Entry | None:
        try:
            entry = await self._entries.get(key)
            if entry is None or self._max_age is None or time.time() - entry.created <= self._max_age:
                return entry
            await self._entries.remove(key)
        except Exception as error:
            self._failed("read", error)
        return None

    async def _kept(self, key: str, entry: Entry) -> None:
        if not entry.size or entry.size > self._longest:
            return
        try:
            await self._entries.put(key, entry)
        except Exception as error:
            self._failed("written", error)

    def _failed(self, what: Literal["read", "written"], error: Exception) -> None:
        """A cache that does not work costs money, not speech; it is said once."""
        self._counts["failures"] += 1
        if not self._warned:
            self._warned = True
            warn(RuntimeWarning(f"the speech cache cannot be {what}: {type(error).__name__}: {error}"))


def _within(
    flight: Flight, events: AsyncGenerator[SpeechEvent, None], request: SpeechRequest, deadline: float | None
) -> AsyncGenerator[SpeechEvent, None]:
    """`total` is each call's own; the other time-outs are those of the fill, unless its loop may have stopped."""
    if flight.loop is not asyncio.get_running_loop():
        return paced(Nested(events), request.timeouts, deadline=deadline)
    return events if deadline is None else paced(Nested(events), _total(request), deadline=deadline)


def _total(request: SpeechRequest) -> Timeouts:
    return replace(request.timeouts, first_audio=None, idle=None)


def _entries(place: Any, max_bytes: int) -> Entries:
    if place is None:
        return Memory(max_bytes)
    if isinstance(place, str | os.PathLike):
        return Folder(os.path.expanduser(place), max_bytes)
    if isinstance(place, SpeechStore):
        return Foreign(place)
    raise ParameterError(f"a cache takes a folder, a SpeechStore or nothing, not {place!r}", parameter="cache")


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        raise ParameterError(f"{name} must be a number above 0, not {value!r}", parameter=name)
