"""What an account has, over the cards that are shipped: which finding belongs to which card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modeldeck._wire.lists import LiveModel, LiveVoice
from modeldeck.credential.asking import Listed
from modeldeck.credential.listing import Listing
from modeldeck.errors import CardError

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard

Answers = Sequence[tuple[Listing, Listed]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the account says of one model.

    `listed`: whether it has it, None where it does not say. `voices`: all there are where `whole`, else those that come
    after the card's. `at`: when.
    """

    name: str
    at: datetime
    model: LiveModel | None
    listed: bool | None
    voices: tuple[LiveVoice, ...]
    whole: bool


def merged(
    cards: Sequence[TTSModelCard], classes: Iterable[type[Any]], answers: Answers
) -> tuple[list[TTSModelCard], list[str]]:
    """The cards as the account's answers make them, in no order, and what was wrong with the answers.

    A model without a card gets one, of the class with `any_model` unless the model names another.
    """
    by_type = {str(getattr(cls, "type", "") or cls.__name__): cls for cls in classes}
    account = _Account(answers)
    kept = [card for card in cards if not account.is_another(card.name)]
    made: list[TTSModelCard] = []
    for card in kept:
        found = account.findings(card.name, card.model_type)
        make = getattr(by_type.get(card.model_type), "live_card", None)
        try:
            made.append(card if found is None or make is None else make(card, found))
        except CardError as error:
            account.problems.append(f"{error}; its card is as shipped")
            made.append(card)
    names = {card.name for card in kept}
    for model in account.without_card(names):
        found, cls = account.findings(model.name, model.model_type), _taker(model, by_type)
        if found is None or cls is None:
            account.left_out["models", f"{model.name}, to which no class speaks"] += 1
        else:
            made.append(cls.live_card(None, found))
    return made, account.told(names)


class _Account:
    """All that an account's lists say."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.problems: list[str] = []
        self.left_out = Counter((one.name, why) for one, listed in answers for why in listed.left_out)
        self._at = min(listed.at for _, listed in answers)
        lists = [listed for one, listed in answers if one.models]
        self._lists_models, self._lists_all = bool(lists), all(listed.complete for listed in lists)
        self._for_all = any(one.about is None and listed.voices for one, listed in answers)
        self._models: dict[str, LiveModel] = {}
        for model in (model for listed in lists for model in listed.models):
            if model.speaks is not None or model.name not in self._models:  # a later list knows better
                self._models[model.name] = model
        if not lists:
            unnamed = {one.unnamed for one, listed in answers if one.unnamed and listed.voices}
            self._models = {name: LiveModel(name, another=True) for name in unnamed}

    def is_another(self, name: str) -> bool:
        """Whether the account calls so what is not the card's model."""
        model = self._models.get(name)
        return model is not None and model.another

    def findings(self, name: str, model_type: str) -> Findings | None:
        """Of one model; None when nothing was asked that says something of it."""
        model = self._models.get(name)
        if model is not None and (model.speaks is False or model.model_type not in ("", model_type)):
            model = None
        about = [
            (one, listed)
            for one, listed in self.answers
            if (model is not None if one.about is None else name in one.about)
        ]
        if not self._lists_models and not about:
            return None
        voices = [voice for _, listed in about for voice in listed.voices if not voice.models or name in voice.models]
        whole = any(one.whole and listed.complete for one, listed in about)
        has: bool | None = None
        if self._lists_models:
            has = model is not None or (False if self._lists_all else None)
        elif whole and model is None:
            has = bool(voices)
        if model is not None and model.voices is not None:
            voices, whole = list(model.voices), True
        return Findings(name, self._at, model, has, tuple(voices), whole and bool(voices))

    def without_card(self, known: set[str]) -> list[LiveModel]:
        """Models that speak; those that do not say so too, where the service has voices for all of its models."""
        new = (model for name, model in self._models.items() if name not in known)
        return [model for model in new if model.speaks or (model.speaks is None and self._for_all)]

    def told(self, known: set[str]) -> list[str]:
        """What was wrong, in sentences."""
        for one, listed in self.answers:
            if not listed.complete:
                self.problems.append(f"the list of {one.name} does not end; what has come of it is used")
            for name in (name for voice in listed.voices for name in voice.models):
                if name not in known and name not in self._models:
                    self.left_out[one.name, f"of {name}, which no card describes"] += 1
        counted = [f"{count} of its {name} left out: {why}" for (name, why), count in self.left_out.items()]
        return self.problems + counted


def _taker(model: LiveModel, by_type: dict[str, type[Any]]) -> type[Any] | None:
    if model.model_type:
        found = by_type.get(model.model_type)
    else:
        takers = [cls for cls in by_type.values() if getattr(cls, "any_model", False)]
        found = takers[0] if len(takers) == 1 else None
    return found if hasattr(found, "live_card") else None
