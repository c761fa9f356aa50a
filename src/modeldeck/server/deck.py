"""The deck as it stands: every type, every model, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python

from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.credential.base import FAMILIES, credential_type
from modeldeck.server.shapes import Model
from modeldeck.tts.carded import Carded
from modeldeck.tts.search import Text
from modeldeck.tts.similar import SimilarVoice
from modeldeck.tts.voices import searched


@dataclass(frozen=True, slots=True)
class Source:
    """A class of models and the cards that it lists. `token`: equal as long as they are."""

    owner: type[CredentialBase]
    family: str
    cards: tuple[Any, ...]
    problems: tuple[str, ...]
    token: object


class ModelEntry:
    """One model: what is listed of it, and by what it is found."""

    def __init__(self, owner: type[CredentialBase], family: str, card: Any) -> None:
        self.card = card
        self.family = family
        self.credential_type = credential_type(owner)
        self.provider = card.provider or owner.provider_name()
        self.ref = f"{self.provider}/{card.name}"
        self.voices: Sequence[Any] = getattr(card, "voices", ())
        self.languages: list[str] = getattr(card, "all_languages", None) or list(getattr(card, "languages", ()))
        self.genders = {voice.gender for voice in self.voices if voice.gender}

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The fields of `Model`, in JSON's terms."""
        own = {
            "ref": self.ref,
            "provider": self.provider,
            "credential_type": self.credential_type,
            "family": self.family,
            "languages": self.languages,
            "voice_count": len(self.voices),
        }
        found = {name: own.get(name, getattr(self.card, name, _EMPTY.get(name))) for name in Model.model_fields}
        # pydantic 2.10 encodes no model that it meets for the first time inside a map
        plain = {name: one.model_dump() if isinstance(one, BaseModel) else one for name, one in found.items()}
        return cast("dict[str, Any]", to_jsonable_python(plain))

    @cached_property
    def encoded(self) -> bytes:
        return to_json(self.facts)

    @cached_property
    def text(self) -> Text:
        heard = [part for voice in self.voices for part in (voice.id, voice.label)]
        return Text([self.ref, self.card.label, self.card.model_type, *self.languages, *heard])

    @cached_property
    def voice_entries(self) -> list[VoiceEntry]:
        return [VoiceEntry(self, voice) for voice in self.voices]

    @cached_property
    def detail(self) -> dict[str, Any]:
        """The fields of `ModelDetail`."""
        voices = [voice.model_dump(mode="json") for voice in self.voices]
        schemas = {"parameter_schema": self.card.parameter_schema, "ui_schema": getattr(self.card, "ui_schema", {})}
        return {**self.facts, "voices": voices, **schemas}


_EMPTY: dict[str, Any] = {"status": "active", "realtime": False, "custom_voices": False} | {
    name: [] for name in ("input_types", "output_types")
}


class VoiceEntry:
    """One voice of one model."""

    def __init__(self, model: ModelEntry, voice: Any) -> None:
        self.model = model
        self.voice = voice
        self.languages: Sequence[str] = voice.languages or getattr(model.card, "languages", ())

    @cached_property
    def encoded(self) -> bytes:
        about = {"ref": self.model.ref, "model": self.model.card.name, "provider": self.model.provider}
        return to_json({**self.voice.model_dump(mode="json"), **about})

    @cached_property
    def text(self) -> Text:
        return Text(searched(self.model.card, self.voice))


@dataclass(frozen=True, slots=True)
class Judged:
    """A voice, and how well it is what was asked for."""

    entry: VoiceEntry
    match: float
    why: tuple[str, ...]

    @property
    def encoded(self) -> bytes:
        return self.entry.encoded[:-1] + b"," + to_json({"match": self.match, "why": self.why})[1:]


@dataclass(frozen=True, slots=True)
class Alike:
    """A voice, and how much it is like another."""

    similar: SimilarVoice

    @property
    def encoded(self) -> bytes:
        one, found = self.similar, self.similar.found
        about = {"ref": f"{found.provider}/{found.model}", "model": found.model, "provider": found.provider}
        judged = {"score": one.score, "equal": one.equal, "differs": one.differs, "unknown": one.unknown}
        return to_json({**found.voice.model_dump(mode="json"), **about, **judged})


Encoded = ModelEntry | VoiceEntry | Judged | Alike  # what pages are made of


def sources() -> list[Source]:
    """Every class of every type, in their order; one that fails is a problem, not an error."""
    return [source for owner in CredentialFactory.credential_classes() for source in _of_owner(owner)]


def _of_owner(owner: type[CredentialBase]) -> Iterator[Source]:
    for family in FAMILIES:
        try:
            classes = _classes(owner, family)
        except Exception as error:  # a third party's module
            yield Source(owner, family, (), (_failed(owner, error),), f"{type(error).__name__}: {error}")
            continue
        for one in classes:
            try:
                yield _of_class(owner, family, one)
            except Exception as error:
                yield Source(owner, family, (), (_failed(one, error),), f"{type(error).__name__}: {error}")


def _classes(owner: type[CredentialBase], family: str) -> list[type[Any]]:
    """By the named forms, which a third party may override."""
    match family:
        case "tts":
            return owner.get_tts_model_classes()
        case "asr":
            return owner.get_asr_model_classes()
        case "realtime":
            return owner.get_realtime_model_classes()
        case "chat":
            only = owner.get_chat_model_class()
        case _:
            only = owner.get_embedding_model_class()
    return [] if only is None else [only]


def _of_class(owner: type[CredentialBase], family: str, one: type[Any]) -> Source:
    own_listing = getattr(one.list_models, "__func__", None) is not Carded.list_models.__func__  # type: ignore[attr-defined]
    if own_listing:
        cards = tuple(one.list_models())
        return Source(owner, family, cards, (), to_json([card.model_dump(mode="json") for card in cards]))
    deck = one._deck()  # no copies, and no warning at every look
    return Source(owner, family, deck.cards, tuple(map(str, deck.findings)), deck)


def _failed(cls: type[Any], error: Exception) -> str:
    return f"{cls.__module__}.{cls.__qualname__}: {type(error).__name__}: {error}"
