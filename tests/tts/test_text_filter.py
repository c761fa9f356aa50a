"""`text_filter=` on a model: what is spoken, what is counted, and what was heard, on every way in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from modeldeck.credential import AzureCredential, DashScopeCredential
from modeldeck.errors import ParameterError
from modeldeck.message import AssistantMsg
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    AzureTTSModel,
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeTTSModel,
    SpokenText,
    TTSResponse,
    WordTiming,
)

from .conftest import PER_CHARACTER, Numbered

TEXT = "# Hello\n\nThis is **very** [good](https://example.com) news 👋.\n"
SPOKEN = "Hello\n\nThis is very good news .\n"


def spoken_by(tts: Numbered) -> str:
    return "".join(request.text for request in tts.requests)


def timings(increments: list[TTSResponse]) -> list[WordTiming]:
    return [timing for one in increments for timing in one.timings]


async def tokens(text: str, size: int = 3) -> AsyncIterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


async def test_off_by_default() -> None:
    tts = Numbered()
    assert tts.text_filter is None
    async for _ in tts.synthesize(TEXT):
        pass
    assert spoken_by(tts) == TEXT


@pytest.mark.parametrize("text", [TEXT, AssistantMsg("anna", TEXT)])
async def test_a_whole_text(text: str) -> None:
    tts = Numbered(text_filter=True)
    increments = [one async for one in tts.synthesize(text)]
    assert spoken_by(tts) == SPOKEN
    assert increments[-1].usage is not None
    assert increments[-1].usage.characters == len(SPOKEN)
    assert sum(one.samples or 0 for one in increments) == PER_CHARACTER * len(SPOKEN)
    told = timings(increments)
    assert [timing.text for timing in told] == SPOKEN.split()
    for timing in told[:-1]:
        assert timing.begin_index is not None
        assert TEXT[timing.begin_index : timing.end_index].startswith(timing.text)


async def test_a_stream_of_tokens() -> None:
    tts = Numbered(text_filter=SpokenText(emoji="keep"))
    increments = [one async for one in tts.stream(tokens(TEXT))]
    assert spoken_by(tts) == SPOKEN.replace("news ", "news 👋").rstrip()
    for timing in timings(increments):
        assert timing.begin_index is not None
        assert TEXT[timing.begin_index : timing.end_index].startswith(timing.text)


async def test_each_utterance_begins_anew() -> None:
    tts = Numbered(text_filter=True)
    async with tts.session() as session:
        for text in ("Code:\n```\nx = **1**", "**Two** ", "*three"):
            for at in range(0, len(text), 2):
                await session.send(text[at : at + 2])
            await session.flush()
        await session.end()
        increments = [one async for one in session]
    assert spoken_by(tts) == "Code:\nTwo *three"
    assert [one.is_last for one in increments].count(True) == 3


async def test_nothing_to_speak_makes_no_traffic() -> None:
    tts = Numbered(text_filter=True, stream=False)
    assert (await tts.synthesize("```\nx = 1\n```")).audio == b""
    async with tts.session() as session:
        await session.send("👋\n")
        await session.send("```\nx\n```")
        await session.flush()
        assert [one.is_last async for one in session.utterance()] == [True]
    assert tts.requests == []


async def test_what_was_heard_is_what_was_written() -> None:
    async with Numbered(text_filter=True).session() as session:
        for piece in ("One **two** thr", "ee. Four **five** six."):
            await session.send(piece)
        await session.flush()
        async for increment in session:
            if timings([increment]):
                break
        assert await session.interrupt(played=0.05) == "One **two**"
        await session.send("**Next")
        await session.flush()
        rest = [one async for one in session.utterance()]
    assert [timing.text for timing in timings(rest)] == ["**Next"]


async def test_clear_forgets_what_was_held_back() -> None:
    tts = Numbered(text_filter=True)
    async with tts.session() as session:
        await session.send("One two **three")
        await session.clear()
        await session.send("four** five.")
        await session.flush()
        async for _ in session.utterance():
            pass
    assert spoken_by(tts) == "four** five."


async def test_commit_speaks_what_was_held_back() -> None:
    tts = Numbered(text_filter=True)
    async with tts.session() as session:
        await session.send("See [this")
        await session.commit()
        first = await anext(session)
        assert first.audio
        await session.send(" and **that**.")
        await session.flush()
        rest = [one async for one in session.utterance()]
    assert spoken_by(tts) == "See [this and that."
    text = "See [this and **that**."
    ends = [timing.end_index for timing in timings([first, *rest])]
    assert ends == [3, 9, 13, len(text)]


async def test_push_and_a_message_that_grows() -> None:
    tts = Numbered(text_filter=True)
    async with tts:
        for so_far in ("Hello **wor", "Hello **world** and ![pic](u", "Hello **world** and ![pic](u)."):
            await tts.push(AssistantMsg("anna", so_far, id="m1"))
        async for _ in tts.synthesize(AssistantMsg("anna", "Hello **world** and ![pic](u). End", id="m1")):
            pass
    assert spoken_by(tts) == "Hello world and pic. End"


async def test_limits_hold_for_what_is_spoken() -> None:
    long = f"Short.\n```\n{'x = 1; ' * 200}\n```\n"
    credential = DashScopeCredential(api_key="sk-sandbox", base_url="http://127.0.0.1:9")
    with pytest.raises(ParameterError):
        DashScopeTTSModel(credential).synthesize(long)
    DashScopeTTSModel(credential, text_filter=True).synthesize(long)
    with pytest.raises(ParameterError):
        DashScopeTTSModel(credential, text_filter=True).synthesize("word " * 200)


async def test_half_a_character_breaks_nothing() -> None:
    tts = Numbered(text_filter=True)
    async with tts.session() as session:
        with pytest.raises(ParameterError):
            await session.send("\ud83d")
        await session.send("Good.")
        await session.flush()
        async for _ in session.utterance():
            pass
    assert spoken_by(tts) == "Good."


def test_ssml_is_never_filtered() -> None:
    azure = AzureTTSModel(AzureCredential(api_key="k", region="eastus"), parameters={"ssml": True}, text_filter=True)
    with pytest.raises(ParameterError, match="ssml"):
        azure.synthesize("<speak/>")
    with pytest.raises(ParameterError, match="ssml"):
        azure.session()
    cosy = DashScopeCosyVoiceRealtimeTTSModel(DashScopeCredential(api_key="sk-k"), text_filter=True)
    with pytest.raises(ParameterError, match="enable_ssml"):
        cosy.synthesize("<speak/>", enable_ssml=True)


def test_a_filter_of_the_wrong_type() -> None:
    for wrong in ("markdown", SpokenText, str.upper):
        with pytest.raises(ParameterError, match="SpokenText"):
            Numbered(text_filter=wrong)
    assert Numbered(text_filter=False).text_filter is None


async def test_a_model_is_shared() -> None:
    """The filter that is given is a pattern; nobody's text comes into another's."""
    shared = SpokenText()
    tts = Numbered(text_filter=shared)

    async def speak(text: str) -> int:
        count = 0
        async for one in tts.stream(tokens(text, 1)):
            count += one.samples or 0
        return count // PER_CHARACTER

    texts = ["**a** b", "```\nx\n```\nc", "[link](u) d e", "plain"] * 5
    assert await asyncio.gather(*map(speak, texts)) == [len(SpokenText()(text)) for text in texts]
    assert shared.rest() == ""


async def test_over_a_real_wire() -> None:
    async with Sandbox() as box:
        tts = DashScopeCosyVoiceRealtimeTTSModel(
            DashScopeCredential(api_key="sk-sandbox", base_url=box.url),
            "cosyvoice-v2",
            {"voice": "longcheng_v2", "word_timestamp_enabled": True},
            text_filter=True,
        )
        async with tts.transport:
            increments = [one async for one in tts.stream(tokens(TEXT))]
        sent = str([exchange["frames"] for exchange in box.requests()])
    assert increments[-1].is_last
    assert "very" in sent
    assert not any(sign in sent for sign in ("**", "](", "👋", "# Hello"))
    for timing in timings(increments):
        assert timing.begin_index is not None
        assert timing.end_index is not None
        assert timing.text in TEXT[timing.begin_index : timing.end_index]
