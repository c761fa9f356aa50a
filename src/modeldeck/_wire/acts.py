"""What the server's side of a speaking protocol has to do, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that holds: what is to be spoken, and how. `model` as the client named it; `speed`: 1.0 is normal."""

    text: str
    model: str
    encoding: str = "pcm"
    sample_rate: int = 24000
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that does not: the answer's status and its JSON."""

    status: int
    body: Mapping[str, Any]
