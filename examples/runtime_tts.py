"""AgentScope Runtime's two speech clients, ModelStudio's and Azure's, said with modeldeck.

Where a runtime client takes a config and callbacks (`on_open`, `on_data(data, chat_id, index)`, `on_complete`,
`on_error`), a session is iterated: each turn of the loop is `on_data`, its end is `on_complete`, an exception is
`on_error`. Sandboxes play the services.
"""

from __future__ import annotations

import asyncio

from modeldeck.credential import AzureCredential, DashScopeCredential
from modeldeck.errors import ModelDeckError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel, DashScopeCosyVoiceRealtimeTTSModel, TTSModelBase

HELLO = "Hello, welcome to the agentscope_runtime framework!"


async def speak(tts: TTSModelBase, chat_id: str, text: str) -> None:
    chunks = 0
    try:
        async with tts.session() as session:  # start()
            await session.send(text)  # send_text_data(text)
            await session.flush()
            async for _ in session.utterance():  # on_data(data, chat_id, index)
                chunks += 1
    except ModelDeckError as error:  # on_error(message)
        print(f"{chat_id}: {error}")
        return
    print(f"{chat_id}: {chunks} chunks")  # on_complete(chat_id); the end of `async with` was stop() and close()


async def save(tts: TTSModelBase, text: str, path: str) -> None:
    """A whole file: chunks that are joined make a WAV whose header does not know how long it is."""
    saved = await tts.save(text, path)
    print(f"{saved.path}: {saved.bytes} bytes, {saved.duration} s")


async def modelstudio(url: str) -> None:
    config = {"voice": "longwan", "sample_rate": 22050, "format": "wav"}
    tts = DashScopeCosyVoiceRealtimeTTSModel(
        DashScopeCredential(api_key="sk-sandbox", base_url=url), "cosyvoice-v1", config
    )
    async with tts.transport:
        await speak(tts, "demo_chat", HELLO)
        await save(tts, HELLO, "output.wav")


async def azure(url: str) -> None:
    config = {"voice": "zh-CN-XiaoxiaoNeural", "format": "riff-16khz-16bit-mono-pcm"}
    tts = AzureRealtimeTTSModel(AzureCredential(api_key="azure-sandbox", base_url=url), parameters=config)
    async with tts.transport:
        await speak(tts, "azure_demo", HELLO)
        await save(tts, HELLO, "azure_output.wav")


async def main() -> None:
    async with Sandbox() as box:
        await modelstudio(box.url)
        await azure(box.url)


if __name__ == "__main__":
    asyncio.run(main())
