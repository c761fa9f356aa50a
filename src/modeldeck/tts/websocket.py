"""Models that take text while they speak, over a WebSocket whose wire has a client side of the usual shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from modeldeck.tts import given
from modeldeck.tts.base import P
from modeldeck.tts.given import C
from modeldeck.tts.realtime import RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial
    from modeldeck._wire.service import Service
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechRequest
    from modeldeck.tts.sentences import SentenceCutter
    from modeldeck.tts.turns import Client


class WebSocketTTSModelBase(RealtimeTTSModelBase[P], Generic[C, P]):
    """A provider fills `_dial` and `_client`; `service` words its errors.

    One connection speaks utterance after utterance; an interruption gives it up, and the next has a spare that is
    open already. `sentences`: the service is to have whole sentences, not text as it comes.
    `WebSocketTTSModelBase[AcmeCredential, AcmeParameters]` says whose models they are and what may be set.
    """

    credential: C
    service: ClassVar[Service]
    sentences: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        given.take(cls)
        super().__init_subclass__(**kwargs)

    def _dial(self, request: SpeechRequest) -> Dial:
        """What a connection for these settings is opened with: a Dial of the URL and the headers."""
        raise NotImplementedError(f"{type(self).__name__}._dial(request) returns a Dial")

    def _client(self, request: SpeechRequest) -> Client:
        """The wire's client side of a new connection for these settings."""
        raise NotImplementedError(f"{type(self).__name__}._client(request) returns the wire's client side")

    def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncIterator[ConversationEvent]:
        from modeldeck.tts import turns

        return turns.turns(self.transport, self._prepared(request), request, inbox, self.service, self._cutter)

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._prepared(request))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._prepared(request), request, self.service)

    def _prepared(self, request: SpeechRequest) -> Dial:
        from modeldeck.tts import turns

        return turns.prepared(self._dial(request), lambda: self._client(request))

    def _cutter(self) -> SentenceCutter | None:
        if not self.sentences:
            return None
        from modeldeck.tts.sentences import SentenceCutter

        return SentenceCutter(self._language)
