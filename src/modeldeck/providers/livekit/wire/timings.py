"""Word timings of `output_alignment`: words, or characters that are put together to words.

livekit-agents 1.8.9 takes the times for seconds from the beginning of the turn's audio, 2026-11-21.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modeldeck._wire.frames import parts
from modeldeck._wire.words import Words
from modeldeck.tts.response import WordTiming

_LONGEST = 1e6  # seconds
_ALONE = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Alignment:
    """Of one utterance; the gateway tells no places."""

    def __init__(self) -> None:
        self._words = Words()
        self._letters: list[tuple[str, float, float]] = []  # of a word that may go on

    def sent(self, text: str) -> None:
        self._words.sent(text)

    def read(self, event: Mapping[str, Any]) -> list[WordTiming]:
        if words := parts(event, "words"):
            return [self._timing(_text(one, "word"), *_times(one)) for one in words if _text(one, "word")]
        told = [self._letter(_text(one, "char"), *_times(one)) for one in parts(event, "chars")]
        return [timing for some in told for timing in some]

    def rest(self) -> list[WordTiming]:
        """The word that only the end of the utterance ends."""
        letters, self._letters = self._letters, []
        if not any(letter.isalnum() for letter, _, _ in letters):
            return []
        return [self._timing("".join(letter for letter, _, _ in letters), letters[0][1], letters[-1][2])]

    def _letter(self, letter: str, start: float, end: float) -> Iterable[WordTiming]:
        if not letter.strip():
            return self.rest()
        after = bool(self._letters) and letter.isalnum() and bool(_ALONE.match(self._letters[0][0]))
        before = self.rest() if after or _ALONE.match(letter) else []
        if self._letters or letter.isalnum():
            self._letters.append((letter, start, end))
        return before

    def _timing(self, word: str, start: float, end: float) -> WordTiming:
        word = word.strip()
        return WordTiming(word, start, max(start, end), *(self._words.place(word) or ()))


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""


def _times(one: Mapping[str, Any]) -> tuple[float, float]:
    return _seconds(one.get("start")), _seconds(one.get("end"))


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < _LONGEST else 0.0
