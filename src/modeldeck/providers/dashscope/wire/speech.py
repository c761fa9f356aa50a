"""Qwen-TTS over HTTP: one request, an answer of server-sent events.

§ "Qwen-TTS API" of the documents, 2026-05-30; framing as recorded from the service in 2024 and 2025: `id:`,
`event:`, a comment `:HTTP_STATUS/nnn`, one JSON per `data:` line, blank lines sometimes missing, no `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modeldeck._wire.frames import encoded, part, text_of
from modeldeck.errors import ModelDeckError, ProtocolError
from modeldeck.providers.dashscope.wire.characters import counted
from modeldeck.providers.dashscope.wire.errors import SERVICE
from modeldeck.providers.dashscope.wire.facts import INSTRUCTION_TOKENS, LANGUAGES, Facts, Is, Rules, broken, tokens
from modeldeck.providers.dashscope.wire.frames import merged, usage_of
from modeldeck.tts.hook import Audio, Identity, SpeechEvent
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.wav import Samples

VERIFIED_LIVE: str | None = None
PATH = "/api/v1/services/aigc/multimodal-generation/generation"
# As SDK 2.0.2 sends them.
HEADERS = {
    "Accept": "text/event-stream",
    "Content-Type": "application/json; charset=utf-8",
    "X-Accel-Buffering": "no",
    "X-DashScope-SSE": "enable",
}
FORMAT = AudioFormat("pcm_s16le", 24000)
_LONGEST = 64 << 20  # bytes of one event
_INPUT = ("voice", "language_type")
_TOKENS = 512  # of text, for the models that bill tokens
_RULES: Rules = {"language_type": LANGUAGES, "instructions": Is(str), "optimize_instructions": Is(bool)}


@dataclass(frozen=True, slots=True)
class Download:
    """The audio is not in the answer but at `url`, as a WAV file; `Samples` reads it."""

    url: str


def body(
    model: str, text: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request. `extra` last: its maps `input` and `parameters` are merged, the rest goes into `parameters`."""
    settings = {name: value for name, value in parameters.items() if name not in _INPUT}
    spoken = {"text": text, **{name: parameters[name] for name in _INPUT if name in parameters}}
    return {"model": model, **merged({"parameters": settings, "input": spoken}, extra)}


class SpeechAnswer:
    """Reads a 200 answer, cut anywhere, be it server-sent events or one JSON."""

    def __init__(self) -> None:
        self.received = 0
        self.ignored = 0
        self.stopped = False  # the service has said that this was all
        self.request_id: str | None = None
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes
        self._samples = Samples(FORMAT)
        self._usage: TTSUsage | None = None
        self._url: str | None = None
        self._line: list[bytes] = []
        self._json: list[bytes] | None = None
        self._begun = False
        self._held = 0  # bytes of the line, or of the JSON, that is not complete
        self._id = 0
        self._kind = ""
        self._status: int | None = None

    def feed(self, data: bytes) -> list[SpeechEvent | Download]:
        """What `data` completes. Raises what the service refuses with, ProtocolError."""
        if not self._begun and (start := data.lstrip(b"\xef\xbb\xbf \t\r\n")):
            self._begun = True
            self._json = [] if start.startswith(b"{") else None
        self._held += len(data)
        if self._held > _LONGEST:
            raise SERVICE.unreadable(f"more than {_LONGEST >> 20} MB in one piece", request_id=self.request_id)
        if self._json is not None:
            self._json.append(data)
            return []
        *lines, rest = data.replace(b"\r", b"\n").split(b"\n")
        events: list[SpeechEvent | Download] = []
        for line in lines:
            self._line.append(line)
            events += self._take_line()
            self._held = len(rest)
        self._line.append(rest)
        return events

    def end(self) -> list[SpeechEvent | Download]:
        """The answer is over: what is left. Raises ConnectionFailedError when it was cut off, and as `feed`."""
        events: list[SpeechEvent | Download] = []
        if self._json is not None:
            events += self._take(SERVICE.decoded(b"".join(self._json)))
        elif not self.stopped:  # else what follows is no concern of ours
            events += self._take_line()
        if not self.stopped:
            raise self.broken()
        if rest := self._samples.rest():
            events.append(self._audio(rest))
        if not self.received:
            if not self._url:
                raise SERVICE.no_audio(self.request_id)
            events.append(Download(self._url))
        return events + ([self._usage] if self._usage else [])

    def broken(self) -> ModelDeckError:
        """The error for an answer that ends before the speech does."""
        return SERVICE.broken_off(self.request_id)

    def _take_line(self) -> list[SpeechEvent | Download]:
        line = b"".join(self._line)
        self._line.clear()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data" if not self.stopped:
                events = self._take(SERVICE.decoded(value))
                self._kind, self._status = "", None
                return events
            case b"event":
                self._kind = value.decode("utf-8", "replace")
            case b"" if value.startswith(b"HTTP_STATUS/") and value[12:].isdigit():
                self._status = int(value[12:])
            case b"id" if value.isdigit():
                if self._id and int(value) not in (self._id, self._id + 1):  # counted: what is missing may be audio
                    raise SERVICE.unreadable(f"event {int(value)} after event {self._id}", request_id=self.request_id)
                self._id = int(value)
            case b"" | b"id" | b"retry":
                pass
            case _:
                self.ignored += 1
        return []

    def _take(self, answer: dict[str, Any]) -> list[SpeechEvent | Download]:
        if self.on_event is not None:
            self.on_event(answer)
        self._raise_refusal(answer)
        events: list[SpeechEvent | Download] = []
        request_id = text_of(answer.get("request_id"))
        if request_id and self.request_id is None:
            self.request_id = request_id
            events.append(Identity(request_id=request_id))
        audio = part(answer, "output", "audio")
        if (data := audio.get("data")) and (samples := self._samples.feed(SERVICE.audio_bytes(data))):
            events.append(self._audio(samples))
        self._url = text_of(audio.get("url")) or self._url
        self._usage = usage_of(part(answer, "usage")) or self._usage
        if part(answer, "output").get("finish_reason") == "stop":
            self.stopped = True
        return events

    def _raise_refusal(self, answer: dict[str, Any]) -> None:
        code, status = text_of(answer.get("code")), self._status
        if self._kind == "error" or (status or 0) >= 400 or (code and not part(answer, "output")):
            message = text_of(answer.get("message"))
            request_id = text_of(answer.get("request_id")) or self.request_id
            raise SERVICE.error(code, message, status=status, request_id=request_id)

    def _audio(self, data: bytes) -> Audio:
        self.received += len(data)
        return Audio(data, self._samples.format)


@dataclass(frozen=True, slots=True)
class Rejection:
    """The server's side: an answer other than 200, or an error in the stream."""

    status: int
    code: str
    message: str

    def body(self, request_id: str) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "request_id": request_id}


@dataclass(frozen=True, slots=True)
class Asked:
    """The server's side: a request that holds. `model` as the client wrote it."""

    model: str
    text: str
    voice: str
    facts: Facts


def parse_request(data: bytes, find: Callable[[str], Facts | None]) -> Asked | Rejection:
    """The server's side: what is asked for, or what is wrong with it; `find` knows the models."""
    try:
        request = SERVICE.decoded(data)
    except ProtocolError:
        return Rejection(400, "InvalidParameter", "Required body invalid, please check the request body format.")
    model, spoken = text_of(request.get("model")), request.get("input")
    if model is None:
        return Rejection(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    facts = find(model)
    if facts is None:
        return Rejection(404, "ModelNotFound", "Model not exist.")
    if not isinstance(spoken, dict) or not spoken:
        return Rejection(400, "BadRequest.EmptyInput", 'Required parameter "input" missing from request.')
    spoken = part(request, "input")
    text, voice = spoken.get("text"), spoken.get("voice")
    settings = {**part(request, "parameters"), **spoken}
    problem = _text_problem(text, facts) or _settings_problem(settings, voice, facts)
    if problem is None:
        assert isinstance(text, str)
        assert isinstance(voice, str)
        return Asked(model, text, voice, facts)
    return problem


def _text_problem(text: Any, facts: Facts) -> Rejection | None:
    if not isinstance(text, str) or not text:
        return Rejection(400, "InvalidParameter", "Field required: input.text")
    most, length = (_TOKENS, tokens(text)) if facts.tokens else (facts.max_characters, len(text))
    if most is not None and length > most:
        return Rejection(400, "InvalidParameter", f"Range of input length should be [0, {most}]")
    return None


def _settings_problem(settings: Mapping[str, Any], voice: Any, facts: Facts) -> Rejection | None:
    if not isinstance(voice, str) or not voice:
        return Rejection(400, "InvalidParameter", "Field required: input.voice")
    if not facts.speaks(voice):
        if not facts.tokens:
            return Rejection(400, "BadRequest.VoiceNotFound", f"The voice '{voice}' was not found.")
        *most, last = (f"'{name}'" for name in facts.voices)
        return Rejection(
            400, "InvalidParameter", f"Input should be {', '.join(most)} or {last}: parameters.audio.voice"
        )
    for name, _, expected in broken(settings, _RULES):
        return Rejection(400, "InvalidParameter", f"Input should be {expected}: {name}")
    if tokens(settings.get("instructions") or "") > INSTRUCTION_TOKENS:
        return Rejection(400, "InvalidParameter", f"instructions: more than {INSTRUCTION_TOKENS} tokens")
    return None


class Answer:
    """The server's side: one answer, as events or as one JSON."""

    def __init__(self, asked: Asked, request_id: str) -> None:
        self._asked = asked
        self._request_id = request_id
        self._count = 0

    def chunk(self, data: str) -> str:
        """An event with that base64."""
        audio = {"data": data, "url": "", "id": f"audio_{self._request_id}", "expires_at": 0}
        return self._event(self._envelope("null", audio, 0.0))

    def stop(self, url: str, expires_at: int, seconds: float) -> str:
        """The last event; `seconds`: of audio."""
        return self._event(self.whole(url, expires_at, seconds))

    def whole(self, url: str, expires_at: int, seconds: float) -> dict[str, Any]:
        """The answer that is not streamed."""
        audio = {"data": "", "url": url, "id": f"audio_{self._request_id}", "expires_at": expires_at}
        return self._envelope("stop", audio, seconds)

    def error(self, rejection: Rejection) -> str:
        """An error in the stream."""
        return self._event(rejection.body(self._request_id), "error", rejection.status)

    def _envelope(self, finish_reason: str, audio: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        output = {"text": None, "finish_reason": finish_reason, "choices": None, "audio": audio}
        text, facts = self._asked.text, self._asked.facts
        usage = {
            "input_tokens": 0,
            "output_tokens": 0,
            "characters": 0,
            **facts.usage(counted(text), tokens(text), seconds),
        }
        return {"output": output, "usage": usage, "request_id": self._request_id}

    def _event(self, data: Mapping[str, Any], kind: str = "result", status: int = 200) -> str:
        self._count += 1
        return f"id:{self._count}\nevent:{kind}\n:HTTP_STATUS/{status}\ndata:{encoded(data)}\n\n"
