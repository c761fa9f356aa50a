"""Gemini's speech: generateContent, whole and streamed, and the list of models."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from modeldeck.providers.gemini.wire.audio import PCM, TELEPHONE
from modeldeck.providers.gemini.wire.facts import Rejection, parse_request
from modeldeck.providers.gemini.wire.speech import Answer
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.emulators.gemini.models import EARLY, OTHERS, account, facts, failure, names, rejection, shown
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.lists import listed, page_of, page_size
from modeldeck.sandbox.voice import Speaker
from modeldeck.tts.response import AudioFormat
from modeldeck.tts.wav import wav_header

_WAV = AudioFormat("wav", PCM.sample_rate)

KEY = "AIza-sandbox"
_VERSIONS = ("v1", "v1beta", "v1alpha")
_METHODS = ("generateContent", "streamGenerateContent")
_PIECE = 12800  # characters of base64: a chunk of a stream, 0.2 s
_MISSING = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)
_INVALID = "API key not valid. Please pass a valid API key."


def routes(box: Box) -> list[BaseRoute]:
    """The paths of the service, of each of its versions."""
    names()  # reads the cards now, not while somebody waits for audio
    emulator = Gemini(box)
    found: list[BaseRoute] = []
    for version in _VERSIONS:
        call = partial(emulator.call, version)
        found.append(Route(f"/{version}/models/{{call:path}}", call, methods=["POST"]))
        found.append(_Ours(f"/{version}/models", emulator.models, methods=["GET"]))
        found.append(_Ours(f"/{version}/voices", emulator.voices, methods=["GET"]))
        found.append(_Ours(f"/{version}/models/{{name}}", partial(emulator.model, version), methods=["GET"]))
    return found


def environment(url: str) -> dict[str, str]:
    """What the credential and the official SDK read."""
    return {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": url}


def about(url: str) -> list[str]:
    return [f"Gemini TTS                   POST {url}/v1beta/models/MODEL:generateContent, :streamGenerateContent"]


class _Ours(Route):
    """A path that other services have too: this one's clients send their key in a header of its own."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        ours = any(name == b"x-goog-api-key" for name, _ in scope.get("headers", ())) or b"key=" in scope.get(
            "query_string", b""
        )
        return super().matches(scope) if ours else (Match.NONE, {})


class Gemini:
    """The endpoints."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def call(self, version: str, request: Request) -> Response:
        """`generateContent` or `streamGenerateContent` of a model."""
        model, _, method = request.path_params["call"].rpartition(":")
        if method not in _METHODS:
            return _refused(Rejection(404, f"no method {method!r}"))
        if refused := self._refused(request, model):
            return refused
        asked = parse_request(await request.body(), split_model(model)[0], facts, version)
        if isinstance(asked, Rejection):
            return _refused(asked)
        line = self._box.line(request, model)
        streamed = method == "streamGenerateContent"
        # A file is what 3.8 gives unless it is streamed or asked otherwise.
        wav = asked.encoding == "wav" or (asked.encoding is None and asked.facts.formats and not streamed)
        form = TELEPHONE.get(asked.encoding or "", _WAV if wav else PCM)
        mime = asked.facts.mime if form == PCM else f"audio/{form.encoding}"
        answer = Answer(line.model, asked.prompt, mime, uuid4().hex[:22])
        if not streamed:
            body = partial(self._whole, line, answer, asked.text, form)
            return line.stream(body, media_type="application/json; charset=UTF-8")
        if request.query_params.get("alt") != "sse":
            return _refused(Rejection(501, "the sandbox streams server-sent events only: ask with ?alt=sse"))
        return line.stream(partial(self._stream, line, answer, asked.text, form), media_type="text/event-stream")

    async def _stream(self, line: Line, answer: Answer, text: str, form: AudioFormat) -> None:
        spoken = await self._speaker(form, line).say(text)
        async for chunk in spoken:
            if line.due("error"):
                await line.event(_broken(line, answer))
                return
            await line.audio(answer.chunk(line.base64(chunk)))
        await line.finish(answer.stop(spoken.end))

    def _speaker(self, form: AudioFormat, line: Line) -> Speaker:
        encoding: Any = "pcm" if form == PCM else form.encoding
        return self._box.voice.speaker(encoding, form.sample_rate, fault=line.fault)

    async def _whole(self, line: Line, answer: Answer, text: str, form: AudioFormat) -> None:
        """The JSON in pieces, as a network would cut it: faults find their place."""
        wav = form == _WAV
        spoken = await self._speaker(PCM if wav else form, line).say(text)
        data = b"".join([chunk async for chunk in spoken])
        head, tail = bytes(JSONResponse(answer.whole("#", spoken.end)).body).decode().split("#")
        if line.due("error"):
            code = str(line.fault.value) if line.fault is not None else ""
            last = answer.whole("", 0.0, code) if code in EARLY else failure(line).body()
            await line.finish(bytes(JSONResponse(last).body))
            return
        await line.event(head)
        audio = line.base64(wav_header(PCM, len(data)) + data if wav else data)
        for at in range(0, len(audio), _PIECE):
            await line.audio(audio[at : at + _PIECE])
        await line.finish(tail)

    async def models(self, request: Request) -> Response:
        return self._listed(request, "models", [shown(name) for name in (*names(), *OTHERS)], "nextPageToken", 50)

    async def voices(self, request: Request) -> Response:
        return self._listed(request, "voices", account(), "next_page_token", 100)

    def _listed(self, request: Request, name: str, whole: list[dict[str, Any]], token: str, usual: int) -> Response:
        """A page; the next one's token is where it starts."""
        if refused := self._refused(request, ""):
            return refused
        line = self._box.line(request)
        if line.due("error"):
            return _refused(failure(line))
        asked = request.query_params
        size, start = (asked.get(_camel(one)) or asked.get(one) or "" for one in ("page_size", "page_token"))
        if (size and not size.isdecimal()) or (start and not start.isdecimal()):
            return _refused(Rejection(400, "Request contains an invalid argument."))
        found, more = page_of(line, whole, int(start or 0), page_size(line, min(int(size or 0) or usual, 1000)))
        return listed(line, {name: found, **({token: str(more)} if more is not None else {})})

    async def model(self, version: str, request: Request) -> Response:
        name = request.path_params["name"]
        if refused := self._refused(request, name):
            return refused
        if facts(name) is None:
            return _refused(Rejection(404, f"models/{name} is not found for API version {version}"))
        return JSONResponse(shown(split_model(name)[0]))

    def _refused(self, request: Request, model: str) -> Response | None:
        key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
        match self._box.key_problem(key, starts=("",)):
            case "missing":
                return _refused(Rejection(403, _MISSING))
            case "invalid":
                return _refused(Rejection(400, _INVALID, reason="API_KEY_INVALID"))
            case None:
                pass
        refusal = self._box.refusal(request, model)
        if refusal is None:
            return None
        return JSONResponse(rejection(refusal).body(), refusal.status, refusal.headers)


def _camel(name: str) -> str:
    first, second = name.split("_")
    return first + second.title()


def _refused(rejection: Rejection) -> Response:
    return JSONResponse(rejection.body(), rejection.status)


def _broken(line: Line, answer: Answer) -> str:
    """The fault `error`: an early end where its code is one, else an error in the stream."""
    code = str(line.fault.value) if line.fault is not None else ""
    return answer.stop(0.0, code) if code in EARLY else answer.error(failure(line).body())
