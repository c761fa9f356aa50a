"""Cards of what an account has: a card's facts and the account's, merged anew into one schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from modeldeck._cards.deck import CardProblems
from modeldeck.errors import CardError
from modeldeck.tts.card import TTSCardFile, TTSModelCard, build_card
from modeldeck.tts.facts import AudioFacts, Live, Voice
from modeldeck.tts.ownership import provider_of

if TYPE_CHECKING:
    from modeldeck._wire.lists import LiveVoice
    from modeldeck.credential.merging import Findings
    from modeldeck.tts.base import TTSModelBase

_FACTS = set(TTSCardFile.model_fields.keys() & TTSModelCard.model_fields.keys()) - {"voices", "default_voice"}


def live_card(cls: type[TTSModelBase[Any]], card: TTSModelCard | None, found: Findings) -> TTSModelCard:
    """`card` with what the account says, or a card of nothing else. Raises CardError where they do not fit."""
    data: dict[str, Any] = {"name": found.name, "label": found.name, "realtime": cls.realtime}
    if card is not None:
        overrides = card.parameter_overrides
        data = {**card.model_dump(mode="json", include=_FACTS), "parameter_overrides": overrides}
    elif found.model is not None:
        data["languages"] = list(found.model.languages)
        if found.model.sample_rate is not None:
            data["audio"] = AudioFacts(sample_rate=found.model.sample_rate)
    data |= _voices(card, found)
    voices: Literal["card", "more", "all"] = "all" if found.whole else "more" if found.voices else "card"
    live = Live(at=found.at, listed=found.listed, voices=voices)
    path = (card.path if card is not None else None) or found.name
    try:
        return build_card(
            data,
            path,
            cls.Parameters,
            provider=card.provider if card is not None else provider_of(cls),
            model_type=card.model_type if card is not None else str(cls.type or cls.__name__),
            realtime=cls.realtime,
            live=live,
        )
    except CardProblems as error:
        raise CardError(f"what the account says of {found.name} does not fit {cls.__name__}: {error}") from None


def _voices(card: TTSModelCard | None, found: Findings) -> dict[str, Any]:
    """`voices` and `default_voice`: the card's order first, then the account's own."""
    if not found.voices:
        return {"voices": list(card.voices), "default_voice": card.default_voice} if card is not None else {}
    shipped = card.voices if card is not None else []
    live = {one.id.casefold(): one for one in reversed(found.voices)}
    known = {voice.id.casefold() for voice in shipped}
    kept: list[Voice] = []
    for voice in shipped:
        one = live.get(voice.id.casefold())
        if one is not None:
            kept.append(_voice(one, voice))
        elif not found.whole:
            kept.append(voice)
    kept += [_voice(one, None) for key, one in _first(found.voices) if key not in known]
    wanted = (card.default_voice or "").casefold() if card is not None else ""
    return {"voices": kept, "default_voice": next((one.id for one in kept if one.id.casefold() == wanted), None)}


def _first(voices: Sequence[LiveVoice]) -> list[tuple[str, LiveVoice]]:
    """Each id once."""
    return list({one.id.casefold(): (one.id.casefold(), one) for one in reversed(voices)}.values())[::-1]


def _voice(one: LiveVoice, card: Voice | None) -> Voice:
    """The account's word, and the card's where it has none; a label that somebody wrote stays."""
    if card is None:
        return Voice(
            id=one.id,
            label=one.label,
            languages=one.languages,
            gender=one.gender,
            styles=one.styles,
            source=one.source,
        )
    written = card.label if card.label != card.id else ""
    return Voice(
        id=one.id,
        label=written or one.label,
        languages=tuple(dict.fromkeys([*one.languages, *card.languages])),
        gender=one.gender or card.gender,
        styles=one.styles or card.styles,
        sample_url=card.sample_url,
        source=one.source,
    )
