"""All classes of a provider at once, on one transport: nobody hears another's audio, and nothing is left."""

from __future__ import annotations

import asyncio

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.testing.cases import cells, check
from modeldeck.testing.rows import TEXT, Got, options
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole

TIMES = 3


class Together(Suite):
    @check
    async def test_all_at_once(self, box: Sandbox) -> None:
        said = [(row, way, Got()) for row, way in cells(self) * TIMES]
        async with self.nothing_left(box), Transport() as transport, asyncio.timeout(60):
            models = [row.build(box.url, transport, **options(way)) for row, way, _ in said]
            await asyncio.gather(*(way(model, TEXT, got) for model, (_, way, got) in zip(models, said, strict=True)))
        for row, way, got in said:
            check_whole(row, way, got, used=True)
