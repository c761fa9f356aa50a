"""Cuts text into what the engine speaks at a time, and finds the words of its events."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Piece", "WordFinder", "pieces", "speakable"]

LONGEST = 300  # code points: some 20 s of speech, 20 ms of work

# Cc but tab and line ends: the engine stops at NUL and takes U+0001 for a command; Cs has no UTF-8.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_CLOSING = "[\"'”’»)\\]」』）】]*"
_SENTENCE_END = re.compile(
    f"(?P<stop>[.]){_CLOSING}(?=\\s|$)|[!?…]+{_CLOSING}(?=\\s|$)|[。！？｡．…։؟۔।॥።၊။]+{_CLOSING}|\\n\\s*\\n"
)
_CLAUSE_END = re.compile(r"[;:](?=\s|$)|[；：、，؛]|\n")
_SHORT_FOR = re.compile(  # single letters, and the usual ones
    r"(?:\b(?:[^\W\d_]|dr|mr|mrs|ms|prof|st|vs|etc|no|nr|vol|ca|bzw|usw|sra|mme|fig)|\.[^\W\d_])$",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `start` is its first code point's offset there."""

    text: str
    start: int


def speakable(text: str) -> str:
    """The same text, code point for code point, with a space where the engine would stumble."""
    return _UNSPEAKABLE.sub(" ", text)


def pieces(text: str, longest: int = LONGEST) -> Iterator[Piece]:
    """The first sentence, then sentences as many as fit in `longest` code points.

    Costs nothing ahead: a piece looks at its own stretch only. Blank stretches are left out.
    """
    start, first = 0, True
    while start < len(text):
        window = speakable(text[start : start + longest + 1])
        end = _cut(window, longest, first)
        part = window[:end]
        if part.strip():
            yield Piece(part.strip(), start + len(part) - len(part.lstrip()))
            first = False
        start += end


def _cut(window: str, longest: int, first: bool) -> int:
    """Where the piece that starts the window ends; a window longer than `longest` shows that text follows."""
    if not first and len(window) <= longest:
        return len(window)
    for pattern in (_SENTENCE_END, _CLAUSE_END):
        ends = [m.end() for m in pattern.finditer(window) if m.end() <= longest and _is_end(window, m)]
        ends = [end for end in ends if not window[:end].isspace()]
        if ends and (first or ends[-1] > longest // 4):
            return ends[0] if first else ends[-1]
    if len(window) <= longest:
        return len(window)
    spaces = [m.end() for m in _SPACE.finditer(window) if m.start() and m.end() <= longest]
    return spaces[-1] if spaces else _unbroken(window, longest)


def _is_end(window: str, match: re.Match[str]) -> bool:
    """False for the stop of an abbreviation, and for one that goes on in lower case."""
    if match.groupdict().get("stop") is None:
        return True
    following = window[match.end() :].lstrip()
    return not (following[:1].islower() or _SHORT_FOR.search(window[: match.start()]))


def _unbroken(window: str, longest: int) -> int:
    """A cut that leaves marks, joiners and modifiers with what they belong to."""
    for end in range(min(longest, len(window)), longest // 2, -1):
        if end == len(window) or not (_extends(window[end]) or window[end - 1] == "\u200d"):
            return end
    return longest


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\u1160" <= character <= "\u11ff"  # vowels and finals of Hangul
    )


_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(f"[{_HAN}]|[^\\s{_HAN}、。，．！？；：「」『』（）【】《》〈〉・…]+")
_TAG = re.compile(r"<[^>]*>")
_AROUND = ".,;:!?\"'()[]{}«»“”„‘’‚‹›¿¡–—-"
_STOPS = frozenset(".!?…:;。！？；：")
_OPENING = frozenset("\"'([{«“„‘‚‹¿¡「『（【《〈")


class WordFinder:
    """Brings the engine's word positions to the words of the text.

    espeak-ng 1.52 (observed 2026-11-21) counts code points from 1; a number or symbol gives several events,
    at its place, within it or on the blank behind it; after a stop that goes on in lower case the event is on
    the blank.
    """

    def __init__(self, text: str, ssml: bool = False) -> None:
        self._text = _TAG.sub(lambda tag: " " * len(tag[0]), text) if ssml else text
        self._starts: list[int] = []
        self._ends: list[int] = []
        for match in _TOKEN.finditer(self._text):
            word = match[0].lstrip(_AROUND)
            start = match.end() - len(word)
            if word := word.rstrip(_AROUND):
                self._starts.append(start)
                self._ends.append(start + len(word))
        self._last = -1

    def locate(self, position: int, length: int) -> tuple[int, int] | None:
        """(start, length) of the word that an event means; None while the last word goes on."""
        at = position - 1
        index = bisect_right(self._starts, at) - 1
        if self._is_next(index, at):
            index += 1
        if index <= self._last or index < 0:
            return None
        self._last = index
        start, end = self._starts[index], self._ends[index]
        if at == start:
            end = min(max(end, at + length), len(self._text))
        return start, end - start

    def _is_next(self, index: int, at: int) -> bool:
        """Whether a position behind token `index` belongs to the token after it."""
        if index + 1 >= len(self._starts) or (index >= 0 and at < self._ends[index]):
            return False
        gap = self._text[self._ends[index] : at + 1] if index >= 0 else ""
        return index < 0 or not _STOPS.isdisjoint(gap) or gap[-1:] in _OPENING
