"""Asking for one list: its pages, attempts, time-outs and bounds."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from modeldeck._transport.http import Answer as HttpAnswer
from modeldeck._transport.limits import Retry, Timeouts
from modeldeck._transport.observe import Watch
from modeldeck._transport.transport import Transport
from modeldeck._wire.lists import LiveModel, LiveVoice, Page, PageRequest
from modeldeck._wire.service import is_page
from modeldeck.credential.listing import Listing
from modeldeck.errors import ModelDeckError, ProtocolError, TimeoutExceededError

MOST_BYTES = 4 << 20  # of one answer; Azure's list of all voices has about half a megabyte
_LARGE = 64 << 10  # bytes that are read beside the event loop
MOST_PAGES = 100
MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Listed:
    """What a provider listed. `complete`: to its end. `at`: when; `clock`: the same on the monotonic clock."""

    models: tuple[LiveModel, ...]
    voices: tuple[LiveVoice, ...]
    left_out: tuple[str, ...]
    complete: bool
    at: datetime
    clock: float


@dataclass(frozen=True, slots=True)
class Asker:
    """How to ask: through what, how long, how often."""

    transport: Transport
    timeouts: Timeouts
    retry: Retry
    watch: Watch

    async def listed(self, listing: Listing) -> Listed | None:
        """Every page; None when the service keeps no such list. Raises ModelDeckError."""
        total = self.timeouts.total
        until = None if total is None else asyncio.get_running_loop().time() + total
        try:
            async with asyncio.timeout_at(until):
                return await self._pages(listing, until)
        except TimeoutError:
            raise _late(listing, f"No complete list of {listing.name} within {total:g} s") from None

    async def _pages(self, listing: Listing, until: float | None) -> Listed | None:
        models: list[LiveModel] = []
        voices: list[LiveVoice] = []
        left_out: list[str] = []
        names: set[str] = set()
        more: Any = None
        asked: list[Any] = [None]
        while True:
            page = await self._attempted(listing, more, until)
            if page is None:
                return None
            models += page.models
            voices += page.voices
            left_out += page.left_out
            more = page.more
            before, own = len(names), [*(one.name for one in page.models), *(one.id for one in page.voices)]
            names.update(own)
            again = more in asked or (own and len(names) == before)  # pages that go round bring nothing new
            full = len(names) + len(left_out) > MOST_ENTRIES
            if more is None or again or full or len(asked) == MOST_PAGES:
                break
            asked.append(more)
        return Listed(tuple(models), tuple(voices), tuple(left_out), more is None, datetime.now(UTC), time.monotonic())

    async def _attempted(self, listing: Listing, more: Any, until: float | None) -> Page | None:
        attempt = 0
        while True:
            try:
                return await self._once(listing, more)
            except ModelDeckError as error:
                left = None if until is None else until - asyncio.get_running_loop().time()
                pause = self.retry.pause(attempt, error, left)
                if pause is None:
                    raise
                self.watch.retry(error, pause)
            await asyncio.sleep(pause)
            attempt += 1

    async def _once(self, listing: Listing, more: Any) -> Page | None:
        ask, limit = listing.ask(more), self.timeouts.first_audio
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(limit):
                    answer = await stack.enter_async_context(
                        self.transport.exchange(
                            "GET" if ask.json is None else "POST",
                            ask.url,
                            headers=listing.headers,
                            json=ask.json,
                            connect=self.timeouts.connect,
                            watch=self.watch,
                        )
                    )
            except TimeoutError:
                raise _late(listing, f"No answer within {limit:g} s") from None
            good = 200 <= answer.status < 300 and not is_page(answer.headers)
            body = await self._body(listing, ask, answer)
        if good:
            arguments = (listing, ask, more, body)
            return _read(*arguments) if len(body) < _LARGE else await asyncio.to_thread(_read, *arguments)
        if listing.absent and (answer.status in listing.absent or 200 <= answer.status < 300):
            return None  # many servers answer what they do not have with their own web page
        raise listing.error(answer.status, body, answer.headers)

    async def _body(self, listing: Listing, ask: PageRequest, answer: HttpAnswer) -> bytes:
        data = bytearray()
        parts = aiter(answer.chunks())
        while True:
            try:
                async with asyncio.timeout(self.timeouts.idle):
                    data += await anext(parts)
            except StopAsyncIteration:
                return bytes(data)
            except TimeoutError:
                raise _late(listing, f"Nothing more came for {self.timeouts.idle:g} s") from None
            if len(data) > MOST_BYTES:
                raise ProtocolError(f"{_host(ask)}: the list of {listing.name} has more than {MOST_BYTES:,} bytes")


def _read(listing: Listing, ask: PageRequest, more: Any, body: bytes) -> Page:
    try:
        return listing.read(json.loads(body), more)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:  # no JSON, no UTF-8, another shape
        why = "it is no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
    message = f"{_host(ask)} answers, but not with a list of {listing.name} ({why}): check base_url"
    raise ProtocolError(message)


def _late(listing: Listing, what: str) -> TimeoutExceededError:
    return TimeoutExceededError(f"{what} ({_host(listing.ask(None))}); check the network and the proxy")


def _host(ask: PageRequest) -> str:
    return urlsplit(ask.url).netloc
