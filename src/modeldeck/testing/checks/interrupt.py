"""Barge-in at any moment: nothing of the old utterance comes any more, and what was heard is right to the word."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_offsets, check_order, expect, numbers
from modeldeck.testing.cases import each_realtime_row, over
from modeldeck.testing.rows import Row, sentences_of
from modeldeck.testing.suite import Suite
from modeldeck.tts import Session, TTSResponse

INTERRUPTS = int(os.environ.get("MODELDECK_INTERRUPTS", "500"))  # three times those of a suite's first row
_MANY = 50  # interrupts, of which some come before a word is known and some after
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


def check_heard(text: str | None, played: float | None, reached: Said | None, *, timed: bool) -> None:
    __tracebackhide__ = True
    if played is None or reached is None or not timed:
        expect(text is None, f"`interrupt` says that {text!r} was heard, and nobody can know")
    elif text is None:
        expect(
            played > reached.timed() or not reached.timed(),
            f"`interrupt({played})` does not say what was heard, although the word timings had come: yield each "
            "`WordTiming` before the audio after it",
        )
    elif played <= reached.seconds:
        expect(text == reached.truth(played), _misheard(text, reached.truth(played), played))
    else:  # more than was delivered: what is known of it
        expect(text.startswith(reached.truth(reached.seconds)), _misheard(text, reached.truth(reached.seconds), played))
        expect(reached.truth(played).startswith(text), _misheard(text, reached.truth(played), played))


def _misheard(found: str, truth: str, played: float) -> str:
    return (
        f"`interrupt({played})` says that {found!r} was heard, and it was {truth!r}: let the times of `WordTiming` "
        "count from the utterance's beginning, and its indexes point at the text"
    )


async def whole_one(talk: Session, listener: Listener, row: Row) -> Said:
    """The next utterance has every sample, and nothing else comes."""
    said = Said(row, ["All of this ", "is to be heard."])
    listener.saying, listener.parts = [said], []
    await talk.send(said.text)
    await talk.flush()
    await listener.heard(1000)
    found = numbers(said.parts)
    check_order(row, found, said.units(), used=True)
    expect(
        len(found) == sum(said.units()),
        f"{row.name} spoke {len(found)} of {sum(said.units())} samples of the utterance after an interrupt "
        f"({row.id}): nothing of the old one may be left on the connection that it takes",
    )
    return said


def interrupted(suite: Suite) -> list[tuple[Row, int]]:
    """Every row, told when words are spoken where it can be, and how often it is interrupted; those that push first."""
    rows = sorted(map(timed, suite.table), key=lambda row: (not row.pushes, row.timed is None))
    return [(row, max(1, INTERRUPTS // (3 if row is rows[0] else 5 if row.pushes else 10))) for row in rows]


def timed(row: Row) -> Row:
    """The row, told when each word is spoken where it can be."""
    return row if row.timed is None else replace(row, id=f"{row.id}-timed", parameters={**row.parameters, **row.timed})


class Interrupting(Suite):
    @over("row interrupts", interrupted, "no class of it has a card")
    async def test_interrupted_at_any_moment(self, box: Sandbox, row: Row, interrupts: int) -> None:
        chance = random.Random(2026)
        known = unknown = 0
        last: Said | None = None  # what was delivered to its end since the last interrupt
        async with self.nothing_left(box), Transport() as transport, row.build(box.url, transport).session() as talk:
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
                expect(
                    len(listener.parts) == before,
                    f"{row.name}: audio of the old utterance came after the interrupt ({row.id})",
                )
                check_heard(text, played, reached, timed=row.timed is not None)
                known, unknown = known + (text is not None), unknown + (text is None)
                for said in listener.saying:
                    check_order(row, numbers(said.parts), said.units(), used=True)
                    check_offsets(row, said.parts)
                last = await whole_one(talk, listener, row) if chance.random() < 0.1 else None
            expect(not listener.task.done(), f"{row.name}: the session ended with an interrupt ({row.id})")
            listener.task.cancel()
            await asyncio.wait([listener.task])
        expect(
            row.timed is None or interrupts < _MANY or min(known, unknown) > interrupts / 20,
            f"{row.name}: of {interrupts} interrupts {known} say what was heard and {unknown} do not ({row.id}): "
            "yield each `WordTiming` before the audio after it",
        )

    @each_realtime_row
    async def test_the_card_says_what_an_interrupt_costs(self, box: Sandbox, row: Row) -> None:
        """Where the wire has a cancel, connections are kept; else each interrupt takes one, opened before."""
        card, turns = row.made_of.card(row.model), 6
        async with self.nothing_left(box), Transport() as transport, row.build(box.url, transport).session() as talk:
            for _ in range(turns):
                await talk.send("Hello there.")
                await talk.flush()
                await anext(talk)
                await talk.interrupt()
        opened = len(box.requests())
        expect(
            opened <= 2 if card.interruption == "cancel" else opened >= turns,
            f"the card {row.model} says `interruption: {card.interruption}`, and {turns} interrupts took {opened} "
            f"connections ({row.id}): with `cancel` the connection is kept, with `reconnect` each takes another one",
        )
