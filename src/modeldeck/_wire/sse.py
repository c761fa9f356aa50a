"""Server-sent events, as the HTML standard has them (section 9.2.6, read 2026-11-21)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modeldeck.errors import ProtocolError

_LONGEST = 64 << 20  # bytes of one event
_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `name` is empty where none was said."""

    data: str
    name: str = ""
    id: str = ""


class Events:
    """Reads a stream of events that may be cut anywhere."""

    def __init__(self) -> None:
        self._begun = False
        self._line: list[bytes] = []
        self._held = 0  # bytes of the event that is not complete
        self._after_cr = False
        self._data: list[str] = []
        self._name = ""
        self._id = ""

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes. Raises ProtocolError when one is too long."""
        if not self._begun and data:
            self._begun = True
            data = data.removeprefix(b"\xef\xbb\xbf")
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._held += len(data)
        if self._held > _LONGEST:
            raise ProtocolError(f"an event of more than {_LONGEST >> 20} MB")
        *lines, rest = _END.split(data)
        self._after_cr = data.endswith(b"\r")
        events: list[Event] = []
        for line in lines:
            self._line.append(line)
            if (event := self._take(b"".join(self._line))) is not None:
                events.append(event)
                self._held = len(rest)
            self._line.clear()
        self._line.append(rest)
        return events

    def end(self) -> list[Event]:
        """The stream is over: an event that no blank line ended counts where its data is complete."""
        line = b"".join(self._line)
        self._line.clear()
        if line:
            self._take(line)
        event = self._take(b"")
        return [] if event is None else [event]

    def _take(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatched()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self._id = value
            case _:
                pass
        return None

    def _dispatched(self) -> Event | None:
        data, name = self._data, self._name
        self._data, self._name = [], ""
        return Event("\n".join(data), name, self._id) if data else None
