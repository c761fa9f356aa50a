"""How much text an utterance begins with."""

from __future__ import annotations

from dataclasses import dataclass

from modeldeck.tts.words import count_words


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Text is held back until it has both: so many characters, and so many words (UAX #29)."""

    characters: int = 0
    words: int = 0

    def reached(self, text: str) -> bool:
        return len(text) >= self.characters and (not self.words or count_words(text) >= self.words)
