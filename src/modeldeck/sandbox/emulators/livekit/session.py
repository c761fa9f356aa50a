"""The WebSocket of the LiveKit emulator."""

from __future__ import annotations

import asyncio
from typing import NoReturn, assert_never

from starlette.websockets import WebSocket

from modeldeck._wire.acts import End, Send
from modeldeck.errors import ParameterError
from modeldeck.providers.livekit.wire.tts import Act, Say, SpeechServer
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.conversation import Conversation
from modeldeck.sandbox.emulators.livekit.models import facts, failure
from modeldeck.sandbox.voice import Speaker


class Session(Conversation[Say | End]):
    """Turn after turn; the numbered samples go on from one to the next. Each turn is a call of its own to faults."""

    def __init__(self, box: Box, socket: WebSocket, model: str) -> None:
        super().__init__(box, socket)
        self._model = model
        self._server = SpeechServer(facts, model)
        self._line = box.line(socket, model)
        self._speaker: Speaker | None = None
        self._begin = 0.0  # seconds of all audio that came before the turn

    async def read(self) -> NoReturn:
        while True:
            try:
                await self._do(self._server.receive(await self.received()))
            except ParameterError as error:  # a wrong fault in a model's name
                await self._line.close(1008, str(error))

    async def _do(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Send():
                    await self.socket.send_text(act.frame)
                case Say() | End():
                    self.queue.put_nowait(act)
                case _:
                    assert_never(act)

    async def speak(self) -> NoReturn:
        begun = False
        while True:
            act = await self.queue.get()
            if not begun:
                self._turn(act)
                begun = True
            if isinstance(act, Say):
                await self._say(act)
            else:
                await self._line.finish(self._server.finished())
                begun = False

    def _turn(self, act: Say | End) -> None:
        self._line = self.box.line(self.socket, act.model if isinstance(act, Say) else self._model)
        before = self._speaker
        self._begin = before.seconds if before is not None else 0.0

    async def _say(self, act: Say) -> None:
        line, server = self._line, self._server
        if self._speaker is None:
            self._speaker = self.box.voice.speaker("pcm", server.sample_rate, fault=line.fault)
        spoken = await self._speaker.say(act.text)
        if act.timed is not None:
            await line.event(server.alignment(act.timed, spoken.words, self._begin))
        async for chunk in spoken:
            if line.due("error") and not (server.fallback and not line.chunks):  # else another model speaks
                await line.event(server.failure(*failure(line)))
                await asyncio.Event().wait()  # the connection stays open, and that is all
            await line.audio(server.audio(line.base64(chunk)))
