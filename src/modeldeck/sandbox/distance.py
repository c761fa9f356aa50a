"""Distance between the two ends: round-trip time and bandwidth, put between the event loop and the server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from modeldeck._near import did_you_mean, quoted
from modeldeck.errors import ParameterError

FARTHEST = 60.0  # seconds of round-trip time
NARROWEST = 1000.0  # bits per second
_EARLY = 0.0005  # seconds; what a timer may be early by
_HIGH, _LOW = 1 << 20, 1 << 18  # bytes under way before the server must wait, and until it goes on


@dataclass(frozen=True, slots=True)
class Distance:
    """`rtt`: seconds there and back; connecting costs one. `bandwidth`: bits per second each way, None is no limit.

    What is under way is neither lost nor reordered. Raises ParameterError.
    """

    rtt: float = 0.0
    bandwidth: float | None = None

    def __post_init__(self) -> None:
        if not _is_number(self.rtt) or not 0 <= self.rtt <= FARTHEST:
            raise _wrong(f"rtt must be seconds from 0 to {FARTHEST:g}, not {quoted(self.rtt)}")
        width = self.bandwidth
        if width is not None and (not _is_number(width) or not NARROWEST <= width < float("inf")):
            raise _wrong(f"bandwidth must be bits per second from {NARROWEST:g}, or None, not {quoted(width)}")

    def __bool__(self) -> bool:
        return self.rtt > 0 or self.bandwidth is not None


def read_distance(asked: object) -> Distance:
    """`{"rtt": seconds, "bandwidth": bits per second or null}`; raises ParameterError."""
    if not isinstance(asked, dict):
        raise _wrong(f'{{"rtt": seconds, "bandwidth": bits per second or null}}, not {quoted(asked)}')
    for name in asked:
        if name not in Distance.__slots__:
            raise _wrong(f"no key {quoted(name)}{did_you_mean(name, Distance.__slots__)}")
    return Distance(**asked)


def checked(distance: Distance | None) -> Distance:
    """None is next door. Raises ParameterError for anything else that is no Distance."""
    if distance is not None and not isinstance(distance, Distance):
        raise _wrong(f"a Distance(rtt=seconds), not {quoted(distance)}")
    return distance or Distance()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(problem: str) -> ParameterError:
    return ParameterError(f"distance: {problem}", parameter="distance")


class Way:
    """One direction: what is put in arrives later, in order."""

    def __init__(self, distance: Distance) -> None:
        self.bytes = 0
        self._loop = asyncio.get_running_loop()
        self._distance = distance
        self._queue: deque[tuple[float, int, Callable[[], object]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._free = 0.0

    def put(self, size: int, arrive: Callable[[], object], earliest: float = 0.0) -> None:
        """Call `arrive` when `size` bytes have come through; not before `earliest` (the loop's time)."""
        line = self._distance.bandwidth
        self._free = max(self._free, self._loop.time()) + (size * 8 / line if line else 0.0)
        due = max(self._free + self._distance.rtt / 2, earliest) if self._distance else 0.0
        if self._queue:
            due = max(due, self._queue[-1][0])
        self._queue.append((due, size, arrive))
        self.bytes += size
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._arrive)

    def end(self) -> None:
        """All of it arrives now, and what comes from now on takes no time."""
        self._distance = Distance()
        self._free = 0.0
        self._queue = deque((0.0, size, arrive) for _, size, arrive in self._queue)
        if self._timer is not None:
            self._timer.cancel()
        self._arrive()

    def _arrive(self) -> None:
        self._timer = None
        try:
            while self._queue and self._queue[0][0] <= self._loop.time() + _EARLY:
                _, size, arrive = self._queue.popleft()
                self.bytes -= size
                arrive()
        finally:
            if self._queue and self._timer is None:
                self._timer = self._loop.call_at(self._queue[0][0], self._arrive)


class Far(asyncio.Protocol):
    """The server's protocol, seen from afar."""

    def __init__(self, protocol: asyncio.Protocol, distance: Distance) -> None:
        self.protocol = protocol
        self.inward = Way(distance)
        self.outward = Way(distance)
        self._rtt = distance.rtt
        self._transport: FarTransport
        self._open_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._open_at = asyncio.get_running_loop().time() + self._rtt
        self._transport = FarTransport(transport, self)
        self.protocol.connection_made(self._transport)

    def data_received(self, data: bytes) -> None:
        self.inward.put(len(data), partial(self._received, data), self._open_at + self._rtt / 2)

    def _received(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self.protocol.data_received(data)

    def eof_received(self) -> bool:
        self.inward.put(0, self._eof)
        return True

    def _eof(self) -> None:
        if not self.protocol.eof_received():
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.inward.put(0, lambda: self.protocol.connection_lost(exc))

    def pause_writing(self) -> None:
        self.protocol.pause_writing()

    def resume_writing(self) -> None:
        self.protocol.resume_writing()

    def end(self) -> None:
        """No distance any more."""
        self.inward.end()
        self.outward.end()


class FarTransport(asyncio.Transport):
    """The connection, as the server's protocol sees it."""

    def __init__(self, near: asyncio.Transport, far: Far) -> None:
        super().__init__()
        self._near = near
        self._far = far
        self._closing = self._waiting = False

    def write(self, data: Any) -> None:
        if self.is_closing():
            return
        way = self._far.outward
        way.put(len(data), partial(self._written, bytes(data)))
        if way.bytes > _HIGH and not self._waiting:
            self._waiting = True
            self._far.protocol.pause_writing()

    def _written(self, data: bytes) -> None:
        if not self._near.is_closing():
            self._near.write(data)
        if self._waiting and self._far.outward.bytes <= _LOW:
            self._waiting = False
            self._far.protocol.resume_writing()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._far.outward.put(0, self._near.close)

    def abort(self) -> None:
        self._closing = True
        self._far.outward.put(0, self._near.abort)

    def is_closing(self) -> bool:
        return self._closing or self._near.is_closing()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._far.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._far.protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._near.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._far.outward.bytes + self._near.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._near.pause_reading()

    def resume_reading(self) -> None:
        self._near.resume_reading()

    def is_reading(self) -> bool:
        return self._near.is_reading()
