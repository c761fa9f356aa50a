"""The facts of a model card: voices, audio, limits, price, and the types that YAML needs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")
LANGUAGE = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
_LANGUAGE = re.compile(LANGUAGE.removesuffix("$") + r"\Z")


def _language(tag: str) -> str:
    if not _LANGUAGE.match(tag):
        raise ValueError(f"{tag!r} is no BCP 47 language tag (like en, zh-HK)")
    return tag


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(f"{text!r} is no URL (like https://…)")
    return text


def _date(value: object) -> object:
    """YAML reads a date only where it is not in quotes."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no date (like 2026-11-20)") from None
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is no date (like 2026-11-20)")
    return value


def voice_of(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    """YAML has lists; a tuple cannot be changed by whoever shares it."""
    return tuple(value) if isinstance(value, list) else value


Language = Annotated[str, AfterValidator(_language)]
Url = Annotated[str, AfterValidator(_url)]
Date = Annotated[Any, BeforeValidator(_date, json_schema_input_type=date)]
Many = Annotated[tuple[T, ...], BeforeValidator(_listed, json_schema_input_type=list[T])]
Status = Literal["active", "deprecated", "sunset"]
Interruption = Literal["cancel", "reconnect"]
Counting = Literal["code_points", "bytes", "cjk_double"]
COUNTINGS: tuple[Counting, ...] = get_args(Counting)

_FROZEN = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Voice(BaseModel):
    """One voice: of a card, of an account, cloned or found live."""

    model_config = _FROZEN
    id: str = Field(min_length=1, description="The provider's own name, exactly.")
    label: str = Field(default="", description="What people see; the id when absent.")
    languages: Many[Language] = Field(default=(), description="BCP 47 tags of the languages it speaks.")
    gender: Literal["female", "male", "neutral"] | None = None
    styles: Many[str] = Field(default=(), description="Words that describe it: gentle, news, child …")
    sample_url: Url | None = Field(default=None, description="A recording to listen to before choosing.")
    models: Many[str] = Field(default=(), description="Models it works with; empty: the card's own.")
    source: Literal["card", "account", "cloned", "live"] = Field(default="card", description="Where it comes from.")

    def model_post_init(self, context: Any, /) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.id)


class Live(BaseModel):
    """That a card is made of what an account has, and not of files alone.

    `at`: when the provider said so, in UTC. `listed`: whether the account's list has the model; None where the provider
    lists no models. `voices`: `card` (as the card has them), `more` (the account's own follow the card's) or `all` (the
    account's list, in the place of the card's).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    at: datetime = Field(description="When the provider said so, in UTC.")
    listed: bool | None = Field(default=None, description="Whether the account has the model; null: nothing says so.")
    voices: Literal["card", "more", "all"] = Field(
        default="card",
        description="card: as the card has them; more: the account's own follow; all: the account's list alone.",
    )

    @property
    def age(self) -> float:
        """Seconds since then."""
        return max(0.0, (datetime.now(UTC) - self.at).total_seconds())


class AudioFacts(BaseModel):
    """What the model's audio is. `sample_rate` in Hz."""

    model_config = _FROZEN
    sample_rate: int | None = Field(default=None, gt=0, description="Hz, unless a parameter says otherwise.")
    formats: Many[str] = Field(default=(), description="Encodings it can give, its default first.")
    channels: int = Field(default=1, gt=0)


class Limits(BaseModel):
    """How much text one request may have, and how the provider counts it."""

    model_config = _FROZEN
    max_characters: int | None = Field(default=None, gt=0)
    counting: Counting = Field(
        default="code_points", description="cjk_double: a Chinese, Japanese or Korean ideograph counts two."
    )

    def count(self, text: str) -> int:
        """Characters of `text` as the provider counts them."""
        return counted(text, self.counting)


def counted(text: str, counting: Counting) -> int:
    """Characters by one of the rules that providers have."""
    match counting:
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "cjk_double":
            return len(text) + sum(1 for character in text if _is_ideograph(character))
        case "code_points":
            return len(text)


def _is_ideograph(character: str) -> bool:
    """Han ideographs: what the CosyVoice documents count as two."""
    code = ord(character)
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF


class Pricing(BaseModel):
    """The list price. What is not known is absent, never 0."""

    model_config = _FROZEN
    unit: Literal["1k_characters", "10k_characters", "1m_characters", "1m_tokens", "minute"]
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217.")
    input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    output: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    regions: Many[str] = Field(default=(), description="Regions of the credential where this is the price; empty: all.")
    counting: Counting | None = Field(default=None, description="How billed characters are counted, where it is known.")
    markup: Literal["counted", "speak_and_voice_free", "free"] | None = Field(
        default=None, description="Whether the tags of SSML are billed, where it is known."
    )
