"""What an account has, as a service lists it: models and voices, a page at a time.

A reader makes a `Page` of one answer's JSON. It leaves out what it does not understand and says why; an answer of
another shape is a ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

T = TypeVar("T")
Source = Literal["account", "cloned", "live"]
Gender = Literal["female", "male", "neutral"]
UNREADABLE = "not understood"
_LONGEST = 300  # characters of a name
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*\Z")
_GENDERS: dict[str, Gender] = {"female": "female", "male": "male", "neutral": "neutral"}


@dataclass(frozen=True, slots=True)
class LiveVoice:
    """A voice of an account. `models`: those it works with; none: every model that the service lists."""

    id: str
    label: str = ""
    languages: tuple[str, ...] = ()
    gender: Gender | None = None
    styles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    source: Source = "live"


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A model of an account.

    `speaks`: None where the service does not say what it is for. `another`: whatever its name, it is not the model that
    the shipped cards describe. `model_type`: of the class that speaks to it, where no card tells; empty: any model's.
    `voices`: all that it has, None where the service does not say. `sample_rate` in Hz.
    """

    name: str
    speaks: bool | None = True
    another: bool = False
    model_type: str = ""
    voices: tuple[LiveVoice, ...] | None = None
    languages: tuple[str, ...] = ()
    sample_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer lists. `left_out`: why, of each entry that is not. `more`: the next page; None: the end."""

    models: tuple[LiveModel, ...] = ()
    voices: tuple[LiveVoice, ...] = ()
    left_out: tuple[str, ...] = ()
    more: Any = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The request for one page: a POST where there is `json`, else a GET."""

    url: str
    json: Mapping[str, Any] | None = None


def entries(value: Any, *path: str, absent: bool = False) -> list[Any]:
    """The list at that path. Raises ValueError; with `absent`, none is an empty one."""
    found: Any = value
    for name in path:
        if not isinstance(found, dict):
            raise ValueError(f"no object with {name!r}")
        found = cast("dict[str, Any]", found).get(name)
    if found is None and absent and path:
        return []
    if not isinstance(found, list):
        raise ValueError(f"no list {'.'.join(path)!r}" if path else "no list")
    listed: list[Any] = found
    return listed


def sorted_out(found: Iterable[Any], read: Callable[[Mapping[str, Any]], T | str | None]) -> tuple[list[T], list[str]]:
    """What `read` makes of each entry, and why others are left out: it gives a reason, or None for none of ours."""
    good: list[T] = []
    bad: list[str] = []
    for one in found:
        made = read(cast("Mapping[str, Any]", one)) if isinstance(one, dict) else UNREADABLE
        if isinstance(made, str):
            bad.append(made)
        elif made is not None:
            good.append(made)
    return good, bad


def name_of(value: Any) -> str | None:
    """An id that can be shown and sent; None for anything else."""
    fine = isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() and value == value.strip()
    return value if fine else None


def text(value: Any) -> str:
    """Words for people, on one line; empty for anything else."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return line if line.isprintable() and len(line) <= _LONGEST else ""


def texts(value: Any) -> tuple[str, ...]:
    """The words of a list, each once."""
    found: list[Any] = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(word for one in found if (word := text(one))))


def gender(value: Any) -> Gender | None:
    return _GENDERS.get(value.casefold()) if isinstance(value, str) else None


def tags(*values: Any) -> tuple[str, ...]:
    """The BCP 47 tags among them, each once, in canonical case."""
    return tuple(dict.fromkeys(_canonical(one) for one in values if isinstance(one, str) and _TAG.match(one)))


def _canonical(tag: str) -> str:
    first, *rest = tag.replace("_", "-").split("-")
    shaped = [first.lower()]
    for part in rest:
        plain = part.lower()
        shaped.append(
            plain.upper() if len(part) == 2 else plain.title() if len(part) == 4 and part.isalpha() else plain
        )
    return "-".join(shaped)
