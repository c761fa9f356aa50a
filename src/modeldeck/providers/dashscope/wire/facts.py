"""What the server's side of each protocol knows: models, their voices, and what a value may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from modeldeck.providers.dashscope.parameters import QwenLanguage

FORMATS = ("pcm", "wav", "mp3", "opus")
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
_MADE_VOICE = re.compile(r"(qwen|cosyvoice)[\w.]*-[\w.-]*-[\w.-]+\Z")


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. `made_voices`: cloned or designed voices are good too. `tokens`: it bills tokens, as the oldest do."""

    voices: tuple[str, ...] = ()
    made_voices: bool = False
    formats: tuple[str, ...] = FORMATS
    sample_rates: tuple[int, ...] = RATES
    max_characters: int | None = None
    tokens: bool = False
    ssml: bool = True

    def speaks(self, voice: str) -> bool:
        return voice in self.voices or (self.made_voices and bool(_MADE_VOICE.match(voice)))

    def usage(self, characters: int, text_tokens: int, seconds: float) -> dict[str, Any]:
        """The bill; about 50 tokens a second of audio where tokens are counted."""
        if not self.tokens:
            return {"characters": characters}
        audio = round(50 * seconds)
        return {
            "total_tokens": text_tokens + audio,
            "input_tokens": text_tokens,
            "output_tokens": audio,
            "input_tokens_details": {"text_tokens": text_tokens},
            "output_tokens_details": {"text_tokens": 0, "audio_tokens": audio},
        }


@dataclass(frozen=True, slots=True)
class Between:
    low: float
    high: float
    whole: bool = False

    def holds(self, value: Any) -> bool:
        kind = int if self.whole else int | float
        return isinstance(value, kind) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{'a whole number' if self.whole else 'a number'} from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[Any, ...]

    def holds(self, value: Any) -> bool:
        return not isinstance(value, bool) and value in self.values

    def __str__(self) -> str:
        return f"one of {', '.join(map(repr, self.values))}"


@dataclass(frozen=True, slots=True)
class Is:
    kind: type

    def holds(self, value: Any) -> bool:
        return isinstance(value, self.kind)

    def __str__(self) -> str:
        return self.kind.__name__


Rules = Mapping[str, Between | OneOf | Is]


def broken(settings: Mapping[str, Any], *rules: Rules) -> Iterable[tuple[str, Any, str]]:
    """Name, value and what it should be, of each value that a rule does not allow; null is not set."""
    for one in rules:
        for name, rule in one.items():
            value = settings.get(name)
            if value is not None and not rule.holds(value):
                yield name, value, str(rule)


def tokens(text: str) -> int:
    """About as many as the service would count: an ideograph is one, of other text four characters."""
    wide = sum(1 for character in text if character > "\u2e7f")
    return wide + (len(text) - wide + 3) // 4


LANGUAGES = OneOf(get_args(QwenLanguage))
INSTRUCTION_TOKENS = 1600
