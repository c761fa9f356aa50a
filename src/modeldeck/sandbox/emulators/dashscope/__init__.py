"""DashScope's speech: Qwen-TTS over HTTP, Qwen-TTS realtime, CosyVoice and Sambert by run-task."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck.providers.dashscope.wire import lists, realtime, speech, tasks
from modeldeck.sandbox.box import Box, bearer, websocket_url
from modeldeck.sandbox.emulators.dashscope.models import facts, failure, made_voices, names, rejection
from modeldeck.sandbox.emulators.dashscope.sockets import Session, Tasks
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.lists import listed, page_of, page_size

KEY = "sk-sandbox"
_RESULTS = "/dashscope-result"
_KEPT = 1000  # results that can still be downloaded
_LASTS = 24 * 3600  # seconds, as they say of themselves
_AUTHENTICATION = {"missing": "No API-key provided.", "invalid": "Invalid API-key provided."}


def routes(box: Box) -> list[BaseRoute]:
    """The paths of the service, each with and without a last slash."""
    names()  # reads the cards now, not while somebody waits for audio
    emulator = DashScope(box)
    get: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/api/v1/models": emulator.native_models,
        "/compatible-mode/v1/models": emulator.compatible_models,
        _RESULTS + "/{name}.wav": emulator.result,
    }
    sockets = {"/api-ws/v1/realtime": emulator.realtime, tasks.PATH: emulator.inference}
    post = {speech.PATH: emulator.generation, lists.PATH: emulator.customization}
    found: list[BaseRoute] = [
        Route(path + end, endpoint, methods=["POST"]) for path, endpoint in post.items() for end in ("", "/")
    ]
    found += [Route(path + end, endpoint, methods=["GET"]) for path, endpoint in get.items() for end in ("", "/")]
    found += [WebSocketRoute(path + end, endpoint) for path, endpoint in sockets.items() for end in ("", "/")]
    return found


def environment(url: str) -> dict[str, str]:
    """What the credential and the official SDK read."""
    return {
        "DASHSCOPE_API_KEY": KEY,
        "DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1",
        "DASHSCOPE_WEBSOCKET_BASE_URL": f"{websocket_url(url)}{tasks.PATH}",
        "DASHSCOPE_COMPATIBLE_BASE_URL": f"{url}/compatible-mode/v1",
    }


def about(url: str) -> list[str]:
    socket = websocket_url(url)
    return [
        f"DashScope Qwen-TTS           POST {url}{speech.PATH}",
        f"DashScope Qwen-TTS realtime  {socket}/api-ws/v1/realtime",
        f"DashScope CosyVoice, Sambert {socket}{tasks.PATH}",
        f"  its SDK reads no variable for realtime: QwenTtsRealtime(url='{socket}/api-ws/v1/realtime', ...)",
    ]


class DashScope:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._results: OrderedDict[str, str] = OrderedDict()

    async def generation(self, request: Request) -> Response:
        """Qwen-TTS over HTTP."""
        name = str(uuid4())
        asked = speech.parse_request(await request.body(), partial(facts, "http"))
        model = asked.model if isinstance(asked, speech.Asked) else ""
        if refused := self._refused(request, model, name):
            return refused
        if isinstance(asked, speech.Rejection):
            return JSONResponse(asked.body(name), asked.status, {"x-request-id": name})
        line = self._box.line(request, model)
        accepted = request.headers.get("accept", "")
        streamed = request.headers.get("x-dashscope-sse") == "enable" or "text/event-stream" in accepted
        answer = speech.Answer(asked, name)
        url = self._kept(request, name, asked.text)
        body = partial(self._stream if streamed else self._whole, line, answer, asked.text, url)
        kind = "text/event-stream;charset=UTF-8" if streamed else "application/json"
        return line.stream(body, media_type=kind, headers={"x-request-id": name})

    async def _stream(self, line: Line, answer: speech.Answer, text: str, url: str) -> None:
        spoken = await self._box.voice.speaker("pcm", 24000, fault=line.fault).say(text)
        async for chunk in spoken:
            if line.due("error"):
                await line.event(answer.error(failure(line)))
                return
            await line.audio(answer.chunk(line.base64(chunk)))
        await line.finish(answer.stop(url, int(time.time()) + _LASTS, spoken.end))

    async def _whole(self, line: Line, answer: speech.Answer, text: str, url: str) -> None:
        spoken = await self._box.voice.speaker("pcm", 24000).say(text)
        whole = JSONResponse(answer.whole(url, int(time.time()) + _LASTS, spoken.end))
        await line.finish(bytes(whole.body))

    def _kept(self, request: Request, name: str, text: str) -> str:
        self._results[name] = text
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        return f"{str(request.base_url).rstrip('/')}{_RESULTS}/{name}.wav?Expires={int(time.time()) + _LASTS}"

    async def result(self, request: Request) -> Response:
        """The WAV file of an answer."""
        text = self._results.get(request.path_params["name"])
        if text is None:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        return Response(await self._box.voice.file(text, "wav", 24000), media_type="audio/wav")

    async def customization(self, request: Request) -> Response:
        """Lists of the voices that an account has made."""
        name = str(uuid4())
        if refused := self._refused(request, "", name):
            return refused
        asked = lists.parse_request(await request.body())
        if isinstance(asked, speech.Rejection):
            return JSONResponse(asked.body(name), asked.status, {"x-request-id": name})
        line = self._box.line(request)
        if line.due("error"):
            told = failure(line)
            return JSONResponse(told.body(name), told.status, {"x-request-id": name})
        whole = [one for one in made_voices(asked.service) if f"-{asked.prefix}" in str(one[asked.service.id])]
        size, total = page_size(line, asked.page_size), len(whole)
        if asked.service is lists.COSYVOICE:  # says nothing of other pages: a short one is the last
            size = asked.page_size
            found = whole[asked.page_index * size :][:size]
        else:
            found, more = page_of(line, whole, asked.page_index * size, size)
            total = max(total, more + 1) if more is not None else total
        return listed(line, lists.answer(asked, found, size, total, name), {"x-request-id": name})

    async def native_models(self, request: Request) -> Response:
        name = str(uuid4())
        if refused := self._refused(request, "", name):
            return refused
        models = [{"model": model} for model in names()]
        output = {"total": len(models), "page_no": 1, "page_size": len(models), "models": models}
        return JSONResponse({"request_id": name, "output": output})

    async def compatible_models(self, request: Request) -> Response:
        name = str(uuid4())
        if self._box.key_problem(bearer(request)):
            error = {"message": "Incorrect API key provided. ", "type": "invalid_request_error", "param": None}
            return JSONResponse({"error": {**error, "code": "invalid_api_key"}, "request_id": name}, 401)
        if refused := self._refused(request, "", name):
            return refused
        models = [{"id": model, "object": "model", "created": 0, "owned_by": "system"} for model in names()]
        return JSONResponse({"object": "list", "data": models})

    async def realtime(self, socket: WebSocket) -> None:
        """Qwen-TTS realtime."""
        model = socket.query_params.get("model", "")
        if refused := self._refused(socket, model, str(uuid4())):
            await socket.send_denial_response(refused)
            return
        line = self._box.line(socket, model)
        server = realtime.RealtimeServer(
            line.model, facts("realtime", line.model), deaf=facts("http", line.model) is not None
        )
        await socket.accept()
        await Session(self._box, socket, line, server).run()

    async def inference(self, socket: WebSocket) -> None:
        """CosyVoice and Sambert."""
        if refused := self._refused(socket, "", str(uuid4())):
            await socket.send_denial_response(refused)
            return
        await socket.accept()
        await Tasks(self._box, socket).run()

    def _refused(self, connection: HTTPConnection, model: str, name: str) -> Response | None:
        if problem := self._box.key_problem(bearer(connection)):
            told = speech.Rejection(401, "InvalidApiKey", _AUTHENTICATION[problem])
            return JSONResponse(told.body(name), 401, {"x-request-id": name})
        refusal = self._box.refusal(connection, model)
        if refusal is None:
            return None
        body = rejection(refusal.status).body(name)
        return JSONResponse(body, refusal.status, {**refusal.headers, "x-request-id": name})
