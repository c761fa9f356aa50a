"""Word boundaries become timings: ticks of 100 ns become seconds, and the word is found in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import unescape

from modeldeck._wire.frames import count_of, part, parts, text_of
from modeldeck._wire.words import Words
from modeldeck.tts.response import WordTiming

TICKS = 10_000_000  # of a second
_TAG = re.compile(r"<[^>]*>")
_ENTITIES = {"&apos;": "'", "&quot;": '"'}


class Boundaries:
    """Of one utterance. The service tells no places (its SDKs search the text too).

    `shift`: seconds of audio that earlier turns of the utterance gave.
    """

    def __init__(self) -> None:
        self.shift = 0.0
        self._words = Words()

    def sent(self, text: str, *, ssml: bool = False) -> None:
        self._words.sent(_TAG.sub(lambda tag: "\0" * len(tag[0]), text) if ssml else text)

    def read(self, metadata: Mapping[str, Any]) -> list[WordTiming]:
        """The words of one `audio.metadata`."""
        told = [part(one, "Data") for one in parts(metadata, "Metadata") if one.get("Type") == "WordBoundary"]
        return [timing for data in told if (timing := self._timing(data)) is not None]

    def _timing(self, data: Mapping[str, Any]) -> WordTiming | None:
        told = part(data, "text")
        text = text_of(told.get("Text"))
        if text is None or told.get("BoundaryType", "WordBoundary") != "WordBoundary":
            return None
        start = self.shift + count_of(data.get("Offset")) / TICKS
        end = start + count_of(data.get("Duration")) / TICKS
        word = unescape(text, _ENTITIES)
        place = self._words.place(text, word)  # the text of a turn of SSML has entities, the service's words may have
        return WordTiming(word, start, end, *(place or ()))


def ended(metadata: Mapping[str, Any]) -> float | None:
    """Seconds of audio of the whole turn, if this is where it is told."""
    told = [part(one, "Data") for one in parts(metadata, "Metadata") if one.get("Type") == "SessionEnd"]
    return count_of(told[-1].get("Offset")) / TICKS if told else None
