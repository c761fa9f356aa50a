"""LiveKit Inference's speech over a WebSocket."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck.providers.livekit.wire import token
from modeldeck.providers.livekit.wire.tts import PATH, refusal
from modeldeck.sandbox.box import Box, bearer, websocket_url
from modeldeck.sandbox.emulators.livekit.models import facts, models, says, secret_of
from modeldeck.sandbox.emulators.livekit.session import Session

KEY = "APIsandbox"
_PATHS = (PATH, "/tts")


def routes(box: Box) -> list[BaseRoute]:
    """The path of the service, with and without its version."""
    models()  # reads the cards now, not while somebody waits for audio
    emulator = LiveKit(box)
    sockets: list[BaseRoute] = [WebSocketRoute(path, emulator.speech) for path in _PATHS]
    return [*sockets, *(Route(path, emulator.plain, methods=["GET"]) for path in _PATHS)]


def environment(url: str) -> dict[str, str]:
    """What the credential and livekit-agents read."""
    return {
        "LIVEKIT_API_KEY": KEY,
        "LIVEKIT_API_SECRET": secret_of(KEY) or "",
        "LIVEKIT_INFERENCE_URL": f"{url}/v1",
    }


def about(url: str) -> list[str]:
    return [
        f"LiveKit Inference TTS        {websocket_url(url)}{PATH}?model=<provider>/<model>",
        "  an API key is good with one secret: the key and -secret-of-the-sandbox behind it",
    ]


class LiveKit:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def speech(self, socket: WebSocket) -> None:
        model = socket.query_params.get("model", "")
        if refused := self._refused(socket, model):
            await socket.send_denial_response(refused)
            return
        await socket.accept()
        await Session(self._box, socket, model).run()

    async def plain(self, request: Request) -> Response:
        """A request that asks for no WebSocket."""
        refused = self._refused(request, request.query_params.get("model", ""))
        return refused or JSONResponse({"error": "upgrade required"}, 426, {"upgrade": "websocket"})

    def _refused(self, connection: Request | WebSocket, model: str) -> Response | None:
        if problem := token.problem(bearer(connection), secret_of, time.time()):
            return JSONResponse(refusal(401, problem), 401)
        asked = self._box.refusal(connection, model)
        if asked is not None:
            return JSONResponse(refusal(asked.status, says(asked.status)), asked.status, asked.headers)
        if model and facts(model) is None:
            return JSONResponse({"code": "model_not_found", "message": f"model {model!r} is not available"}, 404)
        return None
