"""A stream of text cut into sentences, so that a model that takes whole texts can speak early."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import accumulate

_MARKS = ".!?…۔।॥؟։።፧"
_CLOSERS = "」』）】》”’»›\"')]}*_"
_CLOSING = re.escape(_CLOSERS)
_QUOTES = "”’»›\"'"
# `over`: a line break, or an end of a script without spaces: sure at once. `marks`: an end before a space, if what
# follows does not say otherwise (so that 3.14 and a URL stay whole); [1] is a reference.
_END = re.compile(
    rf"(?P<over>[。！？｡။។]++[{_CLOSING}]*+|[!?]++[{_CLOSING}]*+(?=[\u3041-\u9fff])|[\n\u2028\u2029]++)"
    rf"|(?<![{_MARKS}])(?P<marks>[{_MARKS}]++)(?P<closers>[{_CLOSING}]*+)(?:\[\d++\])*+(?=\s)"
)
_OPEN_END = f"{_MARKS}{_CLOSERS}[0123456789"  # what the beginning of an end may consist of
_NEXT_WORD = re.compile(r"\s++(?:\S++(?=\s)|\S{16})")  # whole, or as much of it as the segmenter looks at
_ANY_WORDS = (" aa", " Aa", " 11")
_BRACKETS = dict.fromkeys(map(ord, "()[]{}<>（）【】*_"))
_LETTER = re.compile(r"[^\W\d_]")
_TWO = re.compile(r"[^\W_][\W_]*+[^\W_]")
_PAUSE = re.compile(r".*(?:[,;:،؛]\s|[，、；：])", re.DOTALL)
_LONGEST = 500


class SentenceCutter:
    """Feed text as it comes, take whole sentences; `rest()` gives what no sentence end has closed.

    With the extra `text` the rules of `language` (BCP 47; None: English) tell abbreviations from ends.
    """

    def __init__(self, language: str | None = None) -> None:
        self._language = (language or "en").replace("_", "-").partition("-")[0].lower()
        self._segment = _segmenter()
        self._held = ""
        self._looked = 0  # no end begins before this
        self._doubtful = False  # the end at `_looked` waits for the next word

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes, with their spacing: joined they are the text."""
        pieces = (text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST))  # what is held stays short
        return [sentence for piece in pieces for sentence in self._fed(piece)]

    def rest(self) -> str:
        """What is left, and forget it."""
        held = self._held
        self._drop(len(held))
        return held

    def _fed(self, piece: str) -> list[str]:
        self._held += piece
        sentences: list[str] = []
        begin = 0
        while match := _END.search(self._held, self._looked):
            ends = match["over"] is not None or self._is_end(begin, match)
            if ends is None:
                self._looked = match.start()
                break
            self._looked = match.end()
            if ends and _spoken(self._held[begin : match.end()]):
                sentences.append(self._held[begin : match.end()])
                begin = match.end()
        else:
            self._looked = max(self._looked, len(self._held.rstrip(_OPEN_END)))
        self._drop(begin)
        while len(self._held) > _LONGEST:  # nobody ends this sentence
            cut = _pause(self._held[:_LONGEST])
            sentences.append(self._held[:cut])
            self._drop(cut)
        return sentences

    def _drop(self, length: int) -> None:
        self._held = self._held[length:]
        self._looked = max(0, self._looked - length)
        if not self._looked:
            self._doubtful = False

    def _is_end(self, begin: int, match: re.Match[str]) -> bool | None:
        """None: the next word decides, and is not here yet."""
        if self._segment is None:
            return True
        quotes = "".join(character for character in match["closers"] if character in _QUOTES)
        sentence = self._held[begin : match.end("marks")] + quotes
        sentence = " ".join(sentence.translate(_BRACKETS).split())  # what stands in brackets is never cut
        after_number = self._held[match.start() - 1 : match.start()].isdigit()  # a month may follow
        if not self._doubtful and not after_number and all(self._cuts(sentence, word) for word in _ANY_WORDS):
            return True
        word = _NEXT_WORD.match(self._held, match.end())
        self._doubtful = word is None
        return None if word is None else self._cuts(sentence, " " + word[0].lstrip())

    def _cuts(self, sentence: str, word: str) -> bool:
        """Whether the segmenter ends a sentence between the two. `word` begins with a space."""
        assert self._segment is not None
        try:
            parts = self._segment(self._language, sentence + word)
        except BaseException as error:  # half a character; a panic inside is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return True
        cut = next(end for end in accumulate(map(len, parts)) if end >= len(sentence))
        return cut <= len(sentence) + 1


class Uncut:
    """In the place of a cutter, for text that is one piece: nothing leaves before it is asked for."""

    def __init__(self) -> None:
        self._held: list[str] = []

    def feed(self, text: str) -> list[str]:
        self._held.append(text)
        return []

    def rest(self) -> str:
        """All of it, and forget it."""
        held = "".join(self._held)
        self._held.clear()
        return held


@cache
def _segmenter() -> Callable[[str, str], list[str]] | None:
    """`segment(language, text)` of sentencex, or None where the extra is not installed."""
    try:
        segment: Callable[[str, str], list[str]] = import_module("sentencex").segment  # it has no type hints
    except ImportError:
        return None
    return segment


def _spoken(sentence: str) -> bool:
    """More than the number of a list item."""
    return bool(_LETTER.search(sentence) and _TWO.search(sentence))


def _pause(text: str) -> int:
    """Where to break a text without a sentence end: after a comma in its second half, else at a space."""
    comma = _PAUSE.match(text)
    if comma and comma.end() > len(text) // 2:
        return comma.end()
    return text.rfind(" ") + 1 or len(text)
