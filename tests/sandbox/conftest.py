from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from modeldeck.sandbox import Sandbox
from tests.sandbox import echo

KEY = {"authorization": "Bearer sk-good"}


class Client:
    """Asks an `echo` sandbox, over HTTP and WebSocket alike."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box

    async def post(self, model: str = "m", text: str = "hello there", **options: Any) -> httpx.Response:
        options.setdefault("headers", KEY)
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(f"{self.box.url}/echo", json={"model": model, "text": text}, **options)

    @asynccontextmanager
    async def stream(self, model: str = "m", text: str = "hello there") -> AsyncIterator[httpx.Response]:
        body = {"model": model, "text": text}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
            client.stream("POST", f"{self.box.url}/echo", json=body, headers=KEY) as answer,
        ):
            yield answer

    @asynccontextmanager
    async def talk(self, query: str = "", **options: Any) -> AsyncIterator[ClientConnection]:
        url = self.box.url.replace("http", "ws", 1) + "/echo" + query
        async with connect(url, compression=None, max_size=None, proxy=None, **options) as socket:
            yield socket

    async def emptied(self) -> None:
        """Until nobody is connected any more."""
        for peer in list(self.box._peers):
            await asyncio.wait_for(peer.lost.wait(), 30)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(part.removeprefix("data:")) for part in text.split("\n\n") if part]


async def spoken(socket: ClientConnection) -> tuple[list[bytes], list[str]]:
    """The audio and the text frames of one call, to its `finished`."""
    chunks: list[bytes] = []
    frames: list[str] = []
    while '{"finished": true}' not in frames:
        frame = await socket.recv()
        if isinstance(frame, bytes):
            chunks.append(frame)
        else:
            frames.append(frame)
    return chunks, frames


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(emulators={"echo": echo}) as running:
        yield running


@pytest.fixture
def client(box: Sandbox) -> Client:
    return Client(box)
