"""A document is one frame: what is too long for it is refused before the network, not half of it spoken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from modeldeck import Limits, Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.errors import ParameterError, ProviderError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, DashScopeCosyVoiceTTSModel

LONG = f"<speak>{'Hello there. ' * 1600}</speak>"
CLASSES = [DashScopeCosyVoiceRealtimeTTSModel, DashScopeCosyVoiceTTSModel]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


def voice(made_of: Any, box: Sandbox, transport: Transport, **options: Any) -> Any:
    credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
    settings = {"voice": "longanyang", "format": "pcm", "enable_ssml": True}
    return made_of(credential, "cosyvoice-v3-flash", settings, transport=transport, **options)


@pytest.mark.parametrize("made_of", CLASSES)
async def test_too_long_a_document(box: Sandbox, made_of: Any) -> None:
    async with Transport(limits=Limits(spares=0)) as transport:
        with pytest.raises(ParameterError, match="with enable_ssml: the text has 20,815 ") as caught:
            await voice(made_of, box, transport, stream=False).synthesize(LONG)
        assert (caught.value.limit, caught.value.provider) == (20_000, "dashscope")
        async with voice(made_of, box, transport).session() as talk:
            await talk.send(LONG[:15_000])
            await talk.send(LONG[15_000:])
            await talk.flush()
            with pytest.raises(ParameterError, match="20,000"):
                await anext(talk)
    assert box.requests() == []


@pytest.mark.parametrize("made_of", CLASSES)
async def test_a_document_is_not_cut(box: Sandbox, made_of: Any) -> None:
    pieces = ["<speak>One. <break", ' time="1s"/> Two! And', " three.</speak>"]
    async with Transport(limits=Limits(spares=0)) as transport:
        async for _ in voice(made_of, box, transport).stream(pieces):
            pass
    (one,) = box.requests()
    texts = [json.loads(str(frame))["payload"]["input"].get("text") for frame in one["frames"]]
    assert texts == [None, "".join(pieces), None]


async def test_the_service_decides_where_nothing_is_enforced(box: Sandbox) -> None:
    async with Transport(limits=Limits(spares=0)) as transport:
        tts = voice(DashScopeCosyVoiceRealtimeTTSModel, box, transport, enforce="off")
        with pytest.raises(ProviderError, match="Please ensure input text is valid"):
            await anext(tts.synthesize(LONG))
    (one,) = box.requests()
    actions = [json.loads(str(frame))["header"]["action"] for frame in one["frames"]]
    assert actions[:2] == ["run-task", "continue-task"]
    assert actions.count("continue-task") == 1
