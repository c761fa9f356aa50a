# pyright: strict
"""The lines of the documents that modeldeck starts from, for the type checkers; never run.

What must not type-check bears a `# type: ignore[code]`; both checkers say when it is not needed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, Literal, assert_type

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from modeldeck.credential import CredentialBase, CredentialFactory, DashScopeCredential, LocalCredential
from modeldeck.message import DataBlock, UserMsg
from modeldeck.realtime_clients import (
    ModelstudioTtsCallbacks,
    ModelstudioTtsClient,
    ModelstudioTtsConfig,
    RealtimeState,
)
from modeldeck.tts import (
    Audio,
    AudioFormat,
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    FallbackTTSModel,
    LocalTTSModel,
    Recovery,
    SpeechRequest,
    SpeechStore,
    SpokenText,
    TTSCache,
    TTSModelBase,
    TTSModelCard,
    TTSResponse,
    tts_model,
)

if TYPE_CHECKING:
    from modeldeck.tts import TTSModelBase as TTSBase


async def create_and_call() -> None:
    tts = DashScopeTTSModel(
        credential=DashScopeCredential(api_key=os.environ["DASHSCOPE_API_KEY"]),
        model="qwen3-tts-flash",
        parameters=DashScopeTTSModel.Parameters(voice="Cherry"),
        stream=True,
    )
    async for chunk in await tts.synthesize("Hello, world!"):
        if chunk.content:
            print(f"Audio chunk: {len(chunk.content.source.data)} bytes")
    async for chunk in tts.synthesize(UserMsg("me", "Hello")):
        print(chunk.is_last)
    response = await tts.synthesize("Hello")
    assert_type(tts.raw, AudioFormat)
    assert_type(tts.word_timings, bool)
    await tts.prewarm(output=tts.raw)
    block: DataBlock | None = response.content
    print(block, response.usage, response.first_audio)


async def realtime() -> None:
    tts = DashScopeRealtimeTTSModel(
        credential=DashScopeCredential.from_env(),
        model="qwen3-tts-flash-realtime",
        parameters=DashScopeRealtimeTTSModel.Parameters(voice="Cherry"),
        stream=True,
        cold_start_length=8,
        max_retries=3,
        retry_delay=5.0,
    )
    async with tts:
        resp1 = await tts.push("Hello, ")
        assert_type(resp1, TTSResponse)
        if resp1.content:
            print("Audio available after first push")
        response = await tts.synthesize()
        print(response)
    async with tts.session() as conversation:
        await conversation.send("Hello")
        await conversation.flush()
        async for increment in conversation:
            assert_type(increment, TTSResponse)
        heard: str | None = await conversation.interrupt(played=0.5)
        print(heard)


async def texts() -> AsyncIterator[str]:
    yield "Hello"


async def local() -> None:
    tts = LocalTTSModel(LocalCredential(), parameters={"voice": "en-us+f3"}, output=AudioFormat("wav", 22050))
    async for increment in tts.stream(texts()):
        assert_type(increment, TTSResponse)
    saved = await tts.save("Hello", "hello.wav")
    assert_type(saved.duration, float | None)
    await tts_model("local/espeak-ng:de").save("Hallo", "hallo.wav")


async def resilient() -> None:
    cache = TTSCache("speech", max_bytes=1 << 30, max_age=86400.0)
    one = LocalTTSModel(LocalCredential(), cache=cache)
    tts = FallbackTTSModel([one, "local/espeak-ng:de"], recovery=Recovery(pause=5), cache=cache)
    async for increment in tts.synthesize("Hello", parameters={1: {"rate": 200}}, cache=False):
        print(increment.is_last)
    base: TTSModelBase[Any] = tts
    resting: list[float] = [one.resting for one in tts.standings]
    print(base, resting, cache.counts.hits)
    TTSCache(3)  # type: ignore[arg-type]
    FallbackTTSModel([1])  # type: ignore[list-item]


class Shelf:
    async def read(self, key: str) -> bytes | None: ...

    async def write(self, key: str, data: bytes) -> None: ...

    async def remove(self, key: str) -> None: ...


shelf: SpeechStore = Shelf()
shelved = TTSCache(shelf)


def cards() -> None:
    for card in DashScopeCredential.list_tts_models():
        assert_type(card, TTSModelCard)
        print(f"{card.name} (realtime={card.realtime}): {card.label}")
    cosyvoice_cards = DashScopeCosyVoiceRealtimeTTSModel.list_models(custom_yaml_dir="/path/to/cards")
    assert_type(cosyvoice_cards, list[TTSModelCard])


class MyTTSModel(TTSModelBase):
    """As the document prints it: overrides `synthesize` itself."""

    class Parameters(BaseModel):
        voice: str = Field(default="default", title="Voice")

    type: Literal["my_tts"] = "my_tts"

    async def synthesize(
        self, text: str | None = None, **kwargs: Any
    ) -> TTSResponse | AsyncGenerator[TTSResponse, None]:
        raise NotImplementedError


class MyHookedTTSModel(TTSModelBase):
    """With the hook instead."""

    class Parameters(BaseModel):
        voice: str = Field(default="default", title="Voice")

    type: Literal["my_hooked_tts"] = "my_hooked_tts"

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
        yield Audio(b"\0\0", AudioFormat("pcm_s16le", 24000))


class MyCredential(CredentialBase):
    @classmethod
    def get_tts_model_classes(cls) -> list[type[TTSBase]]:
        return [MyTTSModel, MyHookedTTSModel]


class MyProviderCredential(CredentialBase):
    model_config = ConfigDict(title="My Provider API")
    type: Literal["my_provider_credential"] = "my_provider_credential"

    api_key: SecretStr = Field(description="API key for My Provider.")
    base_url: str = Field(default="https://api.myprovider.com/v1")


def registered() -> None:
    CredentialFactory.register_credential(MyProviderCredential)
    credential = CredentialFactory.from_dict({"type": "my_provider_credential", "api_key": "k"})
    assert_type(credential, CredentialBase)


async def filtered(credential: DashScopeCredential) -> None:
    assert_type(SpokenText(urls="drop")("**Hello**"), str)
    tts = DashScopeTTSModel(credential, text_filter=SpokenText(code="There is code."))
    assert_type(tts.text_filter, SpokenText | None)
    LocalTTSModel(text_filter=True)
    LocalTTSModel(text_filter="markdown")  # type: ignore[arg-type]
    SpokenText(emoji="maybe")  # type: ignore[arg-type]


def callbacks() -> None:
    config = ModelstudioTtsConfig(model="cosyvoice-v1", voice="longwan", sample_rate=22050, chat_id="demo_chat")
    client = ModelstudioTtsClient(config, ModelstudioTtsCallbacks(on_open=lambda: None))
    client.start()
    client.send_text_data("Hello")
    assert_type(client.state, RealtimeState)
    client.stop()


def refused(credential: DashScopeCredential) -> None:
    DashScopeTTSModel(credential, parameters=DashScopeRealtimeTTSModel.Parameters())  # type: ignore[arg-type]
    DashScopeTTSModel(LocalCredential())  # type: ignore[arg-type]
    DashScopeTTSModel(credential, cold_start_length=3)  # type: ignore[call-arg]
    DashScopeTTSModel(credential, enforce="maybe")  # type: ignore[arg-type]
    LocalTTSModel(parameters=LocalTTSModel.Parameters(pitsch=3))  # type: ignore[call-arg]
