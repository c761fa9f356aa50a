"""The engine's voices as people know them: ids, BCP 47 tags, and what a wrong id probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from modeldeck._near import nearest

__all__ = ["EngineVoice", "closest", "read_voices"]

# Codes of espeak-ng that are not well-formed, not registered or another place's (IANA, 2026-11-21).
_TAGS = {
    "ca-ba": "ca-ES",  # Balearic; BA is Bosnia
    "ca-nw": "ca-ES",
    "ca-va": "ca-valencia",
    "chr-us-qaaa-x-west": "chr-Qaaa-US-x-west",
    "en-us-nyc": "en-US-x-nyc",
    "hbs": "sh",
    "hy-arevela": "hy",
    "hy-arevmda": "hyw",
    "piqd": "tlh-Piqd",
    "py": "art-x-pyash",
    "ru-cl": "ru",  # "classic"; CL is Chile
    "xex": "art-x-xextan",
    "zh-cmn": "cmn",
    "zh-yue": "yue",
}


Gender = Literal["female", "male", "neutral"]
_GENDERS: dict[str, Gender] = {"1": "male", "2": "female"}


@dataclass(frozen=True, slots=True)
class EngineVoice:
    """A language voice, or a variant to put behind one (`en-us+f3`); `aliases` are ids that mean the same."""

    id: str
    label: str
    languages: tuple[str, ...]
    gender: Gender
    variant: bool = False
    aliases: tuple[str, ...] = ()


def read_voices(lines: str) -> list[EngineVoice]:
    """The worker's list: id, label, codes, gender, aliases and kind per line, with tabs between."""
    found: list[EngineVoice] = []
    for line in lines.splitlines():
        name, label, codes, gender, aliases, kind = line.split("\t")
        spoken = [code for code in codes.split(",") if code]
        if spoken and name != spoken[0].lower():  # named by its file, because the code is another voice's
            spoken.insert(0, name)
        found.append(
            EngineVoice(
                id=name,
                label=label,
                languages=tuple(dict.fromkeys(tag(code) for code in spoken)),
                gender=_GENDERS.get(gender, "neutral"),
                variant=kind == "variant",
                aliases=tuple(alias for alias in aliases.split(",") if alias),
            )
        )
    return found


def tag(code: str) -> str:
    """The BCP 47 tag of one of the engine's codes, in canonical case."""
    lower = code.lower()
    if lower in _TAGS:
        return _TAGS[lower]
    parts = lower.split("-")
    for index, part in enumerate(parts[1:], 1):
        if part == "x":
            break
        if len(part) == 2:
            parts[index] = part.upper()
        elif len(part) == 4 and part.isalpha():
            parts[index] = part.title()
    return "-".join(parts)


def closest(voice: str, known: Iterable[EngineVoice]) -> str | None:
    """The id that `voice` most likely means: language and variant are looked at one by one."""
    languages: list[str] = []
    variants: list[str] = []
    for one in known:
        if one.variant:
            variants.append(one.id)
        else:
            languages += [one.id, *one.aliases]
    language, _, variant = voice.partition("+")
    language = language.replace("_", "-")
    found = language if language in languages else nearest(language, languages)
    if found is None or not variant:
        return found
    wanted = variant if variant in variants else nearest(variant, variants)
    return f"{found}+{wanted}" if wanted else found
