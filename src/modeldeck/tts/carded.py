"""The deck of a class of models: its cards, and the one that a model is built with."""

from __future__ import annotations

import builtins
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, cast

from modeldeck._warn import warn
from modeldeck.errors import CardWarning, ModelNotFoundError, ParameterError

if TYPE_CHECKING:
    import os

    from modeldeck._cards.deck import Deck, Owner
    from modeldeck.credential.merging import Findings
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.card import TTSModelCard


class Carded:
    """What a model class knows of its cards."""

    provider: ClassVar[str]
    model: str
    _card: TTSModelCard | None
    _own_cards: ClassVar[Any] = None

    @classmethod
    def list_models(
        cls, custom_yaml_dir: str | os.PathLike[str] | None = None, *, strict: bool = False
    ) -> list[TTSModelCard]:
        """The cards of this class: active first, then by label. With `custom_yaml_dir`, those of that folder alone.

        Broken cards are left out with a CardWarning each; `strict` raises CardError instead.
        """
        return cls._owner().cards(custom_yaml_dir, strict)

    @classmethod
    def card(cls, name: str) -> TTSModelCard:
        """The card of that name. Raises ModelNotFoundError."""
        from modeldeck._near import did_you_mean, shortened
        from modeldeck.tts.card import copy_card

        cards = cls._deck().by_name
        if name not in cards:
            hint = did_you_mean(name, cards) or f"; there are: {shortened(cards) or 'none'}"
            raise ModelNotFoundError(f"{cls.__name__} has no card {name!r}{hint}", provider=cls.provider or None)
        return copy_card(cards[name])

    @classmethod
    def live_card(cls, card: TTSModelCard | None, found: Findings) -> TTSModelCard:
        """`card` with what an account was found to have, or a card of that alone. Raises CardError."""
        from modeldeck.tts import live  # only those who discover

        return live.live_card(cast("type[TTSModelBase[Any]]", cls), card, found)

    @classmethod
    def _deck(cls) -> Deck[TTSModelCard]:
        return cls._owner().deck()

    @classmethod
    def _owner(cls) -> Owner[TTSModelCard]:
        owner: Owner[TTSModelCard] | None = cls.__dict__.get("_own_cards")
        if owner is None:
            from modeldeck.tts import ownership  # yaml is paid for by those who list

            cls._own_cards = owner = ownership.owner_of(cast("type[TTSModelBase[Any]]", cls))
        return owner

    def _resolve(self, model: str | TTSModelCard) -> tuple[str, TTSModelCard | None]:
        if isinstance(model, str) and model:
            card = self._deck().by_name.get(model)
            if card is None:
                self._check_sisters(model)
            return model, card
        if not hasattr(model, "parameter_schema"):
            got = builtins.type(model).__name__
            raise ParameterError(f"model must be a name or a card, not {got} {model!r}", parameter="model")
        given = cast("TTSModelCard", model)
        own = [one.__dict__["type"] for one in builtins.type(self).__mro__ if "type" in one.__dict__]
        if given.model_type and given.model_type not in own:
            mine = builtins.type(self).__name__
            raise ParameterError(f"the card {given.name} is of {given.model_type}, not of {mine}", parameter="model")
        return given.name, given

    def _check_sisters(self, model: str) -> None:
        """A name that no card here has may be newer than the deck, but not another class's model."""
        for sister in self._owner().siblings():
            if not issubclass(builtins.type(self), sister.cls) and model in sister.deck().by_name:
                message = f"{model} is a model of {sister.cls.__name__}, not of {builtins.type(self).__name__}"
                raise ModelNotFoundError(message, provider=self.provider or None)

    def _warn_when_sunset(self) -> None:
        """Also of a deprecated model whose day has passed since its card was written."""
        if self._card is None:
            return
        day = self._card.sunset_at
        off = self._card.status == "sunset"
        if off or (day is not None and day <= date.today()):
            since = f" on {day:%Y-%m-%d}" if day else ""
            instead = f"; use {self._card.replacement}" if self._card.replacement else ""
            warn(CardWarning(f"{self.model} was {'' if off else 'to be '}switched off{since}{instead}"))
