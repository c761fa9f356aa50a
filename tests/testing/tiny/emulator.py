from __future__ import annotations

import json
from functools import partial
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from modeldeck.sandbox.box import Box, bearer
from modeldeck.sandbox.line import Line

KEY = "tiny-sandbox"
MODELS = ("tiny-1", "tiny-2")


def routes(box: Box) -> list[BaseRoute]:
    return [Route("/say", Tiny(box).say, methods=["POST"])]


def environment(url: str) -> dict[str, str]:
    return {"TINY_API_KEY": KEY, "TINY_BASE_URL": url}


def about(url: str) -> list[str]:
    return [f"Tiny  POST {url}/say"]


class Tiny:
    def __init__(self, box: Box) -> None:
        self._box = box

    async def say(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        known = {"x-request-id": uuid4().hex}
        if self._box.key_problem(bearer(request), (KEY,)):
            return JSONResponse({"error": {"code": "key"}}, 401, known)
        if refusal := self._box.refusal(request, asked["model"]):
            return JSONResponse({"error": {"code": "asked"}}, refusal.status, {**known, **refusal.headers})
        line = self._box.line(request, asked["model"])
        if line.model not in MODELS:
            return JSONResponse({"error": {"code": "model"}}, 404, known)
        return line.stream(partial(self._spoken, line, asked["text"]), media_type="application/jsonl", headers=known)

    async def _spoken(self, line: Line, text: str) -> None:
        async for chunk in await self._box.voice.speaker("pcm", 16000, fault=line.fault).say(text):
            if line.due("error"):
                await line.event(json.dumps({"error": "broken"}) + "\n")
                return
            await line.audio(json.dumps({"audio": line.base64(chunk)}) + "\n")
        await line.finish(json.dumps({"done": True}) + "\n")
