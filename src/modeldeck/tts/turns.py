"""Turn after turn over WebSockets whose wire has a client side of the usual shape."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, assert_never

from modeldeck._nested import Nested
from modeldeck._transport.link import Dial, Link, LinkClosed
from modeldeck._transport.transport import Transport
from modeldeck._wire.service import Service
from modeldeck.errors import ModelDeckError
from modeldeck.tts.duplex import Opening, duplex
from modeldeck.tts.hook import (
    Clear,
    Cleared,
    Commit,
    ConversationEvent,
    Flush,
    Identity,
    Inbox,
    SpeechRequest,
    Text,
)
from modeldeck.tts.links import lent
from modeldeck.tts.sentences import SentenceCutter

Frames = Iterable[str | bytes]


class Client(Protocol):
    """A wire's client side of one connection: it gives the frames to send and says what a frame means.

    `ready`: the service takes text. `on_event` is to be shown the raw events.
    """

    ready: bool
    on_event: Callable[[Mapping[str, Any]], None] | None

    def begin(self) -> Frames:
        """What a new connection begins with; the same settings give the same frames."""
        ...

    def text(self, text: str) -> Frames:
        """More text of the current utterance."""
        ...

    def commit(self) -> Frames:
        """Speak what is there now; the utterance goes on."""
        ...

    def clear(self) -> Frames:
        """Forget the text that is not spoken yet. None where the service cannot; else `receive` gives `Cleared`."""
        ...

    def flush(self) -> Frames:
        """The utterance is complete; when all of it was spoken, `receive` gives `UtteranceEnd`."""
        ...

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """Raises what the service refuses with, ProtocolError."""
        ...

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends before the speech does."""
        ...


@dataclass(slots=True)
class _Held:
    """`Link.state`: the client, and what was told while the link was prepared."""

    client: Client
    told: list[ConversationEvent] = field(default_factory=list[ConversationEvent])


def prepared(dial: Dial, make: Callable[[], Client]) -> Dial:
    """`dial` with a client on each link; spares fit where the client would begin alike."""
    return replace(dial, key=(dial.key, *make().begin()), prepare=partial(_prepare, make))


async def _prepare(make: Callable[[], Client], link: Link) -> None:
    """A link that is kept is ready."""
    if link.state is None:
        link.state = _Held(make())
        await _sent(link, link.state.client.begin())
    held: _Held = link.state
    while not held.client.ready:
        held.told += held.client.receive(await link.receive())


async def _sent(link: Link, frames: Frames) -> None:
    """Why the other end has closed is told when what came before is read."""
    try:
        for frame in frames:
            await link.send(frame)
    except LinkClosed:
        pass


async def turns(
    transport: Transport,
    dial: Dial,
    request: SpeechRequest,
    inbox: Inbox,
    service: Service,
    cutter: Callable[[], SentenceCutter | None],
) -> AsyncGenerator[ConversationEvent, None]:
    """`_converse`: each connection speaks utterance after utterance; none is opened before there is text.

    `cutter`: of each utterance, where the service is to have whole sentences.
    """
    opening = Opening(inbox)
    async for event in opening:
        yield event
    while opening.text is not None:
        async with (
            lent(transport, dial, request, service) as link,
            aclosing(Nested(_on(link, request, opening, inbox, cutter))) as events,
        ):
            async for event in events:
                yield event


async def _on(
    link: Link, request: SpeechRequest, opening: Opening, inbox: Inbox, cutter: Callable[[], SentenceCutter | None]
) -> AsyncGenerator[ConversationEvent, None]:
    """As many utterances as the connection lasts for."""
    held: _Held = link.state
    held.client.on_event = request.on_event
    held.told[:] = [event for event in held.told if isinstance(event, Identity)]
    for event in held.told:  # also to the next borrower: it is the same session
        yield event
    while opening.text is not None:
        told: deque[ConversationEvent] = deque()
        writing = _written(link, held.client, opening.text, inbox, told, cutter())
        async with aclosing(Nested(duplex(link, held.client, writing, told))) as events:
            async for event in events:
                yield event
        async for event in opening:
            yield event
        if not link.open:  # the next one takes another
            return
    held.client.on_event = None
    link.keep()


async def _written(
    link: Link,
    client: Client,
    text: str,
    inbox: Inbox,
    told: deque[ConversationEvent],
    cutter: SentenceCutter | None,
) -> None:
    """One utterance, from its first text to its flush; `cutter` holds back what is no whole sentence.

    A sentence without any word is not sent: services speak none, and some refuse it.
    """

    async def send(*pieces: str) -> None:
        for piece in pieces:
            if piece and (cutter is None or any(map(str.isalnum, piece))):
                for frame in client.text(piece):
                    await link.send(frame)

    await send(*(cutter.feed(text) if cutter else [text]))
    async for item in inbox:
        frames: Frames = ()
        match item:
            case Text():
                await send(*(cutter.feed(item.text) if cutter else [item.text]))
            case Clear():
                frames = () if cutter else [*client.clear()]
                if not frames:
                    told.append(Cleared(len(cutter.rest()) if cutter else 0))
            case Commit() | Flush():
                await send(cutter.rest() if cutter else "")
                frames = client.flush() if isinstance(item, Flush) else client.commit()
            case _:
                assert_never(item)
        for frame in frames:
            await link.send(frame)
        if isinstance(item, Flush):
            return
