"""One fill, several listeners: what nobody misses while threads take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from modeldeck.tts import Audio, AudioFormat
from modeldeck.tts.cache.flight import Flight, Listener
from modeldeck.tts.hook import SpeechEvent
from tests.tts.conftest import RATE

PIECE = Audio(b"\1\0" * 40, AudioFormat("pcm_s16le", RATE))


class Meddling:
    """A lock at whose first release something happens, as if another thread had waited for it."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self._happens: Callable[[], None] | None = happens

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()


async def test_what_another_thread_adds_just_before_the_end_is_heard() -> None:
    flight = Flight(1 << 20)
    listener = flight.join()
    assert listener is not None

    def ends() -> None:
        flight._events.append(PIECE)
        flight.end()

    lock: Any = Meddling(ends)
    flight._lock = lock
    heard: list[SpeechEvent] = [event async for event in flight.listen(listener, "joined")]
    assert heard[1:] == [PIECE]


@pytest.mark.parametrize("longest", [1 << 20, 1])
async def test_what_has_forgotten_its_beginning_cannot_be_joined(longest: int) -> None:
    flight = Flight(longest)
    first = flight.join()
    assert isinstance(first, Listener)
    adding = asyncio.create_task(flight.add(PIECE))
    listening = flight.listen(first, "miss")
    assert [await anext(listening) for _ in range(2)][1] == PIECE
    await adding
    assert (flight.join() is None) is (longest == 1)
    await listening.aclose()
