"""How far a long speech is, on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from modeldeck.tts import TTSResponse, TTSUsage

_QUIET = 0.7  # seconds: who waits no longer needs no progress
_EVERY = 0.1


class Progress:
    """Counts increments; writes one line on standard error, if that is a terminal, and clears it at the end."""

    def __init__(self, text: str) -> None:
        self.bytes = 0
        self.usage: TTSUsage | None = None
        self.speaker: str | None = None  # which of several models
        self.first_audio: float | None = None
        self._length = len(text)
        self._reached = 0
        self._seconds = 0.0
        self._timed = True
        self._started = time.monotonic()
        self._next = self._started + _QUIET
        self._shown = False
        self._terminal = sys.stderr.isatty()

    @property
    def seconds(self) -> float | None:
        """Seconds of audio so far; None where the encoding does not tell."""
        return self._seconds if self._timed else None

    def update(self, increment: TTSResponse) -> None:
        """Count one more increment."""
        self.usage = increment.usage or self.usage
        self.speaker = (increment.metadata or {}).get("fallback", {}).get("model", self.speaker)
        if increment.audio:
            if not self.bytes:
                self.first_audio = time.monotonic() - self._started
            self.bytes += len(increment.audio)
            self._timed = self._timed and increment.duration is not None
            self._seconds += increment.duration or 0.0
        for timing in increment.timings:
            self._reached = max(self._reached, timing.end_index or 0)
        if self._terminal and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._write(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._write("")

    def _line(self) -> str:
        share = f"{100 * self._reached // self._length:3d} %  " if self._reached else ""
        audio = span(self._seconds) if self._timed else f"{self.bytes:,} bytes"
        return f"{share}{audio} of audio"

    def _write(self, line: str) -> None:
        self._shown = True
        try:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        except OSError:  # the terminal is gone; the speech is not
            self._terminal = False


def span(seconds: float) -> str:
    """`1.87 s`, `2 min 5 s`, `1 h 2 min`."""
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
