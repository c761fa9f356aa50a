"""Time-outs between events; none stays open while the caller holds an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from modeldeck._transport.limits import Timeouts
from modeldeck.errors import TimeoutExceededError
from modeldeck.tts.hook import Audio, SpeechEvent


async def paced(
    events: AsyncIterator[SpeechEvent], timeouts: Timeouts, *, deadline: float | None, provider: str | None
) -> AsyncGenerator[SpeechEvent, None]:
    """`events`, or TimeoutExceededError: `first_audio` from now, `idle` between two pieces, `deadline` for all.

    Closes `events` at its end, whatever ended it.
    """
    clock = asyncio.get_running_loop().time
    until, name = _later(clock(), timeouts.first_audio), "first_audio"
    try:
        while True:
            if deadline is not None and (until is None or deadline < until):
                until, name = deadline, "total"
            scope = asyncio.timeout_at(until)
            try:
                async with scope:
                    event = await anext(events, None)
            except TimeoutError:
                if not scope.expired():
                    raise
                limit: float = getattr(timeouts, name)
                message = f"no answer within the time-out {name}={limit:g} s"
                raise TimeoutExceededError(message, provider=provider) from None
            if event is None:
                return
            heard = name == "idle" or isinstance(event, Audio)
            yield event
            if heard or name == "idle":
                until, name = _later(clock(), timeouts.idle), "idle"
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def _later(now: float, seconds: float | None) -> float | None:
    return None if seconds is None else now + seconds
