"""Where the words are that a service times and gives no places of."""

from __future__ import annotations

import re
from itertools import islice

# Letters of scripts without spaces, two of which are taken for a word: of South-East Asia, kana, ideographs.
_DENSE = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_DENSE}]{{1,2}}|(?:(?![{_DENSE}])\w)+")
_INSIDE = re.compile(rf"(?<=(?![{_DENSE}])\w)(?![{_DENSE}])\w")
_AHEAD = 4  # words of the text, the next one included
_MORE = 2  # for each that was not found: what was skipped is caught up with, however little of it was told
_MOST = 32


class Words:
    """Follows the words of one utterance through its text, each after the one before.

    What is timed may not be what is written ("five" for "5"): a word is looked for only a little ahead, or one that
    comes again much later would carry the place away. Each that is not found lets the next be further on.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._place = 0  # code points
        self._missed = 0  # words since the last that was found

    def sent(self, text: str) -> None:
        """More of the text; characters that are no words (and stand for what is not spoken) cost no distance."""
        self._texts.append(text)

    def place(self, *forms: str) -> tuple[int, int] | None:
        """Code points where the next word is, in the first of its `forms` that is there; None: written otherwise."""
        if len(self._texts) > 1:
            self._texts[:] = ["".join(self._texts)]
        text = self._texts[0] if self._texts else ""
        last = self._last(text)
        for form in forms:
            at = text.find(form, self._place, last + len(form)) if form else -1
            while at > self._place and _INSIDE.match(text, at):
                at = text.find(form, at + 1, last + len(form))
            if at >= 0:
                self._place, self._missed = at + len(form), 0
                return at, self._place
        self._missed += 1
        return None

    def _last(self, text: str) -> int:
        """How far on the next word may begin."""
        words = islice(_WORD.finditer(text, self._place), min(_AHEAD + _MORE * self._missed, _MOST))
        return max((word.end() for word in words), default=len(text))
