"""Azure's voices, for whole texts: over a WebSocket, or HTTP where there is none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.azure.credential import AzureCredential
from modeldeck.providers.azure.formats import Named
from modeldeck.providers.azure.parameters import AzureTTSParameters
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck._transport.link import Dial
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.hook import SpeechEvent, SpeechRequest


class AzureTTSModel(Named, TTSModelBase[AzureTTSParameters]):
    """Plain text, which becomes SSML, or SSML: audio as it is made, with word timings.

    A WebSocket speaks one text after the other. On `wire="rest"`, `extra` goes into the address's query.
    """

    provider: ClassVar[str] = "azure"
    credential_class = AzureCredential
    credential: AzureCredential
    Parameters: ClassVar[type[AzureTTSParameters]] = AzureTTSParameters
    type: Literal["azure_tts"] = "azure_tts"

    def __init__(
        self,
        credential: AzureCredential,
        model: str | TTSModelCard = "neural",
        parameters: AzureTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.azure.links import check_family

        if self.enforce == "error":
            check_family(type(self), self.model, self._card)
        said = self._over_http(request) if _is_rest(request) else self._over_websocket(request)
        async with aclosing(Nested(said)) as events:
            async for event in events:
                yield event

    async def _over_websocket(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from modeldeck._nested import Nested
        from modeldeck.providers.azure.links import dial, sent
        from modeldeck.providers.azure.wire.errors import SERVICE
        from modeldeck.providers.azure.wire.speech import PATH, SpeechClient
        from modeldeck.tts.duplex import duplex
        from modeldeck.tts.hook import Cleared, Identity, UtteranceEnd
        from modeldeck.tts.links import lent

        client = SpeechClient(request.parameters, request.output, request.extra)
        client.on_event = request.on_event
        frames = client.whole(request.text)
        async with lent(self.transport, dial(self.credential, PATH, request.parameters), request, SERVICE) as link:
            yield Identity(request_id=client.request_id)
            async with aclosing(Nested(duplex(link, client, sent(link, frames)))) as events:
                async for event in events:
                    if not isinstance(event, UtteranceEnd | Cleared):
                        yield event
            link.keep()

    async def _over_http(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from modeldeck._wire.service import is_page
        from modeldeck.providers.azure.links import address
        from modeldeck.providers.azure.wire.errors import SERVICE, cut, is_cut
        from modeldeck.providers.azure.wire.formats import format_of
        from modeldeck.providers.azure.wire.rest import PATH, headers, not_audio
        from modeldeck.providers.azure.wire.ssml import document
        from modeldeck.tts.hook import Audio, Identity

        parameters = request.parameters
        form = format_of(parameters, request.output)
        ssml = request.text if parameters.get("ssml") else document(request.text, parameters)
        async with self.transport.exchange(
            "POST",
            address(self.credential, PATH, parameters, request.extra),
            headers={**self.credential.headers(), **headers(form.name)},
            content=ssml.encode("utf-8", "replace"),
            connect=request.timeouts.connect,
            watch=request.watch,
        ) as response:
            if response.status != 200 or is_page(response.headers):
                raise SERVICE.http_error(response.status, await response.body(), response.headers)
            request_id = SERVICE.request_id(response.headers)
            if kind := not_audio(response.headers):
                raise SERVICE.unreadable(f"{kind} in the place of audio", request_id=request_id)
            yield Identity(request_id=request_id)
            received = 0
            async for data in response.chunks():
                if data:
                    yield Audio(data if received else form.head + data, form.audio)
                    received += len(data)
        if not received and any(map(str.isalnum, request.text)):
            raise SERVICE.no_audio(request_id)
        if is_cut(form.seconds(received)):
            raise cut(request_id)

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._target(request))

    async def _warm(self, request: SpeechRequest) -> None:
        from modeldeck.providers.azure.wire.errors import SERVICE
        from modeldeck.tts.links import warmed

        target = self._target(request)
        if isinstance(target, str):
            await self.transport.prewarm(target, connect=request.timeouts.connect)
        else:
            await warmed(self.transport, target, request, SERVICE)

    def _target(self, request: SpeechRequest) -> Dial | str:
        from modeldeck.providers.azure.links import address, dial
        from modeldeck.providers.azure.wire.rest import PATH as REST
        from modeldeck.providers.azure.wire.speech import PATH

        if _is_rest(request):
            return address(self.credential, REST, request.parameters)
        return dial(self.credential, PATH, request.parameters)

    def _billed(self, text: str, parameters: Mapping[str, Any]) -> tuple[str, bool]:
        from modeldeck.providers.azure.wire.ssml import document

        return text if parameters.get("ssml") else document(text, parameters), True

    def _cuts(self, request: SpeechRequest) -> bool:
        return not request.parameters.get("ssml")  # a document is one request


def _is_rest(request: SpeechRequest) -> bool:
    return request.parameters.get("wire") == "rest"
