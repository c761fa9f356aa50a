"""One utterance on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Collection, Generator, Iterable
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from modeldeck._nested import Nested
from modeldeck.errors import ConcurrentUseError, ModelDeckError, UnsupportedError
from modeldeck.tts.assemble import asked, joined
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.events import Origin
from modeldeck.tts.hook import SpeechEvent, SpeechRequest
from modeldeck.tts.response import TTSResponse, TTSUsage
from modeldeck.tts.utterance import Utterance

if TYPE_CHECKING:
    from modeldeck.tts.session import Session

    class Delivered(TTSResponse, AsyncGenerator[TTSResponse, None]):  # pyright: ignore
        """What awaiting a `Speech` gives: the whole response, or the stream of increments."""


class Speech(AsyncGenerator[TTSResponse, None]):
    """What `synthesize` returns: await it, or iterate it.

    Iterated, it gives the increments as they arrive; the last one has `is_last` and the usage. Awaited, it
    gives one whole `TTSResponse`, or, when the model streams, this stream. Dropping or closing it stops the
    provider. Only one task may iterate it.
    """

    def __init__(self, increments: Callable[[], AsyncGenerator[TTSResponse, None]], *, stream: bool) -> None:
        self._open = increments
        self._stream = stream
        self._increments: AsyncGenerator[TTSResponse, None] | None = None
        self._outcome: TTSResponse | Exception | None = None
        self._busy = False
        self._closed = False

    def into(self, encodings: Collection[str]) -> None:
        """Before it begins: ask for one of these, best first; whatever cannot be asked for any more stays as it is.

        Where none can be had, the first increment raises ParameterError, before any traffic.
        """
        if self._increments is None and isinstance(self._open, partial) and self._open.func is spoken:
            self._open = partial(self._open, into=encodings)

    def __await__(self) -> Generator[Any, None, Delivered]:
        return self._delivered().__await__()

    async def _delivered(self) -> Delivered:
        if self._stream:
            return cast("Delivered", self)
        if self._outcome is None:
            if self._closed:
                raise UnsupportedError("this Speech was closed; call synthesize() again")
            try:
                async with aclosing(self):
                    self._outcome = joined([part async for part in self])
            except Exception as error:
                self._outcome = error
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return cast("Delivered", self._outcome)

    def __aiter__(self) -> Speech:
        return self

    async def __anext__(self) -> TTSResponse:
        if self._busy:
            raise ConcurrentUseError("two tasks iterate one Speech; call synthesize() once for each")
        if self._closed:
            raise StopAsyncIteration
        if self._increments is None:
            self._increments = self._open()
        self._busy = True
        try:
            return await self._increments.__anext__()
        finally:
            self._busy = False

    async def asend(self, value: None) -> TTSResponse:
        """`__anext__`, as the generator protocol names it."""
        return await self.__anext__()

    async def athrow(
        self, typ: Any, val: BaseException | object = None, tb: TracebackType | None = None
    ) -> TTSResponse:
        if self._increments is None:
            self._increments = self._open()
        return await self._increments.athrow(typ, val, tb)

    async def aclose(self) -> None:
        """Stop the provider; a no-op after the end. To stop it from another task, cancel the one that iterates."""
        if self._busy:
            raise ConcurrentUseError("a task is iterating this Speech; cancel that task")
        self._closed = True
        if self._increments is not None:
            await self._increments.aclose()


async def spoken(
    attempts: Callable[[SpeechRequest, float | None], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    *,
    delivery: Delivery,
    origin: Origin,
    into: Collection[str] = (),
) -> AsyncGenerator[TTSResponse, None]:
    """The increments of one request: what `attempts` gives of it until a deadline, usage, the last response.

    `into`: encodings, one of which the audio must have.
    """
    if into:
        delivery = _into(delivery, into, request, origin)
    clock = asyncio.get_running_loop().time
    utterance, watch = Utterance(delivery, clock, written=request.written), request.watch
    total = request.timeouts.total
    events = Nested(attempts(asked(request, delivery), None if total is None else utterance.began + total))
    watch.request()
    failure: BaseException | None = None
    try:
        async with aclosing(events):
            async for event in events:
                first = utterance.first_audio is None
                if (increment := utterance.take(event)) is not None:
                    if first and utterance.first_audio is not None:
                        watch.first_audio(utterance.first_audio)
                    yield increment
        for increment in utterance.ended():
            yield increment
    except BaseException as error:
        failure = error
        if isinstance(error, ModelDeckError):
            utterance.failed(error)
        raise
    finally:
        watch.end(failure, clock() - utterance.began)


def _into(delivery: Delivery, encodings: Collection[str], request: SpeechRequest, origin: Origin) -> Delivery:
    try:
        return delivery.into(encodings, request.parameters)
    except ModelDeckError as error:
        origin.complete(error)
        raise


async def silence() -> AsyncGenerator[TTSResponse, None]:
    """The answer to an empty text: one empty last response."""
    yield TTSResponse(is_last=True, usage=TTSUsage())


async def fed(session: Session, texts: AsyncIterable[str] | Iterable[str]) -> AsyncGenerator[TTSResponse, None]:
    """A stream of text as one utterance of a session of its own."""
    async with session:
        feeder = asyncio.get_running_loop().create_task(session.feed(texts), name="modeldeck text")
        try:
            async for increment in session.utterance():
                yield increment
        finally:
            feeder.cancel()
            await asyncio.wait([feeder])
