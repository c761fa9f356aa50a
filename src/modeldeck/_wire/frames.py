"""JSON as it goes over a wire, and what is read of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast


def encoded(frame: Mapping[str, Any]) -> str:
    """As JSON, every character as itself."""
    return json.dumps(frame, ensure_ascii=False)


def part(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The object at that path; empty when there is none."""
    found: Any = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def parts(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of the list of that name; empty when there is none."""
    found: Any = value.get(name)
    listed: list[Any] = found if isinstance(found, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


def merged(value: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`value` with `more` put in: maps of the same name are merged at every depth, everything else is replaced."""
    made = dict(value)
    for name, new in more.items():
        old = made.get(name)
        both = isinstance(old, Mapping) and isinstance(new, Mapping)
        made[name] = merged(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)) if both else new
    return made


def text_of(value: Any) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def count_of(value: Any) -> int:
    """A number of things; 0 when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
