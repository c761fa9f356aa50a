"""The calls of AgentScope's realtime models: a thin layer over one session that a model keeps for itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from modeldeck.errors import ConcurrentUseError
from modeldeck.tts import speech
from modeldeck.tts.assemble import joined
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.session import Session


class PrivateConversation:
    """One open session and whether its utterance is being finished; a second use at a time is refused."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._finishing = False

    async def open(self) -> None:
        await self._session.__aenter__()

    async def close(self) -> None:
        await self._session.aclose()

    async def push(self, text: str) -> TTSResponse:
        """Append `text`; what arrived since the last delivery, perhaps nothing, without waiting."""
        await self._free().send(text)
        parts = [*self._session.arrived(), TTSResponse(is_last=False)]
        return joined(parts, open_sizes=True)

    async def commit(self) -> None:
        await self._free().flush()

    async def clear(self) -> None:
        await self._free().clear()

    def finish(self, text: str) -> Callable[[], AsyncGenerator[TTSResponse, None]]:
        """The increments that are left of the utterance, after `text` was added to it."""
        self._free()
        return lambda: self._rest(text)

    async def _rest(self, text: str) -> AsyncGenerator[TTSResponse, None]:
        session = self._free()
        self._finishing = True
        try:
            await session.send(text)
            if session.unflushed:
                await session.flush()
            async for increment in session.utterance() if session.speaking else speech.silence():
                yield increment
        finally:
            self._finishing = False

    def _free(self) -> Session:
        if self._finishing:
            raise ConcurrentUseError("the utterance is being synthesized; wait for its last increment")
        return self._session
