"""The WebSockets of the Azure emulator."""

from __future__ import annotations

from typing import NoReturn, assert_never

from starlette.websockets import WebSocket

from modeldeck._wire.acts import End, Speak
from modeldeck.errors import ParameterError
from modeldeck.providers.azure.wire.speech import Act, Begin, Fail, SpeechServer, Turn
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.conversation import Conversation
from modeldeck.sandbox.emulators.azure.sound import Sound
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import LineGone

# What the service closes with, by the fault's code or status; anything else is its own fault.
_CLOSES: dict[str | int, int] = {"BadRequest": 1007, 400: 1007, "TooManyRequests": 4429, 429: 4429}
_BROKEN = 1011


class Turns(Conversation[Speak | End]):
    """One turn after the other; the numbered samples go on from turn to turn."""

    def __init__(self, box: Box, socket: WebSocket, server: SpeechServer) -> None:
        super().__init__(box, socket)
        self._server = server
        self._line = box.line(socket)
        self._sound: Sound | None = None

    async def read(self) -> NoReturn:
        while True:
            acts = self._server.receive(await self.received())
            try:
                await self._do(acts)
            except ParameterError as error:  # a wrong fault in the voice's name
                await self._fail(1008, str(error))

    async def _do(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Begin():
                    await self._begin(act.turn)
                case Speak() | End():
                    self.queue.put_nowait(act)
                case Fail():
                    await self._fail(act.code, act.reason)
                case _:
                    assert_never(act)

    async def _fail(self, code: int, reason: str) -> NoReturn:
        await self._line.close(code, reason)
        raise LineGone

    async def _begin(self, turn: Turn) -> None:
        refusal = self.box.refusal(self.socket, turn.voice) if split_model(turn.voice)[1] else None
        if refusal is not None:
            await self._fail(_CLOSES.get(refusal.status, _BROKEN), f"Refused with status {refusal.status}.")
        self._line = line = self.box.line(self.socket, turn.voice)
        try:
            self._sound = Sound(self.box, turn.format, line.fault, self._sound.sample if self._sound else 0)
        except ValueError as error:
            await self._fail(1007, str(error))
        for frame in self._server.started():
            await line.event(frame)

    async def speak(self) -> NoReturn:
        while True:
            item = await self.queue.get()
            if isinstance(item, Speak):
                await self._sentence(item.text)
                continue
            sound = self._sound
            assert sound is not None
            if tail := sound.end():
                await self._chunk(tail)
            await self._line.event(self._server.audio(b""))
            *before, last = self._server.finished(sound.seconds)
            for frame in before:
                await self._line.event(frame)
            await self._line.finish(last)

    async def _sentence(self, text: str) -> None:
        stops, sound = self.stops, self._sound
        assert sound is not None
        spoken = await sound.say(text)
        for frame in self._server.words(spoken.words):
            await self._line.event(frame)
        async for chunk in sound.chunks(spoken):
            if self.stops != stops:
                return
            if self._line.due("error"):
                fault = self._line.fault
                code = str(fault.value) if fault is not None else ""
                await self._fail(_CLOSES.get(code, _BROKEN), code)
            await self._chunk(chunk)

    async def _chunk(self, data: bytes) -> None:
        frame = self._server.audio(data)
        if self._line.due("garbage"):
            frame = b"\xff\xff" + frame[2:]  # headers that are longer than the message
        await self._line.audio(frame)
