"""Word timings of a run-task: milliseconds and places in sentences become seconds and places in the text sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modeldeck._wire.frames import part, text_of
from modeldeck.tts.response import WordTiming


class Words:
    """Follows the sentences of one utterance; each word is told once.

    The documents (2026-05-30) call the times milliseconds of the audio and do not say whether they go on from
    sentence to sentence. A sentence that begins before the middle of the last one restarts them.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._place = 0  # code points of the text that earlier sentences took
        self._sentence: Any = None
        self._before = 0  # milliseconds of audio before the sentence, as far as the bytes tell
        self._original = ""
        self._told: set[int] = set()
        self._span = (0, 0)  # the sentence's first begin and last end, in milliseconds of the utterance
        self._shift = 0  # milliseconds that the sentence's own times lack

    def sent(self, text: str) -> None:
        self._texts.append(text)

    def read(self, output: Mapping[str, Any], audio: float | None) -> list[WordTiming]:
        """The new words of one result; `audio`: seconds that came before it, where the bytes tell them."""
        sentence = part(output, "sentence")
        listed: Any = sentence.get("words")
        words = [word for word in listed if isinstance(word, dict)] if isinstance(listed, list) else []
        which = (sentence.get("index"), sentence.get("begin_time"))
        if which != self._sentence:
            self._end_sentence()
            self._sentence, self._before = which, round((audio or 0.0) * 1000)
        self._original = text_of(output.get("original_text")) or self._original
        if words and not self._told:
            self._begin_times(_whole(words[0].get("begin_time")))
        found = self._found()
        return [self._timing(word, found) for word in words if self._is_new(word)]

    def _end_sentence(self) -> None:
        found = self._found()
        if found is not None:
            self._place = found + len(self._original)
        self._original = ""
        self._told.clear()

    def _found(self) -> int | None:
        """Where the sentence stands in the text."""
        found = self._text().find(self._original, self._place) if self._original else -1
        return None if found < 0 else found

    def _text(self) -> str:
        if len(self._texts) > 1:
            self._texts[:] = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def _begin_times(self, begin: int) -> None:
        first, last = self._span
        restarted = last and begin < (first + last) // 2
        self._shift = max(last, self._before) if restarted else 0
        self._span = (begin + self._shift, begin + self._shift)

    def _is_new(self, word: Mapping[str, Any]) -> bool:
        mark = _whole(word.get("begin_index", word.get("begin_time")))
        new = mark not in self._told
        self._told.add(mark)
        return new

    def _timing(self, word: Mapping[str, Any], found: int | None) -> WordTiming:
        begin, end = (_whole(word.get(name)) + self._shift for name in ("begin_time", "end_time"))
        self._span = (self._span[0], max(self._span[1], end))
        text = text_of(word.get("text")) or ""
        return WordTiming(text, begin / 1000, max(begin, end) / 1000, *self._places(word, text, found))

    def _places(self, word: Mapping[str, Any], text: str, found: int | None) -> tuple[int | None, int | None]:
        begin, end = _whole(word.get("begin_index")), _whole(word.get("end_index"))
        if found is not None and end:
            begin, end = _code_points(self._original, text, begin, end)
            return found + begin, found + min(end, len(self._original))
        at = self._text().find(text, self._place) if text else -1
        if at < 0:
            return None, None
        self._place = at + len(text)
        return at, self._place


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 < value < float("inf") else 0


def _code_points(sentence: str, word: str, begin: int, end: int) -> tuple[int, int]:
    """The indexes in code points, though they may count UTF-16 units (which shows only after an emoji)."""
    units = sentence.encode("utf-16-le", "surrogatepass")
    if len(units) == 2 * len(sentence) or sentence[begin:end] == word:
        return begin, end
    if units[2 * begin : 2 * end].decode("utf-16-le", "replace") != word:
        return begin, end
    before = len(units[: 2 * begin].decode("utf-16-le", "replace"))
    return before, before + len(word)
