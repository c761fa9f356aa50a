"""The same kind of voice elsewhere, by what voices are said to be: for people to choose from.

Nothing swaps a voice by it: what is equal, what differs and what nobody says is told, and the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modeldeck._near import near_or_list, shortened
from modeldeck.errors import ModelNotFoundError
from modeldeck.tts.card import TTSModelCard
from modeldeck.tts.facts import Voice
from modeldeck.tts.languages import COVERED, fits
from modeldeck.tts.voices import FoundVoice, VoiceQuery, chosen_cards, find_voices, found_among, ranked

_LANGUAGES, _GENDER, _STYLES, _REALTIME = 0.45, 0.35, 0.15, 0.05  # of a score
_UNKNOWN = 0.5  # of a part that nobody says anything of


@dataclass(frozen=True, slots=True)
class SimilarVoice:
    """A voice of the same kind: `score` from 0 to 1, and in words what is equal, what differs and what nobody says."""

    found: FoundVoice
    score: float
    equal: tuple[str, ...]
    differs: tuple[str, ...]
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        said = [f"equal: {', '.join(self.equal)}" if self.equal else "", *self.differs]
        said.append(f"not known: {', '.join(self.unknown)}" if self.unknown else "")
        return f"{self.found.reference} ({self.score:.2f}; {'; '.join(part for part in said if part)})"


def similar_voices(
    like: str | Voice | FoundVoice,
    *,
    provider: str | None = None,
    realtime: bool | None = None,
    language: str | None = None,
    limit: int = 10,
    cards: Iterable[TTSModelCard] | None = None,
) -> list[SimilarVoice]:
    """The same kind of voice elsewhere, the most alike first: by languages, gender, styles and realtime.

    `like`: a voice, or a reference that names one (provider/model:voice). `provider`: only its voices; when not given,
    all others'. `language`: what it has to speak; else as many of the original's as there are. A voice whose gender is
    known to be another, or which speaks none of the languages, is of another kind. Each voice once, with the model
    that is most like the original's. For people to choose from: nothing swaps a voice by it.
    """
    known = None if cards is None else list(cards)
    original = _original(like, known)
    query = VoiceQuery(language=language, realtime=realtime)
    own = None if provider is not None else original.provider
    chosen, _ = chosen_cards(provider, None, known)
    found = found_among((card for card in chosen if not own or card.provider != own), query, None, [])
    best: dict[tuple[Any, ...], SimilarVoice] = {}
    for one in ranked(found):
        if one.reference == original.reference:
            continue
        alike = _compared(original, one, language)
        key = (one.provider, one.voice.id, one.languages, one.voice.gender)
        if alike is not None and (key not in best or alike.score > best[key].score):
            best[key] = alike
    return sorted(best.values(), key=lambda one: -one.score)[: max(0, limit)]


def _original(like: str | Voice | FoundVoice, cards: Sequence[TTSModelCard] | None) -> FoundVoice:
    match like:
        case FoundVoice():
            return like
        case Voice():
            return FoundVoice(like, "", "", "", False, "active", like.languages)
        case _:
            found = find_voices(model=like, cards=cards)
            one = next((one for one in found if one.reference == like), None)
            if one is None:
                ids = [one.voice.id for one in found] or [
                    one.voice.id for one in find_voices(model=like.rpartition(":")[0] or like, cards=cards)
                ]
                message = f"{like!r} names no voice that a card describes"
                raise ModelNotFoundError(message + near_or_list(like.rpartition(":")[2], ids))
            return replace(one, match=1.0, why=())


def _compared(original: FoundVoice, one: FoundVoice, language: str | None) -> SimilarVoice | None:
    """How alike the two are, or None where they are of different kinds."""
    work = _Comparison(original, one)
    languages, gender = work.languages(language), work.gender()
    if languages is None or gender is None:
        return None
    score = _LANGUAGES * languages + _GENDER * gender + _STYLES * work.styles() + _REALTIME * work.realtime()
    return SimilarVoice(one, round(score, 4), tuple(work.equal), tuple(work.differs), tuple(work.unknown))


@dataclass
class _Comparison:
    """Each part is a number from 0 to 1, and words; None: of another kind."""

    original: FoundVoice
    one: FoundVoice
    equal: list[str] = field(default_factory=list[str])
    differs: list[str] = field(default_factory=list[str])
    unknown: list[str] = field(default_factory=list[str])

    def languages(self, language: str | None) -> float | None:
        wanted = (language,) if language else self.original.languages
        if not wanted or not self.one.languages:
            self.unknown.append("languages")
            return _UNKNOWN
        fitting = [(tag, *fits(tag, self.one.languages)) for tag in wanted]
        had = [tag for tag, fit, _ in fitting if fit >= COVERED]
        near = [f"{other} instead of {tag}" for tag, fit, other in fitting if 0 < fit < COVERED]
        gone = [tag for tag, fit, _ in fitting if not fit]
        if not had and not near:
            return None
        self._say(f"speaks {shortened(had, 6)}" if had else "", f"speaks {shortened(near, 6)}" if near else "")
        self._say("", f"does not speak {shortened(gone, 6)}" if gone else "")
        own = fitting[0][1]
        if self.one.voice.languages and (language or self.original.voice.languages):  # a model's list is in no order
            own = fits(wanted[0], self.one.languages[:1])[0]
            self._say("", f"its first language is {self.one.languages[0]}" if own < COVERED else "")
        return 0.5 * own + 0.2 * fitting[0][1] + 0.3 * sum(fit for _, fit, _ in fitting) / len(fitting)

    def gender(self) -> float | None:
        mine, other = self.original.voice.gender, self.one.voice.gender
        if mine is None or other is None:
            self.unknown.append("gender")
            return _UNKNOWN
        if mine == other:
            self.equal.append(mine)
            return 1.0
        self.differs.append(f"{other} instead of {mine}")
        return 0.3 if "neutral" in (mine, other) else None

    def styles(self) -> float:
        mine = [style.casefold() for style in self.original.voice.styles]
        other = {style.casefold() for style in self.one.voice.styles}
        if not mine or not other:
            self.unknown.append("styles")
            return _UNKNOWN
        both = [style for style in mine if style in other]
        gone = [style for style in mine if style not in other]
        self._say(shortened(both, 6), f"not called {shortened(gone, 6)}" if gone else "")
        return len(both) / len({*mine, *other})

    def realtime(self) -> float:
        if not self.original.model or self.original.realtime == self.one.realtime:
            self._say("realtime" if self.original.realtime else "", "")
            return 1.0
        self.differs.append("realtime" if self.one.realtime else "not realtime")
        return 0.0

    def _say(self, equal: str, differs: str) -> None:
        self.equal += [equal] if equal else []
        self.differs += [differs] if differs else []
