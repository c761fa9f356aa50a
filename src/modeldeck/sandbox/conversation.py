"""A WebSocket's side of an emulator: read by one task, spoken to by another."""

from __future__ import annotations

import asyncio
from typing import Generic, NoReturn, TypeVar

from starlette.websockets import WebSocket

from modeldeck.sandbox.box import Box
from modeldeck.sandbox.line import LineGone

Item = TypeVar("Item")


class Conversation(Generic[Item]):
    """A WebSocket that is read while a second task speaks what waits in `queue`."""

    def __init__(self, box: Box, socket: WebSocket) -> None:
        self.box = box
        self.socket = socket
        self.queue: asyncio.Queue[Item] = asyncio.Queue()
        self.stops = 0  # how often what was being spoken had to be broken off
        self.sample = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.speak())
            group.create_task(self.read())

    async def speak(self) -> NoReturn:
        raise NotImplementedError

    async def read(self) -> NoReturn:
        raise NotImplementedError

    async def received(self) -> str | bytes:
        """The next frame. Raises LineGone."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise LineGone
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    def stop(self) -> None:
        self.stops += 1
        while not self.queue.empty():
            self.queue.get_nowait()
