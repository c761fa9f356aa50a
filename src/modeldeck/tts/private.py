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

    async def open(self) -> None:
        await self.session.__aenter__()

    async def close(self) -> None:
        await self.session.aclose()

    async def push(self, text: str) -> TTSResponse:
        """Append `text`; what arrived since the last delivery, perhaps nothing, without waiting."""
        session = await self._free()
        with self._noticed():
            await session.send(text)
            parts = session.arrived()
        return joined(parts, open_sizes=True, is_last=False) if parts else TTSResponse(is_last=False)

    async def commit(self) -> None:
        session = await self._free()
        with self._noticed():
            await session.commit()

    async def clear(self) -> None:
        session = await self._free()
        with self._noticed():
            await session.clear()

    def finish(self, text: str) -> Callable[[], AsyncGenerator[TTSResponse, None]]:
        """The increments that are left of the utterance, after `text` was added to it."""
        return lambda: self._rest(text)

    async def _rest(self, text: str) -> AsyncGenerator[TTSResponse, None]:
        session = await self._free()
        self._finishing = True
        complete = False
        try:
            await session.send(text)
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
                if not complete:
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
                    await self.session.interrupt()
                return self.session
            await asyncio.sleep(0)
        raise ConcurrentUseError("the utterance is being synthesized; take its increments to the end, or close it")
