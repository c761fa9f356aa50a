"""The speech WebSockets: a turn of SSML (v1 and v2), or of text as it is written (v2); audio is binary.

Client messages as Python SDK 1.53.0 sends them, server messages as it and the JavaScript SDK (2026-07-13) take them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from modeldeck._wire.acts import End, Speak
from modeldeck._wire.frames import encoded, merged, part, text_of
from modeldeck.errors import ModelDeckError, ParameterError, ProtocolError, UnsupportedError
from modeldeck.providers.azure.wire.errors import SERVICE, cut, is_cut
from modeldeck.providers.azure.wire.formats import FORMATS, format_of
from modeldeck.providers.azure.wire.frames import JSON, Message, binary_frame, read_frame, text_frame, timestamp
from modeldeck.providers.azure.wire.ssml import MOST_BYTES, document, escaped, read, voice_of
from modeldeck.providers.azure.wire.words import TICKS, Boundaries, ended
from modeldeck.tts.hook import Audio, ConversationEvent, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, WordTiming
from modeldeck.tts.sentences import SentenceCutter

VERIFIED_LIVE: str | None = None
PATH = "/cognitiveservices/websocket/v1"
STREAMING_PATH = "/cognitiveservices/websocket/v2"
_SSML = "application/ssml+xml"
_TEXT = "text/plain"
# The names of a streamed turn's settings; all of them are texts.
_INPUT = {
    "pitch": "pitch",
    "rate": "rate",
    "volume": "volume",
    "style": "style",
    "temperature": "temperature",
    "lexicon": "customLexiconUrl",
    "prefer_locales": "preferLocales",
}

# What may be sent when, and the state that follows.
_SEND = {
    ("new", "ssml"): "asked",
    ("new", "synthesis.context"): "writing",
    ("writing", "text.piece"): "writing",
    ("writing", "text.end"): "asked",
}
# What may come while a turn is on. Any other path is ignored, and so is what comes before or after.
_RECEIVE = ("turn.start", "response", "audio", "audio.metadata", "turn.end")


def configuration(version: str) -> str:
    """The first message of a connection, once; `version`: of modeldeck."""
    context = {"system": {"version": version, "name": "modeldeck", "build": "Python"}}
    return text_frame({"X-Timestamp": timestamp(), "Path": "speech.config"}, encoded({"context": context}))


class SpeechClient:
    """One turn: the methods give frames, `receive` says what a frame means.

    `parameters` by our names. `output`: a format that has the last word. `after`: the turn whose utterance this one
    goes on with. `state`: new, writing, asked, done. `received`: bytes of audio. `ignored`: frames that meant nothing
    to us.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        output: AudioFormat | None = None,
        extra: Mapping[str, Any] | None = None,
        after: SpeechClient | None = None,
    ) -> None:
        self.request_id = uuid4().hex
        self.format = format_of(parameters, output)
        self.state = "new"
        self.goes_on = False
        self.received = 0
        self.ignored = 0
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes, audio apart
        self._parameters = parameters
        self._extra = extra or {}
        self._words: Boundaries = Boundaries() if after is None else after._words
        self._words.shift = self._before = 0.0 if after is None else after._seconds
        self._told = 0.0  # seconds of this turn, as the service says at its end
        self._headed: bool = after is not None and after._headed  # the file's head was given
        self._spoke = False  # text was sent

    # -- to the service

    def whole(self, text: str) -> list[str]:
        """A turn whose text, or SSML if the parameters say so, is there."""
        self._go("ssml")
        ssml = bool(self._parameters.get("ssml"))
        self._sent(text, ssml=ssml)
        said = text if ssml else document(text, self._parameters)
        if (size := len(said.encode("utf-8", "replace"))) > MOST_BYTES:
            message = f"as SSML the text has {size} bytes; {MOST_BYTES} is the limit of one request: split it"
            raise ParameterError(message, parameter="text", limit=MOST_BYTES)
        return [self._context(), self._frame("ssml", said, _SSML)]

    def begin(self) -> str:
        """A turn whose text comes in pieces."""
        self._go("synthesis.context")
        given = {_INPUT[name]: str(value) for name in _INPUT if (value := self._parameters.get(name)) is not None}
        voice, language = voice_of(self._parameters), self._parameters.get("language") or ""
        return self._context(
            {"input": {"bidirectionalStreamingMode": True, "voiceName": voice, "language": language, **given}}
        )

    def piece(self, text: str) -> str:
        """More text; never SSML."""
        self._go("text.piece")
        self._sent(text)
        return self._frame("text.piece", text, _TEXT)

    def end(self, *, goes_on: bool = False) -> str:
        """No more text; the turn ends with its last audio. `goes_on`: its utterance does not."""
        self._go("text.end")
        self.goes_on = goes_on
        return self._frame("text.end", "", _TEXT)

    def _sent(self, text: str, *, ssml: bool = False) -> None:
        self._spoke = self._spoke or any(map(str.isalnum, text))
        self._words.sent(text, ssml=ssml)

    def _context(self, more: Mapping[str, Any] | None = None) -> str:
        ssml, options = bool(self._parameters.get("ssml")), self._parameters
        wanted = {
            "visemeEnabled": bool(options.get("visemes")),
            "bookmarkEnabled": ssml,
            "wordBoundaryEnabled": bool(options.get("word_timestamps")),
            "punctuationBoundaryEnabled": False,
            "sentenceBoundaryEnabled": False,
            "sessionEndEnabled": True,
        }
        synthesis = {
            "audio": {"outputFormat": self.format.name, "metadataOptions": wanted},
            "language": {"autoDetection": False},
            **(more or {}),
        }
        return self._frame("synthesis.context", encoded({"synthesis": merged(synthesis, self._extra)}))

    def _go(self, path: str) -> None:
        try:
            self.state = _SEND[self.state, path]
        except KeyError:
            raise UnsupportedError(f"{path} cannot be sent to a turn that is {self.state}") from None

    def _frame(self, path: str, body: str, content_type: str = "") -> str:
        kind = {"Content-Type": content_type} if content_type else {}
        return text_frame({"X-Timestamp": timestamp(), "Path": path, **kind, "X-RequestId": self.request_id}, body)

    # -- from the service

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises ProtocolError, ProviderError."""
        message = read_frame(frame)
        path = message.header("Path").lower()
        turn = message.header("X-RequestId").lower()
        if path not in _RECEIVE or turn not in ("", self.request_id) or self.state in ("new", "done"):
            self.ignored += 1  # of an earlier turn, or of a newer service
            return []
        if isinstance(message.body, bytes):
            return self._audio(message.body) if path == "audio" else []
        told = SERVICE.decoded(message.body) if message.body else {}
        if self.on_event is not None:
            self.on_event({"path": path, "request_id": turn, **told})
        match path:
            case "turn.start":
                return [Identity(response_id=text_of(part(told, "context").get("serviceTag")))]
            case "audio.metadata":
                self._told = ended(told) or self._told
                return [*self._words.read(told)]
            case "turn.end":
                return self._finished()
            case _:
                return []

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        return SERVICE.close_error(code, reason, self.request_id)

    def _audio(self, data: bytes) -> list[ConversationEvent]:
        if not data:
            return []
        head = b"" if self._headed else self.format.head
        self._headed = True
        self.received += len(data)
        return [Audio(head + data, self.format.audio)]

    @property
    def _seconds(self) -> float:
        """Audio of the utterance so far."""
        return self._before + self._turns_seconds

    @property
    def _turns_seconds(self) -> float:
        """By its bytes, where they are samples, else as the service says, or as the bit rate does."""
        counted = self.format.seconds(self.received) or 0.0
        return counted if self.format.name.endswith("-pcm") else self._told or counted

    def _finished(self) -> list[ConversationEvent]:
        self.state = "done"
        if not self.received and self._spoke:
            raise SERVICE.no_audio(self.request_id)
        if is_cut(self._turns_seconds):
            raise cut(self.request_id)
        return [UtteranceEnd()]


_ID = re.compile(r"[0-9a-f]{32}")
_WANTS = ("visemeEnabled", "wordBoundaryEnabled", "sessionEndEnabled")
_TEXTS = ("language", *_INPUT.values())
# What the server takes when; every other path is ignored, telemetry among them.
_TAKES = {
    ("", "speech.config"): "idle",
    ("idle", "speech.config"): "idle",
    ("idle", "synthesis.context"): "asked",
    ("asked", "ssml"): "speaking",
    ("asked", "text.piece"): "asked",
    ("asked", "text.end"): "speaking",
}
_PATHS = frozenset(path for _, path in _TAKES)


@dataclass(frozen=True, slots=True)
class Turn:
    """The server's side: what a `synthesis.context` asked for. `voice`: as the client names it."""

    id: str
    format: str
    visemes: bool
    words: bool
    session_end: bool
    streaming: bool
    voice: str
    tag: str
    stream: str


@dataclass(frozen=True, slots=True)
class Begin:
    """The server's side: a turn begins; `SpeechServer.started()` are its first frames."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class Fail:
    """The server's side: close the connection."""

    code: int
    reason: str


Act = Begin | Speak | End | Fail


class SpeechServer:
    """The server's side of one connection. `known` says whether a voice is there; `streaming`: v2."""

    def __init__(self, known: Callable[[str], bool], *, streaming: bool) -> None:
        self.turn: Turn | None = None
        self._known = known
        self._streaming = streaming
        self._state = ""
        self._cutter = SentenceCutter()
        self._begun = False

    def receive(self, frame: str | bytes) -> list[Act]:
        try:
            message = read_frame(frame)
        except ProtocolError:
            return [Fail(1007, "The message has no headers.")]
        path = message.headers.get("Path", "")
        if not isinstance(message.body, str) or path not in _PATHS:
            return []
        state = _TAKES.get((self._state, path))
        if state is None:
            return [Fail(1007, f"Unexpected message {path}.")]
        try:
            self._check(message, path)
            acts = self._taken(path, message.body)
        except (ValueError, ProtocolError) as error:
            return [Fail(1007, str(error))]
        self._state = state
        return acts

    def _check(self, message: Message, path: str) -> None:
        """Names of headers are taken as they are written; ids are 32 hexadecimal digits in lower case."""
        if "X-Timestamp" not in message.headers:
            raise ValueError(f"{path} has no X-Timestamp.")
        turn = message.headers.get("X-RequestId", "")
        if path == "speech.config":
            return
        if not _ID.fullmatch(turn):
            raise ValueError(f"{path} has no X-RequestId.")
        if path == "synthesis.context":
            assert isinstance(message.body, str)
            self.turn, self._begun = self._asked(turn, message.body), False
        elif self.turn is None or turn != self.turn.id:
            raise ValueError(f"{path} is of another turn.")
        elif path == "ssml" and message.headers.get("Content-Type") != _SSML:
            raise ValueError(f"Content-Type must be {_SSML}.")

    def _taken(self, path: str, body: str) -> list[Act]:
        match path:
            case "speech.config":
                SERVICE.decoded(body)
                return []
            case "synthesis.context":
                return []
            case "ssml":
                return self._whole(body)
            case _:
                return self._pieces(path, body)

    def _asked(self, turn: str, body: str) -> Turn:
        synthesis = part(SERVICE.decoded(body), "synthesis")
        name = text_of(part(synthesis, "audio").get("outputFormat"))
        wanted = part(synthesis, "audio", "metadataOptions")
        given = part(synthesis, "input")
        if name is None or name not in FORMATS:
            raise ValueError(f"Unsupported output format {name}.")
        if any(not isinstance(wanted.get(one, False), bool) for one in _WANTS):
            raise ValueError("metadataOptions are true or false.")
        streaming = given.get("bidirectionalStreamingMode") is True
        voice = text_of(given.get("voiceName")) or ""
        if streaming and not self._streaming:
            raise ValueError("Text streaming is for websocket/v2.")
        if any(not isinstance(given.get(one, ""), str) for one in _TEXTS):
            raise ValueError("All settings of the input are texts.")
        if streaming and not self._known(voice):
            raise ValueError(f"Unsupported voice {voice}.")
        visemes, words, session_end = (wanted.get(one) is True for one in _WANTS)
        return Turn(turn, name, visemes, words, session_end, streaming, voice, uuid4().hex, uuid4().hex.upper())

    def _whole(self, body: str) -> list[Act]:
        assert self.turn is not None
        if self.turn.streaming:
            raise ValueError("Text streaming takes no SSML.")
        spoken = read(body, self._known)
        return [Begin(self._of(spoken.voice)), *([Speak(spoken.text)] if spoken.text.strip() else []), End()]

    def _pieces(self, path: str, body: str) -> list[Act]:
        assert self.turn is not None
        if not self.turn.streaming:
            raise ValueError(f"{path} needs bidirectionalStreamingMode.")
        acts: list[Act] = [] if self._begun else [Begin(self.turn)]
        self._begun = True
        acts += [Speak(sentence) for sentence in self._cutter.feed(body) if sentence.strip()]
        if path == "text.end":
            rest = self._cutter.rest()
            acts += [Speak(rest), End()] if rest.strip() else [End()]
        return acts

    def _of(self, voice: str) -> Turn:
        assert self.turn is not None
        self.turn = replace(self.turn, voice=voice)
        return self.turn

    # -- frames

    def started(self) -> list[str]:
        turn = self._turn
        service = {"serviceTag": turn.tag}
        audio = {"type": "inline", "streamId": turn.stream}
        return [
            self._frame("turn.start", {"context": service}),
            self._frame("response", {"context": service, "audio": audio}),
        ]

    def audio(self, data: bytes) -> bytes:
        """A chunk; an empty one ends the audio."""
        turn = self._turn
        head = {"X-RequestId": turn.id, "Content-Type": "audio/x-wav", "X-StreamId": turn.stream, "Path": "audio"}
        return binary_frame(head, data)

    def words(self, words: tuple[WordTiming, ...]) -> list[str]:
        """When they are spoken, in seconds of the turn, if that was asked for; and the mouth's shapes, likewise."""
        turn = self._turn
        told: list[tuple[str, dict[str, Any]]] = []
        for word in words:
            begin = round(word.start * TICKS)
            if turn.visemes:
                told.append(("Viseme", {"Offset": begin, "VisemeId": 0, "IsLastAnimation": True}))
            if turn.words:
                text = escaped(word.text)
                said = {"Text": text, "Length": len(text), "BoundaryType": "WordBoundary"}
                length = round((word.end - word.start) * TICKS)
                told.append(("WordBoundary", {"Offset": begin, "Duration": length, "text": said}))
        return [self._metadata(kind, data) for kind, data in told]

    def finished(self, seconds: float) -> list[str]:
        """The turn is over, after so many seconds of audio; another may begin."""
        turn = self._turn
        frames = [self._metadata("SessionEnd", {"Offset": round(seconds * TICKS)})] if turn.session_end else []
        frames.append(self._frame("turn.end", {}))
        self.turn, self._state = None, "idle"
        return frames

    @property
    def _turn(self) -> Turn:
        assert self.turn is not None
        return self.turn

    def _metadata(self, kind: str, data: Mapping[str, Any]) -> str:
        return self._frame("audio.metadata", {"Metadata": [{"Type": kind, "Data": data}]})

    def _frame(self, path: str, body: Mapping[str, Any]) -> str:
        head = {"X-RequestId": self._turn.id, "Content-Type": JSON, "Path": path}
        return text_frame(head, encoded(body))
