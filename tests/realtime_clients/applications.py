"""Applications of agentscope-runtime's clients: they run with the original package, and with ours.

`names` has the clients, configs and callbacks. Each returns what its callbacks saw: name, arguments, state.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

HELLO = "Hello, welcome to the agentscope_runtime framework!"
PATIENCE = 30
Seen = list[list[Any]]


class Watcher:
    """Callbacks of every name that note what they were given, and in which state."""

    def __init__(self) -> None:
        self.client: Any = None
        self.seen: Seen = []
        self.ends = threading.Event()

    def callbacks(self, kind: Any, last: str) -> Any:
        def noting(name: str) -> Callable[..., None]:
            def note(*given: Any) -> None:
                told = [len(one) if isinstance(one, bytes) else one for one in given]
                self.seen.append([name, told if name.startswith("on_data") else told[:1], self.client.state.value])
                if name == last:
                    self.ends.set()

            return note

        names = [name for name in kind.model_fields if name not in ("on_event", "on_synthesizing")]
        return kind(**{name: noting(name) for name in names})


def modelstudio(names: Any, model: str = "cosyvoice-v1", **connection: Any) -> tuple[Any, Watcher]:
    watcher = Watcher()
    config = names.ModelstudioTtsConfig(
        model=model, voice="longwan", sample_rate=22050, chat_id="demo_chat", **connection
    )
    callbacks = watcher.callbacks(names.ModelstudioTtsCallbacks, "on_close")
    watcher.client = names.ModelstudioTtsClient(config, callbacks)
    return watcher.client, watcher


def azure(names: Any, **connection: Any) -> tuple[Any, Watcher]:
    watcher = Watcher()
    config = names.AzureTtsConfig(
        voice="zh-CN-XiaoxiaoNeural",
        sample_rate=16000,
        bits_per_sample=16,
        nb_channels=1,
        format="pcm",
        chat_id="azure_demo",
        **connection,
    )
    watcher.client = names.AzureTtsClient(config, watcher.callbacks(names.AzureTtsCallbacks, "on_complete"))
    return watcher.client, watcher


def spoken(made: tuple[Any, Watcher]) -> Seen:
    """As the documents' examples do it, inside a running event loop."""
    client, watcher = made

    async def example() -> None:
        client.start()
        client.send_text_data(HELLO)
        client.stop()

    asyncio.run(example())
    assert watcher.ends.wait(PATIENCE)
    return watcher.seen


def left_to_itself(made: tuple[Any, Watcher]) -> Seen:
    client, watcher = made
    client.start()
    client.send_text_data("Hello, ")
    client.send_text_data("world.")
    client.async_stop()
    assert watcher.ends.wait(PATIENCE)
    client.stop()
    client.close()
    return watcher.seen


def twice(made: tuple[Any, Watcher]) -> Seen:
    client, watcher = made
    for chat_id in ("first", "second"):
        watcher.ends.clear()
        client.set_chat_id(chat_id)
        client.start()
        client.send_text_data(HELLO)
        client.stop()
        assert watcher.ends.wait(PATIENCE)
    return watcher.seen


def order(seen: Seen) -> list[Any]:
    """Runs of data become one entry; their numbers are checked, not their sizes."""
    found: list[Any] = []
    index = 0
    for name, given, state in seen:
        if name != "on_data":
            found.append([name, given, state])
            index = 0
            continue
        assert given[2] == index, seen
        index += 1
        if not found or found[-1][0] != name:
            found.append([name, given[1], state])
    return found
