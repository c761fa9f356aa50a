"""The rows of the matrix: each DashScope speech class, in each way that it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from modeldeck import Transport
from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    TTSModelBase,
    TTSResponse,
)

KEY = "sk-conformance"
SENTENCES = ("Hello there.", " How are you today?")
TEXT = "".join(SENTENCES)
Got = list[TTSResponse]


@dataclass(frozen=True)
class Row:
    """One class with its settings. `sentences`: a session makes one request of each sentence."""

    id: str
    wire: Literal["http", "realtime", "tasks"]
    made_of: type[TTSModelBase[Any]]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rate: int = 24000
    sentences: bool = False

    def build(self, url: str, transport: Transport, *, key: str = KEY, **options: Any) -> TTSModelBase[Any]:
        credential = DashScopeCredential(api_key=key, base_url=url)
        options = {"parameters": self.parameters, "transport": transport, **options}
        return self.made_of(credential, self.model, **options)

    @property
    def pushes(self) -> bool:
        return self.made_of.realtime

    def samples(self, text: str) -> int:
        """How many the sandbox makes of `text`: 60 ms per character."""
        return len(text) * 6 * self.rate // 100


COSY = {"format": "pcm"}
HTTP = Row("qwen", "http", DashScopeTTSModel, "qwen3-tts-flash", sentences=True)
SERVER_COMMIT = Row("qwen-realtime", "realtime", DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime")
COMMIT = Row(
    "qwen-realtime-commit", "realtime", DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", {"mode": "commit"}
)
COSY_REALTIME = Row(
    "cosyvoice-realtime", "tasks", DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash", COSY, 22050
)
COSY_WHOLE = Row("cosyvoice", "tasks", DashScopeCosyVoiceTTSModel, "cosyvoice-v3-flash", COSY, 22050, sentences=True)
SAMBERT = Row("sambert", "tasks", DashScopeCosyVoiceTTSModel, "sambert-zhichu-v1", COSY, 48000, sentences=True)
ROWS = [HTTP, SERVER_COMMIT, COMMIT, COSY_REALTIME, COSY_WHOLE, SAMBERT]
REALTIME = [SERVER_COMMIT, COMMIT, COSY_REALTIME]
Way = Callable[[TTSModelBase[Any], str, Got], Coroutine[Any, Any, None]]


async def whole(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """`await synthesize`, all at once."""
    got.append(await model.synthesize(text))


async def streamed(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """`async for … in synthesize`."""
    async for part in model.synthesize(text):
        got.append(part)


async def session(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """Text in pieces, audio from the session."""
    async with model.session() as talk:
        for at in range(0, len(text), 10):
            await talk.send(text[at : at + 10])
            await asyncio.sleep(0)
        await talk.flush()
        async for part in talk.utterance():
            got.append(part)


async def pushed(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """As AgentScope does it: `push`, then `synthesize`."""
    async with model:
        for at in range(0, len(text), 10):
            got.append(await model.push(text[at : at + 10]))
            await asyncio.sleep(0)
        async for part in model.synthesize():
            got.append(part)


def ways(row: Row) -> list[Way]:
    return [whole, streamed, session, *([pushed] if row.pushes else [])]


def options(way: Way) -> dict[str, Any]:
    """What a model is built with to be used in that way."""
    return {"stream": way is not whole}


CELLS = [(row, way) for row in ROWS for way in ways(row)]
NAMES = [f"{row.id}-{way.__name__}" for row, way in CELLS]
