"""AgentScope Runtime's two speech clients, ModelStudio's and Azure's, said with modeldeck.

Where a runtime client takes a config and callbacks (`on_open`, `on_data(data, chat_id, index)`, `on_complete`,
`on_error`), a session is iterated: each turn of the loop is `on_data`, its end is `on_complete`, an exception is
`on_error`. Sandboxes play the services.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from modeldeck.credential import AzureCredential, DashScopeCredential
from modeldeck.errors import ModelDeckError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel, DashScopeCosyVoiceRealtimeTTSModel, TTSModelBase


async def speak(tts: TTSModelBase, chat_id: str, text: str, path: str) -> None:
    try:
        async with tts.session() as session:  # start()
            await session.send(text)  # send_text_data(text)
            await session.flush()
            chunks = [
                chunk.audio async for chunk in session.utterance() if chunk.audio
            ]  # on_data(data, chat_id, index)
    except ModelDeckError as error:  # on_error(message)
        print(f"{chat_id}: {error}")
        return
    # on_complete(chat_id); the end of `async with` was stop() and close()
    await asyncio.to_thread(Path(path).write_bytes, b"".join(chunks))
    print(f"{chat_id}: {len(chunks)} chunks, saved to {path}")


async def modelstudio(url: str) -> None:
    config = {"voice": "longwan", "sample_rate": 22050, "format": "wav"}
    tts = DashScopeCosyVoiceRealtimeTTSModel(
        DashScopeCredential(api_key="sk-sandbox", base_url=url), "cosyvoice-v1", config
    )
    async with tts.transport:
        await speak(tts, "demo_chat", "Hello, welcome to the agentscope_runtime framework!", "output.wav")


async def azure(url: str) -> None:
    config = {"voice": "zh-CN-XiaoxiaoNeural", "format": "riff-16khz-16bit-mono-pcm"}
    tts = AzureRealtimeTTSModel(AzureCredential(api_key="azure-sandbox", base_url=url), parameters=config)
    async with tts.transport:
        await speak(tts, "azure_demo", "Welcome to Azure Speech Service!", "azure_output.wav")


async def main() -> None:
    async with Sandbox() as box:
        await modelstudio(box.url)
        await azure(box.url)


if __name__ == "__main__":
    asyncio.run(main())
