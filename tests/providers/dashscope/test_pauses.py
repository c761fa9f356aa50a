"""A text that pauses for longer than a task may: the utterance goes on in another one, and nobody notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.providers.dashscope import cosyvoice
from modeldeck.providers.dashscope.wire import tasks
from modeldeck.sandbox import Sandbox
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, Session, TTSResponse

CHARACTER = 0.06  # seconds of the sandbox's speech
FIRST, SECOND = "Hello there. I am thinking", " and now I go on."


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """It waits for text a tenth as long as the service does, and we still less."""
    monkeypatch.setattr(cosyvoice, "_PATIENCE", 0.2)
    monkeypatch.setattr(tasks, "WATCHDOG", 2.3)
    async with Sandbox() as running:
        yield running


def voice(box: Sandbox, transport: Transport, **parameters: Any) -> DashScopeCosyVoiceRealtimeTTSModel:
    credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
    settings = {"format": "pcm", "sample_rate": 24000, "word_timestamp_enabled": True, **parameters}
    return DashScopeCosyVoiceRealtimeTTSModel(credential, "cosyvoice-v3-flash", settings, transport=transport)


def finished(box: Sandbox) -> int:
    return sum(json.loads(str(f))["header"]["action"] == "finish-task" for one in box.requests() for f in one["frames"])


async def paused(box: Sandbox, tasks: int) -> None:
    """Until so many tasks were ended."""
    async with asyncio.timeout(10):
        while finished(box) < tasks:
            await asyncio.sleep(0.01)


async def heard(talk: Session) -> list[TTSResponse]:
    async with asyncio.timeout(10):
        return [part async for part in talk.utterance()]


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3"])
async def test_the_utterance_goes_on(box: Sandbox, format: str) -> None:
    async with Transport() as transport, voice(box, transport, format=format).session() as talk:
        await talk.send(FIRST)
        await paused(box, 1)
        await talk.send(SECOND)
        await talk.flush()
        parts = await heard(talk)
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].usage is not None
    assert parts[-1].usage.characters == len(FIRST + SECOND)
    words = [word for part in parts for word in part.timings]
    assert [(FIRST + SECOND)[word.begin_index : word.end_index] for word in words] == [word.text for word in words]
    assert [word.text for word in words] == ["Hello", "there", "I", "am", "thinking", "and", "now", "I", "go", "on"]
    sentences = [sentence for part in parts for sentence in part.sentences]
    assert [sentence.text for sentence in sentences] == ["Hello there.", " I am thinking", " and now I go on."]
    assert [sentence.begin_index for sentence in sentences] == [0, 12, 26]
    if format != "mp3":
        assert sum(part.samples or 0 for part in parts) == round(len(FIRST + SECOND) * CHARACTER * 24000)
        assert [word.start for word in words] == pytest.approx([(word.begin_index or 0) * CHARACTER for word in words])
    assert finished(box) == 2


async def test_what_was_heard_over_the_pause(box: Sandbox) -> None:
    async with Transport() as transport, voice(box, transport).session() as talk:
        await talk.send(FIRST)
        await paused(box, 1)
        await talk.send(SECOND)
        await talk.flush()
        await heard(talk)
        assert await talk.interrupt((len(FIRST) + 5.5) * CHARACTER) == FIRST + " and now"


@pytest.mark.parametrize("more", ["", "...", " "])
async def test_nothing_comes_after_the_pause(box: Sandbox, more: str) -> None:
    async with Transport() as transport, voice(box, transport).session() as talk:
        await talk.send(FIRST)
        await paused(box, 1)
        await talk.send(more)
        await talk.flush()
        parts = await heard(talk)
        assert parts[-1].usage is not None
        assert parts[-1].usage.characters == len(FIRST)
        await talk.send("Another one.")
        await talk.flush()
        parts = await heard(talk)
    assert [word.start for word in parts[-1].timings] == [0.0, 8 * CHARACTER]
    assert parts[-1].usage is not None
    assert parts[-1].usage.characters == len("Another one.")
