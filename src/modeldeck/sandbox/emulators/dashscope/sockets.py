"""The WebSockets of the DashScope emulator: one class per protocol."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, NoReturn, assert_never

from starlette.websockets import WebSocket

from modeldeck._wire.acts import End, Speak, Stop
from modeldeck.errors import ParameterError
from modeldeck.providers.dashscope.wire import realtime, tasks
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.conversation import Acting, Conversation
from modeldeck.sandbox.emulators.dashscope.models import facts, failure, rejection
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.voice import Speaker


class Session(Acting):
    """One realtime session. With mp3, opus or wav it is one file; in mode commit each response is one."""

    def __init__(self, box: Box, socket: WebSocket, line: Line, server: realtime.RealtimeServer) -> None:
        super().__init__(box, socket, line)
        self._server = server
        self._speaker: Speaker | None = None

    async def read(self) -> NoReturn:
        await self.do(self._server.opening())
        while True:
            await self.do(self._server.receive(await self.received()))

    async def speak(self) -> NoReturn:
        while True:
            item = await self.queue.get()
            if isinstance(item, Speak):
                await self._respond(item.text)
                continue
            if self._speaker is not None and (tail := self._speaker.end()):
                await self._tail(tail)
            await self.line.finish(self._server.finished())
            await self.line.close()

    async def _respond(self, text: str) -> None:
        settings, line, stops = self._server.settings, self.line, self.stops
        files = settings["mode"] == "commit" and settings["response_format"] != "pcm"
        if self._speaker is None or files:
            self._speaker = self.box.voice.speaker(
                settings["response_format"],
                settings["sample_rate"],
                rate=settings.get("speech_rate", 1.0),
                fault=line.fault,
                sample=self._speaker.sample if self._speaker is not None else 0,
            )
        response, spoken = self._server.response(text), await self._speaker.say(text)
        for frame in response.begin():
            await line.event(frame)
        async for chunk in spoken:
            if self.stops != stops:
                break
            if line.due("error"):
                told = failure(line)
                await line.event(self._server.failure(told.code, told.message))
                await asyncio.Event().wait()  # the session stays open, and that is all
            await line.audio(response.delta(line.base64(chunk)))
        if files and self.stops == stops and (tail := self._speaker.end()):
            await line.audio(response.delta(line.base64(tail)))
        for frame in response.end(spoken.end - spoken.begin, "completed" if self.stops == stops else "cancelled"):
            await line.event(frame)

    async def _tail(self, tail: bytes) -> None:
        """What is left of the file, in a response of its own."""
        response = self._server.response("")
        for frame in (*response.begin(), response.delta(self.line.base64(tail)), *response.end(0.0)):
            await self.line.event(frame)


class Tasks(Conversation[Speak | End]):
    """One run-task after the other on a WebSocket; the numbered samples go on from task to task."""

    def __init__(self, box: Box, socket: WebSocket) -> None:
        super().__init__(box, socket)
        self._server = tasks.TaskServer(partial(facts, "tasks"))
        self._line = box.line(socket)
        self._speaker = box.voice.speaker()
        self._begun = 0  # of `stops`, when the task began

    async def read(self) -> NoReturn:
        clock = asyncio.get_running_loop().time
        while True:
            try:
                async with asyncio.timeout_at(self._server.due):
                    frame = await self.received()
            except TimeoutError:
                await self._do(self._server.overdue())
                continue
            try:
                await self._do(self._server.receive(frame, clock()))
            except ParameterError as error:  # a wrong fault in the model's name
                await self._line.close(1008, str(error))

    async def _do(self, acts: list[tasks.Act]) -> None:
        for act in acts:
            match act:
                case tasks.Begin():
                    await self._begin(act.task)
                case Speak() | End():
                    self.queue.put_nowait(act)
                case Stop():
                    self.stop()
                case tasks.Fail():
                    await self._fail(act)
                case _:
                    assert_never(act)

    async def _begin(self, task: tasks.Task) -> None:
        self._begun = self.stops
        refusal = self.box.refusal(self.socket, task.model) if split_model(task.model)[1] else None
        if refusal is not None:
            told = rejection(refusal.status)
            await self._fail(tasks.Fail(self._server.failure(told.code, told.message)))
            return
        self._line = line = self.box.line(self.socket, task.model)
        encoding: Any = task.format
        self._speaker = self.box.voice.speaker(
            encoding, task.sample_rate, rate=task.rate, fault=line.fault, sample=self._speaker.sample
        )
        await line.event(self._server.started())

    async def _fail(self, act: tasks.Fail) -> None:
        self.stop()
        if act.frame:
            await self._line.event(act.frame)
        await self._line.close(act.code, act.reason)

    async def speak(self) -> NoReturn:
        while True:
            item = await self.queue.get()
            if isinstance(item, Speak):
                await self._sentence(item.text)
                continue
            if self.stops == self._begun and (tail := self._speaker.end()):
                await self._chunk(tail)
            await self._line.finish(self._server.finished())

    async def _sentence(self, text: str) -> None:
        spoken = await self._speaker.say(text)
        await self._tell(self._server.begin(text))
        async for chunk in spoken:
            if self.stops != self._begun:
                return
            if self._line.due("error"):
                told = failure(self._line)
                await self._fail(tasks.Fail(self._server.failure(told.code, told.message)))
                return
            await self._chunk(chunk)
        await self._tell(self._server.end(text, spoken.words, spoken.begin, spoken.end))

    async def _chunk(self, data: bytes) -> None:
        await self._tell(self._server.synthesis())
        await self._line.audio(data)

    async def _tell(self, frames: list[str]) -> None:
        for frame in frames:
            await self._line.event(frame)
