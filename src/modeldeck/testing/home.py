"""Nobody goes anywhere but to the sandbox, and nobody who is awaited blocks the event loop."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any


class NotAtHome(OSError):
    """A connection that must not be made."""


@contextmanager
def at_home(credential: str) -> Generator[list[str]]:
    """While this is open, names are not looked up and sockets that block are not connected in an event loop.

    Whoever tries fails at once, and the test says at its end what was tried and where.
    """
    said: list[str] = []
    look_up: Any = socket.getaddrinfo
    connect: Any = socket.socket.connect

    def looked_up(host: Any, *arguments: Any, **named: Any) -> Any:
        if not _is_here(host):
            said.append(
                f"{credential} led to {host!r}, not to the sandbox: everything that it connects to must follow its "
                "base URL and the variables that the emulator's environment() names"
            )
            raise NotAtHome(said[-1])
        return look_up(host, *arguments, **named)

    def connected(self: socket.socket, address: Any) -> Any:
        if self.gettimeout() != 0 and _blocks():
            said.append(f"a blocking connection to {address} in the event loop, {_place()}: {_AWAIT}")
            raise NotAtHome(said[-1])
        return connect(self, address)

    socket.getaddrinfo = looked_up
    socket.socket.connect = connected  # type: ignore[method-assign, assignment]
    try:
        yield said
    finally:
        socket.getaddrinfo = look_up
        del socket.socket.connect
    if said:
        raise AssertionError("\n".join(dict.fromkeys(said)))


_AWAIT = "nothing else runs meanwhile; use `self.transport` (await), or a library made for asyncio"


def _blocks() -> bool:
    """Whether an event loop runs in this very thread."""
    return asyncio._get_running_loop() is not None


def _place() -> str:
    """The line that did it: the last one outside the standard library and this file."""
    frames = [
        frame
        for frame in traceback.extract_stack()[:-2]
        if "site-packages" in frame.filename or "/lib/python" not in frame.filename
    ]
    own = [frame for frame in frames if frame.filename != __file__]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else "somewhere"


def _is_here(host: Any) -> bool:
    text = host.decode() if isinstance(host, bytes) else host
    if text in (None, "", "localhost"):
        return True
    try:
        ip_address(str(text).strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
