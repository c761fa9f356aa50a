"""What `credential.check()` asks, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from modeldeck.errors import ModelDeckError

Grade = Literal["ok", "key_rejected", "wrong_region", "permission", "quota", "unreachable", "tls", "unknown"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether a credential works, why not, and what to do; never a secret.

    `latency`: seconds to the first byte of the answer, connecting included. `status`, `code`, `request_id`: as the
    provider gave them. `region`: where the key works, as far as that is known.
    """

    grade: Grade
    message: str
    advice: str = ""
    latency: float | None = None
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    region: str | None = None

    @property
    def ok(self) -> bool:
        return self.grade == "ok"

    def __str__(self) -> str:
        took = f" ({self.latency * 1000:.0f} ms)" if self.latency is not None else ""
        return f"{self.grade}: {self.message}{took}{f'. {self.advice}' if self.advice else ''}"


@dataclass(frozen=True, slots=True)
class Probe:
    """A GET that is free and needs the key. `error` makes ours of an answer that is not 2xx (status, body, headers)."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    error: Callable[[int, bytes, Mapping[str, str]], ModelDeckError]
    region: str | None = None
