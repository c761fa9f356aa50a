"""The voices of the whole deck, found by what they are; what is only near to the wish says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from modeldeck._cards.deck import order
from modeldeck._near import near_or_list
from modeldeck._warn import warn
from modeldeck.credential.base import CredentialBase
from modeldeck.credential.factory import CredentialFactory
from modeldeck.errors import CardWarning, ModelDeckError, ModelNotFoundError, ParameterError
from modeldeck.tts.card import TTSModelCard
from modeldeck.tts.facts import Status, Voice
from modeldeck.tts.languages import COVERED, OTHER, fits, spoken
from modeldeck.tts.reference import find_model
from modeldeck.tts.search import Text, words

Gender = Literal["female", "male", "neutral"]
LISTED: tuple[Status, ...] = ("active", "deprecated")
_LEARNT = 0.2  # a voice that speaks a language beside its own comes after one of which it is the own


@dataclass(frozen=True, slots=True)
class FoundVoice:
    """A voice of a model, and how well it is what was asked for: 1 is exactly, `why` says what is equal or near.

    `reference` is what `tts_model()` takes. `languages`: the voice's own, else those of its model.
    """

    voice: Voice
    reference: str
    provider: str
    model: str
    realtime: bool
    status: Status
    languages: tuple[str, ...]
    match: float = 1.0
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceQuery:
    """What is asked of a voice; None: anything. The one meaning of these filters, in Python, commands and server."""

    language: str | None = None
    near: bool = False
    gender: str | None = None
    styles: tuple[str, ...] = ()
    realtime: bool | None = None
    custom_voices: bool | None = None
    source: str | None = None
    status: tuple[str, ...] | None = LISTED

    def takes(self, card: Any) -> bool:
        """Of such a model the voices are looked at."""
        return (
            self.realtime in (None, getattr(card, "realtime", False))
            and self.custom_voices in (None, getattr(card, "custom_voices", False))
            and (self.status is None or card.status in self.status)
        )

    def match(self, voice: Any, languages: Sequence[str]) -> tuple[float, tuple[str, ...]] | None:
        """How well the voice is what is asked for, and why; None when it is not."""
        if self.gender not in (None, voice.gender) or self.source not in (None, voice.source):
            return None
        if self.styles and not _has_styles(voice, self.styles):
            return None
        if self.language is None:
            return 1.0, ()
        fit, tag = fits(self.language, languages)
        if fit < (OTHER if self.near else COVERED):
            return None
        first = not voice.languages or fits(self.language, languages[:1])[0] == fit
        said = _spoken_as(self.language, tag, fit)
        return (fit, (said,)) if first else (round(fit - _LEARNT, 2), (f"{said}, not as its first language",))


def find_voices(
    *,
    language: str | None = None,
    gender: Gender | None = None,
    styles: str | Sequence[str] = (),
    provider: str | None = None,
    model: str | None = None,
    realtime: bool | None = None,
    custom_voices: bool | None = None,
    source: Literal["card", "account", "cloned", "live"] | None = None,
    status: Status | Sequence[Status] | None = None,
    search: str = "",
    near: bool = False,
    cards: Iterable[TTSModelCard] | None = None,
) -> list[FoundVoice]:
    """The voices of the deck, or of `cards` alone, that are what is asked for; the best match first.

    `language`: BCP 47; `en` is any English, `zh-HK` Cantonese. With `near`, voices of the same language count too
    whose region is another or not said; each says so. `styles`: all of them. `model`: a reference; its voice, where
    it names one, alone. `custom_voices`: of models that take (or do not take) ids beside their list. `status` of the
    model; when not given, what is switched off is left out, unless `model` names it. `search`: words in the names.
    Raises ModelNotFoundError and ParameterError for what there is not.
    """
    if gender is not None and gender not in get_args(Gender):
        message = f"gender {gender!r} is none{near_or_list(gender, get_args(Gender))}"
        raise ParameterError(message, parameter="gender", value=gender)
    given: tuple[str, ...] | None = (status,) if isinstance(status, str) else tuple(status) if status else None
    query = VoiceQuery(
        language,
        near,
        gender,
        (styles,) if isinstance(styles, str) else tuple(styles),
        realtime,
        custom_voices,
        source,
        given or (None if model is not None else LISTED),
    )
    chosen, wanted = chosen_cards(provider, model, cards)
    return ranked(found_among(chosen, query, wanted, words(search)))


def ranked(found: Iterable[FoundVoice]) -> list[FoundVoice]:
    """The best match first, else in the order they came in, which is the deck's."""
    return sorted(found, key=lambda one: -one.match)


def reference_of(card: Any, voice: Any) -> str:
    return f"{card.provider}/{card.name}:{voice.id}"


# -- the deck


def chosen_cards(
    provider: str | None, model: str | None, cards: Iterable[TTSModelCard] | None
) -> tuple[list[TTSModelCard], str | None]:
    """The cards to look at, and the one voice that `model` names."""
    if cards is not None:
        of = [card for card in cards if provider is None or card.provider == _plain(provider)]
        if model is None:
            return of, None
        name, voice = _named(model, of)
        return [card for card in of if f"{card.provider}/{card.name}" == name], voice
    if model is not None:
        found = find_model(model)
        if found.card is None:
            raise ModelNotFoundError(f"no card describes {found.name!r}: its voices are not known here")
        if provider is not None and found.card.provider != CredentialFactory.find(_checked(provider)).provider_name():
            return [], None
        return [found.card], found.voice
    owners = (
        CredentialFactory.credential_classes() if provider is None else [CredentialFactory.find(_checked(provider))]
    )
    return [card for owner in owners for card in _listed(owner, strict=provider is not None)], None


def _checked(provider: str) -> str:
    if CredentialFactory.get_credential_class(provider) is None:
        raise ModelNotFoundError(CredentialFactory.unknown(provider))
    return provider


def _plain(provider: str) -> str:
    return provider.removesuffix("_credential")


def _named(model: str, cards: Iterable[TTSModelCard]) -> tuple[str, str | None]:
    names = sorted((f"{card.provider}/{card.name}" for card in cards), key=len, reverse=True)
    for name in names:
        if model == name or model.startswith(f"{name}:"):
            return name, model[len(name) + 1 :] or None
    raise ModelNotFoundError(f"no model {model!r}{near_or_list(model, names, 8)}")


def _listed(owner: type[CredentialBase], *, strict: bool) -> list[TTSModelCard]:
    try:
        return sorted(owner.list_tts_models(), key=order)
    except Exception as error:  # a third party's class must not hide the others
        if strict:
            raise
        said = str(error) if isinstance(error, ModelDeckError) else f"{type(error).__name__}: {error}"
        warn(CardWarning(f"{owner.provider_name()}: {said}"))
        return []


def found_among(
    cards: Iterable[TTSModelCard], query: VoiceQuery, wanted: str | None, search: Sequence[str]
) -> Iterator[FoundVoice]:
    for card in cards:
        if not query.takes(card):
            continue
        own = card.languages
        for voice in card.voices:
            if wanted not in (None, voice.id):
                continue
            matched = query.match(voice, voice.languages or own)
            if matched is None or (search and not Text(searched(card, voice)).has(search)):
                continue
            yield _of(card, voice, *matched)


def _of(card: TTSModelCard, voice: Voice, match: float = 1.0, why: tuple[str, ...] = ()) -> FoundVoice:
    languages = voice.languages or tuple(card.languages)
    reference = reference_of(card, voice)
    return FoundVoice(voice, reference, card.provider, card.name, card.realtime, card.status, languages, match, why)


def searched(card: Any, voice: Any) -> Iterator[str]:
    """What a search looks at."""
    yield from (voice.id, voice.label, voice.gender or "", *voice.styles, *voice.languages)
    yield from (f"{card.provider}/{card.name}", card.label)


def _has_styles(voice: Any, styles: Sequence[str]) -> bool:
    own = {style.casefold() for style in voice.styles}
    heard = own | {word for style in own for word in words(style)}
    return all(style.casefold() in heard for style in styles)


def _spoken_as(wanted: str, tag: str, fit: float) -> str:
    if fit >= COVERED:
        heard = spoken(wanted) == spoken(tag) and wanted.casefold() != tag.casefold()
        return f"speaks {tag}, which is {wanted} as it is spoken" if heard else f"speaks {tag}"
    return f"speaks {tag}, which {'is another region than' if fit == OTHER else 'does not say whether it is'} {wanted}"
