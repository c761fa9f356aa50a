"""What `credential.check()` asks, and what it finds."""

from __future__ import annotations

import json
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


def is_object(status: int, body: bytes) -> bool:
    """A 2xx answer that is a JSON object."""
    try:
        return 200 <= status < 300 and isinstance(json.loads(body), dict)
    except ValueError:
        return False


def has_list(name: str) -> Callable[[int, bytes], bool]:
    """Takes a 2xx answer that is a JSON object with a list of that name."""

    def takes(status: int, body: bytes) -> bool:
        return is_object(status, body) and isinstance(json.loads(body).get(name), list)

    return takes


@dataclass(frozen=True, slots=True)
class Probe:
    """A GET that is free and needs the key.

    `takes`: whether that answer (status, the body's first megabyte) is the service's to a key that works. `error` makes
    ours of another status (status, body, headers).
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    error: Callable[[int, bytes, Mapping[str, str]], ModelDeckError]
    region: str | None = None
    takes: Callable[[int, bytes], bool] = is_object
