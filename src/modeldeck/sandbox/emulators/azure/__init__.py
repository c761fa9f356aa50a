"""Azure's speech: SSML and streamed text over WebSockets, SSML over HTTP, voices and tokens."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck.providers.azure.wire import rest, speech
from modeldeck.sandbox.box import Box, bearer, websocket_url
from modeldeck.sandbox.emulators.azure.sockets import Turns
from modeldeck.sandbox.emulators.azure.sound import Sound, made
from modeldeck.sandbox.emulators.azure.voices import known, listed
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.lists import listed as answered

KEY = "azure-sandbox"
_ANY = ("",)
_PREFIXES = ("", "/tts")  # a region's host, and a resource's own
_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_REASONS = {
    400: "Bad request.",
    403: "Forbidden.",
    404: "Resource not found.",
    429: "Quota exceeded: too many requests.",
    503: "The service is unavailable.",
}
_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "wav": "audio/x-wav"}


def routes(box: Box) -> list[BaseRoute]:
    listed()  # reads the cards now, not while somebody waits for audio
    emulator = Azure(box)
    found: list[BaseRoute] = [Route(rest.ISSUE, emulator.token, methods=["POST"])]
    for prefix in _PREFIXES:
        found.append(Route(prefix + rest.PATH, emulator.speech, methods=["POST"]))
        found.append(Route(prefix + rest.VOICES, emulator.voices, methods=["GET"]))
        found += [
            WebSocketRoute(prefix + speech.PATH, partial(emulator.turns, streaming=False)),
            WebSocketRoute(prefix + speech.STREAMING_PATH, partial(emulator.turns, streaming=True)),
        ]
    return found


def environment(url: str) -> dict[str, str]:
    """What the credential reads; of Microsoft's SDK the samples do."""
    return {
        "AZURE_SPEECH_KEY": KEY,
        "SPEECH_KEY": KEY,
        "AZURE_SPEECH_ENDPOINT": url,
        "SPEECH_ENDPOINT": url,
        "AZURE_SPEECH_HOST": websocket_url(url),
    }


def about(url: str) -> list[str]:
    return [
        f"Azure Speech over HTTP       POST {url}{rest.PATH}",
        f"Azure Speech                 {websocket_url(url)}{speech.PATH}",
        f"Azure Speech, streamed text  {websocket_url(url)}{speech.STREAMING_PATH}",
        f"  its SDK reads no variable: SpeechConfig(subscription='{KEY}', host='{websocket_url(url)}')",
    ]


class Azure:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def turns(self, socket: WebSocket, *, streaming: bool) -> None:
        """Turns of speech over a WebSocket; `streaming`: version 2."""
        if refused := self._refused(socket, ""):
            await socket.send_denial_response(refused)
            return
        offered: list[str] = socket.scope["subprotocols"]
        await socket.accept(subprotocol="USP" if "USP" in offered else None)
        trained = bool(socket.query_params.get("deploymentId"))
        server = speech.SpeechServer(
            partial(known, "streaming" if streaming else "whole", trained=trained), streaming=streaming
        )
        await Turns(self._box, socket, server).run()

    async def speech(self, request: Request) -> Response:
        """Speech over HTTP."""
        trained = bool(request.query_params.get("deploymentId"))
        asked = rest.parse_request(await request.body(), request.headers, partial(known, "whole", trained=trained))
        voice = asked.spoken.voice if isinstance(asked, rest.Asked) else ""
        if refused := self._refused(request, voice):
            return refused
        if isinstance(asked, rest.Rejection):
            return PlainTextResponse(asked.reason, asked.status)
        line = self._box.line(request, voice)
        try:
            sound = Sound(self._box, asked.format, line.fault)
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        if line.due("error"):
            assert line.fault is not None
            return PlainTextResponse(str(line.fault.value), 500)
        body = partial(self._stream, line, sound, asked.spoken.text)
        kind = _TYPES.get(made(asked.format).audio.encoding, "audio/basic")
        return line.stream(body, media_type=kind, headers={"x-requestid": uuid4().hex})

    async def _stream(self, line: Line, sound: Sound, text: str) -> None:
        spoken = await sound.say(text)
        async for chunk in sound.chunks(spoken):
            await line.audio(chunk)
        if tail := sound.end():
            await line.audio(tail)
        await line.finish(b"")

    async def voices(self, request: Request) -> Response:
        if refused := self._refused(request, ""):
            return refused
        line = self._box.line(request)
        if line.due("error"):
            assert line.fault is not None
            return PlainTextResponse(str(line.fault.value), 500)
        return answered(line, listed(), {"x-requestid": uuid4().hex})

    async def token(self, request: Request) -> Response:
        """Good for everything here that takes a bearer token."""
        return self._refused(request, "") or PlainTextResponse(f"token-{uuid4().hex}")

    def _refused(self, connection: HTTPConnection, voice: str) -> Response | None:
        name = "Ocp-Apim-Subscription-Key"
        key = connection.headers.get(name) or connection.query_params.get(name) or bearer(connection)
        if self._box.key_problem(key, _ANY):
            return JSONResponse({"error": {"code": "401", "message": _DENIED}}, 401)
        refusal = self._box.refusal(connection, voice)
        if refusal is None:
            return None
        reason = _REASONS.get(refusal.status, "Internal server error.")
        return PlainTextResponse(reason, refusal.status, refusal.headers)
