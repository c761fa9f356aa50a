"""Coming from AgentScope 1: every way of calling its four speech classes, and what it is here.

The docstring of each function is the old code, its body the new one. The table in the README is made of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from modeldeck import Retry, Timeouts, Transport
from modeldeck.credential import DashScopeCredential, GeminiCredential, OpenAICredential
from modeldeck.errors import ConcurrentUseError
from modeldeck.message import AssistantMsg
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import (
    AudioFormat,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    GeminiTTSModel,
    OpenAITTSModel,
)

KEY = "sk-example"
PROXY = os.environ.get("PROXY", "")
heard: list[bytes] = []
play = heard.append


async def dashscope():
    """
    tts = DashScopeTTSModel(KEY, "qwen3-tts-flash", "Cherry", "Chinese")
    """
    settings = {"voice": "Cherry", "language_type": "Chinese"}
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY), "qwen3-tts-flash", settings)
    await tts.save("你好", "hello.wav")


async def streamed():
    """
    async for part in await tts.synthesize(Msg("Friday", "Hello", "assistant")):
        play(b64decode(part.content["source"]["data"]))  # all so far, again and again
    """
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY))
    async for part in await tts.synthesize(AssistantMsg("Friday", "Hello")):
        play(part.audio)  # what is new; part.content.source.data is the same in base64


async def whole():
    """
    tts = DashScopeTTSModel(KEY, stream=False)
    audio = (await tts.synthesize(Msg("Friday", "Hello", "assistant"))).content
    """
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY), stream=False)
    audio = (await tts.synthesize(AssistantMsg("Friday", "Hello"))).content
    assert audio is not None
    play(audio.source.data.encode())


async def realtime():
    """
    tts = DashScopeRealtimeTTSModel(KEY, voice="Cherry", cold_start_length=8)
    """
    voice = {"voice": "Cherry"}
    tts = DashScopeRealtimeTTSModel(DashScopeCredential(api_key=KEY), parameters=voice, cold_start_length=8)
    async with tts:
        await tts.push("Hello, world.")
        async for part in tts.synthesize():
            play(part.audio)


async def growing_message():
    """
    async with tts:
        for so_far in ("Hello", "Hello, world", "Hello, world."):
            msg.content = so_far
            res = await tts.push(msg)  # msg.id names the utterance
        async for part in await tts.synthesize(msg):
            ...
    """
    tts = DashScopeRealtimeTTSModel(DashScopeCredential(api_key=KEY))
    async with tts:
        for so_far in ("Hello", "Hello, world", "Hello, world."):
            msg = AssistantMsg("Friday", so_far, id="m1")
            play((await tts.push(msg)).audio)  # only what is new is sent
        async for part in tts.synthesize(msg):
            play(part.audio)


async def another_message():
    """
    try:
        await tts.push(another)
    except RuntimeError:
        await tts.synthesize()  # one at a time: finish it first
    """
    one, another = (AssistantMsg("Friday", "Hello.") for _ in range(2))
    async with DashScopeRealtimeTTSModel(DashScopeCredential(api_key=KEY), stream=False) as tts:
        await tts.push(one)
        try:
            await tts.push(another)
        except ConcurrentUseError:
            play((await tts.synthesize()).audio)  # one at a time: finish it first
        play((await tts.synthesize(another)).audio)


async def streaming_input():
    """
    if tts.supports_streaming_input:
        ...
    """
    tts = DashScopeRealtimeTTSModel(DashScopeCredential(api_key=KEY))
    if tts.realtime:  # push() works on every class; those that are not realtime speak sentence by sentence
        play(b"realtime")


async def gemini():
    """
    tts = GeminiTTSModel(KEY, "gemini-2.5-flash-preview-tts", "Kore")
    """
    tts = GeminiTTSModel(GeminiCredential(api_key=KEY), "gemini-2.5-flash-preview-tts", {"voice": "Kore"})
    async for part in tts.synthesize("Hello"):
        play(part.audio)


async def openai():
    """
    tts = OpenAITTSModel(KEY, "gpt-4o-mini-tts", "alloy")
    """
    settings = {"voice": "alloy", "response_format": "pcm"}
    tts = OpenAITTSModel(OpenAICredential(api_key=KEY), "gpt-4o-mini-tts", settings)
    async for part in tts.synthesize("Hello"):
        play(part.audio)


async def client_kwargs_of_openai():
    """
    client_kwargs = {"base_url": PROXY, "timeout": 60, "max_retries": 5}
    tts = OpenAITTSModel(KEY, client_kwargs=client_kwargs)
    """
    credential = OpenAICredential(api_key=KEY, base_url=PROXY)
    tts = OpenAITTSModel(credential, stream=False, timeouts=Timeouts(total=60), retry=Retry(max_retries=5))
    play((await tts.synthesize("Hello")).audio)


async def client_kwargs_of_gemini():
    """
    options = {"base_url": PROXY, "api_version": "v1beta", "headers": {"x-team": "voice"}}
    tts = GeminiTTSModel(KEY, client_kwargs={"http_options": options})
    """
    credential = GeminiCredential(api_key=KEY, base_url=PROXY, api_version="v1beta")
    async with Transport(headers={"x-team": "voice"}) as transport:  # ssl_context, proxy, http_client … too
        tts = GeminiTTSModel(credential, stream=False, transport=transport)
        play((await tts.synthesize("Hello")).audio)


async def client_kwargs_of_dashscope():
    """
    tts = DashScopeRealtimeTTSModel(KEY, client_kwargs={"url": f"{PROXY}/api-ws/v1/realtime"})
    """
    credential = DashScopeCredential(api_key=KEY, base_url=PROXY)  # HTTP and WebSocket, each with its own path
    tts = DashScopeRealtimeTTSModel(credential, stream=False)
    play((await tts.synthesize("Hello")).audio)


async def generate_kwargs():
    """
    tts = GeminiTTSModel(KEY, generate_kwargs={"temperature": 0.7, "seed": 1, "top_k": 40})
    """
    credential = GeminiCredential(api_key=KEY)
    settings = {"temperature": 0.7, "seed": 1}  # checked, and shown on forms
    tts = GeminiTTSModel(credential, parameters=settings, stream=False)
    play((await tts.synthesize("Hello", extra={"topK": 40})).audio)  # into the request as it is


async def kwargs_of_a_call():
    """
    await tts.synthesize(msg, temperature=0.7)
    """
    tts = GeminiTTSModel(GeminiCredential(api_key=KEY), stream=False)
    play((await tts.synthesize("Hello", temperature=0.7)).audio)


async def any_voice():
    """
    tts = DashScopeTTSModel(KEY, voice="anything")
    """
    voice = {"voice": "Cherry2"}  # a card lists its voices, and with custom_voices takes others too
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY), parameters=voice, enforce="off")
    play(str(tts).encode())


async def format_of_the_audio():
    """
    media_type = res.content["source"]["media_type"]  # "audio/pcm;rate=24000"
    """
    pcm = AudioFormat("pcm_s16le", 24000)  # a WAV unless asked otherwise
    tts = DashScopeTTSModel(DashScopeCredential(api_key=KEY), stream=False, output=pcm)
    res = await tts.synthesize("Hello")
    assert res.format == pcm
    play(res.audio)


ROWS: tuple[Callable[[], Awaitable[None]], ...] = (
    dashscope,
    streamed,
    whole,
    realtime,
    growing_message,
    another_message,
    streaming_input,
    gemini,
    openai,
    client_kwargs_of_openai,
    client_kwargs_of_gemini,
    client_kwargs_of_dashscope,
    generate_kwargs,
    kwargs_of_a_call,
    any_voice,
    format_of_the_audio,
)


async def main() -> None:
    for row in ROWS:
        await row()
        print(f"{row.__name__}: {sum(map(len, heard))} bytes")
        heard.clear()


if __name__ == "__main__":
    with SandboxProcess() as sandbox:
        os.environ.update(sandbox.environment())
        PROXY = sandbox.url
        asyncio.run(main())
