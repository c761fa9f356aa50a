"""Whatever text comes, in whatever pieces: it is spoken to the last character, or refused before the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from modeldeck import Limits, Retry, Transport
from modeldeck.errors import ParameterError, TimeoutExceededError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import (
    check_count,
    check_last,
    check_order,
    check_sent,
    check_untouched,
    check_utterances,
    expect,
    numbers,
)
from modeldeck.testing.cases import each_cell, each_realtime_row, each_row, over
from modeldeck.testing.checks.sent import is_there
from modeldeck.testing.rows import Got, Row, Way, options, session, streamed
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole
from modeldeck.tts import Session

ASTRONAUT, FAMILY, FLAG = "👩🏽‍🚀", "👨‍👩‍👧", "🇩🇪"
PATIENCE = 20.0  # seconds
TEXTS = {
    "emoji": f"Hi {ASTRONAUT}{FAMILY}, from {FLAG} with love ❤️!",
    "right to left": "مرحبا كيف حالك اليوم؟ שלום לכולם!",
    "Chinese": "今天天气怎么样？很好，谢谢。",
    "combining": "Ça va? Cafe\u0301 nai\u0308f\u200d.",
    "line breaks": "One line\r\nand another\u2028and a third.",
    "quotes and controls": 'She said "no\\" \x00\x07 twice.',
}
ONE_BY_ONE = Limits(spares=0)  # so that the sandbox's record has the texts in their order
each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
each_row_that_takes_back = over(
    "row", lambda suite: [row for row in suite.table if row.takes_back], "no class of it takes back what was sent"
)


async def heard(talk: Session) -> Got:
    return [part async for part in talk]


@asynccontextmanager
async def answers(row: Row) -> AsyncGenerator[None]:
    """Whatever is awaited here comes to an end, or the advice says what is waited for."""
    __tracebackhide__ = True
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (TimeoutError, TimeoutExceededError):
        raise AssertionError(
            f"{row.name} says nothing for {PATIENCE:g} s ({row.id}): answer every `Commit` with the audio of what was "
            "sent, every `Flush` with one `UtteranceEnd`, also the second and third of a connection, and forget with "
            "the end of an utterance what was true of it alone"
        ) from None


class Texts(Suite):
    @asynccontextmanager
    async def talking(
        self, box: Sandbox, row: Row, headers: dict[str, str] | None = None, **options: Any
    ) -> AsyncGenerator[Session]:
        """A session of the row's model, and nothing is left of it."""
        async with (
            self.nothing_left(box),
            Transport(limits=ONE_BY_ONE, headers=headers) as transport,
            row.build(box.url, transport, **options).session() as talk,
            answers(row),
        ):
            yield talk

    @each_cell
    @each_text
    async def test_every_script(self, box: Sandbox, row: Row, way: Way, text: str) -> None:
        got = Got()
        async with self.nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
            await way(row.build(box.url, transport, **options(way)), text, got)
        sent = self.spoken(box)
        check_sent(row, sent, row.heard(text))
        expect(
            sent is not None or "text" in self.exempt or is_there(box.requests(), row.heard(text)),
            f"{row.name} sends another text than it was given, {text!r} ({row.id}, {way.__name__}): no string of its "
            "requests has these characters. Send every one as it came, encoded by a library (json, xml), and let "
            '`texts` of the suite find what was sent; where the service needs it otherwise: exempt = {"text": "why"}',
        )
        if not (row.sentences and way is session):
            check_whole(row, way, got, [text])
        else:
            check_count(row, got, row.samples(text), "A session")

    @each_row
    @each_text
    async def test_one_character_at_a_time(self, box: Sandbox, row: Row, text: str) -> None:
        async with self.talking(box, row) as talk:
            for character in text:
                await talk.send(character)
                await asyncio.sleep(0)
            await talk.flush()
            parts = [part async for part in talk.utterance()]
        check_sent(row, self.spoken(box), row.heard(text))
        check_count(row, parts, row.samples(text), "Text that comes by the character")
        check_utterances(row, parts, 1)

    @each_cell
    @pytest.mark.parametrize("text", ["lone \ud800 surrogate", "\udfff", "end \ud83d"])
    async def test_half_a_character_is_refused_before_the_network(
        self, box: Sandbox, row: Row, way: Way, text: str
    ) -> None:
        async with self.nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
            with pytest.raises(ParameterError, match="surrogate") as caught:
                await way(row.build(box.url, transport, **options(way)), text, Got())
        assert caught.value.provider == self.provider
        check_sent(row, self.spoken(box), "")

    @over("way", lambda _: [streamed, session])
    @each_row
    async def test_a_hundred_thousand_characters(self, box: Sandbox, row: Row, way: Way) -> None:
        """Over the limit of one request: refused before the network, with the limit. Else: spoken to the last one."""
        box.box.voice = replace(box.box.voice, character=20 / row.rate)
        text = ("A long story, " * 28 + "at an end. ") * 249 + "The end."
        assert len(text) > 100_000
        card, got = row.card, Got()
        most = card.limits.max_characters if card is not None and card.limits is not None else None
        async with self.nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
            model = row.build(box.url, transport, **options(way))
            if most is None or way is session:  # in pieces, none of them too long
                await way(model, text, got)
                check_count(row, got, 20 * len(row.heard(text)), "100,000 characters")
                sent = self.spoken(box)  # the sandbox keeps a megabyte of each connection
                check_sent(row, sent, sent if sent and row.heard(text).startswith(sent) else row.heard(text))
                return
            with pytest.raises(ParameterError, match="is the limit of one request") as caught:
                await way(model, text * (most // len(text) + 1), got)
        assert caught.value.limit == most
        check_untouched(row, box.requests(), "a text over the card's limit")

    @each_cell
    @pytest.mark.parametrize("text", ["", " ", " \n\t\u3000", "...", "!?", "—", "👍", "。！？"])
    async def test_nothing_to_say(self, box: Sandbox, row: Row, way: Way, text: str) -> None:
        """One empty last response, whatever the service would make of it; blank text needs no request at all."""
        got = Got()
        async with self.nothing_left(box), Transport(limits=ONE_BY_ONE) as transport, answers(row):
            await way(row.build(box.url, transport, **options(way)), text, got)
        expect(got and got[-1].is_last, f"{row.name}: {text!r} ends without a last response ({row.id})")
        check_utterances(row, got, 1)
        if not text.strip():
            check_count(row, got, 0, f"Nothing but blanks ({text!r})")
            check_sent(row, self.spoken(box), "")
        else:
            check_order(row, numbers(got), [row.samples(text)])

    @each_row
    @pytest.mark.parametrize("blank", ["", " ", "..."])
    async def test_blank_utterances_between_others(self, box: Sandbox, row: Row, blank: str) -> None:
        async with self.talking(box, row) as talk:
            for text in ("First one.", blank, "Second one."):
                if text:
                    await talk.send(text)
                await talk.flush()
            await talk.end()
            parts = [part async for part in talk]
        check_utterances(row, parts, 3)
        if self.thorough or blank != "...":
            check_count(row, parts, row.samples("First one.Second one."), f"Two utterances and {blank!r} between them")
        else:
            both = {row.samples("First one.Second one."), row.samples("First one....Second one.")}
            expect(len(numbers(parts)) in both, f"{row.name} lost text around {blank!r} ({row.id})")
        sent = self.spoken(box)
        check_sent(row, sent and sent.replace(blank, ""), "First one.Second one.".replace(blank, ""))

    # -- flush, commit, clear, end in every order

    @each_row
    async def test_a_second_utterance(self, box: Sandbox, row: Row) -> None:
        """On whatever connection: the first one's may have ended with it."""
        async with self.talking(box, row) as talk:
            for text in ("The first one.", "And the second.", "A third."):
                await talk.send(text)
                await talk.flush()
                parts = [part async for part in talk.utterance()]
                check_count(row, parts, row.samples(text), f"{text!r}, one of three utterances of a session,")
                check_last(row, parts)

    @each_row
    async def test_end_without_a_flush_speaks_what_is_there(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.send("Not flushed, not even ended")
            await talk.end()
            parts = await heard(talk)
        check_count(row, parts, row.samples("Not flushed, not even ended"), "A session that ends without a flush")
        check_last(row, parts)

    @each_row
    async def test_end_at_once(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.end()
            expect(await heard(talk) == [], f"{row.name} says something in a session without any text ({row.id})")

    @each_row
    async def test_two_flushes(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.send("Once.")
            await talk.flush()
            await talk.flush()
            await talk.end()
            parts = await heard(talk)
        check_utterances(row, parts, 2)
        check_count(row, parts, row.samples("Once."), "Two flushes, one text")

    @each_row
    async def test_commit_with_nothing(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.commit()
            await talk.commit()
            await talk.send("Now something.")
            await talk.flush()
            await talk.commit()
            await talk.end()
            parts = await heard(talk)
        check_count(row, parts, row.samples("Now something."), "`Commit` with nothing to speak")

    @each_row
    async def test_commit_speaks_what_no_sentence_has_ended(self, box: Sandbox, row: Row) -> None:
        """Audio comes without a flush, and the utterance goes on."""
        async with self.talking(box, row) as talk:
            await talk.send("an open end")
            await talk.commit()
            parts = [await anext(talk)]
            expect(parts[0].audio, f"{row.name}: the first response after a commit is empty ({row.id})")
            await talk.send(" and its end")
            await talk.commit()
            await talk.flush()
            parts += [part async for part in talk.utterance()]
        wanted = row.samples("an open end") + row.samples(" and its end")
        check_count(row, parts, wanted, "Two commits of one utterance")
        check_last(row, parts)

    @each_row_that_takes_back
    async def test_clear_forgets_what_was_not_spoken(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.send("never to be heard")
            await asyncio.sleep(0)
            await talk.clear()
            await talk.send("This is.")
            await talk.flush()
            await talk.end()
            parts = await heard(talk)
        check_count(row, parts, row.samples("This is."), f"After a clear ({_CLEAR})")
        check_last(row, parts)

    @each_row_that_takes_back
    async def test_what_was_cleared_is_not_said_by_another_attempt(
        self, box: Sandbox, no_pauses: None, row: Row
    ) -> None:
        headers = {"x-modeldeck-fault": "error;times=2"}
        async with self.talking(box, row, headers, retry=Retry(max_retries=3)) as talk:
            await talk.send("This is")
            await talk.send(", not this")
            await talk.clear()
            await talk.send("said instead.")
            await talk.flush()
            await talk.end()
            parts = await heard(talk)
        check_count(row, parts, row.samples("said instead."), f"After a clear and two failed attempts ({_CLEAR})")
        check_utterances(row, parts, 1)

    @each_row_that_takes_back
    async def test_clear_after_a_commit_keeps_what_was_committed(self, box: Sandbox, row: Row) -> None:
        async with self.talking(box, row) as talk:
            await talk.send("to be heard")
            await talk.commit()
            await talk.send(" but this not")
            await talk.clear()
            await talk.flush()
            await talk.end()
            parts = await heard(talk)
        check_count(row, parts, row.samples("to be heard"), f"A clear after a commit ({_CLEAR})")

    @each_row
    async def test_clear_of_everything(self, box: Sandbox, row: Row) -> None:
        """Where nothing that was sent can be taken back, it is spoken, else not. It ends, and goes on."""
        async with self.talking(box, row) as talk:
            await talk.clear()
            await talk.send("taken back")
            await talk.clear()
            await talk.clear()
            await talk.flush()
            await talk.send("The next one.")
            await talk.flush()
            await talk.end()
            parts = await heard(talk)
        check_utterances(row, parts, 2)
        expected = "The next one." if row.takes_back else "taken backThe next one."
        found = len(numbers(parts))
        expect(
            found in {row.samples(expected), row.samples("The next one.")},
            f"A clear of everything ({_CLEAR}): {row.name} spoke {found} samples, and {expected!r} has "
            f"{row.samples(expected)} ({row.id})",
        )

    @each_realtime_row
    async def test_the_pushing_calls_in_every_order(self, box: Sandbox, row: Row) -> None:
        """As AgentScope's users call them."""
        async with (
            self.nothing_left(box),
            Transport(limits=ONE_BY_ONE) as transport,
            row.build(box.url, transport, stream=False) as model,
            answers(row),
        ):
            expect((await model.synthesize()).is_last, f"{row.name}: an utterance of nothing does not end ({row.id})")
            got = [await model.push("One. "), await model.push("Two")]
            await model.commit()
            got.append(await model.synthesize(" three."))
            check_count(row, got, row.samples("One. Two") + row.samples(" three."), "Pushes, a commit and more text")
            again = [await model.synthesize("And again.")]
            check_count(row, again, row.samples("And again."), "A second utterance of `async with`")
            await model.clear()
            expect((await model.synthesize("")).audio == b"", f"{row.name} speaks after a clear of nothing ({row.id})")


_CLEAR = (
    "answer `Clear` of the inbox with `Cleared(n)`, n characters that will not be spoken; where the service cannot "
    "take back what it was sent, say `takes_back=False` in the Row"
)
