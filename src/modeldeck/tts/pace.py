"""Time-outs and attempts around a provider's hook; no time-out stays open while the caller holds an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import Any

from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ModelDeckError, ProviderError, TimeoutExceededError
from modeldeck.tts.hook import Audio, SpeechEvent, SpeechRequest

_CLOSING = 2.0  # seconds that a hook may take to close


async def attempted(
    hook: Callable[[SpeechRequest], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    *,
    timeouts: Timeouts,
    retry: Retry,
    deadline: float | None,
    provider: str | None,
) -> AsyncGenerator[SpeechEvent, None]:
    """The events of one request, tried again while no audio came; what else a failed attempt told is dropped."""
    clock = asyncio.get_running_loop().time
    attempt = 0
    while True:
        held: list[SpeechEvent] | None = []  # until the first audio
        try:
            async with aclosing(paced(hook(request), timeouts, deadline=deadline, provider=provider)) as events:
                async for event in events:
                    if held is not None and not (isinstance(event, Audio) and event.data):
                        held.append(event)
                        continue
                    for waiting in held or ():
                        yield waiting
                    held = None
                    yield event
            if held is not None and any(map(str.isalnum, request.text)):
                raise ProviderError("the provider ended without any audio", provider=provider, retryable=True)
            for waiting in held or ():
                yield waiting
            return
        except ModelDeckError as error:
            left = None if deadline is None else deadline - clock()
            pause = retry.pause(attempt, error, left) if held is not None else None
            if pause is None:
                raise
            attempt += 1
            await asyncio.sleep(pause)


async def paced(
    events: AsyncIterator[SpeechEvent], timeouts: Timeouts, *, deadline: float | None, provider: str | None
) -> AsyncGenerator[SpeechEvent, None]:
    """`events`, or TimeoutExceededError: `first_audio` from now, `idle` between two pieces, `deadline` for all.

    Closes `events` at its end, whatever ended it.
    """
    clock = asyncio.get_running_loop().time
    name, since = "first_audio", clock()
    try:
        while True:
            limit: float | None = getattr(timeouts, name)
            due = None if limit is None else since + limit
            if deadline is not None and (due is None or deadline < due):
                name, due = "total", deadline
            limited = Limit(due)
            try:
                async with limited:
                    event = await anext(events, None)
            except TimeoutError:
                if limited.passed:
                    raise too_late(timeouts, name, provider) from None
                raise
            if event is None:
                return
            begun = name == "idle" or (isinstance(event, Audio) and bool(event.data))
            yield event
            if begun:
                name, since = "idle", clock()
    finally:
        await closed(events)


class Limit:
    """A time-out at `due` (of the loop's clock) that also ends a hook which waits on while it is being cancelled."""

    def __init__(self, due: float | None) -> None:
        self._first = asyncio.timeout_at(due)
        self._last = asyncio.timeout_at(None if due is None else due + _CLOSING)

    @property
    def due(self) -> float | None:
        return self._first.when()

    @property
    def passed(self) -> bool:
        return self._first.expired()

    def move(self, due: float | None) -> None:
        self._first.reschedule(due)
        self._last.reschedule(None if due is None else due + _CLOSING)

    async def __aenter__(self) -> None:
        await self._last.__aenter__()
        await self._first.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._first.__aexit__(kind, error, trace)
        except TimeoutError as late:
            await self._last.__aexit__(type(late), late, late.__traceback__)
            raise
        await self._last.__aexit__(kind, error, trace)


def too_late(timeouts: Timeouts, name: str, provider: str | None) -> TimeoutExceededError:
    limit: float = getattr(timeouts, name)
    return TimeoutExceededError(f"no answer within the time-out {name}={limit:g} s", provider=provider)


async def closed(events: Any) -> None:
    """Close a hook's generator in this task; one that takes too long is cancelled in its closing."""
    close = getattr(events, "aclose", None)
    if close is None:
        return
    scope = asyncio.timeout(_CLOSING)
    try:
        async with scope:
            await close()
    except TimeoutError:
        if not scope.expired():
            raise
