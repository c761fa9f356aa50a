"""Answers that are encoded once and sent many times."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_json

_LEAST = 1024  # bytes: what is shorter travels as it is
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}


class Body:
    """JSON with its ETag, compressed at the first wish."""

    def __init__(self, content: bytes, same: bytes | None = None) -> None:
        """`same`: what stays the same as long as the ETag holds, unless that is all of it."""
        self.content = content
        self._same = content if same is None else same

    @classmethod
    def of(cls, value: Any, **changing: Any) -> Body:
        """`changing`: more of the object, which the ETag does not know."""
        same = to_json(value)
        return cls(to_json({**value, **changing}), same) if changing else cls(same)

    @cached_property
    def etag(self) -> str:
        """Weak: it holds for the compressed form too."""
        return f'W/"{hashlib.sha256(self._same).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, 6, mtime=0)

    def answer(self, request: Request) -> Response:
        """200, compressed where the client takes that; 304 where it has it."""
        headers = {**_HEADERS, "ETag": self.etag}
        if matches(request.headers.get("if-none-match"), self.etag):
            return Response(status_code=304, headers=headers)
        if len(self.content) >= _LEAST and takes_gzip(request.headers):
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, media_type="application/json", headers=headers)
        return Response(self.content, media_type="application/json", headers=headers)


def matches(condition: str | None, etag: str) -> bool:
    """If-None-Match, by weak comparison (RFC 9110, 13.1.2)."""
    if condition is None:
        return False
    tags = [part.strip() for part in condition.split(",")]
    return "*" in tags or etag.removeprefix("W/") in (tag.removeprefix("W/") for tag in tags)


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether Accept-Encoding has gzip with a weight above 0 (RFC 9110, 12.5.3)."""
    for part in headers.get("accept-encoding", "").split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().casefold() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
