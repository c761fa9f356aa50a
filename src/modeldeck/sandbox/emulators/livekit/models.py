"""The models that the LiveKit emulator has, from the shipped cards, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from modeldeck.providers.livekit.tts import LiveKitTTSModel
from modeldeck.providers.livekit.wire.tts import Facts
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line

_STARTS = ("API", "sk-", "st-")
_REFUSALS = {
    401: "invalid API key or token",
    403: "inference is not permitted",
    404: "not found",
    429: "TTS rate limit exceeded",
    500: "internal error",
    503: "provider unavailable",
}


def secret_of(key: str) -> str | None:
    """The one secret that is good with an API key here; no such key: None."""
    return f"{key}-secret-of-the-sandbox" if key.startswith(_STARTS) and "invalid" not in key else None


def facts(model: str) -> Facts | None:
    return models().get(split_model(model)[0])


@cache
def models() -> Mapping[str, Facts]:
    """What the shipped cards say, by name."""
    return {
        card.name: Facts(tuple(voice.id for voice in card.voices), card.custom_voices)
        for card in LiveKitTTSModel.list_models()
    }


def says(status: int) -> str:
    return _REFUSALS.get(status, _REFUSALS[500] if status >= 500 else "bad request")


def failure(line: Line) -> tuple[int | str, str]:
    """What the fault `error` says: its code, a status where it is a number."""
    code = str(line.fault.value) if line.fault is not None else ""
    return (int(code), says(int(code))) if code.isdigit() else (code, says(500))
