"""What a client sent to a sandbox, made fit for comparison."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# What differs between any two clients, or calls: headers by name, or by the beginning of it.
_INCIDENTAL = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "origin",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-version",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
# The SDKs' tracing.
_TRACING = ("x-dashscope-sdk-", "x-goog-api-client", "x-stainless-")


class Recording(Protocol):
    """`Sandbox` or `SandboxProcess`."""

    def requests(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """`body` and `frames`: JSON is parsed, keys in their order, what is none is text; of a binary frame its length."""

    kind: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    frames: tuple[Any, ...]


def recorded(box: Recording) -> list[Sent]:
    """What `box` was sent, oldest first, without the headers that say nothing about the call."""
    return read(box.requests())


def read(exchanges: Iterable[Mapping[str, Any]]) -> list[Sent]:
    return [
        Sent(
            one["kind"],
            one["method"],
            one["path"],
            one["query"],
            {name: value for name, value in one["headers"] if not _incidental(name)},
            _parsed(one["body"]) if one["body"] else None,
            tuple(_parsed(frame) if isinstance(frame, str) else frame for frame in one["frames"]),
        )
        for one in exchanges
    ]


def _incidental(name: str) -> bool:
    return name in _INCIDENTAL or name.startswith(_TRACING)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
