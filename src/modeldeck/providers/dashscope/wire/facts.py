"""What the server's side of each protocol knows: models, their voices, and what a value may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from modeldeck.providers.dashscope.parameters import CosyVoiceLanguage, QwenLanguage

FORMATS = ("pcm", "wav", "mp3", "opus")
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
_MADE_VOICE = re.compile(r"(qwen|cosyvoice)[\w.]*-[\w.-]*-[\w.-]+\Z")
# "Voice list" of the documents, 2026-05-30.
_FEELING = "你说话的情感是(neutral|fearful|angry|sad|surprised|happy|disgusted)。"
_SENTENCES = {
    "longanyang": "(你正在进行(闲聊互动|新闻播报|广告促销|比赛解说|一些儿童内容解说|语音导航|脱口秀表演)，"
    f"|你现在说话的角色是一个旁白，|你正在以一个故事机的身份说话，)?{_FEELING}",
    "longanhuan": "(你正在进行(闲聊对话|课堂教学|比赛解说|深夜电台广播|剧情解说|诗歌朗诵|科普知识推广|产品推广"
    f"|脱口秀表演)，|你说话的角色是温和客服，)?{_FEELING}",
    "longhuhu_v3": "(你正在进行(自由对话|广告促销)，|你说话的角色是(傲娇公主|元气少女|可爱孩童|机器人|小猪佩奇)，"
    f"|你正在以一个(故事机|儿童玩具)的身份说话，)?{_FEELING}",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. `made_voices`: cloned or designed voices are good too. `tokens`: it bills tokens, as the oldest do.

    `instructions`: it takes an `instruction`.
    """

    voices: tuple[str, ...] = ()
    made_voices: bool = False
    formats: tuple[str, ...] = FORMATS
    sample_rates: tuple[int, ...] = RATES
    max_characters: int | None = None
    tokens: bool = False
    ssml: bool = True
    instructions: bool = True

    def speaks(self, voice: str) -> bool:
        return voice in self.voices or (self.made_voices and bool(_MADE_VOICE.match(voice)))

    def follows(self, voice: str, instruction: str) -> bool:
        """Cloned and designed voices take free text, three listed ones their fixed sentences, the others nothing."""
        if not self.instructions or voice not in self.voices:
            return self.instructions
        return voice in _SENTENCES and bool(re.fullmatch(_SENTENCES[voice], instruction))

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
HINTS = OneOf(get_args(CosyVoiceLanguage))
INSTRUCTION_TOKENS = 1600
