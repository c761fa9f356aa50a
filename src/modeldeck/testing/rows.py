"""What the matrix is made of: its rows, each a speech class with its settings, and the ways that a row is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from modeldeck import Transport
from modeldeck.tts import TTSModelBase, TTSModelCard, TTSResponse
from modeldeck.tts.sentences import SentenceCutter

if TYPE_CHECKING:
    from modeldeck.testing.suite import Suite

SENTENCES = ("Hello there.", " How are you today?")
TEXT = "".join(SENTENCES)
Got = list[TTSResponse]
Exchange = Mapping[str, Any]
"""One of `Sandbox.requests()`."""
Events = Sequence[Mapping[str, Any]]
_RAW = ("pcm", "pcm_s16le", "wav")


@dataclass(frozen=True)
class Row:
    """One class with its settings. Only what differs need be said: `Row(AcmeTTSModel, "acme-1")`.

    `id`: of the row in names of tests, the model's name unless given. `parameters`: must make the service send
    raw PCM or WAV, else nobody can count samples.

    `wire`: what its rows share in `Conformance.differences`. `socket`: it speaks over a WebSocket, else over HTTP
    (None: the realtime classes do). `streams`: audio comes while it is made. `ends`: the wire says where the speech
    ends (None: as the emulator's wire does). `rate`: of its samples, in Hz (None: the card's). `sentences`: a session
    makes one request of each sentence (None: where the class has no `_converse`). `goes_on`: samples are numbered on
    from call to call on one connection (None: either). `piecewise`: the ways in which the sandbox speaks each sentence
    by itself (None: either). `paced`: text is sent no sooner than it can be spoken. `takes_back`: what was sent can be
    cleared. `pieces`: what of a whole text is sent.

    `wav`: parameters that make the service send WAV (None: found in the card, where one says `wav`). `timed`: that
    make it tell when words are spoken. `native`: by a file's name the format that saving it asks the service for, as
    `asked` finds it in the request.

    `trips`: round trips to the first audio of a cold call; None is not measured. `connections`: how many the sandbox
    has seen once the first utterance of a session is over, and how many more with each; `interrupted`: or is broken
    off. `prepared`: a spare connection has been spoken on.

    `query`: of its requests (None: any that holds no secret). `known_by`: what the metadata of a last response says of
    the request (empty: any id). `ids`: how ids of a session and of a response begin. `raw`: `on_event` is shown more
    than audio (None: perhaps). `billed`: what the service counts.
    """

    made_of: type[TTSModelBase[Any]]
    model: str
    id: str = ""
    wire: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    socket: bool | None = None
    streams: bool = True
    ends: bool | None = None
    rate: int = 0
    paced: bool = False
    sentences: bool | None = None
    goes_on: bool | None = None
    piecewise: frozenset[str] | None = None
    takes_back: bool = True
    pieces: Callable[[str], list[str]] = lambda text: [text]
    wav: Mapping[str, Any] | None = None
    timed: Mapping[str, Any] | None = None
    native: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: Callable[[Exchange], str] = lambda exchange: ""
    trips: int | None = None
    connections: tuple[int, int] = (1, 1)
    interrupted: tuple[int, int] = (2, 1)
    prepared: bool = False
    query: str | None = None
    known_by: str = ""
    ids: tuple[str, str] | None = None
    raw: bool | None = None
    billed: Literal["characters", "tokens", ""] = ""
    suite: Suite = field(repr=False, compare=False, kw_only=True, default=None)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def build(self, url: str, transport: Transport, *, key: str = "", **options: Any) -> TTSModelBase[Any]:
        """The model, of a credential with that key for the sandbox at `url`."""
        options = {"parameters": self.parameters, "transport": transport, **options}
        return self.made_of(self.suite.make(key or self.suite.key(), url), self.model, **options)

    @property
    def name(self) -> str:
        """Of its class, for people."""
        return self.made_of.__name__

    @property
    def pushes(self) -> bool:
        return self.made_of.realtime

    @property
    def card(self) -> TTSModelCard | None:
        deck = self.made_of._deck().by_name
        return self.made_of.card(self.model) if self.model in deck else None

    def heard(self, text: str) -> str:
        """What of it is spoken."""
        return "".join(self.pieces(text))

    def seconds(self, text: str) -> float:
        """How long the sandbox speaks `text`: 60 ms per character that it is sent."""
        return 0.06 * len(self.heard(text))

    def samples(self, text: str) -> int:
        return len(self.heard(text)) * 6 * self.rate // 100

    def settled(self, suite: Suite) -> Row:
        """The row of that suite, with what was left open filled in from class and card."""
        row, card = replace(self, suite=suite), self.card
        schema: Mapping[str, Any] = card.call_schema["properties"] if card is not None else {}
        parameters, wav = {**_raw(schema), **self.parameters}, self.wav
        if wav is None and (name := _choice(schema, "wav")):
            wav = {name: "wav"}
        return replace(
            row,
            id=self.id or self.model.replace("/", "-"),
            parameters=parameters,
            rate=self.rate or (card.audio.sample_rate if card is not None and card.audio is not None else 0) or 24000,
            socket=self.made_of.realtime if self.socket is None else self.socket,
            sentences=not self.made_of._has_converse() if self.sentences is None else self.sentences,
            wav=wav or None,
        )


def _raw(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What asks for raw PCM, where a parameter offers it and its default is something else."""
    name = _choice(schema, "pcm")
    return {name: "pcm"} if name and schema[name].get("default") not in _RAW else {}


def _choice(schema: Mapping[str, Any], value: str) -> str:
    """The parameter that may have that value; empty where there is none."""
    return next((name for name, prop in schema.items() if value in prop.get("enum", ())), "")


def sentences_of(text: str) -> list[str]:
    """Those that have a word in them."""
    cutter = SentenceCutter()
    return [sentence for sentence in (*cutter.feed(text), cutter.rest()) if any(map(str.isalnum, sentence))]


Way = Callable[[TTSModelBase[Any], str, Got], Coroutine[Any, Any, None]]


async def whole(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """`await synthesize`, all at once."""
    got.append(await model.synthesize(text))


async def streamed(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """`async for … in synthesize`."""
    async for part in model.synthesize(text):
        got.append(part)


async def session(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """Text in pieces, audio from the session."""
    async with model.session() as talk:
        for at in range(0, len(text), 10):
            await talk.send(text[at : at + 10])
            await asyncio.sleep(0)
        await talk.flush()
        async for part in talk.utterance():
            got.append(part)


async def pushed(model: TTSModelBase[Any], text: str, got: Got) -> None:
    """As AgentScope does it: `push`, then `synthesize`."""
    async with model:
        for at in range(0, len(text), 10):
            got.append(await model.push(text[at : at + 10]))
            await asyncio.sleep(0)
        async for part in model.synthesize():
            got.append(part)


def ways(row: Row) -> list[Way]:
    return [whole, streamed, session, *([pushed] if row.pushes else [])]


EVERY_WAY = frozenset({"whole", "streamed", "session", "pushed"})


def options(way: Way) -> dict[str, Any]:
    """What a model is built with to be used in that way."""
    return {"stream": way is not whole}
