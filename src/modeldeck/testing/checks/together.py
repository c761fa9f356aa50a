"""All classes of a provider at once, on one transport, and one model with several texts: nobody hears another's audio,
and nothing is left."""

from __future__ import annotations

import asyncio

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import expect, numbers
from modeldeck.testing.cases import cells, check, over
from modeldeck.testing.rows import SENTENCES, TEXT, Got, Row, Way, options, pushed
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole

TIMES = 3
TEXTS = [SENTENCES[:1], SENTENCES, (*SENTENCES, " And who is that?")]
shared = over(
    "row way",
    lambda suite: [(row, way) for row, way in cells(suite) if way is not pushed],  # which is one conversation
    "no class of it has a card",
)


class Together(Suite):
    @check
    async def test_all_at_once(self, box: Sandbox) -> None:
        said = [(row, way, Got()) for row, way in cells(self) * TIMES]
        async with self.nothing_left(box), Transport() as transport, asyncio.timeout(60):
            models = [row.build(box.url, transport, **options(way)) for row, way, _ in said]
            await asyncio.gather(*(way(model, TEXT, got) for model, (_, way, got) in zip(models, said, strict=True)))
        for row, way, got in said:
            check_whole(row, way, got, used=True)

    @shared
    async def test_one_model_speaks_several_texts_at_once(self, box: Sandbox, row: Row, way: Way) -> None:
        said = [(text, Got()) for text in TEXTS]
        async with self.nothing_left(box), Transport() as transport, asyncio.timeout(60):
            model = row.build(box.url, transport, **options(way))
            await asyncio.gather(*(way(model, "".join(text), got) for text, got in said))
        for text, got in said:
            found, wanted = len(numbers(got)), row.samples("".join(text))
            expect(
                found == wanted,
                f"{row.name} spoke {found} samples where {wanted} are right, and other texts at the same time "
                f"({row.id}, {way.__name__}): one model serves many tasks. Keep nothing of a call in the model, its "
                "class or a module, but in `request`, in locals and in what reads the answer",
            )
            check_whole(row, way, got, text, used=True)
