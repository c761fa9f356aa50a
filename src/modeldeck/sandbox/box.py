"""What the emulators share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from starlette.requests import HTTPConnection

from modeldeck.sandbox.faults import HEADER, QUERY, Fault, Faults, split_model
from modeldeck.sandbox.line import Line
from modeldeck.sandbox.voice import Voice


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is to fail with an HTTP status; the emulator words the answer as its service would."""

    status: int
    headers: dict[str, str]


@dataclass(slots=True)
class Box:
    """What an emulator works with: `emulators/<provider>.py` has `routes(box)`, `environment(url)` and `about()`."""

    voice: Voice = field(default_factory=Voice)
    faults: Faults = field(default_factory=Faults)

    def refusal(self, connection: HTTPConnection, model: str = "") -> Refusal | None:
        """Whether the fault asked for is an HTTP status: look before accepting or answering.

        `model`: as the client names it, where it is known by then. Raises ParameterError for a wrong fault.
        """
        fault = self.faults.pick(_asked(connection, model), status=True)
        if fault is None:
            return None
        assert isinstance(fault.value, int)
        headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
        return Refusal(fault.value, headers)

    def line(self, connection: HTTPConnection, model: str = "") -> Line:
        """The line of a new call: an HTTP request, a realtime session, one task on a WebSocket.

        `model`: as the client names it; `line.model` is the name without its fault. Raises ParameterError for a
        wrong fault.
        """
        asked = _asked(connection, model)
        return Line(connection, split_model(model)[0], partial(self.faults.pick, asked, status=False), self.faults.seen)

    def key_problem(
        self, key: str | None, starts: tuple[str, ...] = ("sk-", "st-")
    ) -> Literal["missing", "invalid"] | None:
        """What is wrong with it: a good key starts with one of `starts` and has no `invalid` in it."""
        if not key:
            return "missing"
        return None if key.startswith(starts) and "invalid" not in key else "invalid"


def websocket_url(url: str) -> str:
    """The same place for WebSockets."""
    return url.replace("http", "ws", 1)


def bearer(connection: HTTPConnection) -> str:
    """The token of its `Authorization: Bearer`; empty when there is none."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _asked(connection: HTTPConnection, model: str) -> Fault | None:
    _, fault = split_model(model)
    if fault is not None:
        return fault
    specification = connection.headers.get(HEADER) or connection.query_params.get(QUERY)
    return Fault.parse(specification) if specification else None
