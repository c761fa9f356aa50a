"""OpenAI's speech: /v1/audio/speech and the Realtime API, as far as it reads aloud."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck.providers.openai.wire import realtime, speech
from modeldeck.sandbox.box import Box, bearer, websocket_url
from modeldeck.sandbox.emulators.openai import kokoro
from modeldeck.sandbox.emulators.openai.models import OTHERS, encoder_problem, facts, failure, names, rejection, voices
from modeldeck.sandbox.emulators.openai.session import Session
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.lists import listed

KEY = "sk-sandbox"
_BASE = "/v1"
_HELP = "You can find your API key at https://platform.openai.com/account/api-keys."
_AUTHENTICATION = {
    "missing": speech.Rejection(401, f"You didn't provide an API key. {_HELP}"),
    "invalid": speech.Rejection(401, f"Incorrect API key provided. {_HELP}", "invalid_api_key"),
}


def routes(box: Box) -> list[BaseRoute]:
    """The paths of the service, each with and without a last slash."""
    names()  # reads the cards now, not while somebody waits for audio
    emulator = OpenAI(box)
    found: list[BaseRoute] = []
    for end in ("", "/"):
        found.append(Route(_BASE + speech.PATH + end, emulator.audio_speech, methods=["POST"]))
        found.append(Route(f"{_BASE}/models{end}", emulator.models, methods=["GET"]))
        found.append(WebSocketRoute(_BASE + realtime.PATH + end, emulator.realtime))
    return [*found, *kokoro.routes(box)]


def environment(url: str) -> dict[str, str]:
    """What the credential and the official SDK read."""
    return {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url + _BASE}


def about(url: str) -> list[str]:
    socket = websocket_url(url)
    return [
        f"OpenAI speech                POST {url}{_BASE}{speech.PATH}",
        f"OpenAI Realtime, as a voice  {socket}{_BASE}{realtime.PATH}",
        f"Kokoro-FastAPI, self-hosted  POST {url}{kokoro.PREFIX}{speech.PATH}",
        f"  without a key: OpenAICredential(base_url='{url}{kokoro.PREFIX}')",
    ]


class OpenAI:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def audio_speech(self, request: Request) -> Response:
        asked = speech.parse_request(await request.body(), facts)
        model = asked.model if isinstance(asked, speech.Asked) else ""
        if refused := self._refused(request, model):
            return refused
        if isinstance(asked, speech.Rejection):
            return _answer(asked)
        if problem := encoder_problem(asked.response_format):
            return _answer(problem)
        line = self._box.line(request, model)
        if not asked.events and line.fault is not None and line.fault.after == 0 and line.due("error"):
            return _answer(failure(line))
        body = partial(self._spoken, line, asked)
        kind = "text/event-stream" if asked.events else speech.content_type(asked.response_format)
        return line.stream(body, media_type=kind, headers={"x-request-id": _request_id()})

    async def _spoken(self, line: Line, asked: speech.Asked) -> None:
        encoding: Any = asked.response_format
        speaker = self._box.voice.speaker(encoding, speech.RATE, rate=asked.speed, fault=line.fault)
        spoken = await speaker.say(asked.text)
        async for chunk in spoken:
            if line.due("error"):
                await self._failed(line, asked)
                return
            await line.audio(speech.delta(line.base64(chunk)) if asked.events else chunk)
        if tail := speaker.end():
            await line.audio(speech.delta(line.base64(tail)) if asked.events else tail)
        if asked.events:
            await line.finish(speech.done(asked.text, spoken.end))

    async def _failed(self, line: Line, asked: speech.Asked) -> None:
        """A file that has begun can only break off."""
        if asked.events:
            await line.event(speech.failed(failure(line)))
        else:
            await line.lose()

    async def models(self, request: Request) -> Response:
        if refused := self._refused(request, ""):
            return refused
        line = self._box.line(request)
        if line.due("error"):
            return _answer(failure(line))
        found = [{"id": name, "object": "model", "created": 0, "owned_by": "system"} for name in (*names(), *OTHERS)]
        return listed(line, {"object": "list", "data": found}, {"x-request-id": _request_id()})

    async def realtime(self, socket: WebSocket) -> None:
        """Keys and models are looked at after the handshake, as the service does."""
        model = socket.query_params.get("model", "")
        refusal = self._box.refusal(socket, model)
        if refusal is not None:
            await socket.send_denial_response(_answer(rejection(refusal.status), refusal.headers))
            return
        line = self._box.line(socket, model)
        server = realtime.RealtimeServer(line.model, voices(line.model))
        await socket.accept()
        await Session(self._box, socket, line, server, self._box.key_problem(bearer(socket), ("sk-",))).run()

    def _refused(self, connection: HTTPConnection, model: str) -> Response | None:
        if problem := self._box.key_problem(bearer(connection), ("sk-",)):
            return _answer(_AUTHENTICATION[problem])
        refusal = self._box.refusal(connection, model)
        return None if refusal is None else _answer(rejection(refusal.status), refusal.headers)


def _answer(told: speech.Rejection, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(told.body(), told.status, {**(headers or {}), "x-request-id": _request_id()})


def _request_id() -> str:
    return f"req_{uuid4().hex}"
