"""A Realtime session of the OpenAI emulator: read by one task, spoken to by another."""

from __future__ import annotations

from typing import Any, NoReturn, assert_never

from starlette.websockets import WebSocket

from modeldeck._wire.acts import Close, Send, Stop
from modeldeck.providers.openai.wire import realtime
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.conversation import Conversation
from modeldeck.sandbox.emulators.openai.models import failure
from modeldeck.sandbox.line import Line


class Session(Conversation[realtime.Response]):
    """The numbered samples go on from response to response."""

    def __init__(
        self, box: Box, socket: WebSocket, line: Line, server: realtime.RealtimeServer, key_problem: str | None
    ) -> None:
        super().__init__(box, socket)
        self._line = line
        self._server = server
        self._key_problem = key_problem

    async def read(self) -> NoReturn:
        await self._do(self._server.opening(self._key_problem))
        while True:
            await self._do(self._server.receive(await self.received()))

    async def _do(self, acts: list[realtime.Act]) -> None:
        for act in acts:
            match act:
                case Send():
                    await self._line.event(act.frame)
                case realtime.Respond():
                    self.queue.put_nowait(act.response)
                case Stop():
                    self.stop()
                case Close():
                    await self._line.close(act.code, act.reason)
                case _:
                    assert_never(act)

    async def speak(self) -> NoReturn:
        while True:
            response = await self.queue.get()
            await self._respond(response)
            self._server.over(response)
            await self._line.event(realtime.rate_limits())

    async def _respond(self, response: realtime.Response) -> None:
        line, stops = self._line, self.stops
        form = response.format
        encoding: Any = "pcm" if form.encoding == "pcm_s16le" else form.encoding
        speaker = self.box.voice.speaker(
            encoding, form.sample_rate, rate=response.speed, fault=line.fault, sample=self.sample
        )
        for frame in response.begin():
            await line.event(frame)
        spoken = await speaker.say(response.text)
        async for chunk in spoken:
            if self.stops != stops:
                break
            if line.due("error"):
                told = failure(line)
                await line.event(response.failed(told.code or "", told.message))
                return
            await line.audio(response.delta(line.base64(chunk)))
        self.sample = speaker.sample
        well = self.stops == stops
        for frame in response.end("completed" if well else "cancelled"):
            await line.event(frame)
        await line.finish(response.done(spoken.end) if well else response.cancelled())
