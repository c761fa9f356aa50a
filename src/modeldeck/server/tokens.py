"""Secrets that say who somebody is: tokens, of which only hashes are kept, and codes that open one session."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

CODE_LIFE = 600.0  # seconds


def make_token() -> str:
    return f"mdk_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """What a store keeps: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Codes:
    """Codes for links: each works once, for ten minutes, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, tuple[str, float]] = {}

    def issue(self, user: str) -> str:
        code = secrets.token_urlsafe(24)
        self._open[token_hash(code)] = (user, self._clock() + CODE_LIFE)
        return code

    def redeem(self, code: str) -> str | None:
        """The user that the code was for; None when it is unknown, used or too old."""
        user, end = self._open.pop(token_hash(code), (None, 0.0))
        return user if self._clock() < end else None
