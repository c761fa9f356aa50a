"""Messages of the speech WebSockets: header lines and a body, as text or as binary.

A text message is `Name:Value` lines that end with CRLF, an empty line and the body. A binary one is two bytes (big
endian) that say how long the lines are, the lines, and the payload. From Microsoft's JavaScript SDK (2026-07-13) and
what its Python SDK 1.53.0 sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from modeldeck.providers.azure.wire.errors import SERVICE

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Message:
    """`headers` by their names as they came; `body` is bytes in a binary message."""

    headers: Mapping[str, str]
    body: str | bytes

    def header(self, name: str) -> str:
        """Its value, whatever the case of the name; empty when there is none."""
        wanted = name.lower()
        return next((value for one, value in self.headers.items() if one.lower() == wanted), "")


def text_frame(headers: Mapping[str, str], body: str) -> str:
    return f"{_lines(headers)}\r\n{body}"


def binary_frame(headers: Mapping[str, str], body: bytes) -> bytes:
    head = _lines(headers).encode()
    return len(head).to_bytes(2, "big") + head + body


def timestamp() -> str:
    """Now, with milliseconds, as clients say it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def read_frame(frame: str | bytes) -> Message:
    """Raises ProtocolError."""
    if isinstance(frame, str):
        lines, end, body = frame.partition("\r\n\r\n")
        if not end:
            raise SERVICE.unreadable(f"{_sample(frame)}, which is no message of headers and a body")
        return Message(_headers(lines), body)
    length = int.from_bytes(frame[:2], "big")
    if len(frame) < 2 + length or length == 0:
        raise SERVICE.unreadable("a binary message that is shorter than its headers")
    return Message(_headers(frame[2 : 2 + length].decode("utf-8", "replace")), frame[2 + length :])


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}:{value}\r\n" for name, value in headers.items())


def _headers(lines: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, lines.split("\r\n")):
        name, colon, value = line.partition(":")
        if not colon:
            raise SERVICE.unreadable(f"the header {_sample(line)}")
        found[name.strip()] = value.strip()
    return found


def _sample(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:60]!r}..."
