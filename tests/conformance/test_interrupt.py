"""Barge-in at any moment: nothing of the old utterance comes any more, and what was heard is right to the word."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.tts import Session, TTSResponse
from tests.conformance.rows import Row, sentences_of
from tests.conformance.table import REALTIME, timed
from tests.conformance.table import ROWS as EVERY_ROW
from tests.conformance.witness import check_offsets, check_order, nothing_left, numbers

INTERRUPTS = int(os.environ.get("MODELDECK_INTERRUPTS", "500"))  # of the first row
ROWS = sorted(map(timed, EVERY_ROW), key=lambda row: (not row.pushes, row.timed is None))
CHARACTER = 60  # milliseconds, in the sandbox
WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]+")
PHRASES = (
    "Hello there.",
    " How are you today?",
    "今天天气很好。",
    " Wait 👩‍🚀 for it!",
    "你好。",
    " One, two, and three.",
    " 👍 Fine.",
    " A much longer sentence, that goes on and on until somebody has had enough of it.",
)


@dataclass
class Said:
    """One utterance of a turn."""

    row: Row
    sentences: Sequence[str]
    parts: list[TTSResponse] = field(default_factory=list[TTSResponse])

    @property
    def text(self) -> str:
        return "".join(self.sentences)

    @property
    def seconds(self) -> float:
        """Of audio that was delivered."""
        return round(sum(part.duration or 0.0 for part in self.parts), 6)

    @property
    def over(self) -> bool:
        return bool(self.parts) and self.parts[-1].is_last

    def truth(self, played: float) -> str:
        """The text up to the last word that began before `played`, by the sandbox's clock."""
        times = self.times()
        ends = [word.end() for word in WORD.finditer(self.text) if times[word.start()] < played]
        return self.text[: max(ends)] if ends else ""

    def timed(self) -> float:
        """Seconds up to which whole sentences with their timings were delivered."""
        known, at = {timing.begin_index for part in self.parts for timing in part.timings}, 0
        for sentence in self.sentences:
            if not {at + word.start() for word in WORD.finditer(sentence)} <= known:
                break
            at += len(sentence)
        return self.times()[at]

    def spoken(self) -> list[str]:
        """What is sent in one request each."""
        return sentences_of(self.text) if self.row.sentences else [self.row.heard(self.text)]

    def units(self) -> list[int]:
        """Samples of each request."""
        return [self.row.rate * CHARACTER * len(text) // 1000 for text in self.spoken()]

    def times(self) -> list[float]:
        """When each character begins, in seconds of audio, and the end; what is not sent takes no time."""
        heard, at, times = "".join(self.spoken()), 0, [0.0]
        for character in self.text:
            at += heard[at : at + 1] == character
            times.append(at * CHARACTER / 1000)
        return times


class Listener:
    """Takes what a session says, all the time."""

    def __init__(self, talk: Session) -> None:
        self.saying: list[Said] = []
        self.parts: list[TTSResponse] = []
        self._talk = talk
        self._came = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for part in self._talk:
            self.parts.append(part)
            current = next(said for said in self.saying if not said.over)
            current.parts.append(part)
            self._came.set()

    async def heard(self, count: int) -> None:
        """Until that many increments came, or all."""
        while sum(len(said.parts) for said in self.saying) < count and not all(said.over for said in self.saying):
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), 20)


async def turn(talk: Session, row: Row, listener: Listener, chance: random.Random) -> None:
    """Say one utterance or two, the last one perhaps not to its end."""
    listener.saying = [
        Said(row, [chance.choice(PHRASES) for _ in range(chance.randrange(1, 4))])
        for _ in range(1 + (chance.random() < 0.2))
    ]
    listener.parts.clear()
    for said in listener.saying:
        text = said.text
        while text:
            cut = chance.randrange(1, len(text) + 1)
            await talk.send(text[:cut])
            text = text[cut:]
            if chance.random() < 0.2:
                await asyncio.sleep(0)
        if said is not listener.saying[-1] or chance.random() < 0.8:
            await talk.flush()


@pytest.mark.parametrize(
    ("row", "interrupts"),
    [(row, INTERRUPTS // (1 if row is ROWS[0] else 5 if row.pushes else 10)) for row in ROWS],
    ids=lambda value: getattr(value, "id", None),
)
async def test_interrupted_at_any_moment(box: Sandbox, row: Row, interrupts: int) -> None:
    chance = random.Random(2026)
    known = unknown = 0
    last: Said | None = None  # what was delivered to its end since the last interrupt
    async with nothing_left(box), Transport() as transport, row.build(box.url, transport).session() as talk:
        listener = Listener(talk)
        for _ in range(interrupts):
            await turn(talk, row, listener, chance)
            if not talk.unflushed:
                await listener.heard(chance.randrange(12))
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0)
            reached = next((said for said in reversed(listener.saying) if said.parts), last)
            most = reached.seconds * 1.2 if reached else 2.0
            played = None if chance.random() < 0.1 else (chance.randrange(int(most * 1000) + 1) + 0.5) / 1000
            before = len(listener.parts)
            text = await talk.interrupt(played)
            assert len(listener.parts) == before, "audio of the old utterance came after the call"
            check_heard(text, played, reached, timed=row.timed is not None)
            known, unknown = known + (text is not None), unknown + (text is None)
            for said in listener.saying:
                check_order(numbers(said.parts), said.units(), used=True)
                check_offsets(said.parts)
            last = await whole_one(talk, listener, row) if chance.random() < 0.1 else None
        assert not listener.task.done()
        listener.task.cancel()
        await asyncio.wait([listener.task])
    assert row.timed is None or min(known, unknown) > interrupts / 10


def check_heard(text: str | None, played: float | None, reached: Said | None, *, timed: bool) -> None:
    if played is None or reached is None or not timed:
        assert text is None
    elif text is None:
        assert played > reached.timed() or not reached.timed(), "its timings had come"
    elif played <= reached.seconds:
        assert text == reached.truth(played)
    else:  # more than was delivered: what is known of it
        assert text.startswith(reached.truth(reached.seconds))
        assert reached.truth(played).startswith(text)


async def whole_one(talk: Session, listener: Listener, row: Row) -> Said:
    """The next utterance has every sample, and nothing else comes."""
    said = Said(row, ["All of this ", "is to be heard."])
    listener.saying, listener.parts = [said], []
    await talk.send(said.text)
    await talk.flush()
    await listener.heard(1000)
    found = numbers(said.parts)
    check_order(found, said.units(), used=True)
    assert len(found) == sum(said.units())
    return said


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_the_card_says_what_an_interrupt_costs(box: Sandbox, row: Row) -> None:
    """Where the wire has a cancel, connections are kept; else each interrupt takes one, opened before."""
    card, turns = row.made_of.card(row.model), 6
    async with nothing_left(box), Transport() as transport, row.build(box.url, transport).session() as talk:
        for _ in range(turns):
            await talk.send("Hello there.")
            await talk.flush()
            await anext(talk)
            await talk.interrupt()
    opened = len(box.requests())
    assert opened <= 2 if card.interruption == "cancel" else opened >= turns
