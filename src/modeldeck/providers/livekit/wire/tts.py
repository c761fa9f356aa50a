"""LiveKit Inference's speech: sentences go as JSON over a WebSocket, audio comes back as base64.

As livekit-agents 1.8.9 speaks it; its messages captured, the gateway's read in its source, 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NoReturn
from urllib.parse import quote
from uuid import uuid4

from modeldeck._wire.acts import End, Send
from modeldeck._wire.frames import encoded, part, parts, text_of
from modeldeck.errors import ConnectionFailedError, ModelDeckError, ParameterError, ProtocolError
from modeldeck.providers.livekit.parameters import split
from modeldeck.providers.livekit.wire.errors import SERVICE, frame_error
from modeldeck.providers.livekit.wire.timings import Alignment
from modeldeck.tts.hook import Audio, ConversationEvent, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, WordTiming

VERIFIED_LIVE: str | None = None
PATH = "/v1/tts"
ENCODING = "pcm_s16le"
SAMPLE_RATE = 24000  # Hz, unless asked for another
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
# The handshake (RFC 6455, 4.1) as the headers of a GET: a free way to ask whether a token is good.
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def path(model: str) -> str:
    """Where the WebSocket is, after the host; the gateway counts what it lets in by model."""
    return f"{PATH}?model={quote(model, safe='/')}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call asks for. `extra`: the provider's options, by name. `timeout`: seconds, and how often to try:
    the gateway's own, for the provider behind it."""

    model: str
    voice: str | None = None
    language: str | None = None
    sample_rate: int = SAMPLE_RATE
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fallback: tuple[Mapping[str, Any], ...] = ()
    timeout: float = 10.0
    retries: int = 3

    def config(self) -> dict[str, str]:
        """Who speaks; what nobody set is absent."""
        named = {"voice": self.voice, "model": self.model, "language": self.language}
        return {name: value for name, value in named.items() if value}


def wanted(
    model: str, parameters: Mapping[str, Any], extra: Mapping[str, Any], *, timeout: float, retries: int
) -> Wanted:
    """What a call with these parameters asks for; `extra` goes to the provider last."""
    options = {name: value for name, value in parameters.items() if name not in ("voice", "language", "sample_rate")}
    fallback = _fallbacks(options.pop("fallback", None) or ())
    return Wanted(
        model,
        parameters.get("voice"),
        parameters.get("language"),
        parameters.get("sample_rate", SAMPLE_RATE),
        {**options, **extra},
        fallback,
        timeout,
        retries,
    )


def _fallbacks(listed: Any) -> tuple[Mapping[str, Any], ...]:
    try:
        return tuple(_fallback(one) for one in listed)
    except (TypeError, KeyError, AttributeError):
        raise ParameterError(
            "fallback is a list of models: names, or {model, voice, extra}", parameter="fallback"
        ) from None


def _fallback(one: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(one, str):
        model, voice = split(one)
        return {"model": model, "voice": voice, "extra": {}}
    return {"model": one["model"], "voice": one.get("voice", ""), "extra": one.get("extra", {})}


def create(asked: Wanted) -> str:
    """The first message of a connection; what it says of the speaker, each later one says anew."""
    frame: dict[str, Any] = {
        "type": "session.create",
        "sample_rate": str(asked.sample_rate),
        "encoding": ENCODING,
        "extra": asked.extra,
        **asked.config(),
    }
    if asked.fallback:
        frame["fallback"] = {"models": asked.fallback}
    frame["connection"] = {"timeout": asked.timeout, "retries": asked.retries}
    return encoded(frame)


class SpeechClient:
    """One conversation on a connection: the methods give what to send, `receive` what a message means.

    `received`: bytes of audio of the current turn. `ignored`: messages that meant nothing to us.
    """

    def __init__(self, asked: Wanted) -> None:
        self.asked = asked
        self.format = AudioFormat("pcm_s16le", asked.sample_rate)
        self.received = 0
        self.ignored = 0
        self.session_id: str | None = None
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes
        self._begin()

    def _begin(self) -> None:
        self.received = 0
        self._owed = False  # audio has to come before the turn ends
        self._flushed = False
        self._words = Alignment()

    # -- to the gateway

    def transcript(self, text: str) -> list[str]:
        """A sentence, with one space at its end; none where nothing in it is spoken."""
        self._words.sent(text)
        if not any(map(str.isalnum, text)):
            return []
        self._owed = True
        frame = {
            "type": "input_transcript",
            "transcript": f"{text.strip()} ",
            "generation_config": self.asked.config(),
            "extra": self.asked.extra,
        }
        return [encoded(frame)]

    def flush(self) -> str:
        """The turn is complete."""
        self._flushed = True
        return encoded({"type": "session.flush"})

    # -- from the gateway

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises what the gateway refuses with, ProtocolError."""
        if isinstance(frame, bytes):
            self.ignored += 1
            return []
        event = SERVICE.decoded(frame)
        if self.on_event is not None:
            self.on_event(event)
        told: list[ConversationEvent] = []
        session_id = text_of(event.get("session_id"))
        if session_id is not None and session_id != self.session_id:
            self.session_id = session_id
            told.append(Identity(session_id=session_id))
        meaning = _MEANINGS.get(text_of(event.get("type")) or "")
        if meaning is None:
            self.ignored += 1
            return told
        return [*told, *meaning(self, event)]

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        return SERVICE.close_error(code, reason, self.session_id)

    def _created(self, _: Mapping[str, Any]) -> list[ConversationEvent]:
        return []

    def _audio(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        if not self._owed:
            raise self._out_of_step()
        data = SERVICE.audio_bytes(event.get("audio"))
        self.received += len(data)
        return [Audio(data, self.format)] if data else []

    def _out_of_step(self) -> ConnectionFailedError:
        """Of this turn nothing was said yet: it is worth another connection."""
        message = "LiveKit sent audio of a turn that is over; the connection is not used any more"
        error = ConnectionFailedError(message, provider=SERVICE.provider, request_id=self.session_id)
        error.unheard = True
        return error

    def _alignment(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        return [*self._words.read(event)]

    def _done(self, _: Mapping[str, Any]) -> list[ConversationEvent]:
        if not self._flushed:  # not an answer to us: a turn has one, after its flush
            self.ignored += 1
            return []
        if self._owed and not self.received:
            error = SERVICE.no_audio(self.session_id)
            error.retryable = True
            raise error
        told: list[ConversationEvent] = [*self._words.rest(), UtteranceEnd()]
        self._begin()
        return told

    def _error(self, event: Mapping[str, Any]) -> NoReturn:
        raise frame_error(event, self.session_id)


_MEANINGS: dict[str, Callable[[SpeechClient, Mapping[str, Any]], list[ConversationEvent]]] = {
    "session.created": SpeechClient._created,
    "output_audio": SpeechClient._audio,
    "output_alignment": SpeechClient._alignment,
    "done": SpeechClient._done,
    "error": SpeechClient._error,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """One model, to the server's side. `made_voices`: those that it does not list are good too."""

    voices: tuple[str, ...] = ()
    made_voices: bool = True

    def speaks(self, voice: str | None) -> bool:
        return not voice or not self.voices or self.made_voices or voice in self.voices


@dataclass(frozen=True, slots=True)
class Say:
    """The server's side: speak this, after what waits. `model` as it was named; `timed`: in which form to align."""

    text: str
    model: str
    timed: Literal["words", "chars"] | None = None


Act = Send | Say | End

Fields = Mapping[str, type | tuple[type, ...]]

_CONFIG: Fields = {"voice": str, "model": str, "language": str}
_CONNECTION: Fields = {"timeout": (int, float), "retries": int}
_EVERY_CREATE: Fields = {"type": str, "sample_rate": str, "encoding": str, "extra": dict}
_CREATE: Fields = {**_EVERY_CREATE, **_CONFIG, "fallback": dict, "connection": dict}
_FALLBACK: Fields = {"model": str, "voice": str, "extra": dict}
# What each message may have; older clients send `input_transcript` without its last two (before 1.3.11).
_TAKES: Mapping[str, Fields] = {
    "session.create": _CREATE,
    "input_transcript": {"type": str, "transcript": str, "generation_config": dict, "extra": dict},
    "session.flush": {"type": str},
}


class SpeechServer:
    """The gateway's side of one connection, whose URL names `model`. `facts`: of a model, None for an unknown one."""

    def __init__(self, facts: Callable[[str], Facts | None], model: str = "") -> None:
        self.sample_rate = SAMPLE_RATE
        self.fallback: list[str] = []
        self._facts = facts
        self._id = f"session_{uuid4().hex[:12]}"
        self._config: dict[str, Any] = {"model": model}
        self._extra: dict[str, Any] = {}
        self._begun = False

    def receive(self, frame: str | bytes) -> list[Act]:
        try:
            event = SERVICE.decoded(frame)
        except ProtocolError:
            return [self._wrong("a message is no JSON object")]
        name = text_of(event.get("type")) or ""
        if name not in _TAKES:
            return [self._wrong(f"unknown message type {name!r}")]
        if (name == "session.create") is self._begun:
            return [self._wrong(f"{name} is out of order: session.create comes first, and once")]
        if (problem := _misshapen(event, _TAKES[name])) is not None:
            return [self._wrong(f"{name}: {problem}")]
        match name:
            case "session.create":
                return [self._create(event)]
            case "input_transcript":
                return [self._transcript(event)]
            case _:
                return [End()]

    def _create(self, event: Mapping[str, Any]) -> Send:
        rate = event.get("sample_rate", "")
        if missing := [name for name in _EVERY_CREATE if name not in event]:
            return self._wrong(f"session.create: {missing[0]} is missing")
        if event["encoding"] != ENCODING:
            return self._wrong(f"encoding {event['encoding']!r} is not supported")
        if rate not in map(str, RATES):
            return self._wrong(f"sample_rate {rate!r} is not supported")
        if (problem := _misshapen(part(event, "connection"), _CONNECTION)) is not None:
            return self._wrong(f"connection: {problem}")
        models = parts(part(event, "fallback"), "models")
        if "fallback" in event and not models:
            return self._wrong("fallback: models is empty")
        config = {**self._config, **{name: event[name] for name in _CONFIG if name in event}}
        for one in [config, *models]:
            if one is not config and (problem := _misshapen(one, _FALLBACK)) is not None:
                return self._wrong(f"fallback: {problem}")
            if (refused := self._refused(one)) is not None:
                return refused
        self._config, self._extra = config, part(event, "extra")
        self.sample_rate, self.fallback = int(rate), [one["model"] for one in models]
        self._begun = True
        return Send(self._frame("session.created"))

    def _transcript(self, event: Mapping[str, Any]) -> Act:
        text = text_of(event.get("transcript")) or ""
        if not text.endswith(" "):
            return self._wrong("transcript does not end in a space")
        given = part(event, "generation_config")
        if (problem := _misshapen(given, _CONFIG)) is not None:
            return self._wrong(f"generation_config: {problem}")
        config = {**self._config, **given}
        if (refused := self._refused(config)) is not None:
            return refused
        model = config.get("model", "")
        return Say(text[:-1], model, aligned(model, part(event, "extra") if "extra" in event else self._extra))

    def _refused(self, config: Mapping[str, Any]) -> Send | None:
        model, voice = config.get("model"), config.get("voice")
        facts = self._facts(model) if model else None
        if not model or facts is None:
            return self._wrong(f"model {model!r} is not available", 404)
        if not facts.speaks(voice):
            return self._wrong(f"voice {voice!r} is not available for {model}")
        return None

    def audio(self, data: str) -> str:
        """A chunk, as base64."""
        return self._frame("output_audio", audio=data)

    def alignment(self, timed: Literal["words", "chars"], words: Iterable[WordTiming], begin: float) -> str:
        """When each of `words` is spoken, or each of their characters; the turn's audio began at `begin`."""
        timings = [replace(one, start=one.start - begin, end=one.end - begin) for one in words]
        if timed == "words":
            listed = [{"word": one.text, "start": one.start, "end": one.end} for one in timings]
        else:
            listed = [letter for one in timings for letter in _letters(one)]
        return self._frame("output_alignment", **{timed: listed})

    def finished(self) -> str:
        return self._frame("done")

    def failure(self, code: int | str, message: str) -> str:
        """An error that is not the client's."""
        return self._frame("error", code=code, message=message)

    def _wrong(self, message: str, code: int = 400) -> Send:
        return Send(self.failure(code, message), error=True)

    def _frame(self, name: str, **content: Any) -> str:
        return encoded({"type": name, "session_id": self._id, **content})


def aligned(model: str, extra: Mapping[str, Any]) -> Literal["words", "chars"] | None:
    """In which form a model aligns with these options; livekit-agents 1.8.9 has a word for two providers."""
    match model.partition("/")[0], extra.get("add_timestamps"), extra.get("timestamp_type"):
        case ("cartesia", True, _) | ("inworld", _, "WORD"):
            return "words"
        case ("inworld", _, "CHARACTER"):
            return "chars"
        case _:
            return None


def refusal(status: int, message: str) -> dict[str, Any]:
    """The body of a refused handshake."""
    if status == 429:
        return {"type": "inference_quota_exceeded", "error": message, "quota_type": "tts"}
    return {"error": message}


def _misshapen(value: Mapping[str, Any], fields: Fields) -> str | None:
    for name, inner in value.items():
        if name not in fields:
            return f"unknown field {name!r}"
        if not isinstance(inner, fields[name]):
            return f"{name} has the wrong type"
    return None


def _letters(word: WordTiming) -> list[dict[str, Any]]:
    each = (word.end - word.start) / max(1, len(word.text))
    listed = [
        {"char": letter, "start": word.start + at * each, "end": word.start + (at + 1) * each}
        for at, letter in enumerate(word.text)
    ]
    return [*listed, {"char": " ", "start": word.end, "end": word.end}]
