"""The calls of AgentScope's realtime models: a thin layer over one session that a model keeps for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager

from modeldeck.errors import ConcurrentUseError, ParameterError
from modeldeck.tts import speech
from modeldeck.tts.assemble import joined
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.session import Session

_TICKS = 10  # of the loop, in which a stream that was left with `break` is closed by its finalizer


class PrivateConversation:
    """One open session and whether its utterance is being finished; a second use at a time is refused.

    An error is raised once; the next call begins anew.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._finishing = False
        self._broken = False
        self._closed = False
        self._message: str | None = None  # the id of the Msg whose text is being spoken
        self._said = ""  # of that Msg
        self._grows = False  # it was pushed again with more at its end

    async def open(self) -> None:
        await self.session.__aenter__()

    async def close(self) -> None:
        self._closed = True
        await self.session.aclose()

    async def push(self, text: str, message: str | None = None) -> TTSResponse:
        """Append `text`; what arrived since the last delivery, perhaps nothing, without waiting.

        `message`: the id of the Msg that has `text`.
        """
        session = await self._free()
        new = self.new(text, message)
        with self._noticed():
            await session.send(new)
            self._grows = self._grows or (bool(self._said) and len(new) < len(text))
            self._said_of(message, new)
            parts = session.arrived()
        return joined(parts, open_sizes=True, is_last=False) if parts else TTSResponse(is_last=False)

    def new(self, text: str, message: str | None) -> str:
        """What of a Msg's text was not pushed yet: of one that grows, what is new, of one that comes in chunks, all.

        Raises ConcurrentUseError while another one is unfinished, ParameterError for one that was rewritten.
        """
        if message is None or self._message is None:
            return text
        if message != self._message:
            raise ConcurrentUseError(
                f"the message {self._message} is being spoken; synthesize() finishes it, cleared or not, then "
                f"{message} may begin"
            )
        if text.startswith(self._said) or not self._grows:
            return text.removeprefix(self._said)
        if self._said.startswith(text):  # an older state of it
            return ""
        raise ParameterError(
            f"the message {message} does not go on from what was pushed of it; what is spoken cannot be changed",
            parameter="text",
        )

    def _said_of(self, message: str | None, text: str) -> None:
        if message is not None:
            self._message, self._said = message, self._said + text

    def _forget(self) -> None:
        self._message, self._said, self._grows = None, "", False

    async def commit(self) -> None:
        session = await self._free()
        with self._noticed():
            await session.commit()

    async def clear(self) -> None:
        session = await self._free()
        with self._noticed():
            await session.clear()

    def finish(self, text: str, message: str | None = None) -> Callable[[], AsyncGenerator[TTSResponse, None]]:
        """The increments that are left of the utterance, after `text` was added to it as `push` adds it."""
        return lambda: self._rest(text, message)

    async def _rest(self, text: str, message: str | None) -> AsyncGenerator[TTSResponse, None]:
        session = await self._free()
        new = self.new(text, message)
        self._finishing = True
        complete = False
        try:
            await session.send(new)
            self._forget()
            if session.unflushed:
                await session.flush()
            async for increment in session.utterance() if session.speaking else speech.silence():
                complete = increment.is_last
                yield increment
        except ParameterError:
            raise
        except Exception:
            complete = self._broken = True  # there is nothing to drop
            raise
        finally:
            try:
                if not (complete or self._closed):
                    self._forget()
                    await session.interrupt()  # what was not taken is not spoken into the next utterance
            finally:
                self._finishing = False

    @contextmanager
    def _noticed(self) -> Generator[None]:
        """What the provider breaks is begun anew by the next call; a wrong text breaks nothing."""
        try:
            yield
        except ParameterError:
            raise
        except Exception:
            self._broken = True
            raise

    async def _free(self) -> Session:
        for _ in range(_TICKS):
            if not self._finishing:
                if self._broken:
                    self._broken = False
                    self._forget()
                    await self.session.interrupt()
                return self.session
            await asyncio.sleep(0)
        raise ConcurrentUseError("the utterance is being synthesized; take its increments to the end, or close it")
