"""Generators inside generators, at the end of an event loop."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Nested(AsyncGenerator[T, None], Generic[T]):
    """A generator that belongs to another one, which closes it.

    `asyncio.run` closes every asynchronous generator that it saw begin, all at the same time: the outer one would
    find this one closing already, and the loop would print an error for each. So the loop does not see it begin.
    """

    __slots__ = ("_begun", "_inner")

    def __init__(self, inner: AsyncIterator[T]) -> None:
        self._inner = inner
        self._begun = False

    def __anext__(self) -> Coroutine[Any, Any, T]:
        inner: Any = self._inner
        if self._begun:
            return cast("Coroutine[Any, Any, T]", inner.__anext__())
        self._begun = True
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return cast("Coroutine[Any, Any, T]", inner.__anext__())
        finally:
            sys.set_asyncgen_hooks(*hooks)

    async def asend(self, value: None) -> T:
        return await self.__anext__()

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> T:
        inner: Any = self._inner
        thrown: T = await inner.athrow(typ, val, tb)
        return thrown

    async def aclose(self) -> None:
        """Also of an iterator that cannot be closed: then there is nothing to do."""
        close = getattr(self._inner, "aclose", None)
        if close is not None:
            await close()
