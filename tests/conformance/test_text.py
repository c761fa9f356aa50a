"""Whatever text comes, in whatever pieces: it is spoken to the last character, or refused before the network."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from modeldeck import Limits, Retry, Transport
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import Session, TTSResponse
from tests.conformance.rows import Got, Row, Way, options, session, streamed
from tests.conformance.table import CELLS, NAMES, REALTIME, ROWS
from tests.conformance.witness import check_order, check_whole, nothing_left, numbers

ASTRONAUT, FAMILY, FLAG = "👩🏽‍🚀", "👨‍👩‍👧", "🇩🇪"
TEXTS = {
    "emoji": f"Hi {ASTRONAUT}{FAMILY}, from {FLAG} with love ❤️!",
    "right to left": "مرحبا كيف حالك اليوم؟ שלום לכולם!",
    "Chinese": "今天天气怎么样？很好，谢谢。",
    "combining": "Ça va? Cafe\u0301 nai\u0308f\u200d.",
    "line breaks": "One line\r\nand another\u2028and a third.",
    "quotes and controls": 'She said "no\\" \x00\x07 twice.',
}
ONE_BY_ONE = Limits(spares=0)  # so that the sandbox's record has the texts in their order


TAKES_BACK = [row for row in ROWS if row.takes_back]


def spoken(box: Sandbox, row: Row) -> str:
    """The text as the sandbox got it, of all its requests."""
    return "".join(text for one in box.requests() for text in row.provider.texts(one))


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_every_script(box: Sandbox, row: Row, way: Way, text: str) -> None:
    got = Got()
    async with nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
        await way(row.build(box.url, transport, **options(way)), text, got)
    assert spoken(box, row) == row.heard(text)
    if not (row.sentences and way is session):
        check_whole(row, way, got, [text])
    else:
        assert len(numbers(got)) == row.samples(text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_one_character_at_a_time(box: Sandbox, row: Row, text: str) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        for character in text:
            await talk.send(character)
            await asyncio.sleep(0)
        await talk.flush()
        parts = [part async for part in talk.utterance()]
    assert spoken(box, row) == row.heard(text)
    assert len(numbers(parts)) == row.samples(text)
    assert [part.is_last for part in parts].count(True) == 1


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "\udfff", "end \ud83d"])
async def test_half_a_character_is_refused_before_the_network(box: Sandbox, row: Row, way: Way, text: str) -> None:
    async with nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
        with pytest.raises(ParameterError, match="surrogate") as caught:
            await way(row.build(box.url, transport, **options(way)), text, Got())
    assert caught.value.provider == row.provider.name
    assert spoken(box, row) == ""


@pytest.mark.parametrize("way", [streamed, session])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_a_hundred_thousand_characters(box: Sandbox, row: Row, way: Way) -> None:
    """Over the limit of one request: refused before the network, with the limit. Else: spoken to the last one."""
    box.box.voice = replace(box.box.voice, character=20 / row.rate)
    text = ("A long story, " * 28 + "at an end. ") * 249 + "The end."
    assert len(text) > 100_000
    card, got = row.made_of.card(row.model), Got()
    most = card.limits.max_characters if card.limits is not None else None
    async with nothing_left(box), Transport(limits=ONE_BY_ONE) as transport:
        model = row.build(box.url, transport, **options(way))
        if most is None or way is session:  # in pieces, none of them too long
            await way(model, text, got)
            assert len(numbers(got)) == 20 * len(row.heard(text))
            assert row.heard(text).startswith(spoken(box, row))  # the sandbox keeps a megabyte of each connection
            return
        with pytest.raises(ParameterError, match="is the limit of one request") as caught:
            await way(model, text * (most // len(text) + 1), got)
    assert caught.value.limit == most
    assert box.requests() == []


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
@pytest.mark.parametrize("text", ["", " ", " \n\t\u3000", "...", "!?", "—", "👍", "。！？"])
async def test_nothing_to_say(box: Sandbox, row: Row, way: Way, text: str) -> None:
    """One empty last response, whatever the service would make of it; blank text needs no request at all."""
    got = Got()
    async with nothing_left(box), Transport(limits=ONE_BY_ONE) as transport, asyncio.timeout(20):
        await way(row.build(box.url, transport, **options(way)), text, got)
    assert got[-1].is_last
    assert sum(part.is_last for part in got) == 1
    if not text.strip():
        assert numbers(got) == []
        assert spoken(box, row) == ""
    else:
        check_order(numbers(got), [row.samples(text)])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
@pytest.mark.parametrize("blank", ["", " ", "..."])
async def test_blank_utterances_between_others(box: Sandbox, row: Row, blank: str) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
        asyncio.timeout(20),
    ):
        for text in ("First one.", blank, "Second one."):
            if text:
                await talk.send(text)
            await talk.flush()
        await talk.end()
        parts = [part async for part in talk]
    assert [part.is_last for part in parts].count(True) == 3
    assert len(numbers(parts)) == row.samples("First one.Second one.")
    assert spoken(box, row).replace(blank, "") == "First one.Second one.".replace(blank, "")


# -- flush, commit, clear, end in every order


async def heard(talk: Session) -> list[TTSResponse]:
    async with asyncio.timeout(20):
        return [part async for part in talk]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_end_without_a_flush_speaks_what_is_there(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.send("Not flushed, not even ended")
        await talk.end()
        parts = await heard(talk)
    assert len(numbers(parts)) == row.samples("Not flushed, not even ended")
    assert parts[-1].is_last


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_end_at_once(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.end()
        assert await heard(talk) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_two_flushes(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.send("Once.")
        await talk.flush()
        await talk.flush()
        await talk.end()
        parts = await heard(talk)
    assert [part.is_last for part in parts].count(True) == 2
    assert len(numbers(parts)) == row.samples("Once.")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_commit_with_nothing(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.commit()
        await talk.commit()
        await talk.send("Now something.")
        await talk.flush()
        await talk.commit()
        await talk.end()
        parts = await heard(talk)
    assert len(numbers(parts)) == row.samples("Now something.")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_commit_speaks_what_no_sentence_has_ended(box: Sandbox, row: Row) -> None:
    """Audio comes without a flush, and the utterance goes on."""
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
        asyncio.timeout(20),
    ):
        await talk.send("an open end")
        await talk.commit()
        parts = [await anext(talk)]
        assert parts[0].audio
        await talk.send(" and its end")
        await talk.commit()
        await talk.flush()
        parts += [part async for part in talk.utterance()]
    assert len(numbers(parts)) == row.samples("an open end") + row.samples(" and its end")
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize("row", TAKES_BACK, ids=lambda row: row.id)
async def test_clear_forgets_what_was_not_spoken(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.send("never to be heard")
        await asyncio.sleep(0)
        await talk.clear()
        await talk.send("This is.")
        await talk.flush()
        await talk.end()
        parts = await heard(talk)
    assert len(numbers(parts)) == row.samples("This is.")
    assert parts[-1].is_last


@pytest.mark.parametrize("row", TAKES_BACK, ids=lambda row: row.id)
async def test_what_was_cleared_is_not_said_by_another_attempt(box: Sandbox, no_pauses: None, row: Row) -> None:
    headers = {"x-modeldeck-fault": "error;times=2"}
    async with (
        nothing_left(box),
        Transport(headers=headers) as transport,
        row.build(box.url, transport, retry=Retry(max_retries=3)).session() as talk,
    ):
        await talk.send("This is")
        await talk.send(", not this")
        await talk.clear()
        await talk.send("said instead.")
        await talk.flush()
        await talk.end()
        parts = await heard(talk)
    assert len(numbers(parts)) == row.samples("said instead.")
    assert [part.is_last for part in parts].count(True) == 1


@pytest.mark.parametrize("row", TAKES_BACK, ids=lambda row: row.id)
async def test_clear_after_a_commit_keeps_what_was_committed(box: Sandbox, row: Row) -> None:
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.send("to be heard")
        await talk.commit()
        await talk.send(" but this not")
        await talk.clear()
        await talk.flush()
        await talk.end()
        parts = await heard(talk)
    assert len(numbers(parts)) == row.samples("to be heard")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_clear_of_everything(box: Sandbox, row: Row) -> None:
    """Where nothing that was sent can be taken back, it is spoken, else not. It ends, and goes on."""
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport).session() as talk,
    ):
        await talk.clear()
        await talk.send("taken back")
        await talk.clear()
        await talk.clear()
        await talk.flush()
        await talk.send("The next one.")
        await talk.flush()
        await talk.end()
        parts = await heard(talk)
    assert [part.is_last for part in parts].count(True) == 2
    expected = "The next one." if row.takes_back else "taken backThe next one."
    assert len(numbers(parts)) in {row.samples(expected), row.samples("The next one.")}


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_the_pushing_calls_in_every_order(box: Sandbox, row: Row) -> None:
    """As AgentScope's users call them."""
    async with (
        nothing_left(box),
        Transport(limits=ONE_BY_ONE) as transport,
        row.build(box.url, transport, stream=False) as model,
        asyncio.timeout(20),
    ):
        assert (await model.synthesize()).is_last
        got = [await model.push("One. "), await model.push("Two")]
        await model.commit()
        got.append(await model.synthesize(" three."))
        assert len(numbers(got)) == row.samples("One. Two") + row.samples(" three.")
        again = [await model.synthesize("And again.")]
        assert len(numbers(again)) == row.samples("And again.")
        await model.clear()
        assert (await model.synthesize("")).audio == b""
