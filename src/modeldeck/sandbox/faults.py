"""Faults: what goes wrong on purpose, and who asked for it.

A specification is `name[=value][;key=value…]`: `cut;after=3`, `status=429;retry-after=1`, `slow=0.2;times=1`.
It is asked for with the header `x-modeldeck-fault`, the query `modeldeck_fault=`, the end of a model's name after
an exclamation mark (`qwen3-tts-flash!cut;after=3`), or armed for all calls over the control API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modeldeck._near import near_or_list
from modeldeck.errors import ParameterError

HEADER = "x-modeldeck-fault"
QUERY = "modeldeck_fault"
MARK = "!"

# name: (what happens, the value's type or None where there is none, its default, `after` unless given)
NAMES: dict[str, tuple[str, type | None, Any, int]] = {
    "status": ("the answer (or the WebSocket handshake) has this HTTP status", int, 500, 0),
    "cut": ("the TCP connection is reset", None, None, 0),
    "close": ("the WebSocket is closed with this code and `reason`; an HTTP answer ends", int, 1011, 0),
    "silence": ("nothing comes any more, and the connection stays open", None, None, 0),
    "garbage": ("one text frame is no JSON", None, None, 0),
    "truncated_base64": ("one chunk's base64 lacks its last character", None, None, 0),
    "wrong_order": ("one audio chunk comes after the event that should follow it", None, None, 1),
    "error": ("the service reports an error, with this code", str, "InternalError", 0),
    "no_finish": ("the connection ends properly, but without the terminal frame", None, None, 0),
    "slow": ("each audio chunk comes this many seconds late", float, 0.2, 0),
    "tiny": ("the first hundred audio chunks have 1 byte each", None, None, 0),
    "huge": ("the audio comes as one chunk of 10 MB", None, None, 0),
    "odd": ("every audio chunk has an odd number of bytes", None, None, 0),
}
KEYS = ("after", "times", "retry-after", "reason", "id")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `Fault.parse` reads a specification.

    `after`: so many audio chunks are sent first; 0 is before the first byte of the answer. `times`: only the first
    so many calls have it (None: all). `retry_after`: the header of a `status`. `id`: sets askers apart whose calls
    are counted for `times`.
    """

    name: str
    value: int | float | str | None = None
    after: int = 0
    times: int | None = None
    retry_after: str | None = None
    reason: str = ""
    id: str = ""

    @classmethod
    def parse(cls, specification: str) -> Fault:
        """Raises ParameterError, with the near miss."""
        first, *rest = (part.strip() for part in specification.split(";"))
        name, equals, value = (part.strip() for part in first.partition("="))
        if name not in NAMES:
            raise _wrong(specification, f"no fault {name!r}{near_or_list(name, NAMES)}")
        _, kind, default, after = NAMES[name]
        if equals and kind is None:
            raise _wrong(specification, f"{name} takes no value")
        given = {}
        for part in filter(None, rest):
            key, _, text = (part.strip() for part in part.partition("="))
            if key not in KEYS:
                raise _wrong(specification, f"no key {key!r}{near_or_list(key, KEYS)}")
            given[key] = text
        worth = _number(specification, name, value, kind) if equals and kind is not None else default
        if name == "status" and not 300 <= worth <= 599:
            raise _wrong(specification, f"status={worth}: from 300 to 599")
        return cls(
            name,
            worth,
            _number(specification, "after", given.get("after", str(after)), int),
            _number(specification, "times", given["times"], int) if "times" in given else None,
            given.get("retry-after"),
            given.get("reason", ""),
            given.get("id", ""),
        )

    def __str__(self) -> str:
        """The specification."""
        keys = {"times": self.times, "retry-after": self.retry_after, "reason": self.reason, "id": self.id}
        parts = [self.name if self.value is None else f"{self.name}={self.value}", f"after={self.after}"]
        return ";".join([*parts, *(f"{key}={value}" for key, value in keys.items() if value not in (None, ""))])


def split_model(name: str) -> tuple[str, Fault | None]:
    """A model's name as asked for: the model, and the fault behind the exclamation mark. Raises ParameterError."""
    model, mark, specification = name.partition(MARK)
    return model, Fault.parse(specification) if mark else None


class Faults:
    """What is armed for all calls, and how often each fault with `times` was served."""

    def __init__(self, armed: Iterable[Fault] = ()) -> None:
        self.armed: tuple[Fault, ...] = tuple(armed)
        self._served: Counter[Fault] = Counter()

    def arm(self, faults: Iterable[Fault]) -> None:
        """Put these in the place of those that are armed, and begin counting anew."""
        self.armed = tuple(faults)
        self._served.clear()

    def pick(self, asked: Fault | None, *, status: bool) -> Fault | None:
        """The fault of a call: the one asked for, else the first armed one that is not used up; it is counted.

        `status` says which are looked for: those that refuse the call with an HTTP status, or all the others.
        """
        for fault in self.armed if asked is None else (asked,):
            if (fault.name == "status") != status:
                continue
            if fault.times is None:
                return fault
            if self._served[fault] < fault.times:
                self._served[fault] += 1
                return fault
        return None


def _number(specification: str, name: str, text: str, kind: type) -> Any:
    try:
        value = kind(text)
    except ValueError:
        raise _wrong(specification, f"{name}={text}: not {'a whole number' if kind is int else 'a number'}") from None
    if kind is not str and not 0 <= value <= 1_000_000:
        raise _wrong(specification, f"{name}={text}: from 0 to 1000000")
    return value


def _wrong(specification: str, problem: str) -> ParameterError:
    return ParameterError(f"fault {specification!r}: {problem}", parameter="fault", value=specification)
