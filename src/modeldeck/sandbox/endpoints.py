"""Emulators of the usual shape: a wire's server side becomes routes, faults included."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, assert_never
from uuid import uuid4

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck._wire.acts import End, Refused, Speak, Wanted
from modeldeck.sandbox.box import Box, bearer
from modeldeck.sandbox.conversation import Act, Acting
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line

if TYPE_CHECKING:
    from modeldeck.credential.base import CredentialBase
    from modeldeck.tts.card import TTSModelCard

Find = Callable[[str], Collection[str] | None]
"""The voices of the model that a client names so; None where there is no such model, none where any voice is good."""


class SpeechServer(Protocol):
    """A wire's server side of one HTTP answer."""

    media_type: str

    @property
    def base64(self) -> bool | str:
        """Whether `audio` takes base64 in place of bytes; "hex": hexadecimal."""
        ...

    def asked(self, data: bytes, find: Find) -> Wanted | Refused:
        """What the request's body asks for, or what is wrong with it."""
        ...

    def audio(self, data: Any) -> str | bytes:
        """A chunk, as bytes, base64 or hexadecimal."""
        ...

    def failed(self, code: str) -> str | bytes | None:
        """An error among the audio; None: an answer that has begun can only break off."""
        ...

    def end(self, seconds: float) -> str | bytes | None:
        """All was spoken; None where only the end of the answer says so."""
        ...


class TalkServer(Protocol):
    """A wire's server side of one WebSocket; its audio goes as base64."""

    sample_rate: int

    def receive(self, frame: str | bytes) -> Sequence[Act]:
        """What a frame asks for."""
        ...

    def audio(self, data: str) -> str:
        """A chunk, as base64."""
        ...

    def failed(self, code: str) -> str:
        """An error in mid-speech."""
        ...

    def finished(self) -> str:
        """All of an utterance was spoken."""
        ...


class Endpoints:
    """Routes of one service. `credential`: its class, whose cards say which models and voices there are.

    `refused`: how it words an HTTP status. `prefix`: of all its paths, for the sandbox serves everybody on one port.
    `key`: where a request has its key, which is good here unless there is an `invalid` in it. `request_id`: the header
    that says what the service calls a request.
    """

    def __init__(
        self,
        box: Box,
        credential: type[CredentialBase],
        refused: Callable[[int], Refused],
        *,
        prefix: str = "",
        key: Callable[[HTTPConnection], str | None] = bearer,
        request_id: str = "x-request-id",
    ) -> None:
        self._box = box
        self._voices = {card.name: _voices(card) for card in credential.list_tts_models()}
        self._prefix = prefix
        self._words = refused
        self._key = key
        self._request_id = request_id

    def speech(self, path: str, make: Callable[[], SpeechServer], *, method: str = "POST") -> BaseRoute:
        """A text in the request, speech in the answer; `make` is called for each."""

        async def speech(request: Request) -> Response:
            server = make()
            asked = server.asked(await request.body(), self._find)
            model = asked.model if isinstance(asked, Wanted) else ""
            if refused := self._refused(request, model):
                return refused
            if isinstance(asked, Refused):
                return self._answer(asked)
            line = self._box.line(request, model)
            if _fails_at_once(line) and server.failed(_code(line)) is None and line.due("error"):
                return self._answer(self._words(500))
            body = partial(self._spoken, line, server, asked)
            return line.stream(body, media_type=server.media_type, headers=self._named())

        return Route(self._prefix + path, speech, methods=[method])

    def talk(self, path: str, make: Callable[[Collection[str]], TalkServer]) -> BaseRoute:
        """A WebSocket whose query names the model; `make` is given the model's voices."""

        async def talk(socket: WebSocket) -> None:
            model = socket.query_params.get("model", "")
            voices = self._find(model)
            refused = self._refused(socket, model)
            if refused is None and voices is None:
                refused = self._answer(self._words(404))
            if refused is not None:
                await socket.send_denial_response(refused)
                return
            await socket.accept()
            await _Talk(self._box, socket, self._box.line(socket, model), make(voices or ())).run()

        return WebSocketRoute(self._prefix + path, talk)

    def listing(self, path: str, content: Mapping[str, Any]) -> BaseRoute:
        """What the credential's check asks for: free, and only for good keys."""

        async def listing(request: Request) -> Response:
            return self._refused(request, "") or JSONResponse(content, headers=self._named())

        return Route(self._prefix + path, listing, methods=["GET"])

    def _find(self, model: str) -> Collection[str] | None:
        return self._voices.get(split_model(model)[0])

    def _refused(self, connection: HTTPConnection, model: str) -> Response | None:
        if self._box.key_problem(self._key(connection), ("",)):
            return self._answer(self._words(401))
        fault = self._box.refusal(connection, model)
        return None if fault is None else self._answer(self._words(fault.status), fault.headers)

    def _answer(self, refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
        return JSONResponse(refused.body, refused.status, {**(headers or {}), **self._named()})

    def _named(self) -> dict[str, str]:
        return {self._request_id: f"req-{uuid4().hex[:12]}"}

    async def _spoken(self, line: Line, server: SpeechServer, asked: Wanted) -> None:
        encoding: Any = asked.encoding
        speaker = self._box.voice.speaker(encoding, asked.sample_rate, rate=asked.speed, fault=line.fault)
        spoken = await speaker.say(asked.text)
        async for chunk in spoken:
            if line.due("error"):
                await _failed(line, server)
                return
            await line.audio(server.audio(_written(line, server, chunk)))
        if tail := speaker.end():
            await line.audio(server.audio(_written(line, server, tail)))
        if (last := server.end(spoken.end)) is not None:
            await line.finish(last)


async def _failed(line: Line, server: SpeechServer) -> None:
    """Where the wire has no word for it the connection breaks off."""
    frame = server.failed(_code(line))
    if frame is None:
        await line.lose()
    else:
        await line.event(frame)


class _Talk(Acting):
    """The numbered samples go on from utterance to utterance."""

    def __init__(self, box: Box, socket: WebSocket, line: Line, server: TalkServer) -> None:
        super().__init__(box, socket, line)
        self._server = server

    async def read(self) -> NoReturn:
        while True:
            await self.do(self._server.receive(await self.received()))

    async def speak(self) -> NoReturn:
        while True:
            match act := await self.queue.get():
                case Speak():
                    await self._say(act.text)
                case End():
                    await self.line.finish(self._server.finished())
                case _:
                    assert_never(act)

    async def _say(self, text: str) -> None:
        line, server, stops = self.line, self._server, self.stops
        speaker = self.box.voice.speaker("pcm", server.sample_rate, fault=line.fault, sample=self.sample)
        spoken = await speaker.say(text)
        self.sample = speaker.sample
        async for chunk in spoken:
            if self.stops != stops:
                return
            if line.due("error"):
                await line.event(server.failed(_code(line)))
                await line.close(1011, "failed")
                return
            await line.audio(server.audio(line.base64(chunk)))


def _written(line: Line, server: SpeechServer, chunk: bytes) -> str | bytes:
    if server.base64 == "hex":
        return line.hex(chunk)
    return line.base64(chunk) if server.base64 else chunk


def _fails_at_once(line: Line) -> bool:
    return line.fault is not None and line.fault.name == "error" and line.fault.after == 0


def _code(line: Line) -> str:
    return str(line.fault.value) if line.fault is not None else ""


def _voices(card: TTSModelCard) -> Collection[str]:
    return () if card.custom_voices else [voice.id for voice in card.voices]
