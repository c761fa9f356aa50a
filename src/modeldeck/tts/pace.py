"""Time-outs and attempts around a provider's hook; no time-out stays open while the caller holds an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ModelDeckError, ProviderError, TimeoutExceededError
from modeldeck.tts.deadline import CLOSING, Deadline
from modeldeck.tts.hook import Audio, SpeechEvent, SpeechRequest


async def attempted(
    hook: Callable[[SpeechRequest], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    *,
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
            async with aclosing(paced(hook(request), request.timeouts, deadline=deadline, provider=provider)) as events:
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
            error.provider = error.provider or provider
            left = None if deadline is None else deadline - clock()
            pause = retry.pause(attempt, error, left) if held is not None else None
            if pause is None:
                raise
            attempt += 1
            request.watch.retry(error, pause)
            await asyncio.sleep(pause)


async def paced(
    events: AsyncIterator[SpeechEvent], timeouts: Timeouts, *, deadline: float | None, provider: str | None
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
                    raise too_late(timeouts, name, provider) from None
                raise
            if event is None:
                return
            begun = name == "idle" or (isinstance(event, Audio) and bool(event.data))
            yield event
            if begun:
                name, since = "idle", clock()
    finally:
        limited.close()
        await closed(events)


def too_late(timeouts: Timeouts, name: str, provider: str | None) -> TimeoutExceededError:
    limit: float = getattr(timeouts, name)
    return TimeoutExceededError(f"no answer within the time-out {name}={limit:g} s", provider=provider)


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
