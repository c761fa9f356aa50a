"""The voices that the Azure emulator has, from the shipped cards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from modeldeck.errors import ParameterError
from modeldeck.providers.azure.realtime_tts import AzureRealtimeTTSModel
from modeldeck.providers.azure.tts import AzureTTSModel
from modeldeck.providers.azure.wire.ssml import locale_of
from modeldeck.sandbox.faults import split_model
from modeldeck.tts.facts import Voice


def known(wire: Literal["whole", "streaming"], voice: str, *, trained: bool) -> bool:
    """Whether there is that voice; a fault may stand behind its name. `trained`: one that a customer may have."""
    try:
        name, _ = split_model(voice)
    except ParameterError:
        return True  # who makes the turn's line says what is wrong
    return bool(name) and (trained or name.lower() in _names(wire))


@cache
def listed() -> list[dict[str, Any]]:
    """As the service lists them."""
    return [_entry(voice) for voice in {voice.id: voice for voice in _voices("whole")}.values()]


@cache
def _names(wire: str) -> frozenset[str]:
    return frozenset(voice.id.lower() for voice in _voices(wire))


def _voices(wire: str) -> Iterator[Voice]:
    for card in (AzureTTSModel if wire == "whole" else AzureRealtimeTTSModel).list_models():
        yield from card.voices


def _entry(voice: Voice) -> dict[str, Any]:
    locale = locale_of(voice.id)
    own = voice.id.removeprefix(f"{locale}-")
    entry: dict[str, Any] = {
        "Name": f"Microsoft Server Speech Text to Speech Voice ({locale}, {own})",
        "DisplayName": voice.label,
        "LocalName": voice.label,
        "ShortName": voice.id,
        "Gender": (voice.gender or "neutral").capitalize(),
        "Locale": locale,
        "LocaleName": locale,
    }
    if voice.styles:
        entry["StyleList"] = list(voice.styles)
    if len(voice.languages) > 1:
        entry["SecondaryLocaleList"] = list(voice.languages[1:])
    kind = "NeuralHD" if ":" in voice.id else "Neural"
    return {**entry, "SampleRateHertz": "24000", "VoiceType": kind, "Status": "GA", "WordsPerMinute": "150"}
