"""Watching calls: what an `Observer` is told, and how nothing it does can break a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from modeldeck import _warn
from modeldeck.errors import ModelDeckError

Kind = Literal["synthesize", "session", "check", "prewarm", "discover"]


@dataclass(frozen=True, slots=True)
class Call:
    """What is watched; `characters`: of the text, None where it comes in pieces."""

    id: str
    provider: str
    model: str
    family: str
    kind: Kind
    characters: int | None = None


class Observer:
    """Override what you want to hear of; called in the event loop, so it must not block; times in seconds."""

    def request(self, call: Call) -> None: ...

    def connected(self, call: Call, seconds: float, reused: bool) -> None: ...

    def first_audio(self, call: Call, seconds: float) -> None: ...

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None: ...

    def fallback(self, call: Call, error: ModelDeckError) -> None: ...

    def interrupted(self, call: Call, played: float | None) -> None: ...

    def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
        """`error`: what ended it early: CancelledError or GeneratorExit where the caller dropped it."""


class Watch:
    """One call's line to its observer."""

    def __init__(
        self, call: Call | None, observer: Observer | None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.call = call
        self.observer = observer if call is not None else None
        self.clock = clock

    def request(self) -> None:
        self._tell("request")

    def connected(self, seconds: float, reused: bool) -> None:
        self._tell("connected", seconds, reused)

    def first_audio(self, seconds: float) -> None:
        self._tell("first_audio", seconds)

    def retry(self, error: ModelDeckError, pause: float) -> None:
        self._tell("retry", error, pause)

    def fallback(self, error: ModelDeckError) -> None:
        self._tell("fallback", error)

    def interrupted(self, played: float | None) -> None:
        self._tell("interrupted", played)

    def end(self, error: BaseException | None, seconds: float) -> None:
        self._tell("end", error, seconds)

    def _tell(self, event: str, *details: Any) -> None:
        if self.observer is None:
            return
        try:
            getattr(self.observer, event)(self.call, *details)
        except Exception as error:
            kind = type(self.observer)
            if (kind, event) not in _complained:
                _complained.add((kind, event))
                _warn.warn(RuntimeWarning(f"{kind.__qualname__}.{event} raised {type(error).__name__}: {error}"))


NO_WATCH = Watch(None, None)
_complained: set[tuple[type[Observer], str]] = set()  # what was warned about once in this process
