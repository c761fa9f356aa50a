"""Two providers whose faults come and go: every call ends in all of its speech, or in an error that says why.

`MODELDECK_FALLBACKS`: how many calls; `MODELDECK_SEED`: of the generator that switches faults on and off.
"""

from __future__ import annotations

import asyncio
import os
import random
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from modeldeck import Timeouts, Transport
from modeldeck.credential import AzureCredential, DashScopeCredential
from modeldeck.errors import AllModelsFailedError, ModelDeckError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    AudioFormat,
    AzureRealtimeTTSModel,
    AzureTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    FallbackTTSModel,
    Recovery,
    TTSModelBase,
    TTSResponse,
)
from modeldeck.tts.fallback import _format_of

CALLS = int(os.environ.get("MODELDECK_FALLBACKS", "120"))
SEED = int(os.environ.get("MODELDECK_SEED", "20261130"))
RATE = 24000
FORMAT = AudioFormat("pcm_s16le", RATE)
TIMEOUTS = Timeouts(connect=2.0, first_audio=0.15, idle=0.15)
FAULTS = [
    "status=503",
    "status=500",
    "status=429;retry-after=1",
    "status=401",
    "status=403",
    "cut",
    "cut;after=1",
    "cut;after=2",
    "error",
    "error;after=1",
    "silence",
    "silence;after=1",
    "close",
    "garbage",
    "slow=0.01",
    "odd",
    "tiny",
]
TEXTS = ["Hello there.", "How are you today?", "The lamp above the harbour wall had been lit for an hour."]


@pytest.fixture
async def boxes() -> AsyncIterator[tuple[Sandbox, Sandbox]]:
    async with Sandbox() as one, Sandbox() as other:
        yield one, other


def models(boxes: tuple[Sandbox, Sandbox], transport: Transport, realtime: bool) -> list[TTSModelBase[Any]]:
    dashscope = DashScopeCredential(api_key="sk-fallback-canary", base_url=boxes[0].url)
    azure = AzureCredential(api_key="sk-fallback-canary", base_url=boxes[1].url)
    options: dict[str, Any] = {"transport": transport, "timeouts": TIMEOUTS}
    if realtime:
        return [
            DashScopeRealtimeTTSModel(dashscope, "qwen3-tts-flash-realtime", **options),
            AzureRealtimeTTSModel(azure, "neural-realtime", **options),
        ]
    return [DashScopeTTSModel(dashscope, **options), AzureTTSModel(azure, **options)]


def check(parts: Sequence[TTSResponse], text: str, *, complete: bool) -> None:
    """Every sample once and in order: all of them, or the first of them."""
    found = array("H", b"".join(part.audio for part in parts)).tolist()
    assert found == [(found[0] + at) % 65536 for at in range(len(found))]
    assert [part.offset for part in parts if part.audio] == offsets(parts)
    if complete:
        assert len(found) == len(text) * 6 * RATE // 100
        assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    else:
        assert len(found) <= len(text) * 6 * RATE // 100


def offsets(parts: Sequence[TTSResponse]) -> list[int]:
    found, at = [], 0
    for part in parts:
        if part.audio:
            found.append(at)
            at += part.samples or 0
    return found


class Tally(Counter[str]):
    def judge(self, parts: Sequence[TTSResponse], text: str, error: ModelDeckError | None) -> None:
        if error is None:
            check(parts, text, complete=True)
            assert parts[-1].metadata is not None
            self[f"spoken by {parts[-1].metadata['fallback']['model'].partition('/')[0]}"] += 1
            return
        assert "canary" not in str(error)
        check(parts, text, complete=False)
        if any(part.audio for part in parts):
            assert "of audio had come" in str(error)
            self["broken off after audio"] += 1
            return
        assert isinstance(error, AllModelsFailedError), repr(error)
        assert {name.partition("/")[0] for name in error.models} == {"dashscope", "azure"}
        assert len(error.causes) == 2
        self["both failed"] += 1


async def synthesized(tts: FallbackTTSModel, text: str, parts: list[TTSResponse]) -> None:
    async for part in tts.synthesize(text):
        parts.append(part)  # noqa: PERF401


async def conversed(tts: FallbackTTSModel, text: str, parts: list[TTSResponse]) -> None:
    async with tts.session() as session:
        for word in text.split(" "):
            await session.send(word if text.endswith(word) else f"{word} ")
        await session.flush()
        async for part in session.utterance():
            parts.append(part)  # noqa: PERF401


async def test_every_call_ends_in_speech_or_in_an_error_that_names_both_causes(
    boxes: tuple[Sandbox, Sandbox],
) -> None:
    chance, tally = random.Random(SEED), Tally()
    recovery = Recovery(pause=0.05, longest=0.2)
    async with Transport() as transport:
        whole = FallbackTTSModel(models(boxes, transport, False), output=FORMAT, recovery=recovery)
        realtime = FallbackTTSModel(models(boxes, transport, True), output=FORMAT, recovery=recovery)
        for number in range(CALLS):
            for box in boxes:
                if chance.random() < 0.3:
                    box.arm(*([chance.choice(FAULTS)] if chance.random() < 0.55 else []))
            way, tts = chance.choice(
                [(synthesized, whole), (synthesized, realtime), (conversed, whole), (conversed, realtime)]
            )
            text, parts = chance.choice(TEXTS), list[TTSResponse]()
            error: ModelDeckError | None = None
            faults = [[str(one) for one in box.state()["faults"]] for box in boxes]
            try:
                async with asyncio.timeout(20):
                    await way(tts, text, parts)
            except ModelDeckError as raised:
                error = raised
            try:
                tally.judge(parts, text, error)
            except AssertionError as wrong:
                wrong.add_note(f"call {number}: {way.__name__} {tts.model}, {faults}, {error!r}")
                raise
    print(dict(tally))
    assert sum(tally.values()) == CALLS
    if CALLS >= 100:
        assert min(tally[one] for one in ("spoken by dashscope", "spoken by azure", "both failed")) > 0


async def test_what_a_model_delivers_is_known_before_it_speaks(boxes: tuple[Sandbox, Sandbox]) -> None:
    azure = AzureCredential(api_key="sk-a", base_url=boxes[1].url)
    named = [{}, {"format": "riff-16khz-16bit-mono-pcm"}, {"format": "audio-48khz-96kbitrate-mono-mp3"}]
    async with Transport() as transport:
        told = [
            *models(boxes, transport, False),
            *models(boxes, transport, True),
            *(AzureTTSModel(azure, "neural", one, transport=transport) for one in named),
        ]
        for model in told:
            first = await anext(aiter(model.synthesize("Hello there.")))
            assert first.format == _format_of(model)
