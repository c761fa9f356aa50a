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

from modeldeck._near import near_or_list, quoted
from modeldeck.errors import ParameterError

HEADER = "x-modeldeck-fault"
QUERY = "modeldeck_fault"
MARK = "!"
MOST = 1_000_000
MOST_REASON = 123  # bytes of UTF-8 in a close frame (RFC 6455)
_OWN: Any = None  # the fault's own default

# name: (what happens, the value's type or None where there is none, the value and `after` unless given; `after` is None
# where it means nothing)
NAMES: dict[str, tuple[str, type | None, Any, int | None]] = {
    "status": ("the answer (or the WebSocket handshake) has this HTTP status, 300 to 599", int, 500, None),
    "cut": ("the TCP connection is reset", None, None, 0),
    "close": ("the WebSocket is closed with this code and ;reason=TEXT; an HTTP answer ends", int, 1011, 0),
    "silence": ("nothing comes any more, and the connection stays open", None, None, 0),
    "garbage": ("one text frame is no JSON", None, None, 0),
    "truncated_base64": ("one chunk's base64 (or hexadecimal) lacks its last character", None, None, 0),
    "wrong_order": ("one audio chunk comes after the event that should follow it", None, None, 1),
    "error": ("the service reports an error, with this code", str, "InternalError", 0),
    "no_finish": ("the connection ends properly, but without the terminal frame", None, None, None),
    "slow": ("each audio chunk comes this many seconds late", float, 0.2, 0),
    "tiny": ("the first hundred audio chunks have 1 byte each", None, None, None),
    "huge": ("the audio comes as one chunk of 10 MB", None, None, None),
    "odd": ("every audio chunk has an odd number of bytes", None, None, None),
    "page": ("a list of models or voices comes with so many to a page", int, 1, None),
    "endless": ("a list of models or voices has no last page", None, None, None),
}
KEYS = ("after", "times", "retry-after", "reason", "id")
_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "status": ((300, 599),),
    "page": ((1, 1000),),
    "close": ((1000, 1003), (1007, 1014), (3000, 4999)),  # those that may be sent
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `Fault.parse` reads a specification. Raises ParameterError, with the near miss.

    `value`, `after`: the fault's own unless given. `after`: so many audio chunks are sent first; 0 is before the first
    byte of the answer. `times`: only the first so many calls have it (None: all). `retry_after`: the header of a
    `status`. `reason`: of a `close`. `id`: sets askers apart whose calls are counted for `times`.
    """

    name: str
    value: int | float | str | None = None
    after: int = _OWN
    times: int | None = None
    retry_after: str | float | None = None
    reason: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise _wrong(f"no fault {quoted(self.name)}{near_or_list(self.name, NAMES)}")
        _, _, value, after = NAMES[self.name]
        given: Any = self.after
        settle = object.__setattr__
        settle(self, "value", value if self.value is None else _value(self.name, self.value))
        settle(self, "after", (after or 0) if given is None else _number("after", given, int))
        if after is None and self.after:
            raise _wrong(f"{self.name} takes no after")
        if self.times is not None:
            _number("times", self.times, int)
        for key, nothing, owner in (("retry_after", None, "status"), ("reason", "", "close"), ("id", "", self.name)):
            if (text := getattr(self, key)) == nothing:
                continue
            word = key.replace("_", "-")
            if owner != self.name:
                raise _wrong(f"{self.name} takes no {word}; {owner} does")
            settle(self, key, _text(word, f"{text}" if isinstance(text, int | float) else text))
        if len(self.reason.encode()) > MOST_REASON:
            raise _wrong(f"reason={quoted(self.reason)}: at most {MOST_REASON} bytes")

    @classmethod
    def parse(cls, specification: str) -> Fault:
        """Raises ParameterError, with the near miss."""
        try:
            return cls(**_read(specification))
        except ParameterError as error:
            message = f"fault {quoted(specification)}: {str(error).removeprefix('fault: ')}"
            raise ParameterError(message, parameter="fault", value=specification) from None

    def __str__(self) -> str:
        """The specification."""
        parts = [self.name if self.value is None else f"{self.name}={self.value}"]
        if self.after != (NAMES[self.name][3] or 0):
            parts.append(f"after={self.after}")
        keys = {"times": self.times, "retry-after": self.retry_after, "reason": self.reason, "id": self.id}
        return ";".join([*parts, *(f"{key}={value}" for key, value in keys.items() if value not in (None, ""))])


def read_faults(asked: Iterable[Fault | str]) -> tuple[Fault, ...]:
    """Faults, parsed where they are specifications. Raises ParameterError."""
    one: object
    if isinstance(asked, str | Fault) or not isinstance(asked, Iterable):
        raise _wrong(f'a list of faults or specifications, ["cut;after=3"], not {quoted(asked)}')
    found = []
    for one in asked:
        if not isinstance(one, str | Fault):
            raise _wrong(f'a Fault or a specification, "cut;after=3", not {quoted(one)}')
        found.append(Fault.parse(one) if isinstance(one, str) else one)
    return tuple(found)


def split_model(name: str) -> tuple[str, Fault | None]:
    """A model's name as asked for: the model, and the fault behind the exclamation mark. Raises ParameterError."""
    model, mark, specification = name.partition(MARK)
    return model, Fault.parse(specification) if mark else None


@dataclass(slots=True)
class Seen:
    """What lines did so far: `struck`, how many faults in mid-call showed on the wire; `finished`, how many calls ended
    with a frame that says so."""

    struck: int = 0
    finished: int = 0


class Faults:
    """What is armed for all calls, how often each fault with `times` was served, and what was `seen` of them."""

    def __init__(self, armed: Iterable[Fault] = ()) -> None:
        self.armed: tuple[Fault, ...] = tuple(armed)
        self.seen = Seen()
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


def _read(specification: str) -> dict[str, Any]:
    """The arguments of Fault; of an unknown fault its name, for Fault to refuse."""
    first, *rest = (part.strip() for part in specification.split(";"))
    name, equals, text = (part.strip() for part in first.partition("="))
    given: dict[str, Any] = {"name": name}
    if name not in NAMES:
        return given
    if equals:
        given["value"] = _parsed(name, text, NAMES[name][1])
    for part in filter(None, rest):
        key, _, text = (part.strip() for part in part.partition("="))
        if key not in KEYS:
            raise _wrong(f"no key {quoted(key)}{near_or_list(key, KEYS)}")
        given[key.replace("-", "_")] = _parsed(key, text, int if key in ("after", "times") else str)
    return given


def _parsed(name: str, text: str, kind: type | None) -> Any:
    try:
        return text if kind is None else kind(text)
    except ValueError:
        raise _wrong(f"{name}={text}: not {_KINDS[kind]}") from None


_KINDS: dict[type | None, str] = {int: "a whole number", float: "a number"}


def _value(name: str, value: Any) -> Any:
    kind = NAMES[name][1]
    if kind is None:
        raise _wrong(f"{name} takes no value")
    if kind is str:
        return _text(name, value)
    ranges = _RANGES.get(name)
    if ranges is None:
        return _number(name, value, kind)
    if not any(least <= _number(name, value, kind) <= most for least, most in ranges):
        said = " or ".join(f"from {least} to {most}" for least, most in ranges)
        raise _wrong(f"{name}={value}: {said}")
    return value


def _number(name: str, value: Any, kind: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float if kind is float else int):
        raise _wrong(f"{name}={quoted(value)}: not {_KINDS[kind]}")
    if not 0 <= value <= MOST:
        raise _wrong(f"{name}={quoted(value)}: from 0 to {MOST}")
    return kind(value)


def _text(name: str, text: Any) -> str:
    """What a specification can carry."""
    if not isinstance(text, str) or not text or text != text.strip() or ";" in text or not text.isprintable():
        raise _wrong(f"{name}={quoted(text)}: not a text without semicolons and line breaks")
    if name == "retry-after" and not text.isascii():
        raise _wrong(f"{name}={quoted(text)}: not ASCII")
    return text


def _wrong(problem: str) -> ParameterError:
    return ParameterError(f"fault: {problem}", parameter="fault")
