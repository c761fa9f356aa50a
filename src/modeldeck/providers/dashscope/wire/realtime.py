"""Qwen-TTS realtime: sessions and events over a WebSocket, audio as base64 in JSON.

Client events as SDK 2.0.2 sends them, server events from the documents of 2026-05-30.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import uuid4

from modeldeck._wire.acts import Close, End, Send, Speak, Stop
from modeldeck._wire.frames import encoded, part, text_of
from modeldeck.errors import ModelDeckError, ModelNotFoundError, ProtocolError, ProviderError
from modeldeck.providers.dashscope.wire.characters import Sentences, counted
from modeldeck.providers.dashscope.wire.errors import SERVICE
from modeldeck.providers.dashscope.wire.facts import (
    FORMATS,
    INSTRUCTION_TOKENS,
    LANGUAGES,
    Between,
    Facts,
    Is,
    OneOf,
    Rules,
    broken,
    tokens,
)
from modeldeck.providers.dashscope.wire.frames import Bill, audio_format
from modeldeck.tts.hook import Audio, Cleared, ConversationEvent, Identity, UtteranceEnd

VERIFIED_LIVE: str | None = None
# In the order of the SDK's frames; what the SDK always says comes with its default.
_SESSION: dict[str, Any] = {
    "voice": None,
    "mode": "server_commit",
    "response_format": "pcm",
    "sample_rate": 24000,
    "volume": None,
    "speech_rate": None,
    "pitch_rate": None,
    "bit_rate": None,
    "enable_tn": None,
    "language_type": None,
    "instructions": None,
    "optimize_instructions": None,
}


def path(model: str) -> str:
    """Where the WebSocket of `model` is, after the host."""
    return f"/api-ws/v1/realtime?model={quote(model, safe='')}"


def session(parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `session` object for `parameters` (whose `format` the service calls `response_format`); `extra` last."""
    given = {"response_format" if name == "format" else name: value for name, value in parameters.items()}
    known = {name: given.pop(name, default) for name, default in _SESSION.items()}
    return {**{name: value for name, value in known.items() if value is not None}, **given, **(extra or {})}


class RealtimeClient:
    """One session: the methods give the frame to send, `receive` what a frame of the service means.

    `ready`: the settings are accepted, text may go. `idle`: ready, and nothing is owed in either direction, so the
    session can serve another utterance. `pending`: characters sent that no commit covers. `received`: bytes of audio
    of the current utterance. `ignored`: frames that meant nothing to us.
    """

    def __init__(self, model: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self.session = session(parameters, extra)
        self.mode: str = self.session["mode"]
        self.format = audio_format(self.session["response_format"], self.session["sample_rate"])
        self.ready = False
        self.finished = False
        self.received = 0
        self.ignored = 0
        self.session_id: str | None = None
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes
        self._pending: list[str] = []
        self._commits: deque[bool] = deque()  # those that wait for response.done; True: it ends the utterance
        self._open: dict[str, bool] = {}  # responses in progress; True: more audio may come
        self._past = False  # a response is done
        self._clears: deque[int | None] = deque()  # characters of those that are not answered; None: it is the end
        self._bill = Bill()
        self._owed = False  # audio has to come before the utterance ends
        self._finishing = False

    @property
    def idle(self) -> bool:
        owed = self._open or self._commits or self._clears or self._pending or self._owed
        return self.ready and not (owed or self._finishing or self.finished)

    @property
    def pending(self) -> int:
        return sum(map(len, self._pending))

    # -- to the service

    def update(self) -> str:
        """The settings; before any text."""
        return self._event("session.update", session=self.session)

    def append(self, text: str) -> str:
        self._pending.append(text)
        self._owed = self._owed or (bool(text) and self.mode != "commit")
        return self._event("input_text_buffer.append", text=text)

    def commit(self, *, ends: bool = True) -> str:
        """Speak what was appended, an error of the service when there is nothing.

        In mode commit the utterance ends with its response; not so with `ends=False`. In mode server_commit it
        ends with the session.
        """
        self._pending.clear()
        self._owed = True
        if self.mode == "commit":
            self._commits.append(ends)
        return self._event("input_text_buffer.commit")

    def end(self) -> list[str]:
        """In mode commit: the utterance ends with what was committed, or with the answer to the frame to send."""
        if self._commits:
            self._commits[-1] = True
            return []
        self._clears.append(None)
        return [self._event("input_text_buffer.clear")]

    def clear(self) -> str:
        """Forget the text that is not being spoken yet; `receive` tells how much it was."""
        waiting = "".join(self._pending)
        self._pending.clear()
        if self.mode != "commit":  # whole sentences are spoken already
            sentences = Sentences()
            sentences.add(waiting)
            waiting = sentences.rest()
            self._owed = False
        self._clears.append(len(waiting))
        return self._event("input_text_buffer.clear")

    def finish(self) -> str:
        """No more text; the service speaks what is left and closes."""
        self._finishing = True
        if self.mode == "commit" and self._pending:
            self._pending.clear()
            self._owed = True
            self._commits.append(True)
        elif self._commits:
            self._commits[-1] = True
        return self._event("session.finish")

    @staticmethod
    def _event(type: str, **content: Any) -> str:
        return encoded({"event_id": f"event_{uuid4().hex}", "type": type, **content})

    # -- from the service

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises what the service refuses with, ProtocolError."""
        if isinstance(frame, bytes):
            self.ignored += 1
            return []
        event = SERVICE.decoded(frame)
        if self.on_event is not None:
            self.on_event(event)
        name = text_of(event.get("type"))
        if name in _MEANINGS:
            return _MEANINGS[name](self, event)
        if name not in _NEWS:
            self.ignored += 1
        return []

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        if self.session_id and not self.ready and code in (None, 1000, 1005):
            # Unknown models are let in and then dropped without a word; measured by third parties, 2026-09-20.
            message = (
                f"DashScope closed the session at its beginning, as it does when it does not have the model "
                f"{self.model!r}. Check the name, that it ends in -realtime (with or without a date), and whether "
                f"the credential's region offers it."
            )
            return ModelNotFoundError(message, provider=SERVICE.provider, code=str(code) if code else None)
        return SERVICE.close_error(code, reason, self.session_id)

    def _session_created(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        self.session_id = text_of(part(event, "session").get("id"))
        return [Identity(session_id=self.session_id)] if self.session_id else []

    def _session_updated(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        self.ready = True
        settings = part(event, "session")
        name, rate = settings.get("response_format"), settings.get("sample_rate")
        if name in FORMATS and isinstance(rate, int) and rate > 0:
            self.format = audio_format(name, rate)
        return []

    def _response_created(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        name = text_of(part(event, "response").get("id")) or ""
        self._open[name] = True
        return [Identity(response_id=name)] if name else []

    def _delta(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        name = text_of(event.get("response_id"))
        if name is not None and not self._open.setdefault(name, not self._past):
            raise SERVICE.unreadable(f"audio of the response {name}, which is over or was never begun")
        data = SERVICE.audio_bytes(event.get("delta"))
        if not data:
            return []
        self.received += len(data)
        return [Audio(data, self.format)]

    def _audio_done(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        name = text_of(event.get("response_id"))
        if name in self._open:
            self._open[name] = False
        return []

    def _response_done(self, event: Mapping[str, Any]) -> list[ConversationEvent]:
        response = part(event, "response")
        name, status = text_of(response.get("id")) or "", response.get("status")
        self._open.pop(name, None)
        self._past = True
        self._bill.add(part(response, "usage"))
        if status not in (None, "completed"):
            raise self._incomplete(name, status, response)
        events: list[ConversationEvent] = []
        if (bill := self._bill.total()) is not None:
            events.append(bill)
        if self._commits and self._commits.popleft():
            events += self._ended()
        return events

    def _incomplete(self, name: str, status: Any, response: Mapping[str, Any]) -> ModelDeckError:
        details = part(response, "status_details", "error") or part(response, "error")
        if details:
            return SERVICE.refused(details, self.session_id)
        message = f"DashScope ended the response {name} with the status {status!r}; {self.received} bytes had come"
        return ProviderError(
            message, provider=SERVICE.provider, code=str(status), request_id=self.session_id, retryable=True
        )

    def _cleared(self, _: Mapping[str, Any]) -> list[ConversationEvent]:
        if not self._clears:
            return []
        characters = self._clears.popleft()
        return self._ended() if characters is None else [Cleared(characters)]

    def _session_finished(self, _: Mapping[str, Any]) -> list[ConversationEvent]:
        self.finished = True
        if self._open:
            raise SERVICE.unreadable("the end of the session in the middle of a response", request_id=self.session_id)
        if self.mode == "commit" and not any(self._commits):
            return []
        self._commits.clear()
        return self._ended()

    def _ended(self) -> list[ConversationEvent]:
        if self._owed and not self.received:
            raise SERVICE.no_audio(self.session_id)
        self.received = 0
        self._owed = False
        self._bill = Bill()
        return [UtteranceEnd()]

    def _error(self, event: Mapping[str, Any]) -> NoReturn:
        raise SERVICE.refused(part(event, "error"), self.session_id)


# What an event means to the client; those of `_NEWS` tell nothing that the others do not, any other is ignored.
_MEANINGS: dict[str, Callable[[RealtimeClient, Mapping[str, Any]], list[ConversationEvent]]] = {
    "session.created": RealtimeClient._session_created,
    "session.updated": RealtimeClient._session_updated,
    "session.finished": RealtimeClient._session_finished,
    "input_text_buffer.cleared": RealtimeClient._cleared,
    "response.created": RealtimeClient._response_created,
    "response.audio.delta": RealtimeClient._delta,
    "response.audio.done": RealtimeClient._audio_done,
    "response.done": RealtimeClient._response_done,
    "error": RealtimeClient._error,
}
_NEWS = frozenset(
    {
        "input_text_buffer.committed",
        "response.output_item.added",
        "response.content_part.added",
        "response.content_part.done",
        "response.output_item.done",
    }
)


Act = Send | Speak | Stop | End | Close

_RULES: Rules = {
    "voice": Is(str),
    "mode": OneOf(("server_commit", "commit")),
    "language_type": LANGUAGES,
    "speech_rate": Between(0.5, 2.0),
    "pitch_rate": Between(0.5, 2.0),
    "volume": Between(0, 100, whole=True),
    "bit_rate": Between(6, 510, whole=True),
    "instructions": Is(str),
    "optimize_instructions": Is(bool),
    "enable_tn": Is(bool),
}
# What is answered when; elsewhere an event is an error. created: no text yet; started: settings stand.
_TAKES = {
    "created": {
        "session.update": "created",
        "input_text_buffer.append": "started",
        "input_text_buffer.commit": "created",
        "input_text_buffer.clear": "created",
        "response.cancel": "created",
        "session.finish": "finished",
    },
    "started": {
        "input_text_buffer.append": "started",
        "input_text_buffer.commit": "started",
        "input_text_buffer.clear": "started",
        "response.cancel": "started",
        "session.finish": "finished",
    },
    "finished": dict[str, str](),
}


class RealtimeServer:
    """The server's side of one session. `facts`: None for a model that it does not have, which it does not say.

    `deaf`: a model of another protocol, which lets everything in and answers nothing.
    """

    def __init__(self, model: str, facts: Facts | None, *, deaf: bool = False) -> None:
        self.facts = facts or Facts()
        self.settings: dict[str, Any] = {
            "mode": "server_commit",
            "voice": "Cherry",
            "response_format": "pcm",
            "sample_rate": 24000,
        }
        self._known = facts is not None
        self._deaf = deaf
        self._state = "created"
        self._fixed = {"object": "realtime.session", "model": model, "id": f"sess_{_id()}"}
        self._sentences = Sentences()
        self._held: list[str] = []  # in mode commit
        self._ids: set[str] = set()

    def opening(self) -> list[Act]:
        """What happens without being asked."""
        created = Send(_event("session.created", session={**self.settings, **self._fixed}))
        return [created] if self._known or self._deaf else [created, Close()]

    def receive(self, frame: str | bytes) -> list[Act]:
        if self._deaf:
            return []
        try:
            event = SERVICE.decoded(frame)
        except ProtocolError:
            return [Close(1007, "Invalid payload data")]
        name, event_id = text_of(event.get("type")), text_of(event.get("event_id"))
        if event_id is None or event_id in self._ids:
            return [_wrong(f"event_id {event_id!r} is missing or was used before.", "event_id")]
        self._ids.add(event_id)
        if name not in _TAKES["created"]:
            return [_wrong(f"Unsupported event type: {name!r}.", "type")]
        state = _TAKES[self._state].get(name)
        if state is None:
            what = name.replace("_", " ").replace(".", " ").capitalize()
            return [_wrong(f"{what} error: session already started or finished or failed.")]
        acts = self._answer(name, event)
        if not any(isinstance(act, Send) and act.error for act in acts):
            self._state = state
        return acts

    def _answer(self, name: str, event: Mapping[str, Any]) -> list[Act]:
        match name:
            case "session.update":
                return [self._update(part(event, "session"))]
            case "input_text_buffer.append":
                return self._append(event.get("text"))
            case "input_text_buffer.commit":
                return self._commit()
            case "input_text_buffer.clear":
                self._rest()
                return [Send(_event("input_text_buffer.cleared"))]
            case "response.cancel":
                return [Stop()]
            case _:
                return [*self._rest(), End()]

    def _update(self, settings: Mapping[str, Any]) -> Send:
        own: Rules = {
            "response_format": OneOf(self.facts.formats),
            "sample_rate": OneOf(self.facts.sample_rates),
        }
        for name, value, expected in broken(settings, _RULES, own):
            return _wrong(f"Invalid value: {value!r}. Expected {expected}.", f"session.{name}")
        if tokens(settings.get("instructions") or "") > INSTRUCTION_TOKENS:
            return _wrong(f"instructions: more than {INSTRUCTION_TOKENS} tokens.", "session.instructions")
        voice = settings.get("voice") or self.settings["voice"]
        if problem := self._voice_problem(voice):
            return problem
        self.settings.update((name, value) for name, value in settings.items() if value is not None)
        return Send(_event("session.updated", session={**self.settings, **self._fixed}))

    def _voice_problem(self, voice: str) -> Send | None:
        if self.facts.speaks(voice):
            return None
        if self.facts.made_voices and not self.facts.voices:  # a listed voice on a model of cloned ones
            return _error("[qwen-tts:]Engine return error code: 411", code="CLIENT_ERROR")
        return _error(f"The requested voice '{voice}' is not supported.", code="invalid_value")

    def _append(self, text: Any) -> list[Act]:
        if not isinstance(text, str):
            return [_wrong("Input text buffer append error: text is required.", "text")]
        if self._state == "created" and (problem := self._voice_problem(self.settings["voice"])):
            return [problem]
        if self.settings["mode"] == "server_commit":
            return [Speak(sentence) for sentence in self._sentences.add(text)]
        self._held.append(text)
        return []

    def _commit(self) -> list[Act]:
        begun = self._state == "started" and self.settings["mode"] == "server_commit"
        if not begun and not any(self._held):
            return [_wrong("Input text buffer commit error: the buffer is empty.")]
        return [Send(_event("input_text_buffer.committed", item_id="")), *self._rest()]

    def _rest(self) -> list[Act]:
        """What was held back."""
        text = "".join(self._held) + self._sentences.rest()
        self._held.clear()
        return [Speak(text)] if text else []

    def response(self, text: str) -> Response:
        """The frames of one response."""
        return Response(self.settings["voice"], self.facts, text)

    def finished(self) -> str:
        return _event("session.finished")

    def failure(self, code: str, message: str) -> str:
        """An error that is not the client's."""
        return _error(message, code=code).frame


class Response:
    """The server's side: the frames of one response."""

    def __init__(self, voice: str, facts: Facts, text: str) -> None:
        self._facts = facts
        self._text = text
        self._voice = voice
        self._id, self._item = f"resp_{_id()}", f"item_{_id()}"

    def begin(self) -> list[str]:
        response = {
            "id": self._id,
            "object": "realtime.response",
            "conversation_id": "",
            "status": "in_progress",
            "voice": self._voice,
            "output": [],
        }
        return [
            _event("response.created", response=response),
            _event(
                "response.output_item.added",
                response_id=self._id,
                output_index=0,
                item=self._message("in_progress", []),
            ),
            self._content("response.content_part.added", part={"type": "audio", "text": ""}),
        ]

    def delta(self, data: str) -> str:
        """A chunk of audio, as base64."""
        return self._content("response.audio.delta", delta=data)

    def end(self, seconds: float, status: str = "completed") -> list[str]:
        """`seconds`: of audio."""
        item = self._message("completed", [{"type": "audio", "text": ""}])
        response = {
            "id": self._id,
            "object": "realtime.response",
            "conversation_id": "",
            "status": status,
            "modalities": ["text", "audio"],
            "voice": self._voice,
            "output": [self._message("completed", [{"type": "audio", "transcript": ""}])],
            "usage": self._facts.usage(counted(self._text), tokens(self._text), seconds),
        }
        return [
            self._content("response.audio.done"),
            self._content("response.content_part.done", part={"type": "audio", "text": ""}),
            _event("response.output_item.done", response_id=self._id, output_index=0, item=item),
            _event("response.done", response=response),
        ]

    def _content(self, name: str, **more: Any) -> str:
        return _event(name, response_id=self._id, item_id=self._item, output_index=0, content_index=0, **more)

    def _message(self, status: str, content: list[dict[str, str]]) -> dict[str, Any]:
        fixed = {"id": self._item, "object": "realtime.item", "type": "message", "status": status}
        return {**fixed, "role": "assistant", "content": content}


def _id() -> str:
    return uuid4().hex[:21]


def _event(name: str, **content: Any) -> str:
    return encoded({"event_id": f"event_{_id()}", "type": name, **content})


def _error(message: str, **more: Any) -> Send:
    return Send(_event("error", error={**more, "message": message}), error=True)


def _wrong(message: str, param: str | None = None) -> Send:
    return _error(message, type="invalid_request_error", code="invalid_value", param=param)
