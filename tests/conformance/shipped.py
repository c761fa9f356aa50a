"""What modeldeck's own providers have in common: every word of the table counts."""

from __future__ import annotations

from typing import Any

from modeldeck.testing import Conformance, Row

KEY = "sk-conformance"
_USUAL: dict[str, Any] = {
    "socket": True,
    "sentences": False,
    "wav": {},
    "goes_on": False,
    "piecewise": frozenset(),
    "query": "",
    "known_by": "request_id",
    "raw": True,
    "billed": "characters",
}


def row(**settings: Any) -> Row:
    """A row of which nothing is left open."""
    return Row(**{**_USUAL, **settings})


class Shipped(Conformance):
    thorough = True
    header = "authorization"
    extras = ({"volume": 10, "new_thing": {"a": 1}}, {"volume": 20})

    def key(self, name: str = "") -> str:
        return f"sk-{name}" if name else KEY

    def sent(self, key: str) -> str:
        return f"Bearer {key}"
