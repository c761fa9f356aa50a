"""What the matrix is made of: its rows, each a speech class with its settings, and the ways that a row is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from modeldeck import Transport
from modeldeck.credential import CredentialBase
from modeldeck.tts import TTSModelBase, TTSResponse
from modeldeck.tts.sentences import SentenceCutter
from tests.conformance.expectations import Fails, Outcome

KEY = "sk-conformance"
SENTENCES = ("Hello there.", " How are you today?")
TEXT = "".join(SENTENCES)
Got = list[TTSResponse]
Exchange = Mapping[str, Any]
"""One of `Sandbox.requests()`."""
Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What differs between services.

    `title`: as errors name it. `credential`: of a key and the sandbox's URL. `header`: where the key goes, and what is
    there. `marks`: other signs of a secret. `any_key`: there is none that the header cannot carry. `texts`: what a
    request asked to be spoken, in its order. `extra`: where a request has what
    `extra=` brings, and `extras`: what it may bring here, to a model and to a call.

    `refusals`: by HTTP status, in a handshake too. `failure`: an error frame; `throttled`: the code of one that means
    too many requests; `throttled_close`: code and reason of a WebSocket closed for that, None where it has none.
    `differences`: by column, then by row or wire. `events`: what must be true of a row's raw events.
    """

    name: str
    title: str
    credential: Callable[[str, str], CredentialBase]
    texts: Callable[[Exchange], list[str]]
    extra: Callable[[Exchange], Mapping[str, Any]]
    refusals: Mapping[int, Fails]
    failure: Fails
    throttled: str
    throttled_close: tuple[int, str] | None = None
    extras: tuple[Mapping[str, Any], Mapping[str, Any]] = ({"volume": 10, "new_thing": {"a": 1}}, {"volume": 20})
    header: tuple[str, Callable[[str], str]] = ("authorization", "Bearer {}".format)
    marks: tuple[str, ...] = ()
    any_key: bool = False
    differences: Mapping[str, Mapping[str, Outcome]] = field(default_factory=dict[str, Mapping[str, Outcome]])
    events: Callable[[Row, Events], None] = lambda row, events: None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One class with its settings.

    `wire`: what its rows share in `Provider.differences`. `socket`: it speaks over a WebSocket, else over HTTP.
    `rate`: of its samples, in Hz. `sentences`: a session makes one request of each sentence. `goes_on`: samples are
    numbered on from call to call on one connection. `piecewise`: the ways in which the sandbox speaks each sentence by
    itself. `paced`: text is sent no sooner than it can be spoken. `takes_back`: what was sent can be cleared.
    `pieces`: what of a whole text is sent.

    `wav`: parameters that make the service send WAV. `timed`: that make it tell when words are spoken. `native`: by a
    file's name the format that saving it asks the service for, as `asked` finds it in the request.

    `trips`: round trips to the first audio of a cold call. `connections`: how many the sandbox has seen once the first
    utterance of a session is over, and how many more with each; `interrupted`: or is broken off. `prepared`: a spare
    connection has been spoken on.

    `query`: of its requests. `known_by`: what the metadata of a last response says of the request. `ids`: how ids of a
    session and of a response begin. `raw`: it says more than audio. `billed`: what the service counts.
    """

    id: str
    provider: Provider
    wire: str
    made_of: type[TTSModelBase[Any]]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    socket: bool = True
    rate: int = 24000
    paced: bool = False
    sentences: bool = False
    goes_on: bool = False
    piecewise: frozenset[str] = frozenset()
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
    query: str = ""
    known_by: str = "request_id"
    ids: tuple[str, str] | None = None
    raw: bool = True
    billed: Literal["characters", "tokens", ""] = "characters"

    def build(self, url: str, transport: Transport, *, key: str = KEY, **options: Any) -> TTSModelBase[Any]:
        options = {"parameters": self.parameters, "transport": transport, **options}
        return self.made_of(self.provider.credential(key, url), self.model, **options)

    @property
    def pushes(self) -> bool:
        return self.made_of.realtime

    def heard(self, text: str) -> str:
        """What of it is spoken."""
        return "".join(self.pieces(text))

    def seconds(self, text: str) -> float:
        """How long the sandbox speaks `text`: 60 ms per character that it is sent."""
        return 0.06 * len(self.heard(text))

    def samples(self, text: str) -> int:
        return len(self.heard(text)) * 6 * self.rate // 100


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
