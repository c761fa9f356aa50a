"""Acme Speech's wire, both sides of it; no I/O.

The client's side is tolerant: what it does not know it ignores, and only what would make the speech wrong is an error.
The server's side, which the emulator speaks, is strict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import uuid4

from modeldeck.errors import ModelDeckError, ProtocolError
from modeldeck.kit import (
    Audio,
    AudioFormat,
    Cleared,
    Close,
    ConversationEvent,
    End,
    Event,
    Events,
    Identity,
    Refused,
    Send,
    Speak,
    SpeechEvent,
    Told,
    TTSUsage,
    UtteranceEnd,
    Wanted,
    count_of,
    encoded,
    merged,
    object_of,
    part,
    text_of,
    usual_service,
)

VERIFIED_LIVE: str | None = None  # the day on which all this agreed with the real service
SPEECH = "/v1/speech"
LIVE = "/v1/live"
VOICES = "/v1/voices"
REQUEST_ID = "x-acme-request"
RATE = 24000  # Hz
FORMAT = AudioFormat("pcm_s16le", RATE)
OnEvent = Callable[[Mapping[str, Any]], None]

# -- refusals: {"problem": {"code", "detail"}}

CODES = {
    "malformed": 400,
    "bad_key": 401,
    "forbidden": 403,
    "no_model": 404,
    "too_fast": 429,
    "broken": 500,
    "busy": 503,
}


def read_problem(body: bytes) -> Told:
    """What the body of a refusal says."""
    problem = part(object_of(body), "problem")
    return Told(text_of(problem.get("code")), text_of(problem.get("detail")))


SERVICE = usual_service(
    "acme",
    "Acme Speech",
    codes=CODES,
    read=read_problem,
    request_id_headers=(REQUEST_ID,),
)


def told(code: str, detail: str = "") -> dict[str, str]:
    """The server's side: a problem; what is none of its codes is its own fault."""
    return {"code": code if code in CODES else "broken", "detail": detail}


def refused(status: int, detail: str = "") -> Refused:
    """The server's side: how that status is worded."""
    usual = "busy" if status > 500 else "broken" if status == 500 else "malformed"
    code = next((code for code, its in CODES.items() if its == status), usual)
    return Refused(status, {"problem": told(code, detail)})


# -- what audio and settings look like


def audio_of(event: Mapping[str, Any], received: int, request_id: str | None) -> bytes:
    """The samples of the chunk that follows `received` others. Raises ProtocolError for another one."""
    if event.get("seq") != received:
        raise SERVICE.unreadable(f"audio {event.get('seq')} in the place of {received}", request_id=request_id)
    return SERVICE.audio_bytes(event.get("pcm"))


def failure(event: Mapping[str, Any], request_id: str | None) -> ModelDeckError:
    """The error for a problem in mid-speech."""
    return SERVICE.error(text_of(event.get("code")), text_of(event.get("detail")), request_id=request_id)


def wrong_setting(wish: Mapping[str, Any], voices: Collection[str]) -> str:
    """What is wrong with the voice or the pace; empty when all is well."""
    voice, pace = wish.get("voice"), wish.get("pace", 1.0)
    if voice is not None and (not isinstance(voice, str) or (voices and voice not in voices)):
        return f"there is no voice {voice!r}"
    if isinstance(pace, bool) or not isinstance(pace, int | float) or not 0.5 <= pace <= 2:
        return "pace goes from 0.5 to 2"
    return ""


# -- a text over HTTP: server-sent events, audio {"seq", "pcm"}, end {"characters"}, problem {"code", "detail"}


def body(
    model: str, text: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request; `extra` last."""
    return merged({"model": model, "text": text, **parameters}, extra or {})


class SpeechAnswer:
    """Reads an answer of status 200, cut anywhere. `ignored`: events that meant nothing to us."""

    def __init__(self, headers: Mapping[str, str], on_event: OnEvent | None = None) -> None:
        self.ignored = 0
        self._request_id = SERVICE.request_id(headers)
        self._on_event = on_event
        self._events = Events()
        self._received = 0
        self._over = False

    def feed(self, data: bytes) -> list[SpeechEvent]:
        """What `data` completes. Raises what the service refuses with, ProtocolError."""
        return [event for one in self._events.feed(data) for event in self._event(one)]

    def end(self) -> list[SpeechEvent]:
        """The body is complete. Raises ConnectionFailedError where the speech is not, ProviderError."""
        events = [event for one in self._events.end() for event in self._event(one)]
        if not self._over:
            raise SERVICE.broken_off(self._request_id)
        if not self._received:
            raise SERVICE.no_audio(self._request_id)
        return events

    def _event(self, one: Event) -> list[SpeechEvent]:
        event = SERVICE.decoded(one.data)
        if self._on_event is not None:
            self._on_event(event)
        match one.name:
            case "audio":
                pcm = audio_of(event, self._received, self._request_id)
                self._received += 1
                return [Audio(pcm, FORMAT)]
            case "end":
                self._over = True
                return [TTSUsage(characters=count_of(event.get("characters")))]
            case "problem":
                raise failure(event, self._request_id)
            case _:
                self.ignored += 1
                return []


class SpeechServer:
    """The server's side of one answer."""

    media_type = "text/event-stream"
    base64 = True

    def __init__(self) -> None:
        self._sent = 0
        self._characters = 0

    def asked(self, data: bytes, find: Callable[[str], Collection[str] | None]) -> Wanted | Refused:
        """What is asked for, or what is wrong with it; `find` has the voices of a model."""
        wish = object_of(data)
        model, text = text_of(wish.get("model")) or "", text_of(wish.get("text"))
        voices = find(model)
        if voices is None:
            return refused(404, f"there is no model {model!r}")
        if text is None:
            return refused(400, "text is missing")
        if wrong := wrong_setting(wish, voices):
            return refused(400, wrong)
        self._characters = len(text)
        return Wanted(text, model, speed=wish.get("pace") or 1.0)

    def audio(self, data: str) -> str:
        """A chunk, as base64."""
        self._sent += 1
        return _event("audio", {"seq": self._sent - 1, "pcm": data})

    def failed(self, code: str) -> str:
        return _event("problem", told(code))

    def end(self, seconds: float) -> str:
        return _event("end", {"characters": self._characters})


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {encoded(data)}\n\n"


# -- text as it is written, over a WebSocket: messages {"op", …} go out, {"ev", …} come in


class LiveClient:
    """One connection: the methods give what to send, `receive` says what a message means.

    `settings`: of all its speech. `ready`: it may be sent text. `ignored`: messages that meant nothing to us.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.ready = False
        self.ignored = 0
        self.on_event: OnEvent | None = None  # is shown what comes
        self._settings = dict(settings)
        self._session: str | None = None
        self._received = 0

    def begin(self) -> list[str]:
        return [encoded({"op": "open", **self._settings})]

    def text(self, text: str) -> list[str]:
        return [encoded({"op": "say", "text": text})]

    def commit(self) -> list[str]:
        return [encoded({"op": "now"})]

    def clear(self) -> list[str]:
        return [encoded({"op": "drop"})]

    def flush(self) -> list[str]:
        return [encoded({"op": "end"})]

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises what the service refuses with, ProtocolError."""
        event = SERVICE.decoded(frame)
        if self.on_event is not None:
            self.on_event(event)
        match event.get("ev"):
            case "opened":
                self.ready, self._session = True, text_of(event.get("session"))
                return [Identity(session_id=self._session)]
            case "audio":
                pcm = audio_of(event, self._received, self._session)
                self._received += 1
                return [Audio(pcm, FORMAT)]
            case "dropped":
                return [Cleared(count_of(event.get("characters")))]
            case "ended":
                return [TTSUsage(characters=count_of(event.get("characters"))), UtteranceEnd()]
            case "problem":
                raise failure(event, self._session)
            case _:
                self.ignored += 1
                return []

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        return SERVICE.close_error(code, reason, self._session)


Act = Send | Speak | End | Close
_SENTENCE = re.compile(r".*[.!?。！？]\s*", re.DOTALL)


class LiveServer:
    """The server's side of one connection; it speaks sentence by sentence. `voices`: none where any is good."""

    sample_rate = RATE

    def __init__(self, voices: Collection[str]) -> None:
        self._voices = voices
        self._session = ""
        self._held = ""  # text that is not spoken yet
        self._characters = 0
        self._sent = 0

    def receive(self, frame: str | bytes) -> list[Act]:
        try:
            wish = SERVICE.decoded(frame)
        except ProtocolError:
            return self._wrong("a message is no JSON object")
        op = text_of(wish.get("op")) or ""
        take = _TAKES.get(op)
        if take is None:
            return self._wrong(f"there is no op {op!r}")
        if (op == "open") is bool(self._session):
            return self._wrong(f"{op} is out of order: open comes first, and once")
        return take(self, wish)

    def audio(self, data: str) -> str:
        """A chunk, as base64."""
        self._sent += 1
        return encoded({"ev": "audio", "seq": self._sent - 1, "pcm": data})

    def failed(self, code: str) -> str:
        return encoded({"ev": "problem", **told(code)})

    def finished(self) -> str:
        spoken, self._characters = self._characters, 0
        return encoded({"ev": "ended", "characters": spoken})

    def _open(self, wish: Mapping[str, Any]) -> list[Act]:
        if wrong := wrong_setting(wish, self._voices):
            return self._wrong(wrong)
        self._session = f"live-{uuid4().hex[:12]}"
        return [Send(encoded({"ev": "opened", "session": self._session}))]

    def _say(self, wish: Mapping[str, Any]) -> list[Act]:
        text = text_of(wish.get("text"))
        if text is None:
            return self._wrong("text is missing")
        self._held += text
        whole = _SENTENCE.match(self._held)
        return self._speak(whole.end() if whole else 0)

    def _now(self, _: Mapping[str, Any]) -> list[Act]:
        return self._speak(len(self._held))

    def _drop(self, _: Mapping[str, Any]) -> list[Act]:
        dropped, self._held = len(self._held), ""
        return [Send(encoded({"ev": "dropped", "characters": dropped}))]

    def _end(self, _: Mapping[str, Any]) -> list[Act]:
        return [*self._speak(len(self._held)), End()]

    def _speak(self, length: int) -> list[Act]:
        text, self._held = self._held[:length], self._held[length:]
        self._characters += length
        return [Speak(text)] if text else []

    def _wrong(self, detail: str) -> list[Act]:
        said = encoded({"ev": "problem", **told("malformed", detail)})
        return [Send(said, error=True), Close(1008, detail)]


_TAKES: Mapping[str, Callable[[LiveServer, Mapping[str, Any]], list[Act]]] = {
    "open": LiveServer._open,
    "say": LiveServer._say,
    "now": LiveServer._now,
    "drop": LiveServer._drop,
    "end": LiveServer._end,
}
