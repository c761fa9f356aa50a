"""Words to search in: every word of a query must be there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_WORDS = re.compile(r"[^\W_]+")
_SHORT = 2  # letters: as many as are found in anything, so they must begin a word


class Text:
    """Words to search in; every word of a query must be there, a short one at the beginning of a word."""

    def __init__(self, parts: Iterable[str]) -> None:
        self._plain = " " + " ".join(word for part in parts for word in words(part))

    def has(self, query: Sequence[str]) -> bool:
        return all((f" {word}" if len(word) <= _SHORT and word.isascii() else word) in self._plain for word in query)


def words(text: str) -> list[str]:
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
