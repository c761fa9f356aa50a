"""Time-outs and attempts around a provider's hook; no time-out stays open while the caller holds an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from modeldeck._nested import Nested
from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ConnectionFailedError, ModelDeckError, ProviderError, TimeoutExceededError
from modeldeck.tts.deadline import CLOSING, Deadline
from modeldeck.tts.events import Origin
from modeldeck.tts.hook import Audio, SpeechEvent, SpeechRequest

_MOST_UNHEARD = 1


async def attempted(
    hook: Callable[[SpeechRequest], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    *,
    retry: Retry,
    deadline: float | None,
    origin: Origin,
) -> AsyncGenerator[SpeechEvent, None]:
    """The events of one request, tried again while no audio came; what else a failed attempt told is dropped."""
    clock = asyncio.get_running_loop().time
    attempt = unheard = 0
    while True:
        held: list[SpeechEvent] | None = []  # until the first audio
        try:
            attempt_events = paced(Nested(hook(request)), request.timeouts, deadline=deadline)
            async with aclosing(Nested(attempt_events)) as events:
                async for event in events:
                    if held is not None and not (isinstance(event, Audio) and event.data):
                        held.append(event)
                        continue
                    for waiting in held or ():
                        yield waiting
                    held = None
                    yield event
            if held is not None and any(map(str.isalnum, request.text)):
                raise ProviderError("the provider ended without any audio", retryable=True)
            for waiting in held or ():
                yield waiting
            return
        except ModelDeckError as error:
            origin.complete(error)
            if held is None:
                raise
            left = None if deadline is None else deadline - clock()
            pause, counted = again(retry, attempt, unheard, error, left)
            if pause is None:
                if isinstance(error, ConnectionFailedError):
                    error.unheard = False  # whoever is above does not try once more
                raise
            attempt, unheard = attempt + counted, unheard + 1 - counted
            request.watch.retry(error, pause)
            await asyncio.sleep(pause)


def again(
    retry: Retry, attempt: int, unheard: int, error: ModelDeckError, left: float | None
) -> tuple[float | None, bool]:
    """Seconds before the next attempt, None for none; whether the failed one counts.

    One on a connection that had lain ready and was gone does not, once: the transport trusts its like no more.
    """
    if isinstance(error, ConnectionFailedError) and error.unheard and unheard < _MOST_UNHEARD:
        return 0.0, False
    return retry.pause(attempt, error, left), True


async def paced(
    events: AsyncIterator[SpeechEvent], timeouts: Timeouts, *, deadline: float | None
) -> AsyncGenerator[SpeechEvent, None]:
    """`events`, or TimeoutExceededError: `first_audio` from now, `idle` between two pieces, `deadline` for all.

    Closes `events` at its end, whatever ended it.
    """
    clock = asyncio.get_running_loop().time
    limited = Deadline()
    name, since = "first_audio", clock()
    try:
        while True:
            limit: float | None = getattr(timeouts, name)
            due = None if limit is None else since + limit
            if deadline is not None and (due is None or deadline < due):
                name, due = "total", deadline
            try:
                with limited.until(due):
                    event = await anext(events, None)
            except TimeoutError:
                if limited.passed:
                    raise too_late(timeouts, name) from None
                raise
            if event is None:
                return
            begun = name == "idle" or (isinstance(event, Audio) and bool(event.data))
            given = clock()
            yield event
            if deadline is not None:
                deadline += clock() - given  # the provider's time, not the listener's
            if begun:
                name, since = "idle", clock()
    finally:
        limited.close()
        await closed(events)


def too_late(timeouts: Timeouts, name: str) -> TimeoutExceededError:
    limit: float = getattr(timeouts, name)
    return TimeoutExceededError(f"no answer within the time-out {name}={limit:g} s")


async def closed(events: Any) -> None:
    """Close a hook's generator in this task; one that takes too long is cancelled in its closing."""
    close = getattr(events, "aclose", None)
    if close is None:
        return
    scope = asyncio.timeout(CLOSING)
    try:
        async with scope:
            await close()
    except TimeoutError:
        if not scope.expired():
            raise
