"""One whole text, spoken by a hook that takes streamed text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from modeldeck._nested import Nested
from modeldeck.tts.hook import (
    Cleared,
    ConversationEvent,
    Flush,
    Inbox,
    Item,
    SpeechEvent,
    SpeechRequest,
    Text,
    UtteranceEnd,
)


async def whole(
    converse: Callable[[SpeechRequest, Inbox], AsyncIterator[ConversationEvent]], request: SpeechRequest
) -> AsyncGenerator[SpeechEvent, None]:
    """The events of `request.text`, given to the hook in one piece as its only utterance."""
    async with aclosing(Nested(converse(request, Nested(_said(request.text))))) as events:
        async for event in events:
            if not isinstance(event, UtteranceEnd | Cleared):
                yield event


async def _said(text: str) -> AsyncGenerator[Item, None]:
    yield Text(text)
    yield Flush()
