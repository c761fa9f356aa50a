"""Cancelling at any moment leaves nothing, and the model works on."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_order, expect, numbers
from modeldeck.testing.cases import each_cell
from modeldeck.testing.rows import TEXT, Got, Row, Way, options, whole
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole, code_of, our_tasks, units
from modeldeck.tts import TTSModelBase

CANCELS = int(os.environ.get("MODELDECK_CANCELS", "1000"))  # over all rows of a provider


class Cancelling(Suite):
    @each_cell
    async def test_cancelled_at_any_moment(self, box: Sandbox, row: Row, way: Way) -> None:
        moments = random.Random(f"{row.id} {way.__name__}")
        wanted = -(-CANCELS // self.ways_of_all())
        async with self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport, **options(way))
            await turns(model, row, way)
            most = sorted([await turns(model, row, way) for _ in range(5)])[2]
            cancelled = 0
            while cancelled < wanted:
                got = Got()
                call = asyncio.create_task(way(model, TEXT, got))
                for _ in range(moments.randrange(most)):
                    await asyncio.sleep(0)
                asked = call.cancel()
                await asyncio.wait([call], timeout=10)
                cancelled += call.cancelled()
                check_cancelled(row, way, call, asked=asked)
                left = [task for task in our_tasks([self.package]) if not brings_spares(task)]
                expect(
                    left == [], f"{row.name} leaves {left!r} when it is cancelled ({row.id}, {way.__name__}): {_TODO}"
                )
                if way is not whole:
                    check_order(row, numbers(got), units(row, way), used=row.goes_on)
            await turns(model, row, way)


_TODO = "start tasks in a TaskGroup, or cancel and await them in `finally`; let CancelledError pass"


def check_cancelled(row: Row, way: Way, call: asyncio.Task[None], *, asked: bool) -> None:
    """`asked`: it had not ended when it was cancelled."""
    __tracebackhide__ = True
    expect(
        call.done(),
        f"{row.name} does not end within 10 s when it is cancelled ({row.id}, {way.__name__}): {_TODO}, and wait for "
        "nothing in `finally` that the service would have to say",
    )
    problem = None if call.cancelled() else call.exception()
    expect(
        problem is None,
        f"{row.name} raises {problem!r} when it is cancelled ({row.id}, {way.__name__}): {_TODO}",
    )
    expect(
        call.cancelled() or not asked,
        f"{row.name} goes on when it is cancelled, and ends as if all was well ({row.id}, {way.__name__}): something "
        f"caught CancelledError. {_TODO}",
    )


async def turns(model: TTSModelBase[Any], row: Row, way: Way) -> int:
    """How many turns of the loop a whole call takes, which is checked."""
    got = Got()
    call = asyncio.create_task(way(model, TEXT, got))
    taken = 0
    while not call.done():
        taken += 1
        await asyncio.sleep(0)
    await call
    check_whole(row, way, got, used=row.goes_on)
    return taken


def brings_spares(task: asyncio.Task[Any]) -> bool:
    """The transport opens connections for those who come next."""
    return "/_transport/" in code_of(task)
