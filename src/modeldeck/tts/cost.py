"""What a call costs: before it by the card's rules, after it by what the provider billed.

Worked out in decimals from the card's list price, and given as the nearest float: nothing is rounded to a currency's
smallest coin, since one call is seldom worth one. What is not known is None, never 0. Discounts, free quotas and taxes
are no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from modeldeck.tts.options import TTSOptions
from modeldeck.tts.text import filtered, plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from modeldeck.credential.base import CredentialBase
    from modeldeck.message import Msg
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.facts import Pricing
    from modeldeck.tts.response import TTSUsage
    from modeldeck.tts.settings import Settings
    from modeldeck.tts.spoken import SpokenText

_PER = {"1k_characters": 10**3, "10k_characters": 10**4, "1m_characters": 10**6, "1m_tokens": 10**6, "minute": 60}
_TAG = re.compile(r"<[^>]*>")
_ENVELOPE = re.compile(r"</?(?:speak|voice)\b[^>]*>")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text will cost, as far as it is known before it is spoken; `why` says what is not.

    `characters` as the provider bills them. `tokens` and `seconds`: what else may be billed; None, as only the call
    tells. `cost` in `currency` (ISO 4217), at the card's list price. `exact`: it is what will be billed, if all of the
    text is spoken once; else it is near. Of the text: whether instructions beside it are billed, no provider says.
    """

    model: str
    unit: str | None = None
    characters: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None
    currency: str | None = None
    exact: bool = False
    why: str | None = None


class Priced:
    """What a model class needs to know its price."""

    if TYPE_CHECKING:
        credential: CredentialBase
        model: str
        text_filter: SpokenText | None
        _card: TTSModelCard | None
        _settings: Settings

    def estimate(self, text: str | Msg, **kwargs: Any) -> Estimate:
        """What `synthesize(text, **kwargs)` will cost. Costs nothing itself; raises ParameterError as the call does."""
        more = {name: value for name, value in kwargs.items() if name not in TTSOptions.__annotations__}
        parameters = self._settings.with_more(more)
        said, _ = filtered(self.text_filter, plain_text(text), parameters)
        return self._cost_of(said, parameters)

    def _cost_of(self, said: str, parameters: Mapping[str, Any]) -> Estimate:
        """Of what is spoken."""
        pricing = self._pricing
        if pricing is None:
            return Estimate(self.model, why=self._unpriced)
        if not said.strip():  # is not sent
            return Estimate(self.model, pricing.unit, 0, cost=0.0, currency=pricing.currency, exact=True)
        return estimated(self.model, pricing, *self._billed(said, parameters))

    @property
    def _pricing(self) -> Pricing | None:
        """The card's list price, where it holds for the credential."""
        pricing = self._card.pricing if self._card is not None else None
        if pricing is None or (pricing.regions and getattr(self.credential, "region", None) not in pricing.regions):
            return None
        return pricing

    @property
    def _unpriced(self) -> str:
        if self._card is None:
            return "no card describes it: what it costs is not known"
        if self._card.pricing is None:
            return "its card gives no price: what it costs is not known"
        return f"its price in the region {getattr(self.credential, 'region', None)!r} is not known"

    def _billed(self, text: str, parameters: Mapping[str, Any]) -> tuple[str, bool]:
        """The text as the provider counts it, and whether it has tags. Overridden where more goes out than the text."""
        return text, text.lstrip().startswith("<speak")


def estimated(model: str, pricing: Pricing, text: str, markup: bool) -> Estimate:
    """What `text` costs at that price."""
    near = Estimate(model, pricing.unit, currency=pricing.currency)
    if not pricing.unit.endswith("_characters"):
        billed = "tokens" if pricing.unit == "1m_tokens" else "the minutes of its audio"
        return replace(near, why=f"it bills {billed}, which only the call tells: usage.cost has it then")
    characters, exact, why = _characters(pricing, text, markup)
    if characters is None:
        return replace(near, why=why)
    cost = _at(pricing.input, characters, pricing.unit)
    if cost is None:
        return replace(near, characters=characters, why="its card gives no price for the text")
    return replace(near, characters=characters, cost=float(cost), exact=exact, why=why)


def charged(usage: TTSUsage, pricing: Pricing | None, seconds: float) -> TTSUsage:
    """The usage with its cost, where the price is known and the provider said what it bills.

    `seconds`: of audio, 0 where that is not known.
    """
    if pricing is None or usage.cost is not None:
        return usage
    cost: Decimal | None = None
    if pricing.unit == "minute":
        price = pricing.input if pricing.output is None else pricing.output
        cost = _at(price, seconds, pricing.unit) if seconds else None
    elif pricing.unit == "1m_tokens":
        cost = _of_tokens(usage, pricing)
    elif usage.characters:
        cost = _at(pricing.input, usage.characters, pricing.unit)
    return usage if cost is None else replace(usage, cost=float(cost), currency=pricing.currency)


def _of_tokens(usage: TTSUsage, pricing: Pricing) -> Decimal | None:
    """None where a part has no price, or was not told: audio is never made of no tokens."""
    if usage.other_tokens or not usage.output_tokens:
        return None
    made = _at(pricing.output, usage.output_tokens, pricing.unit)
    read = _at(pricing.input, usage.input_tokens, pricing.unit)
    return None if made is None or read is None else made + read


def _at(price: float | None, amount: float, unit: str) -> Decimal | None:
    from decimal import Decimal  # only who asks for a price needs it

    return None if price is None else Decimal(str(price)) * Decimal(str(amount)) / _PER[unit]


def _characters(pricing: Pricing, text: str, markup: bool) -> tuple[int | None, bool, str | None]:
    """How many are billed, whether that is exact, and what is not known."""
    from modeldeck.tts.facts import COUNTINGS, counted

    why = None
    if markup:
        match pricing.markup:
            case "counted":
                pass
            case "speak_and_voice_free":
                text = _ENVELOPE.sub("", text)
            case "free":
                text = _TAG.sub("", text)
            case None:
                return None, False, "whether it bills the tags of SSML is not known"
        if "&" in text or "<!" in text or "<?" in text:
            why = "whether escapes and comments of SSML are billed as written is not known"
    if pricing.counting is not None:
        return counted(text, pricing.counting), why is None, why
    counts = {counted(text, rule) for rule in COUNTINGS}
    if len(counts) > 1:
        return None, False, "how it counts characters other than ASCII is not known"
    return counts.pop(), why is None, why
