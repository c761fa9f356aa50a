"""One utterance over a Realtime session: its sentences, one response after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, assert_never

from modeldeck._transport.link import LinkClosed
from modeldeck.errors import ConnectionFailedError
from modeldeck.providers.openai.wire.realtime import RealtimeClient
from modeldeck.tts.hook import Clear, Cleared, Commit, ConversationEvent, Flush, Inbox, Text, UtteranceEnd
from modeldeck.tts.response import TTSUsage
from modeldeck.tts.sentences import SentenceCutter
from modeldeck.tts.sentencewise import both

if TYPE_CHECKING:
    from modeldeck._transport.link import Link

_MOST = 600  # characters of one response: in any language well below the 4096 tokens that it may have


async def prepared(settings: Mapping[str, Any], link: Link) -> None:
    """`Dial.prepare`: the settings stand; what somebody left behind is cancelled."""
    if link.state is None:
        link.state = RealtimeClient(settings)
    client: RealtimeClient = link.state
    client.abandon()
    client.use(settings)
    while not client.ready:
        if (frame := client.due()) is not None:
            await _said(link, frame)
        client.receive(await link.receive())


async def _said(link: Link, frame: str) -> None:
    """Whether the other end has closed, and why, is told when what came before is read."""
    try:
        await link.send(frame)
    except LinkClosed:
        pass


class Script:
    """The text of an utterance on its way in. `told`: what its reader has to tell. `changed`: there is something new.

    `whole`: nothing is to be said before the flush.
    """

    def __init__(self, text: str, language: str | None, whole: bool) -> None:
        self.told: deque[ConversationEvent] = deque()
        self.changed = asyncio.Event()
        self.flushed = False
        self._whole = whole
        self._cutter = SentenceCutter(language)
        self._waiting = deque(self._cutter.feed(text))
        self._committed = 0  # how many of those

    async def read(self, inbox: Inbox) -> None:
        """To the flush."""
        async for item in inbox:
            match item:
                case Text(text=text):
                    self._waiting.extend(self._cutter.feed(text))
                case Flush() | Commit():
                    self._waiting.append(self._cutter.rest())
                    self._committed = len(self._waiting)
                case Clear():
                    self.told.append(Cleared(self._cleared()))
                case _:
                    assert_never(item)
            self.flushed = isinstance(item, Flush)
            self.changed.set()
            if self.flushed:
                return

    def _cleared(self) -> int:
        """How many characters were forgotten."""
        characters = len(self._cutter.rest())
        while len(self._waiting) > self._committed:
            characters += len(self._waiting.pop())
        return characters

    def next(self) -> str | None:
        """What to say now: as many sentences as are there and fit."""
        text = ""
        while self._waiting and (self.flushed or not self._whole):
            if any(map(str.isalnum, text)) and len(text) + len(self._waiting[0]) > _MOST:
                break
            text += self._waiting.popleft()
            self._committed = max(0, self._committed - 1)
        return text if any(map(str.isalnum, text)) else None


async def utterance(link: Link, script: Script, inbox: Inbox) -> AsyncGenerator[ConversationEvent, None]:
    """Say it, while more of it comes."""
    client: RealtimeClient = link.state
    usage = TTSUsage()
    reader = asyncio.get_running_loop().create_task(script.read(inbox), name="modeldeck text")
    reader.add_done_callback(lambda _: script.changed.set())
    try:
        while True:
            while script.told:
                yield script.told.popleft()
            if client.ready:
                if (text := script.next()) is not None:
                    await _said(link, client.speak(text))
                elif reader.done():
                    reader.result()
                    if script.flushed:
                        yield UtteranceEnd()
                    return
                else:
                    script.changed.clear()
                    await script.changed.wait()
                    continue
            for event in client.receive(await link.receive()):
                if isinstance(event, TTSUsage):
                    event = usage = both(usage, event)
                yield event
    except LinkClosed as lost:
        error = client.closed(lost.close_code, lost.close_reason)
        if isinstance(error, ConnectionFailedError):
            error.unheard = lost.unheard
        raise error from None
    finally:
        reader.cancel()
        await asyncio.wait([reader])
