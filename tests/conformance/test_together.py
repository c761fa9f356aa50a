"""All classes of all providers at once, on one transport: nobody hears another's audio, and nothing is left."""

from __future__ import annotations

import asyncio

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from tests.conformance.rows import TEXT, Got, options
from tests.conformance.table import CELLS
from tests.conformance.witness import check_whole, nothing_left

TIMES = 3


async def test_all_at_once(box: Sandbox) -> None:
    said = [(row, way, Got()) for row, way in CELLS * TIMES]
    async with nothing_left(box), Transport() as transport, asyncio.timeout(60):
        models = [row.build(box.url, transport, **options(way)) for row, way, _ in said]
        await asyncio.gather(*(way(model, TEXT, got) for model, (_, way, got) in zip(models, said, strict=True)))
    for row, way, got in said:
        check_whole(row, way, got, used=True)
