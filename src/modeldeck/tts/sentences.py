"""A stream of text cut into sentences, so that a model that takes whole texts can speak early."""

from __future__ import annotations

import re

# After one of these and its closing quotes a sentence is over: at once for CJK, before a space for the rest
# (so that 3.14 and e.g. a URL stay whole). A line break always ends one.
_END = re.compile(r"[。！？｡][」』）”’\"')\]]*|[.!?…۔।؟]+[”’\"')\]]*(?=\s)|\n+")
_LONGEST = 500
_SHORTEST = 2


class SentenceCutter:
    """Feed text as it comes, take whole sentences; `rest()` gives what no sentence end has closed."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes, with their spacing: joined they are the text."""
        self._held += text
        sentences: list[str] = []
        start = 0
        for match in _END.finditer(self._held):
            if sum(map(str.isalnum, self._held[start : match.end()])) >= _SHORTEST:
                sentences.append(self._held[start : match.end()])
                start = match.end()
        self._held = self._held[start:]
        while len(self._held) > _LONGEST:  # nobody ends this sentence: break at a space
            cut = self._held.rfind(" ", 0, _LONGEST) + 1 or _LONGEST
            sentences.append(self._held[:cut])
            self._held = self._held[cut:]
        return sentences

    def rest(self) -> str:
        """What is left, and forget it."""
        held, self._held = self._held, ""
        return held
