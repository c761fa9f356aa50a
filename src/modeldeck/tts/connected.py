"""The calls of AgentScope's realtime models: a thin layer over one private session of a model."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from modeldeck.errors import ConcurrentUseError, ParameterError, UnsupportedError
from modeldeck.tts.text import message_id, plain_text

if TYPE_CHECKING:
    from modeldeck.message import Msg
    from modeldeck.tts.private import PrivateConversation
    from modeldeck.tts.response import TTSResponse
    from modeldeck.tts.session import Session


class Connected:
    """`async with tts`, `connect`, `push`, `commit`, `clear`, `close` for a class that has `session()`."""

    _private: PrivateConversation | None = None

    if TYPE_CHECKING:

        def session(self, **kwargs: Any) -> Session: ...

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open the private conversation that `push` and `synthesize` then use."""
        from modeldeck.tts import private

        if self._private is not None:
            raise ConcurrentUseError("already connected; a conversation each: `async with tts.session()`")
        conversation = private.PrivateConversation(self.session())
        await conversation.open()
        self._private = conversation

    async def close(self) -> None:
        """End the private conversation; a no-op when there is none."""
        conversation, self._private = self._private, None
        if conversation is not None:
            await conversation.close()

    async def push(self, text: str | Msg, **kwargs: Any) -> TTSResponse:
        """Append text; returns the audio that arrived since the last delivery, perhaps none, without waiting.

        A Msg may grow: of one that was pushed before (its `id` says so) only what is new is appended; or it may come
        in chunks, each of which is appended. Another one may begin when the utterance is finished.
        """
        self._no_parameters(kwargs)
        return await self._connected().push(plain_text(text), message_id(text))

    async def commit(self) -> None:
        """The text pushed so far is one utterance; synthesize it now."""
        await self._connected().commit()

    async def clear(self) -> None:
        """Forget pushed text that has not been spoken yet.

        Some of a Msg may have been spoken by then, so the utterance stays its own: another Msg begins after
        synthesize().
        """
        await self._connected().clear()

    def _connected(self) -> PrivateConversation:
        if self._private is None:
            raise UnsupportedError("not connected; push inside `async with tts`, or after connect()")
        return self._private

    def _no_parameters(self, kwargs: Mapping[str, Any]) -> None:
        if kwargs:
            names = ", ".join(kwargs)
            raise ParameterError(f"{names}: parameters are fixed for a conversation; give them to the model")
