"""A model class as its deck of cards sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modeldeck._cards import locate
from modeldeck._cards.deck import Owner
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.card import TTSModelCard, build_card, copy_card

Model = type[TTSModelBase[Any]]
# No provider's modules.
_FRAMEWORK = tuple(f"modeldeck.tts.{name}" for name in ("base", "realtime", "http", "websocket"))


def owner_of(cls: Model) -> Owner[TTSModelCard]:
    """What `_cards.deck` must know of the class."""
    provider = provider_of(cls)

    def build(data: dict[str, Any], path: str) -> TTSModelCard:
        model_type = str(cls.type or cls.__name__)
        return build_card(data, path, cls.Parameters, provider=provider, model_type=model_type, realtime=cls.realtime)

    bases = cls.__mro__[: cls.__mro__.index(TTSModelBase)]
    return Owner(
        cls=cls,
        family="tts_model",
        provider=provider,
        modules=[locate.module_name(one.__module__) for one in bases if one.__module__ not in _FRAMEWORK],
        realtime=cls._takes,
        siblings=lambda: map(owner_of, _siblings(cls)),
        build=build,
        copy=copy_card,
    )


def provider_of(cls: Model) -> str:
    """The class's own word, else its credential's, else nothing."""
    if cls.provider or cls.credential_class is None:
        return cls.provider
    return cls.credential_class.provider_name()


def _siblings(cls: Model) -> Iterable[Model]:
    """Classes of the same credential, or, where none is named, of the same folder of cards."""
    listed = cls.credential_class.get_tts_model_classes() if cls.credential_class else []
    folder = locate.shipped_folder(cls)
    near = [one for one in _subclasses(TTSModelBase) if folder and locate.shipped_folder(one) == folder]
    return dict.fromkeys([*listed, *near])


def _subclasses(cls: Model) -> Iterator[Model]:
    for one in cls.__subclasses__():
        yield one
        yield from _subclasses(one)
