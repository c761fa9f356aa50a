"""How long to wait and how often to try."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from modeldeck.errors import ModelDeckError, ParameterError

_testing: ContextVar[bool] = ContextVar("modeldeck_retry_testing", default=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None waits for ever.

    `first_audio` counts from the attempt (in a conversation from the flush), `idle` between two pieces of audio,
    `total` from the call, all attempts together (in a conversation from the utterance's first text).
    """

    connect: float | None = 5.0
    first_audio: float | None = 10.0
    idle: float | None = 15.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value: Any = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and value >= 0):
                raise ParameterError(f"{name} must be seconds from 0 on or None, not {value!r}", parameter=name)


@dataclass(frozen=True, slots=True)
class Retry:
    """Attempts after the first, while nothing was delivered yet: exponential backoff with full jitter.

    `delay`: seconds before the second attempt at most; `longest`: of any pause. `Retry-After` is honoured up to
    `longest`; a longer one is the caller's to wait.
    """

    max_retries: int = 2
    delay: float = 0.5
    longest: float = 8.0

    def pause(self, attempt: int, error: ModelDeckError, left: float | None) -> float | None:
        """Seconds to wait after the failed `attempt` (from 0), or None when another one makes no sense.

        `left`: seconds until the call's own deadline; a retry that cannot deliver within it is none.
        """
        if attempt >= self.max_retries or not error.retryable:
            return None
        if _testing.get():
            return 0.0
        pause = error.retry_after
        if pause is not None and pause > self.longest:
            return None  # the caller is told how long instead of waiting in silence
        if pause is None:
            pause = random.uniform(0, min(self.longest, self.delay * 2**attempt))  # noqa: S311 (no secret)
        return pause if left is None or pause < left else None


NO_RETRY = Retry(max_retries=0)


@contextmanager
def without_pauses() -> Generator[None]:
    """For tests: retries happen at once."""
    token = _testing.set(True)
    try:
        yield
    finally:
        _testing.reset(token)
