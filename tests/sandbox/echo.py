"""The smallest emulator: POST /echo answers with events, the WebSocket /echo speaks every text that it is sent.

A text frame `model=NAME` begins a call of its own, as a task does.
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modeldeck.sandbox.box import Box, bearer
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.voice import Speaker


def routes(box: Box) -> list[BaseRoute]:
    async def speak(request: Request) -> Response:
        asked = await request.json()
        problem = box.key_problem(bearer(request))
        if problem is not None:
            return JSONResponse({"error": problem}, 401)
        refusal = box.refusal(request, asked["model"])
        if refusal is not None:
            return JSONResponse({"error": "refused"}, refusal.status, refusal.headers)
        line = box.line(request, asked["model"])

        async def body() -> None:
            await line.event(_event({"model": line.model}))
            if line.due("error"):
                await line.event(_event({"error": line.fault and line.fault.value}))
                return
            async for chunk in await box.voice.speaker(fault=line.fault).say(asked["text"]):
                await line.audio(_event({"audio": line.base64(chunk)}))
            await line.event(_event({"end": True}))
            await line.finish(_event({"finished": True}))

        return line.stream(body, media_type="text/event-stream", headers={"x-request-id": "1"})

    async def converse(websocket: WebSocket) -> None:
        refusal = box.refusal(websocket)
        if refusal is not None:
            await websocket.send_denial_response(JSONResponse({}, refusal.status, refusal.headers))
            return
        await websocket.accept()
        line = box.line(websocket)
        speaker = box.voice.speaker(fault=line.fault)
        while (message := await websocket.receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                continue
            name, equals, model = text.partition("=")
            if equals and name == "model":
                line = box.line(websocket, model)
                speaker = box.voice.speaker(fault=line.fault)
            else:
                await _spoken(line, speaker, text)

    return [Route("/echo", speak, methods=["POST"]), WebSocketRoute("/echo", converse)]


def environment(url: str) -> dict[str, str]:
    return {"ECHO_URL": f"{url}/echo", "ECHO_KEY": "sk-sandbox"}


def about(url: str) -> list[str]:
    return [f"echo: POST {url}/echo"]


async def _spoken(line: Line, speaker: Speaker, text: str) -> None:
    await line.event('{"begin": true}')
    async for chunk in await speaker.say(text):
        await line.audio(chunk)
    await line.event('{"end": true}')
    await line.finish('{"finished": true}')


def _event(value: object) -> str:
    return f"data:{json.dumps(value)}\n\n"
