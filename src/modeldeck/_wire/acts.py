"""What the server's side of a speaking protocol has to do, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speak:
    """One response or sentence, after those that wait."""

    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Break off what is being spoken and forget what waits."""


@dataclass(frozen=True, slots=True)
class End:
    """When all is spoken, send what `finished()` of the server gives."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this frame now. `error`: it refuses what came."""

    frame: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Close the WebSocket."""

    code: int = 1000
    reason: str = ""
