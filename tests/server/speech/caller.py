"""Who calls the speech endpoints, and what is heard."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from sys import byteorder
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.voice import numbered
from modeldeck.server.run import Running

TEXT = "One two three four. Five six seven eight."
QWEN = "dashscope/qwen3-tts-flash"
WHOLE = len(TEXT) * 1440  # samples that the sandbox speaks, at 24 kHz
PATIENCE = 30  # seconds


@dataclass(frozen=True, slots=True)
class Caller:
    running: Running
    client: httpx.AsyncClient
    box: Sandbox
    token: str

    async def speak(self, model: str = QWEN, text: str = TEXT, **fields: Any) -> httpx.Response:
        return await self.client.post("/v1/audio/speech", json=body(model, text, **fields))

    @asynccontextmanager
    async def stream(self, model: str = QWEN, text: str = TEXT, **fields: Any) -> AsyncIterator[httpx.Response]:
        async with self.client.stream("POST", "/v1/audio/speech", json=body(model, text, **fields)) as answer:
            yield answer

    @asynccontextmanager
    async def talk(self, ref: str | None = None, **fields: Any) -> AsyncIterator[Line]:
        """`ref`: begin with it."""
        url = f"{self.running.url.replace('http', 'ws', 1)}/api/v1/conversation"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with connect(url, additional_headers=headers, proxy=None, compression=None, max_size=None) as socket:
            line = Line(socket)
            if ref is not None:
                await line.tell("start", ref=ref, **fields)
                line.format = (await line.until("started"))["format"]
            yield line

    async def left_alone(self) -> None:
        """Until nobody is connected to the sandbox any more."""
        async with asyncio.timeout(PATIENCE):
            for peer in list(self.box._peers):
                await peer.lost.wait()


def body(model: str, text: str, **fields: Any) -> dict[str, Any]:
    return {"model": model, "input": text, "voice": "default", "response_format": "pcm", **fields}


class Line:
    """The client's end of a conversation. `audio`: what came since the last `until`; `words` too."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.format: dict[str, Any] | None = None
        self.audio = b""
        self.words: list[dict[str, Any]] = []
        self.offsets: list[int] = []

    async def tell(self, type: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def event(self) -> dict[str, Any]:
        """The next one; the bytes of an `audio` are kept."""
        found = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
        if found["type"] == "audio":
            data = await asyncio.wait_for(self.socket.recv(), PATIENCE)
            assert isinstance(data, bytes)
            assert found["samples"] is None or len(data) == 2 * found["samples"]
            self.offsets.append(found["offset"])
            self.audio += data
        elif found["type"] == "words":
            self.words += found["words"]
        return dict(found)

    async def until(self, type: str) -> dict[str, Any]:
        self.audio, self.words, self.offsets = b"", [], []
        while (found := await self.event())["type"] != type:
            assert found["type"] in ("audio", "words", "utterance_end"), found
        return found


def samples(data: bytes) -> int:
    """How many numbered samples, of which none is missing, twice there or out of order."""
    assert len(data) % 2 == 0
    found = array("H", data)
    if byteorder == "big":
        found.byteswap()
    first = found[0] if found else 0
    assert data == numbered(first, len(found))
    return len(found)
