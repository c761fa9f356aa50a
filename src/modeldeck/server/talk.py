"""One conversation over a WebSocket: JSON commands in; JSON events and, behind an `audio` event, its bytes out."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, assert_never

from fastapi import WebSocket
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.websockets import WebSocketDisconnect

from modeldeck.errors import Finding, ModelDeckError, ParameterError, UnsupportedError
from modeldeck.server.calls import Call, model_for
from modeldeck.server.problems import problem_of
from modeldeck.server.shapes import Input
from modeldeck.tts import AudioFormat, Session, TTSResponse

if TYPE_CHECKING:
    from modeldeck.server.state import Server

MOST_WAITING = 100_000  # characters that may be said and not yet spoken
_NORMAL, _REFUSED, _BROKEN = 1000, 1008, 1011


class Output(Input):
    encoding: str = Field(min_length=1)
    sample_rate: int = Field(gt=0)
    channels: int = Field(default=1, gt=0)


class Start(Input):
    """First of all: who speaks, and how. `output`: raw PCM unless given, where the model has it.

    `text_filter`: the text is Markdown, of which what is meant is spoken.
    """

    type: Literal["start"]
    ref: str = Field(min_length=1)
    voice: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any])
    credential: str | None = None
    output: Output | None = None
    text_filter: bool = False


class Text(Input):
    """More text of the current utterance."""

    type: Literal["text"]
    text: str


class Flush(Input):
    """The utterance is complete."""

    type: Literal["flush"]


class Commit(Input):
    """Speak what is there now."""

    type: Literal["commit"]


class Clear(Input):
    """Forget what is not spoken yet."""

    type: Literal["clear"]


class Interrupt(Input):
    """Be silent now. `played`: seconds of the utterance that were heard."""

    type: Literal["interrupt"]
    played: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class Stop(Input):
    """No more text: what was said is spoken, then the conversation ends."""

    type: Literal["stop"]


Command = Text | Flush | Commit | Clear | Interrupt | Stop
_START: TypeAdapter[Start] = TypeAdapter(Start)
_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


class Talk:
    """`run` ends when the conversation does, or the client is gone."""

    def __init__(self, socket: WebSocket, server: Server, user: str) -> None:
        self._socket = socket
        self._server = server
        self._user = user
        self._sending = asyncio.Lock()  # an audio event and its bytes are one
        self._turn = 0  # counts interruptions: what was taken before one is not sent after it
        self._waiting = 0  # characters that were said and not spoken
        self._said: deque[int] = deque([0])  # of them, by utterance; the last one is not flushed

    async def run(self) -> None:
        with suppress(WebSocketDisconnect):
            try:
                start = await self._read(_START)
                output = AudioFormat(**start.output.model_dump()) if start.output is not None else None
                call = Call(
                    start.ref,
                    start.voice,
                    output=output,
                    credential=start.credential,
                    parameters=start.parameters,
                    text_filter=start.text_filter,
                )
                model = await model_for(self._server, self._user, call)
                session = model.session()
            except ModelDeckError as error:
                await self._fail(error, _REFUSED)
                return
            async with session:
                await self._tell("started", format=asdict(model.output) if model.output is not None else None)
                await self._converse(session)

    async def _converse(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        hearing = loop.create_task(self._hear(session), name="modeldeck conversation: client")
        speaking = loop.create_task(self._speak(session), name="modeldeck conversation: speech")
        try:
            await asyncio.wait((hearing, speaking), return_when=asyncio.FIRST_COMPLETED)
            ended = speaking if speaking.done() else hearing
        finally:
            for task in (hearing, speaking):
                task.cancel()
            await asyncio.gather(hearing, speaking, return_exceptions=True)
        try:
            ended.result()
        except ModelDeckError as error:
            await self._fail(error, _BROKEN)
        else:
            await self._tell("end")
            await self._socket.close(_NORMAL)

    # -- in

    async def _hear(self, session: Session) -> None:
        """Until the client is gone. What breaks the session is told by whoever speaks."""
        while True:
            try:
                await self._obey(session, await self._read(_COMMAND))
            except (ParameterError, UnsupportedError) as error:
                await self._tell_error(error)
            except ModelDeckError:
                continue

    async def _obey(self, session: Session, command: Command) -> None:
        match command:
            case Text(text=text):
                await self._say(session, text)
            case Flush():
                self._said.append(0)
                await session.flush()
            case Commit():
                await session.commit()
            case Clear():
                await session.clear()
                self._said[-1] = 0  # of what was committed, somewhat too little may be counted
                self._waiting = sum(self._said)
                await self._tell("cleared")
            case Interrupt(played=played):
                self._turn += 1
                heard = await session.interrupt(played)
                self._waiting, self._said = 0, deque([0])
                await self._tell("interrupted", heard=heard)
            case Stop():
                await session.end()
            case _:
                assert_never(command)

    async def _say(self, session: Session, text: str) -> None:
        if self._waiting + len(text) > MOST_WAITING:
            message = f"more than {MOST_WAITING} characters wait to be spoken; send this text later"
            raise ParameterError(message, parameter="text", limit=MOST_WAITING)
        await session.send(text)
        self._waiting += len(text)
        self._said[-1] += len(text)

    async def _read(self, shape: TypeAdapter[Any]) -> Any:
        """The next command. Raises ParameterError for what is none, WebSocketDisconnect at the end."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        try:
            return shape.validate_json(message.get("text") or b"")
        except ValidationError as error:
            findings = tuple(_finding(one["loc"], one["msg"]) for one in error.errors(include_input=False))
            said = "; ".join(one.message for one in findings)
            raise ParameterError(said, parameter=findings[0].parameter, findings=findings) from None

    # -- out

    async def _speak(self, session: Session) -> None:
        async for increment in session:
            turn = self._turn
            async with self._sending:
                if turn == self._turn:
                    await self._deliver(increment)

    async def _deliver(self, increment: TTSResponse) -> None:
        if increment.timings:
            words = [{"text": one.text, "start": one.start, "end": one.end} for one in increment.timings]
            await self._send("words", words=words)
        if increment.audio and increment.format is not None:
            told = {"format": asdict(increment.format), "offset": increment.offset, "samples": increment.samples}
            await self._send("audio", **told)
            await self._socket.send_bytes(increment.audio)
        if increment.is_last:
            if len(self._said) > 1:
                self._waiting -= self._said.popleft()
            usage = asdict(increment.usage) if increment.usage is not None else None
            await self._send("utterance_end", usage=usage, first_audio=increment.first_audio)

    async def _tell(self, kind: str, **content: Any) -> None:
        async with self._sending:
            await self._send(kind, **content)

    async def _tell_error(self, error: ModelDeckError) -> None:
        problem = problem_of(error).model_dump(mode="json", exclude_none=True)
        await self._tell("error", **{**problem, "problem_type": problem["type"]})

    async def _send(self, kind: str, **content: Any) -> None:
        await self._socket.send_text(to_json({**content, "type": kind}).decode())

    async def _fail(self, error: ModelDeckError, code: int) -> None:
        await self._tell_error(error)
        await self._socket.close(code)


def _finding(loc: tuple[int | str, ...], message: str) -> Finding:
    where = ".".join(map(str, loc))
    return Finding(f"{where}: {message}" if where else message, where or None)
