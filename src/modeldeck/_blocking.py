"""Speech without `async`: for scripts, notebooks and threads."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine, Generator, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from modeldeck.errors import ConcurrentUseError, UnsupportedError

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator

    from modeldeck.message import Msg
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.response import TTSResponse
    from modeldeck.tts.save import SavedSpeech
    from modeldeck.tts.session import Session

T = TypeVar("T")


class _Loop:
    """An event loop in a thread of its own; the process does not wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="modeldeck blocking", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def done(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled when whoever waits is interrupted."""
        if threading.current_thread() is self._thread:
            work.close()
            raise ConcurrentUseError("blocking() is called from inside its own event loop; use the model itself there")
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    def end(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            if threading.current_thread() is not self._thread:
                self._thread.join()


class Blocking:
    """A text-to-speech model for code that is not async; threads may share it.

    `with blocking(tts) as speaker:`, or `close()` it; what is dropped or left to the end of the process is closed too.
    """

    def __init__(self, model: TTSModelBase[Any]) -> None:
        self.model = model
        self._loop = _Loop()
        self._ended = weakref.finalize(self, self._loop.end)
        self._ended.atexit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections and end its thread."""
        self._ended()

    def synthesize(self, text: str | Msg, **kwargs: Any) -> TTSResponse:
        """All of it in one response."""
        return self._done(self._whole(text, kwargs))

    def stream(self, text: str | Msg | Iterable[str], **kwargs: Any) -> Generator[TTSResponse, None, None]:
        """The increments as they arrive, of a text or of a stream of texts."""
        from modeldeck.message import Msg

        if isinstance(text, str | Msg):
            return self._iterated(self.model.synthesize(text, **kwargs))
        return self._iterated(self.model.stream(_pulled(text), **kwargs))

    def save(self, text: str | Msg, path: str | os.PathLike[str], **kwargs: Any) -> SavedSpeech:
        """As the model's own `save`."""
        return self._done(self.model.save(text, path, **kwargs))

    def prewarm(self, **kwargs: Any) -> None:
        """As the model's own `prewarm`."""
        self._done(self.model.prewarm(**kwargs))

    def session(self, **kwargs: Any) -> BlockingSession:
        """A conversation: `with speaker.session() as talk:`."""
        return BlockingSession(self, self.model.session(**kwargs))

    async def _whole(self, text: str | Msg, kwargs: dict[str, Any]) -> TTSResponse:
        from modeldeck.tts.assemble import joined

        return joined([part async for part in self.model.synthesize(text, **kwargs)])

    def _iterated(self, increments: AsyncGenerator[TTSResponse, None]) -> Generator[TTSResponse, None, None]:
        try:
            while (part := self._done(_next(increments))) is not None:
                yield part
        finally:
            if self._ended.alive:
                self._done(_closed(increments))

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        if not self._ended.alive:
            work.close()
            raise UnsupportedError("this was closed; call blocking() again")
        return self._loop.done(work)


class BlockingSession:
    """A `Session` for code that is not async: one thread may send while another iterates."""

    def __init__(self, owner: Blocking, session: Session) -> None:
        self._owner = owner
        self._session = session

    def __enter__(self) -> Self:
        self._owner._done(self._session.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._owner._done(self._session.__aexit__(kind, error, trace))

    def send(self, text: str) -> None:
        """More text of the utterance."""
        self._owner._done(self._session.send(text))

    def flush(self) -> None:
        """The utterance is complete."""
        self._owner._done(self._session.flush())

    def commit(self) -> None:
        """Speak what is there now."""
        self._owner._done(self._session.commit())

    def clear(self) -> None:
        """Forget the text that has not been spoken."""
        self._owner._done(self._session.clear())

    def interrupt(self, played: float | None = None) -> str | None:
        """Stop at once; the text that was heard in `played` seconds, as far as it is known."""
        return self._owner._done(self._session.interrupt(played))

    def utterance(self) -> Generator[TTSResponse, None, None]:
        """The increments of one utterance."""
        return self._owner._iterated(self._session.utterance())


def blocking(model: TTSModelBase[Any]) -> Blocking:
    """`model` for code that is not async, in an event loop of its own thread."""
    return Blocking(model)


async def _pulled(texts: Iterable[str]) -> AsyncGenerator[str, None]:
    """In a thread: whoever makes them may take his time."""
    waiting = iter(texts)
    while (text := await asyncio.to_thread(next, waiting, None)) is not None:
        yield text


async def _next(increments: AsyncGenerator[TTSResponse, None]) -> TTSResponse | None:
    return await anext(increments, None)


async def _closed(increments: AsyncGenerator[TTSResponse, None]) -> None:
    await increments.aclose()
