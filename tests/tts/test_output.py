"""The format that one call asks for, and what is known of a model's audio before it speaks."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import (
    AzureCredential,
    DashScopeCredential,
    LiveKitCredential,
    LocalCredential,
    OpenAICredential,
)
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AudioFormat, DashScopeCosyVoiceRealtimeTTSModel, TTSModelBase, tts_model

from .conftest import PER_CHARACTER, RATE, Numbered, numbers

RAW = AudioFormat("pcm_s16le", RATE)
DOUBLE = AudioFormat("pcm_s16le", 2 * RATE)
CREDENTIALS: dict[str, Any] = {
    "azure": AzureCredential(api_key="key", region="westus"),
    "dashscope": DashScopeCredential(api_key="sk-1"),
    "livekit": LiveKitCredential(api_key="API1", api_secret="secret-1"),
    "local": LocalCredential(),
    "openai": OpenAICredential(api_key="sk-1"),
}


def model(reference: str, parameters: dict[str, Any] | None = None, **options: Any) -> TTSModelBase[Any]:
    return tts_model(reference, parameters, credential=CREDENTIALS[reference.partition("/")[0]], **options)


async def test_a_call_asks_for_its_own_format() -> None:
    tts = Numbered()
    parts = [part async for part in tts.synthesize("Hello", output=RAW)]
    assert {part.format for part in parts} == {RAW}
    assert numbers(b"".join(part.audio for part in parts)) == list(range(5 * PER_CHARACTER))
    assert (await anext(tts.synthesize("Hello"))).format == AudioFormat("wav", RATE)


async def test_a_conversation_asks_for_its_own_format() -> None:
    tts = Numbered(output=AudioFormat("wav", RATE))
    async with tts.session(output=DOUBLE) as talk:
        await talk.send("Hello")
        await talk.flush()
        parts = [part async for part in talk.utterance()]
    assert {part.format for part in parts if part.audio} == {DOUBLE}
    assert sum(part.samples or 0 for part in parts) == pytest.approx(2 * 5 * PER_CHARACTER, abs=20)
    async with aclosing(tts.stream(["Hello"], output=RAW)) as speech:
        assert (await anext(speech)).format == RAW


@pytest.mark.parametrize("output", [AudioFormat("g722", RATE), "pcm"])
async def test_a_format_that_cannot_be_had_is_found_before_anything_is_spoken(output: Any) -> None:
    tts = model("openai/tts-1")
    for call in (tts.session, tts.prewarm, partial(tts.synthesize, "Hello")):
        with pytest.raises(ParameterError) as caught:
            await call(output=output)
        assert caught.value.parameter == "output"


@pytest.mark.parametrize(
    ("reference", "parameters", "rate"),
    [
        ("openai/tts-1", {}, 24000),
        ("local/espeak-ng", {}, 22050),
        ("dashscope/cosyvoice-v3-flash", {}, 22050),
        ("dashscope/cosyvoice-v3-flash", {"sample_rate": 16000}, 16000),
        ("openai/newer-than-the-deck", {}, 24000),
    ],
)
def test_the_raw_format_of_a_model(reference: str, parameters: dict[str, Any], rate: int) -> None:
    assert model(reference, parameters).raw == AudioFormat("pcm_s16le", rate)


def test_the_raw_format_of_what_was_asked_for() -> None:
    assert model("openai/tts-1", output=AudioFormat("mp3", 16000)).raw == AudioFormat("pcm_s16le", 16000)


@pytest.mark.parametrize(
    ("reference", "parameters", "timed"),
    [
        ("azure/neural", {}, True),
        ("azure/neural", {"word_timestamps": False}, False),
        ("azure/neural-hd", {}, False),
        ("dashscope/cosyvoice-v3-flash", {}, False),
        ("dashscope/cosyvoice-v3-flash", {"word_timestamp_enabled": True}, True),
        ("dashscope/qwen3-tts-flash-realtime", {}, False),
        ("livekit/cartesia/sonic-3", {}, False),
        ("livekit/cartesia/sonic-3", {"add_timestamps": True}, True),
        ("livekit/inworld/inworld-tts-2", {"timestamp_type": "WORD"}, True),
        ("livekit/inworld/inworld-tts-2", {"timestamp_type": "TIMESTAMP_TYPE_UNSPECIFIED"}, False),
        ("local/espeak-ng", {}, True),
        ("openai/tts-1", {}, False),
    ],
)
def test_whether_words_are_timed(reference: str, parameters: dict[str, Any], timed: bool) -> None:
    assert model(reference, parameters).word_timings is timed


async def test_what_is_opened_beforehand_fits_a_converted_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    output = AudioFormat("pcm_s16le", 11025)
    async with Sandbox() as box, Transport() as transport:
        credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
        tts = DashScopeCosyVoiceRealtimeTTSModel(credential, "cosyvoice-v3-flash", transport=transport)
        await tts.prewarm(output=output)
        speech = [part async for part in tts.stream(["Hello."], output=output)]
        assert {part.format for part in speech if part.audio} == {output}
        used = [one for one in box.requests() if any("continue-task" in str(frame) for frame in one["frames"])]
        assert (len(used), box.requests()[0]) == (1, used[0])
