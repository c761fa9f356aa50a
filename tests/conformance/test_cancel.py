"""Cancelling at any moment leaves nothing, and the model works on."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.tts import TTSModelBase
from tests.conformance.rows import TEXT, Got, Row, Way, options, whole
from tests.conformance.table import CELLS, NAMES
from tests.conformance.witness import check_order, check_whole, nothing_left, numbers, our_tasks, units

CANCELS = int(os.environ.get("MODELDECK_CANCELS", "1000"))  # over all rows of a provider


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
async def test_cancelled_at_any_moment(box: Sandbox, row: Row, way: Way) -> None:
    moments = random.Random(f"{row.id} {way.__name__}")
    wanted = -(-CANCELS // sum(other.provider is row.provider for other, _ in CELLS))
    async with nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport, **options(way))
        await turns(model, row, way)
        most = sorted([await turns(model, row, way) for _ in range(5)])[2]
        cancelled = 0
        while cancelled < wanted:
            got = Got()
            call = asyncio.create_task(way(model, TEXT, got))
            for _ in range(moments.randrange(most)):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.wait([call], timeout=10)
            cancelled += call.cancelled()
            assert call.cancelled() or (call.done() and call.exception() is None)
            assert [task for task in our_tasks() if not brings_spares(task)] == []
            if way is not whole:
                check_order(numbers(got), units(row, way), used=row.goes_on)
        await turns(model, row, way)


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
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "/_transport/" in code.co_filename
