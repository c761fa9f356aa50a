"""Qwen-TTS over a WebSocket, text as it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, assert_never

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import QwenRealtimeTTSParameters
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial, Link
    from modeldeck.providers.dashscope.wire.realtime import RealtimeClient
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.duplex import Opening
    from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechRequest


class DashScopeRealtimeTTSModel(RealtimeTTSModelBase[QwenRealtimeTTSParameters]):
    """Qwen3-TTS realtime: audio comes back while text is still being pushed.

    In mode `commit` one connection speaks all utterances of a conversation. In mode `server_commit` only the end
    of the service's session tells that an utterance is complete: the next one takes a connection opened before.
    """

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    credential: DashScopeCredential
    Parameters: ClassVar[type[QwenRealtimeTTSParameters]] = QwenRealtimeTTSParameters
    type: Literal["dashscope_realtime_tts"] = "dashscope_realtime_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "qwen3-tts-flash-realtime",
        parameters: QwenRealtimeTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    async def _converse(self, request: SpeechRequest, inbox: Inbox) -> AsyncGenerator[ConversationEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.dashscope.links import parameters
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.providers.dashscope.wire.realtime import RealtimeClient
        from modeldeck.tts.duplex import Opening
        from modeldeck.tts.links import lent

        dial, opening = self._dial(), Opening(inbox)
        async for event in opening:
            yield event
        while opening.text is not None:
            client = RealtimeClient(self.model, parameters(request), request.extra)
            client.on_event = request.on_event
            async with (
                lent(self.transport, dial, request, SERVICE) as link,
                aclosing(Nested(_utterances(link, client, opening, inbox))) as events,
            ):
                async for event in events:
                    yield event
            if not client.idle:
                async for event in opening:
                    yield event

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._dial())

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.dashscope.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        await warmed(self.transport, self._dial(), request, SERVICE)

    def _dial(self) -> Dial:
        from modeldeck._transport.link import Dial
        from modeldeck.providers.dashscope.wire.realtime import path

        return Dial(self.credential.socket_host() + path(self.model), self.credential.headers())


async def _utterances(
    link: Link, client: RealtimeClient, opening: Opening, inbox: Inbox
) -> AsyncGenerator[ConversationEvent, None]:
    """As many as one session can speak: all in mode commit, else one."""
    from modeldeck._nested import Nested
    from modeldeck.tts.duplex import duplex

    frames = [client.update()]
    while opening.text is not None:
        frames.append(client.append(opening.text))
        async with aclosing(Nested(duplex(link, client, _written(link, client, frames, inbox)))) as events:
            async for event in events:
                yield event
        if not client.idle:
            return
        async for event in opening:
            yield event
        if not link.open:  # the next one takes another
            return
        frames = []
    await link.send(client.finish())


async def _written(link: Link, client: RealtimeClient, frames: list[str], inbox: Inbox) -> None:
    """What opens the utterance, and the rest of it to its flush."""
    from modeldeck.tts.hook import Clear, Commit, Flush, Text

    for frame in frames:
        await link.send(frame)
    async for item in inbox:
        match item:
            case Text():
                await link.send(client.append(item.text))
            case Clear():
                await link.send(client.clear())
            case Commit():
                if client.pending:
                    await link.send(client.commit(ends=False))
            case Flush():
                for frame in _ending(client):
                    await link.send(frame)
                return
            case _:
                assert_never(item)


def _ending(client: RealtimeClient) -> list[str]:
    """What ends an utterance."""
    if client.mode != "commit":
        return [client.finish()]
    return [client.commit()] if client.pending else client.end()
