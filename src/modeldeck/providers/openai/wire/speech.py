"""/v1/audio/speech: one request; the answer is a file as it is made, or server-sent events.

SDK 3.52.0 and its types, read 2026-11-21; what compatible servers do otherwise was read in their sources and
documents the same day. The answer's Content-Type decides how it is read, whatever was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from modeldeck._wire.frames import count_of, encoded, merged, part, text_of
from modeldeck._wire.sse import Event, Events
from modeldeck.errors import ModelDeckError, ProtocolError
from modeldeck.providers.openai.parameters import CUSTOM_VOICE, SpeechFormat
from modeldeck.providers.openai.wire.errors import SERVICE
from modeldeck.tts.hook import Audio, SpeechEvent
from modeldeck.tts.response import AudioFormat, TTSUsage

VERIFIED_LIVE: str | None = None
PATH = "/audio/speech"
HEADERS = {"Accept": "application/octet-stream"}  # as the SDK sends it, for events too
FORMATS: tuple[str, ...] = get_args(SpeechFormat)
RATE = 24000  # Hz of OpenAI's audio, and what most compatible servers give
_ORDER = ("voice", "instructions", "response_format", "speed", "stream_format")
_ENCODINGS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/opus": "opus",
    "audio/ogg": "opus",
    "audio/aac": "aac",
    "audio/x-aac": "aac",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/pcm": "pcm_s16le",
    "audio/x-pcm": "pcm_s16le",
    "audio/l16": "pcm_s16le",
}
_BEGINNINGS = {b"RIFF": "wav", b"fLaC": "flac", b"OggS": "opus", b"ID3": "mp3"}
_LONGEST_REFUSAL = 65_536  # bytes
_NUMBER = re.compile(r"[1-9]\d{0,6}").fullmatch


def body(
    model: str, text: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request, in the SDK's order; `extra` last."""
    settings = {name: parameters[name] for name in _ORDER if name in parameters}
    if "voice" in settings:
        settings["voice"] = voice(settings["voice"])
    return merged({"model": model, "input": text, **settings}, extra or {})


def voice(name: Any) -> Any:
    """As the wire has it: a voice that was made from a recording is an object."""
    return {"id": name} if isinstance(name, str) and name.startswith(CUSTOM_VOICE) else name


def encoding(response_format: str) -> str:
    """Our name for it."""
    return "pcm_s16le" if response_format == "pcm" else response_format


def usage_of(usage: Mapping[str, Any]) -> TTSUsage | None:
    """One `usage` object; None when it bills nothing."""
    tokens = count_of(usage.get("input_tokens")), count_of(usage.get("output_tokens"))
    read, made = part(usage, "input_token_details"), part(usage, "output_token_details")
    others = (
        count_of(read.get("cached_tokens")) + count_of(read.get("audio_tokens")) + count_of(made.get("text_tokens"))
    )
    return TTSUsage(*tokens, other_tokens=others) if any(tokens) else None


class SpeechAnswer:
    """Reads a 200 answer, cut anywhere."""

    def __init__(self, headers: Mapping[str, str], asked: Any = None, rate: int = RATE) -> None:
        """`headers` have lower-case names; `asked`: the response format that was asked for, if any.

        `rate` (Hz): of audio that does not tell its own.
        """
        self.received = 0
        self.ignored = 0
        self.stopped = False  # an event has said that this was all
        self.request_id = SERVICE.request_id(headers)
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown the events
        kind, _, options = headers.get("content-type", "").partition(";")
        self._kind = kind.strip().lower()
        self._format = AudioFormat(encoding(text_of(asked) or FORMATS[0]), *_shape(options, headers, rate))
        self._events = Events() if self._kind == "text/event-stream" else None
        self._named = bool(self._kind) and not self._kind.endswith("octet-stream")
        foreign = self._named and self._events is None and not self._kind.startswith("audio/")
        self._refusal = bytearray() if foreign else None
        self._begun = False
        self._held = b""
        if self._kind in _ENCODINGS:
            self._format = replace(self._format, encoding=_ENCODINGS[self._kind])

    def feed(self, data: bytes) -> list[SpeechEvent]:
        """What `data` completes. Raises what the server refuses with, ProtocolError."""
        if self._refusal is not None:
            self._refusal += data[: _LONGEST_REFUSAL - len(self._refusal)]
            return []
        if self._events is not None:
            return [event for one in self._events.feed(data) for event in self._event(one)]
        return self._audio(data)

    def end(self) -> list[SpeechEvent]:
        """The answer is complete. Raises what the server refuses with, ConnectionFailedError, ProviderError."""
        events: list[SpeechEvent] = []
        if self._events is not None:
            events = [event for one in self._events.end() for event in self._event(one)]
            if not self.stopped:
                raise SERVICE.broken_off(self.request_id)
        if self._held:
            self._begun = True
            events += self._audio(b"")
        if self._refusal is not None:
            raise self._refused(bytes(self._refusal))
        if not self.received:
            raise SERVICE.no_audio(self.request_id)
        return events

    def _audio(self, data: bytes) -> list[SpeechEvent]:
        data, self._held = self._held + data, b""
        if not self._begun:
            if any(len(data) < len(mark) and mark.startswith(data) for mark in (*_BEGINNINGS, b'{"')):
                self._held = data
                return []
            self._begin(data)
        if self._refusal is not None:
            return self.feed(data)
        self.received += len(data)
        return [Audio(data, self._format)] if data else []

    def _begin(self, data: bytes) -> None:
        """A file that says what it is, is believed more than what was said of it."""
        self._begun = True
        found = next((name for mark, name in _BEGINNINGS.items() if data.startswith(mark)), None)
        if found is not None:
            self._format = replace(self._format, encoding=found)
        elif not self._named and data.startswith(b'{"'):
            self._refusal = bytearray()

    def _event(self, one: Event) -> list[SpeechEvent]:
        if one.data.strip() == "[DONE]":
            self.stopped = True
            return []
        event = SERVICE.decoded(one.data)
        if self.on_event is not None:
            self.on_event(event)
        name = text_of(event.get("type")) or one.name
        if event.get("error") or name.endswith("error"):
            raise self._refused(one.data.encode(errors="replace"))
        if name.endswith(".done"):
            self.stopped = True
            usage = usage_of(part(event, "usage") or part(event, "token_usage"))
            return [usage] if usage else []
        if name.endswith(".info") and (rate := count_of(event.get("sample_rate"))):  # Chatterbox: raw samples follow
            self._format = AudioFormat("pcm_s16le", rate, count_of(event.get("channels")) or 1)
            return []
        data = event.get("audio") or event.get("delta")
        if not isinstance(data, str):
            self.ignored += 1
            return []
        if self.stopped:
            raise SERVICE.unreadable("audio after its end", request_id=self.request_id)
        if not self._begun and (said := text_of(event.get("response_format"))):
            self._format = replace(self._format, encoding=encoding(said))
        return self._audio(SERVICE.audio_bytes(data))

    def _refused(self, body: bytes) -> ModelDeckError:
        told = SERVICE.read(body)
        if told.code or told.message:
            return SERVICE.error(told.code, told.message, request_id=told.request_id or self.request_id)
        return SERVICE.unreadable(f"{self._kind or 'JSON'} in the place of audio", request_id=self.request_id)


def _shape(options: str, headers: Mapping[str, str], usual: int) -> tuple[int, int]:
    """Rate (Hz) and channels, as Content-Type or a header of its own tells, else the `usual` rate and one."""
    told = {
        name.strip().lower(): value.strip() for name, _, value in (one.partition("=") for one in options.split(";"))
    }
    rate = told.get("rate") or headers.get("x-sample-rate", "")
    channels = told.get("channels") or headers.get("x-channels", "")
    return (int(rate) if _NUMBER(rate) else usual), (int(channels) if _NUMBER(channels) else 1)


@dataclass(frozen=True, slots=True)
class Facts:
    """The server's side: what one model takes. `voices`: empty for any."""

    voices: tuple[str, ...] = ()
    custom_voices: bool = False
    events: bool = True
    max_characters: int | None = 4096

    def speaks(self, voice: Any) -> bool:
        match voice:
            case str():
                return not self.voices or voice in self.voices
            case {"id": str() as name}:
                return self.custom_voices and name.startswith(CUSTOM_VOICE)
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Rejection:
    """The server's side: an answer other than 200, or an error in an event."""

    status: int
    message: str
    code: str | None = None
    type: str = "invalid_request_error"
    param: str | None = None

    @property
    def error(self) -> dict[str, Any]:
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


@dataclass(frozen=True, slots=True)
class Asked:
    """The server's side: a request that holds. `model` as the client wrote it."""

    model: str
    text: str
    response_format: str
    speed: float
    events: bool


def parse_request(data: bytes, find: Callable[[str], Facts | None]) -> Asked | Rejection:
    """The server's side: what is asked for, or what is wrong with it; `find` knows the models."""
    try:
        request = SERVICE.decoded(data)
    except ProtocolError:
        return Rejection(400, "We could not parse the JSON body of your request.")
    model = text_of(request.get("model"))
    if model is None:
        return Rejection(400, "you must provide a model parameter")
    facts = find(model)
    if facts is None:
        message = f"The model `{model}` does not exist or you do not have access to it."
        return Rejection(404, message, "model_not_found")
    for name, rule, expected in _RULES:
        if not rule(request.get(name)):
            return _wrong(name, expected)
    text = request["input"]
    if facts.max_characters is not None and len(text) > facts.max_characters:
        return _wrong("input", f"String should have at most {facts.max_characters} characters")
    if not facts.speaks(request.get("voice")):
        return _wrong("voice", f"Input should be {', '.join(map(repr, facts.voices))}")
    events = request.get("stream_format") == "sse"
    if events and not facts.events:
        return _wrong("stream_format", "sse is not supported for this model")
    return Asked(model, text, request.get("response_format") or FORMATS[0], request.get("speed") or 1.0, events)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("input", lambda value: isinstance(value, str) and bool(value), "String should have at least 1 character"),
    ("instructions", lambda value: value is None or isinstance(value, str), "Input should be a valid string"),
    (
        "response_format",
        lambda value: value is None or value in FORMATS,
        f"Input should be {', '.join(map(repr, FORMATS))}",
    ),
    (
        "speed",
        lambda value: value is None or (_number(value) and 0.25 <= value <= 4),
        "Input should be a number from 0.25 to 4",
    ),
    (
        "stream_format",
        lambda value: value in (None, "audio", "sse"),
        "Input should be 'audio' or 'sse'",
    ),
)


def _wrong(name: str, expected: str) -> Rejection:
    """As OpenAI words what its schema refuses."""
    return Rejection(400, f"[{{'loc': ('body', '{name}'), 'msg': \"{expected}\"}}]", param=name)


def content_type(response_format: str) -> str:
    """The server's side: of a body in that format."""
    return {"mp3": "audio/mpeg"}.get(response_format, f"audio/{response_format}")


def delta(data: str) -> str:
    """The server's side: an event with that base64."""
    return _said({"type": "speech.audio.delta", "audio": data})


def done(text: str, seconds: float) -> str:
    """The server's side: the last event; about 50 tokens a second of audio are billed, and one for 4 characters."""
    tokens = -(-len(text) // 4), round(50 * seconds)
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
    return _said({"type": "speech.audio.done", "usage": usage})


def failed(rejection: Rejection) -> str:
    """The server's side: an error among the events."""
    return _said({"type": "error", **rejection.body()})


def _said(event: Mapping[str, Any]) -> str:
    return f"data: {encoded(event)}\n\n"
