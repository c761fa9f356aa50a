"""Azure's voices, for text as it is written."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, assert_never

from modeldeck.providers.azure.credential import AzureCredential
from modeldeck.providers.azure.formats import Named
from modeldeck.providers.azure.parameters import AzureRealtimeTTSParameters
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial, Link
    from modeldeck.providers.azure.wire.speech import SpeechClient
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechRequest


class AzureRealtimeTTSModel(Named, RealtimeTTSModelBase[AzureRealtimeTTSParameters]):
    """Text goes out in the pieces in which it comes; the service decides when it has enough of it to speak.

    Only the end of a turn makes it speak what no sentence has ended: `commit` ends one, and the utterance goes on in
    the next.
    """

    provider: ClassVar[str] = "azure"
    credential_class = AzureCredential
    credential: AzureCredential
    Parameters: ClassVar[type[AzureRealtimeTTSParameters]] = AzureRealtimeTTSParameters
    type: Literal["azure_realtime_tts"] = "azure_realtime_tts"

    def __init__(
        self,
        credential: AzureCredential,
        model: str | TTSModelCard = "neural-realtime",
        parameters: AzureRealtimeTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncGenerator[ConversationEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.azure.links import check_family
        from modeldeck.providers.azure.wire.errors import SERVICE
        from modeldeck.providers.azure.wire.speech import SpeechClient
        from modeldeck.tts.duplex import Opening, duplex
        from modeldeck.tts.hook import Identity, UtteranceEnd
        from modeldeck.tts.links import lent

        if self.enforce == "error":
            check_family(type(self), self.model, self._card)
        dial, opening, before = self._dial(request), Opening(inbox), None
        while True:
            async for event in opening:
                before = None if isinstance(event, UtteranceEnd) else before
                yield event
            if opening.text is None:
                return
            client = SpeechClient(request.parameters, request.output, request.extra, before)
            client.on_event = request.on_event
            async with lent(self.transport, dial, request, SERVICE) as link:
                yield Identity(request_id=client.request_id)
                told: deque[ConversationEvent] = deque()
                writing = _written(link, client, opening.text, inbox, told)
                async with aclosing(Nested(duplex(link, client, writing, told))) as events:
                    async for event in events:
                        if not (isinstance(event, UtteranceEnd) and client.goes_on):
                            yield event
                link.keep()
            before = client if client.goes_on else None

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._dial(request))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.azure.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._dial(request), request, SERVICE)

    def _dial(self, request: SpeechRequest) -> Dial:
        from modeldeck.providers.azure.links import dial
        from modeldeck.providers.azure.wire.speech import STREAMING_PATH

        return dial(self.credential, STREAMING_PATH, request.parameters)


async def _written(link: Link, client: SpeechClient, text: str, inbox: Inbox, told: deque[ConversationEvent]) -> None:
    """One turn, from its first text to its flush, or to where it is to be spoken at once."""
    from modeldeck.tts.hook import Clear, Cleared, Commit, Flush, Text

    await link.send(client.begin())
    await link.send(client.piece(text))
    async for item in inbox:
        match item:
            case Text():
                await link.send(client.piece(item.text))
            case Clear():
                told.append(Cleared(0))  # what was sent cannot be taken back
            case Commit() | Flush():
                await link.send(client.end(goes_on=isinstance(item, Commit)))
                return
            case _:
                assert_never(item)
