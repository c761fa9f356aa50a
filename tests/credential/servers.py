"""Small HTTP servers on the loopback interface."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

REASONS = {200: "OK", 302: "Found", 401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}


@dataclass
class Server:
    """What it was asked; `keys` are good here, the rest get `refusal`."""

    url: str = ""
    keys: frozenset[str] = frozenset()
    status: int = 200
    body: bytes = b'{"object":"list","data":[]}'
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        self.asked.append((head[0], headers))
        status, body = self.status, self.body
        if self.keys and headers.get("authorization", "").removeprefix("Bearer ") not in self.keys:
            status, body = 401, refusal("invalid_api_key", "Incorrect API key provided. ")
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(
            f"HTTP/1.1 {status} {REASONS.get(status, 'X')}\r\n{extra}content-length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        await writer.drain()
        writer.close()


def refusal(code: str, message: str) -> bytes:
    """An error in the shape of the OpenAI-compatible interface."""
    error: dict[str, Any] = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json.dumps({"error": error, "request_id": "req-1"}).encode()


@asynccontextmanager
async def serving(server: Server, context: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    async with listening(server.talk, context) as port:
        server.url = f"{'https' if context else 'http'}://127.0.0.1:{port}"
        yield server


@asynccontextmanager
async def listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], context: ssl.SSLContext | None = None
) -> AsyncGenerator[int]:
    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
