"""Kokoro-FastAPI, a self-hosted server that is compatible with OpenAI's, under a prefix of its own.

Its answers are those of its source (26eec06 of 2026-08-17, api/src/routers/openai_compatible.py, read 2026-11-30): four
names for one model, no key, FastAPI's `detail` around errors, mixed voices, its own fields in requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from modeldeck._wire.service import object_of
from modeldeck.providers.openai.wire import speech
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.emulators.openai.models import encoder_problem
from modeldeck.sandbox.line import Line, LineGone
from modeldeck.sandbox.lists import listed

PREFIX = "/kokoro/v1"
MODELS = ("tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts")
_ALIASES = {"alloy": "am_adam", "ash": "af_nicole", "coral": "bf_emma", "echo": "af_bella", "fable": "af_sarah"}
_ALIASES |= {"onyx": "bm_george", "nova": "bf_isabella", "sage": "am_michael", "shimmer": "af_sky"}
_NAMES = {
    "af": "alloy aoede bella heart jadzia jessica kore nicole nova river sarah sky v0 v0bella v0irulan v0nicole "
    "v0sarah v0sky",
    "am": "adam echo eric fenrir liam michael onyx puck santa v0adam v0gurney v0michael",
    "bf": "alice emma isabella lily v0emma v0isabella",
    "bm": "daniel fable george lewis v0george v0lewis",
    "ef": "dora",
    "em": "alex santa",
    "ff": "siwis",
    "hf": "alpha beta",
    "hm": "omega psi",
    "if": "sara",
    "im": "nicola",
    "jf": "alpha gongitsune nezumi tebukuro",
    "jm": "kumo",
    "pf": "dora",
    "pm": "alex santa",
    "zf": "xiaobei xiaoni xiaoxiao xiaoyi",
    "zm": "yunjian yunxi yunxia yunyang",
}
VOICES = tuple(f"{kind}_{name}" for kind, names in _NAMES.items() for name in names.split())
_PART = re.compile(r"(?P<name>[^()]+)(?:\((?P<weight>[^()]*)\))?")
_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
# Fields besides OpenAI's, and what they may be.
_OWN: Mapping[str, type | tuple[type, ...]] = {
    "download_format": str,
    "stream": bool,
    "return_download_link": bool,
    "return_timing": bool,
    "lang_code": str,
    "volume_multiplier": (int, float),
    "normalization_options": dict,
    "voice_aliases": dict,
    "allow_voice_tags": bool,
    "ssml": bool,
}


def routes(box: Box) -> list[BaseRoute]:
    emulator = Kokoro(box)
    return [
        Route(PREFIX + speech.PATH, emulator.speech, methods=["POST"]),
        Route(f"{PREFIX}/models", emulator.models, methods=["GET"]),
        Route(f"{PREFIX}/models/{{model}}", emulator.model, methods=["GET"]),
        Route(f"{PREFIX}/audio/voices", emulator.voices, methods=["GET"]),
        Route(f"{PREFIX}/{{rest:path}}", _nothing, methods=["GET", "POST"]),
    ]


class Kokoro:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def models(self, request: Request) -> Response:
        return self._listed(request, {"object": "list", "data": [_model(name) for name in MODELS]})

    async def model(self, request: Request) -> Response:
        name = request.path_params["model"]
        if name not in MODELS[:3]:
            return _refused(404, "model_not_found", f"Model '{name}' not found")
        return JSONResponse(_model(name))

    async def voices(self, request: Request) -> Response:
        if request.query_params.get("legacy", "").lower() in ("true", "1"):
            return self._listed(request, {"voices": list(VOICES)})
        return self._listed(request, {"voices": [{"id": name, "name": name} for name in VOICES]})

    def _listed(self, request: Request, value: Any) -> Response:
        if (refusal := self._box.refusal(request)) is not None:
            return _refused(refusal.status, "server_error", "Failed to retrieve the list", refusal.headers)
        line = self._box.line(request)
        if line.due("error"):
            return _refused(500, "server_error", "Failed to retrieve the list")
        return listed(line, value)

    async def speech(self, request: Request) -> Response:
        asked = object_of(await request.body())
        model = asked.get("model", "kokoro")
        line = self._box.line(request, model if isinstance(model, str) else "")
        if (refusal := self._box.refusal(request, model if isinstance(model, str) else "")) is not None:
            return _refused(refusal.status, "processing_error", "the sandbox was asked to fail", refusal.headers)
        if refused := _problem(asked, line.model):
            return refused
        form = asked.get("response_format") or "mp3"
        if (problem := encoder_problem(form)) is not None:
            return _refused(500, "processing_error", problem.message)
        if line.due("error"):
            return _refused(500, "processing_error", "the sandbox was asked to fail")
        headers = {
            "content-disposition": f"attachment; filename=speech.{form}",
            "x-accel-buffering": "no",
            "cache-control": "no-cache",
        }
        kind = {"mp3": "audio/mpeg"}.get(form, f"audio/{form}")
        return line.stream(partial(self._spoken, line, asked, form), media_type=kind, headers=headers)

    async def _spoken(self, line: Line, asked: Mapping[str, Any], form: Any) -> None:
        speaker = self._box.voice.speaker(form, speech.RATE, rate=asked.get("speed") or 1.0, fault=line.fault)
        spoken = await speaker.say(asked["input"])
        async for chunk in spoken:
            if line.due("error"):
                raise LineGone  # a file that has begun can only break off
            await line.audio(chunk)
        if tail := speaker.end():
            await line.audio(tail)


async def _nothing(_: Request) -> Response:
    return JSONResponse({"detail": "Not Found"}, 404)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1686935002, "owned_by": "kokoro"}


def _problem(asked: Mapping[str, Any], model: str) -> Response | None:
    """What is wrong with a request for speech."""
    form = asked.get("response_format", "mp3")
    wrong = [name for name, kind in _OWN.items() if asked.get(name) is not None and not isinstance(asked[name], kind)]
    if not isinstance(asked.get("input"), str):
        wrong.append("input")
    if form not in _FORMATS:
        wrong.append("response_format")
    speed = asked.get("speed", 1.0)
    if not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        wrong.append("speed")
    if wrong:
        told = [{"type": "value_error", "loc": ["body", name], "msg": "Input is not valid"} for name in wrong]
        return JSONResponse({"detail": told}, 422)
    if model not in MODELS:
        return _refused(400, "invalid_model", f"Unsupported model: {model}")
    problem = _voice_problem(str(asked.get("voice", "af_heart")).replace(" ", ""))
    return None if problem is None else _refused(400, "validation_error", problem)


def _voice_problem(voice: str) -> str | None:
    """Of one voice, or of a mix such as af_bella(2)+af_sky."""
    for part in re.split("[-+]", voice):
        found = _PART.fullmatch(part)
        if found is None:
            return "Voice combination contains empty combine items"
        name = _ALIASES.get(found["name"], found["name"])
        if name not in VOICES:
            return f"Voice '{name}' not found. Available voices: {', '.join(sorted(VOICES))}"
    return None


def _refused(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"detail": {"error": error, "message": message, "type": kind}}, status, headers)
