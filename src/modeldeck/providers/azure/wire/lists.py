"""The voices of a region or resource: `GET /cognitiveservices/voices/list`. Documents of 2024-09-23.

What it says besides goes no further, for voices have no place for it: RolePlayList, WordsPerMinute, SampleRateHertz.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from modeldeck._wire.frames import text_of
from modeldeck._wire.lists import (
    UNREADABLE,
    LiveVoice,
    Page,
    PageRequest,
    entries,
    gender,
    name_of,
    sorted_out,
    tags,
    text,
    texts,
)

VERIFIED_LIVE: str | None = None
_DEPRECATED = "Deprecated"  # "Do not use this voice", says the SDK (1.53.0, SynthesisVoiceStatus)
# Which cards a voice belongs to that none of them lists, by its name: the first that fits.
_CARDS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r":MAI-Voice-2-Flash\Z", re.I), ("mai-voice-2-flash",)),
    (re.compile(r":MAI-Voice-2\Z", re.I), ("mai-voice-2",)),
    (re.compile(r":DragonHDFlash\w*\Z", re.I), ("neural-hd-flash",)),
    (re.compile(r":DragonHDOmni\w*\Z", re.I), ("neural-hd-omni",)),
    (re.compile(r":DragonHD[\w.]*\Z", re.I), ("neural-hd", "neural-hd-realtime")),
    (re.compile(r"-(Alloy|Echo|Fable|Onyx|Nova|Shimmer)MultilingualNeural(HD)?\Z", re.I), ("neural-openai",)),
    (re.compile(r"\A[^:]+Neural\w*\Z", re.I), ("neural", "neural-realtime")),
)


def ask(url: str, _: Any = None) -> PageRequest:
    """The one page that there is."""
    return PageRequest(url)


def voices(cards: Mapping[str, Collection[str]], value: Any, _: Any = None) -> Page:
    """`cards`: names of cards by a voice's id in lower case."""
    good, bad = sorted_out(entries(value), partial(_voice, cards))
    return Page(voices=tuple(good), left_out=tuple(bad))


def _voice(cards: Mapping[str, Collection[str]], one: Mapping[str, Any]) -> LiveVoice | str:
    name = name_of(one.get("ShortName"))
    if name is None:
        return UNREADABLE
    if one.get("Status") == _DEPRECATED:
        return "deprecated"
    models = tuple(cards.get(name.lower(), ())) or next((known for found, known in _CARDS if found.search(name)), ())
    if not models:
        kind = text(one.get("VoiceType"))
        return f"of another kind than any card's ({kind})" if kind else "of another kind than any card's"
    secondary = one.get("SecondaryLocaleList")
    shown = (text(one.get("LocalName")) or text(one.get("DisplayName")), text(one.get("LocaleName")))
    return LiveVoice(
        name,
        label=", ".join(part for part in shown if part),
        languages=tags(text_of(one.get("Locale")), *(secondary if isinstance(secondary, list) else ())),
        gender=gender(one.get("Gender")),
        styles=texts(one.get("StyleList")),
        models=models,
    )
