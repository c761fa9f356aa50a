"""How the service counts text, and where a text may be cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SENTENCE = re.compile(r"[^。！？.!?\n]*[。！？.!?\n]+")
_JOINER = "\u200d"
_LOOK_BACK = 64  # characters that a cut may move to the front


def counted(text: str) -> int:
    """Characters as the service counts and bills them: a Han ideograph is two (help.aliyun.com, 2026-11-30)."""
    return len(text) + len(_IDEOGRAPH.findall(text))


def pieces(text: str, limit: int) -> Iterator[str]:
    """`text` in pieces of at most `limit` counted characters, cut between whole user-perceived characters."""
    begin = 0
    while counted(text[begin : begin + limit]) > limit or len(text) - begin > limit:
        cut = _before(text, begin, _reach(text, begin, limit))
        yield text[begin:cut]
        begin = cut
    if begin < len(text):
        yield text[begin:]


def _reach(text: str, begin: int, limit: int) -> int:
    """How far `limit` counted characters go from `begin`."""
    end, room = begin, limit
    while end < len(text):
        room -= 2 if _IDEOGRAPH.match(text[end]) else 1
        if room < 0:
            break
        end += 1
    return end


def _before(text: str, begin: int, cut: int) -> int:
    """The last place up to `cut` that parts no cluster, `cut` itself when none is near."""
    for place in range(cut, max(begin, cut - _LOOK_BACK), -1):
        if not _joined(text[place - 1], text[place]):
            return place
    return cut


def _joined(left: str, right: str) -> bool:
    """Whether a cut between the two would part what is read as one character."""
    if left == _JOINER or right == _JOINER or (left == "\r" and right == "\n"):
        return True
    if "\ud800" <= left <= "\udbff" or (_flag(left) and _flag(right)):
        return True
    return unicodedata.category(right) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= right <= "\U0001f3ff"


def _flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


class Sentences:
    """Cuts arriving text after 。！？.!? and line breaks, as the service does; what is incomplete waits."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add(self, text: str) -> list[str]:
        """The sentences that `text` completes."""
        if not (last := _last_end(text)):
            self._parts.append(text)
            return []
        whole = "".join(self._parts) + text[:last]
        self._parts = [text[last:]]
        return _SENTENCE.findall(whole)

    def rest(self) -> str:
        """The incomplete sentence, given out."""
        rest = "".join(self._parts)
        self._parts.clear()
        return rest


def _last_end(text: str) -> int:
    return 1 + max(text.rfind(mark) for mark in "。！？.!?\n")
