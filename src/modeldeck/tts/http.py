"""Models that take whole texts over HTTP: one request a text, its audio in the answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol

from modeldeck._wire.service import Service, is_page
from modeldeck.tts import given
from modeldeck.tts.base import P, TTSModelBase
from modeldeck.tts.given import C

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.tts.hook import SpeechEvent, SpeechRequest
    from modeldeck.tts.response import AudioFormat

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ask:
    """An HTTP request, of `json` or `content`; `url` whole, with the query."""

    url: str
    headers: Headers = field(default_factory=dict[str, str], repr=False)
    json: Mapping[str, Any] | None = None
    content: bytes = b""
    method: str = "POST"


class Answer(Protocol):
    """A wire's client side: reads the body of an answer of status 200, which may be cut anywhere."""

    def feed(self, data: bytes) -> Iterable[SpeechEvent]:
        """What `data` completes. Raises what the service refuses with, ProtocolError."""
        ...

    def end(self) -> Iterable[SpeechEvent]:
        """The body is complete; raises unless the speech is too: `Service.broken_off`, `Service.no_audio`."""
        ...


class AudioAnswer:
    """Reads a body that is nothing but audio: a wire that needs no code."""

    def __init__(self, service: Service, form: AudioFormat, request_id: str | None = None) -> None:
        self._service = service
        self._form = form
        self._request_id = request_id
        self._received = False

    def feed(self, data: bytes) -> list[SpeechEvent]:
        from modeldeck.tts.hook import Audio

        self._received = self._received or bool(data)
        return [Audio(data, self._form)] if data else []

    def end(self) -> list[SpeechEvent]:
        if not self._received:
            raise self._service.no_audio(self._request_id)
        return []


async def answered(
    transport: Transport, ask: Ask, request: SpeechRequest, service: Service, read: Callable[[Headers], Answer]
) -> AsyncGenerator[SpeechEvent, None]:
    """What comes back, each part as it arrives; `read` is given the answer's headers, whose names are lower-case.

    Raises what the service refuses with.
    """
    from modeldeck.tts.hook import Identity

    async with transport.exchange(
        ask.method,
        ask.url,
        headers=ask.headers,
        json=ask.json,
        content=ask.content,
        connect=request.timeouts.connect,
        watch=request.watch,
    ) as response:
        if response.status != 200 or is_page(response.headers):
            raise service.http_error(response.status, await response.body(), response.headers)
        answer = read(response.headers)
        yield Identity(request_id=service.request_id(response.headers))
        async for data in response.chunks():
            for event in answer.feed(data):
                yield event
    for event in answer.end():
        yield event


class HttpTTSModelBase(TTSModelBase[P], Generic[C, P]):
    """A provider fills `_ask` and `_answer`; `service` words its errors.

    `HttpTTSModelBase[AcmeCredential, AcmeParameters]` says whose models they are and what may be set.
    """

    credential: C
    service: ClassVar[Service]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        given.take(cls)
        super().__init_subclass__(**kwargs)

    def _ask(self, request: SpeechRequest) -> Ask:
        """The request for `request.text`, which is empty when a connection is opened ahead of a call."""
        raise NotImplementedError(f"{type(self).__name__}._ask(request) returns an Ask")

    def _answer(self, request: SpeechRequest, headers: Headers) -> Answer:
        """What reads the body; `headers` of the answer have lower-case names."""
        raise NotImplementedError(f"{type(self).__name__}._answer(request, headers) returns what reads the body")

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        from contextlib import aclosing

        from modeldeck._nested import Nested

        said = answered(
            self.transport, self._ask(request), request, self.service, lambda headers: self._answer(request, headers)
        )
        async with aclosing(Nested(said)) as events:
            async for event in events:
                yield event

    def _attend(self, request: SpeechRequest) -> AbstractContextManager[None]:
        return self.transport.attend(self._ask(request).url)

    async def _warm(self, request: SpeechRequest) -> None:
        await self.transport.prewarm(self._ask(request).url, connect=request.timeouts.connect)
