"""An application of agentscope-runtime's callback clients: only its imports are modeldeck's.

They were `agentscope_runtime.tools.realtime_clients` and `agentscope_runtime.engine.schemas.realtime`. A sandbox plays
DashScope and Azure; with a key of your own, leave out `api_key`, `key` and `base_url`.
"""

from __future__ import annotations

from modeldeck.realtime_clients import (
    AzureTtsCallbacks,
    AzureTtsClient,
    AzureTtsConfig,
    ModelstudioTtsCallbacks,
    ModelstudioTtsClient,
    ModelstudioTtsConfig,
)
from modeldeck.sandbox import SandboxProcess


def heard(data: bytes, chat_id: str, index: int) -> None:
    if index == 0:
        print(f"{chat_id}: the first {len(data)} bytes")


def modelstudio(url: str) -> None:
    config = ModelstudioTtsConfig(model="cosyvoice-v1", voice="longwan", sample_rate=22050, chat_id="demo_chat")
    config.api_key, config.base_url = "sk-sandbox", url
    callbacks = ModelstudioTtsCallbacks(
        on_data=heard,
        on_open=lambda: print("ModelStudio: open"),
        on_complete=lambda chat_id: print(f"{chat_id}: complete"),
        on_error=lambda message: print(f"ModelStudio: {message}"),
        on_close=lambda: print("ModelStudio: closed"),
    )
    client = ModelstudioTtsClient(config, callbacks)
    client.start()
    for piece in ("Hello, ", "welcome to ", "the callbacks!"):
        client.send_text_data(piece)
    client.stop()  # all of it was heard


def azure(url: str) -> None:
    config = AzureTtsConfig(key="azure-sandbox", base_url=url, voice="zh-CN-XiaoxiaoNeural")
    callbacks = AzureTtsCallbacks(
        on_data=heard,
        on_started=lambda: print("Azure: started"),
        on_complete=lambda chat_id: print(f"{chat_id}: complete"),
        on_canceled=lambda: print("Azure: canceled"),
    )
    client = AzureTtsClient(config, callbacks)
    for chat_id in ("first", "second"):  # one client, one utterance after the other
        client.set_chat_id(chat_id)
        client.start()
        client.send_text_data(f"The {chat_id} one.")
        client.async_stop()  # the callbacks say when; the next start() waits for it
    client.stop()


if __name__ == "__main__":
    with SandboxProcess() as box:
        modelstudio(box.url)
        azure(box.url)
