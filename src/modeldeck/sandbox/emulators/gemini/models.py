"""The models that the Gemini emulator has, from the shipped cards, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from modeldeck.providers.gemini.tts import GeminiTTSModel
from modeldeck.providers.gemini.wire.facts import Facts, Rejection
from modeldeck.sandbox.box import Refusal
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line
from modeldeck.tts.card import TTSModelCard

# What an answer may end with before its time (google-genai 3.4.0).
EARLY = frozenset(
    {"MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}
    | {"MALFORMED_RESPONSE"}
)
_PCM = {  # as each was seen to say it; the others as 3.1
    "gemini-2.5-flash-preview-tts": "audio/L16;codec=pcm;rate=24000",
    "gemini-2.5-pro-preview-tts": "audio/L16;codec=pcm;rate=24000",
}
OTHERS = ("gemini-3-flash", "gemini-embedding-001")  # that a key opens besides
_MESSAGES = {
    400: "Request contains an invalid argument.",
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide",
    503: "The model is overloaded. Please try again later.",
    504: "Deadline expired before operation could complete.",
}
_STATUSES = {"RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504, "PERMISSION_DENIED": 403}


def failure(line: Line) -> Rejection:
    """What the fault `error` says: its code, and the status that goes with it."""
    code = str(line.fault.value) if line.fault is not None else ""
    status = _STATUSES.get(code, 500)
    return Rejection(status, _MESSAGES[status], code)


def rejection(refusal: Refusal) -> Rejection:
    """The answer for a fault that is a status; how long to wait stands in the details, as the service says it."""
    status = refusal.status
    message = _MESSAGES.get(status, _MESSAGES[500 if status >= 500 else 400])
    after = refusal.headers.get("retry-after", "")
    return Rejection(status, message, retry_after=float(after) if after.replace(".", "", 1).isdigit() else None)


def facts(model: str) -> Facts | None:
    return _models().get(split_model(model)[0].removeprefix("models/"))


def names() -> list[str]:
    return sorted(_models())


def shown(name: str) -> dict[str, Any]:
    """As the list of models has it."""
    methods = ["generateContent", "countTokens"]
    return {"name": f"models/{name}", "version": "001", "displayName": name, "supportedGenerationMethods": methods}


@cache
def account() -> list[dict[str, Any]]:
    """The voices of a project, as the Voices API shows them: prebuilt ones, one of the library, two of its own."""
    first = next(card for card in GeminiTTSModel.list_models() if card.custom_voices)
    prebuilt = [
        {
            "id": voice.id,
            "type": "prebuilt",
            "display_name": voice.label,
            **({"gender": voice.gender} if voice.gender else {}),
        }
        for voice in first.voices
    ]
    return [
        *prebuilt,
        {
            "id": "en-in-commercial-2",
            "type": "prebuilt",
            "display_name": "Meera",
            "gender": "female",
            "language_code": "en-IN",
        },
        {
            "id": "voice_sandbox1",
            "type": "prompted",
            "display_name": "The captain",
            "language_code": "en-GB",
            "persona": "Narrator",
        },
        {"id": "voice_sandbox2", "type": "replicated", "display_name": "My own"},
    ]


@cache
def _models() -> Mapping[str, Facts]:
    return {card.name: _of(card) for card in GeminiTTSModel.list_models()}


def _of(card: TTSModelCard) -> Facts:
    fields = card.call_schema["properties"]
    return Facts(
        voices=tuple(voice.id for voice in card.voices),
        own_voices=card.custom_voices,
        dialect=fields["dialect"]["const"],
        sampling="temperature" in fields,
        formats="format" in fields,
        **({"mime": _PCM[card.name]} if card.name in _PCM else {}),
    )
