"""Timings of a run-task: milliseconds and places in sentences become seconds and places in the text sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modeldeck._wire.frames import part, text_of
from modeldeck.tts.response import SentenceTiming, WordTiming


class Sent:
    """The text of one utterance, as far as it was sent."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        self._texts.append(text)

    @property
    def text(self) -> str:
        if len(self._texts) > 1:
            self._texts[:] = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def find(self, piece: str, begin: int) -> int | None:
        """Where `piece` stands, from `begin` on."""
        found = self.text.find(piece, begin) if piece else -1
        return None if found < 0 else found


class _Clock:
    """The service's milliseconds as those of the utterance.

    The documents (2026-05-30) call the times milliseconds of the audio and do not say whether they go on from
    sentence to sentence. A sentence that begins before the middle of the last one restarts them.
    """

    def __init__(self) -> None:
        self._span = (0, 0)  # the sentence's first begin and last end
        self._shift = 0  # what the sentence's own times lack

    def begin(self, first: int, before: int) -> None:
        """A sentence's first time; `before`: of audio that came before it, as far as the bytes tell."""
        begin, end = self._span
        restarted = end and first < (begin + end) // 2
        self._shift = max(end, before) if restarted else 0
        self._span = (first + self._shift, first + self._shift)

    def span(self, begin: int, end: int) -> tuple[float, float]:
        """In seconds."""
        begin, end = begin + self._shift, end + self._shift
        self._span = (self._span[0], max(self._span[1], end))
        return begin / 1000, max(begin, end) / 1000


class Words:
    """Follows the sentences of one utterance; each word is told once."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._place = 0  # code points of the text that earlier sentences took
        self._sentence: Any = None
        self._before = 0  # milliseconds of audio before the sentence, as far as the bytes tell
        self._original = ""
        self._told: set[int] = set()
        self._clock = _Clock()

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
            self._clock.begin(_whole(words[0].get("begin_time")), self._before)
        found = self._sent.find(self._original, self._place)
        return [self._timing(word, found) for word in words if self._is_new(word)]

    def _end_sentence(self) -> None:
        if (found := self._sent.find(self._original, self._place)) is not None:
            self._place = found + len(self._original)
        self._original = ""
        self._told.clear()

    def _is_new(self, word: Mapping[str, Any]) -> bool:
        mark = _whole(word.get("begin_index", word.get("begin_time")))
        new = mark not in self._told
        self._told.add(mark)
        return new

    def _timing(self, word: Mapping[str, Any], found: int | None) -> WordTiming:
        start, end = self._clock.span(_whole(word.get("begin_time")), _whole(word.get("end_time")))
        text = text_of(word.get("text")) or ""
        return WordTiming(text, start, end, *self._places(word, text, found))

    def _places(self, word: Mapping[str, Any], text: str, found: int | None) -> tuple[int | None, int | None]:
        begin, end = _whole(word.get("begin_index")), _whole(word.get("end_index"))
        if found is not None and end:
            begin, end = _code_points(self._original, text, begin, end)
            return found + begin, found + min(end, len(self._original))
        if (at := self._sent.find(text, self._place)) is None:
            return None, None
        self._place = at + len(text)
        return at, self._place


class Spans:
    """Follows the sentences of one utterance; each is told once, when it is over.

    Its times are its own where it has some (Sambert's), else those of the audio between its events, else its words'.
    """

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._place = 0
        self._which: Any = None
        self._over = True
        self._clock = _Clock()
        self._begin()

    def _begin(self, audio: float | None = None) -> None:
        self._original = ""
        self._audio = audio
        self._own: tuple[float, float] | None = None
        self._words: list[WordTiming] = []

    def read(self, output: Mapping[str, Any], audio: float | None, words: list[WordTiming]) -> list[SentenceTiming]:
        """What one result ends; `audio`: seconds that came before it, `words`: those that it tells."""
        sentence = part(output, "sentence")
        begin, end = sentence.get("begin_time"), sentence.get("end_time")
        which, told = (sentence.get("index"), begin), list[SentenceTiming]()
        if which == (None, None):
            return told
        if which != self._which:
            told += self.end(audio)
            self._which, self._over = which, False
            self._begin(audio)
            self._clock.begin(_whole(begin), 0)
        self._original = text_of(output.get("original_text")) or self._original
        self._words += words
        if end is not None:
            self._own = self._clock.span(_whole(begin), _whole(end))
        if output.get("type") == "sentence-end":
            told += self.end(audio)
        return told

    def end(self, audio: float | None) -> list[SentenceTiming]:
        """The sentence is over, if there is one."""
        if self._over or (times := self._times(audio)) is None:
            self._over = True
            return []
        self._over = True
        begin, end = self._places()
        self._place = self._place if end is None else end
        text = self._original if begin is None else self._sent.text[begin:end]
        return [SentenceTiming(text, *times, begin, end)]

    def _times(self, audio: float | None) -> tuple[float, float] | None:
        if self._own is not None:
            return self._own
        if audio is not None and self._audio is not None:
            return self._audio, audio
        return (self._words[0].start, self._words[-1].end) if self._words else None

    def _places(self) -> tuple[int | None, int | None]:
        if (found := self._sent.find(self._original, self._place)) is not None:
            return found, found + len(self._original)
        places = [(one.begin_index, one.end_index) for one in self._words if one.begin_index is not None]
        return (places[0][0], places[-1][1]) if places and not self._original else (None, None)


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
