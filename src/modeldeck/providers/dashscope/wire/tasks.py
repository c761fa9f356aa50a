"""The run-task protocol: CosyVoice with streamed text, Sambert with the text in its first frame; audio is binary.

Client frames as SDK 2.0.2 sends them, server frames from the documents of 2026-05-30.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from modeldeck._wire.acts import End, Speak, Stop
from modeldeck._wire.frames import encoded, part, text_of
from modeldeck.errors import ModelDeckError, ProtocolError, UnsupportedError
from modeldeck.providers.dashscope.wire.characters import Sentences, counted, pieces
from modeldeck.providers.dashscope.wire.errors import SERVICE
from modeldeck.providers.dashscope.wire.facts import HINTS, Between, Facts, Is, OneOf, Rules, broken
from modeldeck.providers.dashscope.wire.frames import audio_format, merged, usage_of
from modeldeck.providers.dashscope.wire.timings import Sent, Spans, Words
from modeldeck.tts.hook import Audio, ConversationEvent, Identity, SentenceBegin, UtteranceEnd
from modeldeck.tts.response import TTSUsage, WordTiming
from modeldeck.tts.wav import HEADER_BYTES

VERIFIED_LIVE: str | None = None
PATH = "/api-ws/v1/inference"
FRAME_CHARACTERS = 20_000  # counted, of one continue-task
# In the order of the SDK's frames; what else is set stands between.
_FIRST = ("voice", "volume", "text_type", "sample_rate", "rate", "format", "pitch", "seed", "type", "bit_rate")
_LAST = ("instruction", "language_hints")
_ALWAYS = {"text_type": "PlainText", "sample_rate": 22050, "format": "mp3"}  # the documented defaults
_SAMBERT = {"text_type": "PlainText", "sample_rate": 16000, "format": "wav"}
_TAG = re.compile(r"<[^>]*>")
_TASK = {"task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}

# What may be sent when, and the state that follows.
_SEND = {
    ("idle", "run-task"): "starting",
    ("running", "continue-task"): "running",
    ("running", "finish-task"): "finishing",
}
# What may come when. Anything else of the current task is ignored; audio outside a task is an error.
_RECEIVE = {
    ("starting", "task-started"): "running",
    ("running", "result-generated"): "running",
    ("finishing", "result-generated"): "finishing",
    ("running", "task-finished"): "idle",
    ("finishing", "task-finished"): "idle",
}


class TaskClient:
    """One connection, one task after the other: the methods give frames, `receive` what a frame means.

    `parameters` by the service's own names. `duplex=False`: Sambert, whose text goes into `run`. `state`: idle,
    starting, running, finishing, failed. `received`: bytes of audio of the task. `ignored`: frames that meant
    nothing to us.
    """

    def __init__(
        self,
        model: str,
        parameters: Mapping[str, Any],
        extra: Mapping[str, Any] | None = None,
        *,
        duplex: bool = True,
    ) -> None:
        self.model = model
        self.duplex = duplex
        settings = _ordered({**(_ALWAYS if duplex else _SAMBERT), **parameters})
        self._content = merged({"input": {}, "parameters": settings}, extra)
        self.parameters = self._content["parameters"]
        self.format = audio_format(self.parameters["format"], self.parameters["sample_rate"])
        self.state = "idle"
        self.task_id: str | None = None
        self.received = 0
        self.ignored = 0
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes, audio apart
        self._reset()

    def _reset(self) -> None:
        self.received = 0
        self._text = Sent()
        self._words = Words(self._text) if self.parameters.get("word_timestamp_enabled") else None
        self._spans = Spans(self._text)
        self._usage: TTSUsage | None = None
        self._spoke = False  # text was sent

    @property
    def ready(self) -> bool:
        """The task has started: text may go."""
        return self.state == "running"

    # -- to the service

    def run(self, text: str = "") -> str:
        """Begin a task; `text` is all of it where the text is not streamed."""
        self._go("run-task")
        self.task_id = uuid4().hex
        self._reset()
        spoken: dict[str, Any] = {}
        if not self.duplex:
            spoken["text"] = text
            self._sent(text)
        payload = {"model": self.model, **_TASK, **self._content, "input": {**spoken, **self._content["input"]}}
        return self._frame("run-task", payload)

    def text(self, text: str) -> list[str]:
        """More text, in frames no larger than the service takes; SSML in one, however large."""
        self._sent(text)
        parts = [text] if self.parameters.get("enable_ssml") else pieces(text, FRAME_CHARACTERS)
        return [self._continue({"text": piece}) for piece in parts]

    def flush(self) -> str:
        """Speak what is there, though no sentence has ended. Not in the documents, in the SDK only."""
        return self._continue({"flush": True})

    def finish(self) -> str:
        """No more text; the task ends with its last audio."""
        self._go("finish-task")
        return self._frame("finish-task", {"input": {}})

    def _continue(self, content: Mapping[str, Any]) -> str:
        self._go("continue-task")
        return self._frame("continue-task", {"model": self.model, **_TASK, "input": content})

    def _sent(self, text: str) -> None:
        self._spoke = self._spoke or bool(text)
        self._text.add(text)

    def _go(self, action: str) -> None:
        try:
            self.state = _SEND[self.state, action]
        except KeyError:
            raise UnsupportedError(f"{action} cannot be sent to a task that is {self.state}") from None

    def _frame(self, action: str, payload: Mapping[str, Any]) -> str:
        streaming = "duplex" if self.duplex else "out"
        return encoded(
            {"header": {"action": action, "task_id": self.task_id, "streaming": streaming}, "payload": payload}
        )

    # -- from the service

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises what the service refuses with, ProtocolError."""
        if isinstance(frame, bytes):
            return self._binary(frame)
        event = SERVICE.decoded(frame)
        if self.on_event is not None:
            self.on_event(event)
        header, payload = part(event, "header"), part(event, "payload")
        name = text_of(header.get("event")) or ""
        if header.get("task_id") not in (None, self.task_id):
            self.ignored += 1  # a frame of an earlier task
            return []
        if name == "task-failed":
            self.state = "failed"
            code, message = text_of(header.get("error_code")), text_of(header.get("error_message"))
            raise SERVICE.error(code, message, request_id=self.task_id)
        state = _RECEIVE.get((self.state, name))
        if state is None:
            self.ignored += 1
            return []
        self.state = state if self.duplex or name != "task-started" else "finishing"
        self._usage = usage_of(part(payload, "usage")) or self._usage
        match name:
            case "task-started":
                return [Identity(request_id=self.task_id)]
            case "result-generated":
                return self._result(part(payload, "output"))
            case _:
                return self._finished()

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        return SERVICE.close_error(code, reason, self.task_id)

    def _binary(self, data: bytes) -> list[ConversationEvent]:
        if self.state not in ("running", "finishing"):
            raise SERVICE.unreadable("audio outside a task", request_id=self.task_id)
        if not data:
            return []
        self.received += len(data)
        return [Audio(data, self.format)]

    def _result(self, output: Mapping[str, Any]) -> list[ConversationEvent]:
        words = self._words.read(output, self._seconds) if self._words is not None else []
        sentences = self._spans.read(output, self._seconds, words)
        if self._words is not None and output.get("type") == "sentence-begin":
            return [*sentences, SentenceBegin()]
        return [*words, *sentences]

    @property
    def _seconds(self) -> float | None:
        """Of audio that came; None where bytes do not tell."""
        frame = self.format.frame_bytes
        head = HEADER_BYTES if self.format.encoding == "wav" else 0
        return max(0, self.received - head) / frame / self.format.sample_rate if frame else None

    def _finished(self) -> list[ConversationEvent]:
        if not self.received and self._spoke:
            raise SERVICE.no_audio(self.task_id)
        told: list[ConversationEvent] = [*self._spans.end(self._seconds)]
        return [*told, *([self._usage] if self._usage else ()), UtteranceEnd()]


def _ordered(parameters: Mapping[str, Any]) -> dict[str, Any]:
    between = [name for name in parameters if name not in _FIRST and name not in _LAST]
    return {name: parameters[name] for name in (*_FIRST, *between, *_LAST) if name in parameters}


WATCHDOG = 23.0  # seconds that the service waits for the client within a task
TASK_CHARACTERS = 200_000
INSTRUCTION_CHARACTERS = 100
_RULES: Rules = {
    "text_type": OneOf(("PlainText", "SSML")),
    "volume": Between(0, 100, whole=True),
    "rate": Between(0.5, 2.0),
    "pitch": Between(0.5, 2.0),
    "bit_rate": Between(6, 510, whole=True),
    "seed": Between(0, 65535, whole=True),
    "enable_ssml": Is(bool),
    "word_timestamp_enabled": Is(bool),
    "phoneme_timestamp_enabled": Is(bool),
    "language_hints": Is(list),
    "instruction": Is(str),
    "hot_fix": Is(dict),
    "enable_markdown_filter": Is(bool),
    "enable_aigc_tag": Is(bool),
    "aigc_propagator": Is(str),
    "aigc_propagate_id": Is(str),
}
# What the server takes when; "" is a task that may begin.
_TAKES = {
    ("", "run-task"): "running",
    ("running", "continue-task"): "running",
    ("running", "finish-task"): "finishing",
}


@dataclass(frozen=True, slots=True)
class Task:
    """The server's side: what a run-task asked for. `model` as the client wrote it."""

    id: str
    model: str
    facts: Facts
    format: str
    sample_rate: int
    rate: float
    words: bool
    ssml: bool
    duplex: bool


@dataclass(frozen=True, slots=True)
class Begin:
    """The server's side: a task begins; `TaskServer.started()` is its first frame."""

    task: Task


@dataclass(frozen=True, slots=True)
class Fail:
    """The server's side: send `frame` unless it is empty, then close."""

    frame: str
    code: int = 1000
    reason: str = ""


Act = Begin | Speak | Stop | End | Fail


class TaskServer:
    """The server's side of one connection. `find` knows the models; times are seconds of any clock.

    `due`: when the task fails unless something comes; None while there is none.
    """

    def __init__(self, find: Callable[[str], Facts | None]) -> None:
        self.due: float | None = None
        self.task: Task | None = None
        self._find = find
        self._state = ""
        self._sentences = Sentences()
        self._index = 0
        self._texts = 0
        self._characters = 0
        self._spoken = 0

    def receive(self, frame: str | bytes, now: float) -> list[Act]:
        try:
            event = SERVICE.decoded(frame)
        except ProtocolError:
            return [Fail("", 1007, "Invalid payload data")]
        header, payload = part(event, "header"), part(event, "payload")
        action, task_id = text_of(header.get("action")) or "", text_of(header.get("task_id")) or ""
        state = _TAKES.get((self._state, action))
        if state is None or not task_id or (self.task is not None and task_id != self.task.id):
            return self._failed("InvalidParameter", f"Unexpected action {action!r} for task {task_id!r}.", task_id)
        self._state = state
        self.due = now + WATCHDOG if state == "running" else None
        match action:
            case "run-task":
                return self._run(task_id, text_of(header.get("streaming")), payload)
            case "continue-task":
                return self._continue(part(payload, "input"))
            case _:
                return self._finish(part(payload, "input"))

    def overdue(self) -> list[Act]:
        """The watchdog."""
        return self._failed("CLIENT_ERROR", f"request timeout after {WATCHDOG:.0f} seconds.")

    def _run(self, task_id: str, streaming: str | None, payload: Mapping[str, Any]) -> list[Act]:
        wrong = "InvalidParameter"
        model, settings, spoken = text_of(payload.get("model")), part(payload, "parameters"), payload.get("input")
        if model is None:
            missing = "Missing required parameter 'payload.model'! Please follow the protocol!"
            return self._failed(wrong, missing, task_id)
        if not isinstance(spoken, dict):
            return self._failed(wrong, "task can not be null", task_id)
        facts = self._find(model)
        if facts is None or any(payload.get(name) != value for name, value in _TASK.items()):
            return self._failed("ModelNotFound", f"Model not found ({model})!", task_id)
        voiced, duplex = bool(facts.voices or facts.made_voices), streaming == "duplex"
        if duplex and not voiced:  # Sambert: the model is the voice
            return self._failed(wrong, "Request text is invalid!", task_id)
        if problem := _settings_problem(settings, facts, voiced=voiced):
            return self._failed(wrong, problem, task_id)
        self.task = _task(task_id, model, facts, settings, duplex)
        self._index = self._texts = self._characters = self._spoken = 0
        self._sentences.rest()
        begun: list[Act] = [Begin(self.task)]
        if duplex:
            return begun
        text = text_of(part(payload, "input").get("text"))
        if text is None:
            return self._failed(wrong, "Please ensure input text is valid.")
        self._state, self.due = "finishing", None
        return [*begun, *self._take(text), *self._rest(), End()]

    def _continue(self, content: Mapping[str, Any]) -> list[Act]:
        text = content.get("text")
        if content.get("flush") is True and text is None:
            return self._rest()
        if not isinstance(text, str):
            return self._failed("InvalidParameter", "Please ensure input text is valid.")
        return self._take(text)

    def _take(self, text: str) -> list[Act]:
        assert self.task is not None
        wrong, length = "InvalidParameter", counted(text)
        self._texts += 1
        self._characters += length
        if self.task.ssml and self._texts > 1:
            return self._failed(wrong, "Text request limit violated, expected 1.")
        if self.task.ssml and not self.task.facts.ssml and text.lstrip().startswith("<speak"):
            return self._failed(wrong, "SSML text is not supported at the moment!")
        if length > FRAME_CHARACTERS or self._characters > TASK_CHARACTERS:
            return self._failed(wrong, "Please ensure input text is valid.")
        spoken = _TAG.sub("", text) if self.task.ssml else text
        return [Speak(sentence) for sentence in self._sentences.add(spoken)]

    def _finish(self, content: Mapping[str, Any]) -> list[Act]:
        if content.get("directive") == "cancel":
            return [Stop(), End()]
        if not self._characters:
            return self._failed("InvalidParameter", "Please ensure input text is valid.")
        return [*self._rest(), End()]

    def _rest(self) -> list[Act]:
        rest = self._sentences.rest()
        return [Speak(rest)] if rest else []

    def _failed(self, code: str, message: str, task_id: str = "") -> list[Act]:
        self._state, self.due = "failed", None
        return [Fail(self.failure(code, message, task_id))]

    # -- frames

    def started(self) -> str:
        return self._event("task-started", {})

    def begin(self, text: str) -> list[str]:
        """A sentence begins."""
        self._spoken += counted(text)
        return self._result({"words": []}, "sentence-begin", original_text=text) if self._streams else []

    def synthesis(self) -> list[str]:
        """What comes before each binary frame."""
        return self._result({"words": []}, "sentence-synthesis") if self._streams else []

    def end(self, text: str, words: Iterable[WordTiming], begin: float, end: float) -> list[str]:
        """A sentence ends; times are seconds of the task, places of `words` in `text`."""
        told = [self._word(word) for word in words] if self.task is not None and self.task.words else []
        if not self._streams:
            return self._result({"begin_time": _ms(begin), "end_time": _ms(end), "words": told})
        frames = self._result({"words": told}, "sentence-end", original_text=text)
        self._index += 1
        return frames

    def finished(self) -> str:
        """The task is over; another may begin."""
        output: dict[str, Any] = {} if self._streams else {"output": None}
        payload = {**output, "usage": {"characters": self._spoken}}
        frame = self._event("task-finished", payload, request_uuid=str(uuid4()))
        self._state, self.task, self.due = "", None, None
        return frame

    def failure(self, code: str, message: str, task_id: str = "") -> str:
        name = self.task.id if self.task is not None else task_id
        header = {"task_id": name, "event": "task-failed", "error_code": code, "error_message": message}
        return encoded({"header": {**header, "attributes": {}}, "payload": {}})

    @property
    def _streams(self) -> bool:
        """Not Sambert, whose results have neither type nor index."""
        return self.task is not None and self.task.duplex

    def _result(self, sentence: Mapping[str, Any], kind: str = "", **more: Any) -> list[str]:
        if not kind:
            return [self._event("result-generated", {"output": {"sentence": sentence}})]
        output = {"sentence": {"index": self._index, **sentence}, "type": kind, **more}
        usage = {"usage": {"characters": self._spoken}} if kind == "sentence-end" else {}
        return [self._event("result-generated", {"output": output, **usage})]

    def _word(self, word: WordTiming) -> dict[str, Any]:
        places = {"begin_index": word.begin_index, "end_index": word.end_index} if self._streams else {}
        return {"text": word.text, **places, "begin_time": _ms(word.start), "end_time": _ms(word.end)}

    def _event(self, name: str, payload: Mapping[str, Any], **attributes: str) -> str:
        assert self.task is not None
        header = {"task_id": self.task.id, "event": name, "attributes": attributes}
        return encoded({"header": header, "payload": payload})


def _task(task_id: str, model: str, facts: Facts, settings: Mapping[str, Any], duplex: bool) -> Task:
    defaults = _ALWAYS if duplex else _SAMBERT
    name, rate = settings.get("format"), settings.get("sample_rate")
    return Task(
        task_id,
        model,
        facts,
        name if name and name != "Default" else str(defaults["format"]),
        rate or int(str(defaults["sample_rate"])),
        settings.get("rate") or 1.0,
        words=settings.get("word_timestamp_enabled") is True,
        ssml=settings.get("enable_ssml") is True,
        duplex=duplex,
    )


def _settings_problem(settings: Mapping[str, Any], facts: Facts, *, voiced: bool) -> str | None:
    own: Rules = {
        "format": OneOf((*facts.formats, "Default")),
        "sample_rate": OneOf((*facts.sample_rates, 0)),
    }
    voice = settings.get("voice")
    if voiced and (not isinstance(voice, str) or not voice):
        return "Request voice is invalid!"
    if voiced and not facts.speaks(str(voice)):
        return "[tts:]Engine return error code: 418"
    if voiced and not settings.get("text_type"):
        return "Missing required parameter 'payload.parameters.text_type'! Please follow the protocol!"
    for name, _, expected in broken(settings, _RULES, own):
        return f"Request {name} is invalid! Expected {expected}."
    for hint in (settings.get("language_hints") or ())[:1]:  # the first one counts
        if not HINTS.holds(hint):
            return f"Request language_hints is invalid! Expected {HINTS}."
    instruction = settings.get("instruction") or ""
    fits = not instruction or facts.follows(str(voice), instruction)
    return None if fits and counted(instruction) <= INSTRUCTION_CHARACTERS else "[tts:]Engine return error code: 428"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
