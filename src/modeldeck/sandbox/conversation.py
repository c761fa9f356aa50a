"""A WebSocket's side of an emulator: read by one task, spoken to by another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Generic, NoReturn, TypeAlias, TypeVar, assert_never

from starlette.websockets import WebSocket

from modeldeck._wire.acts import Close, End, Send, Speak, Stop
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.line import Line, LineGone

Item = TypeVar("Item")
Act: TypeAlias = Speak | Stop | End | Send | Close


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


class Acting(Conversation[Speak | End]):
    """One whose wire says in the usual acts what is to be done; what is to be spoken, and the end, are queued."""

    def __init__(self, box: Box, socket: WebSocket, line: Line) -> None:
        super().__init__(box, socket)
        self.line = line

    async def do(self, acts: Iterable[Act]) -> None:
        for act in acts:
            match act:
                case Send():
                    await self.line.event(act.frame)
                case Speak() | End():
                    self.queue.put_nowait(act)
                case Stop():
                    self.stop()
                case Close():
                    await self.line.close(act.code, act.reason)
                case _:
                    assert_never(act)
