"""The models that the OpenAI emulator has, from the shipped cards, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from modeldeck.errors import ParameterError
from modeldeck.providers.openai.realtime_tts import OpenAIRealtimeTTSModel
from modeldeck.providers.openai.tts import OpenAITTSModel
from modeldeck.providers.openai.wire import speech
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line
from modeldeck.tts import convert
from modeldeck.tts.card import TTSModelCard
from modeldeck.tts.response import AudioFormat

_REFUSALS: Mapping[int, tuple[str | None, str, str]] = {
    400: (None, "invalid_request_error", "Invalid request."),
    401: ("invalid_api_key", "invalid_request_error", "Incorrect API key provided."),
    403: (
        "unsupported_country_region_territory",
        "request_forbidden",
        "Country, region, or territory not supported",
    ),
    404: ("model_not_found", "invalid_request_error", "The model does not exist or you do not have access to it."),
    429: ("rate_limit_exceeded", "requests", "Rate limit reached for requests. Please try again later."),
    500: (None, "server_error", "The server had an error while processing your request. Sorry about that!"),
    503: (None, "server_error", "The engine is currently overloaded, please try again later"),
}
OTHERS = ("gpt-4o-transcribe", "gpt-5", "text-embedding-3-small", "whisper-1")  # that an account has besides
_FAULT = "InternalError"  # what the fault `error` says unless it is told


def rejection(status: int) -> speech.Rejection:
    code, kind, message = _REFUSALS.get(status, _REFUSALS[500 if status >= 500 else 400])
    return speech.Rejection(status, message, code, kind)


def failure(line: Line) -> speech.Rejection:
    """What the fault `error` says: its code, and the status that goes with it."""
    asked = str(line.fault.value) if line.fault is not None else _FAULT
    code = "server_error" if asked == _FAULT else asked
    status = next((status for status, (known, *_) in _REFUSALS.items() if known == code), 500)
    _, kind, message = _REFUSALS[status]
    return speech.Rejection(status, message, code, kind)


def encoder_problem(response_format: str) -> speech.Rejection | None:
    """What cannot be made here: AAC, and FLAC without the `audio` extra."""
    if response_format in ("pcm", "wav", "mp3", "opus"):
        return None
    source = AudioFormat(convert.PCM, speech.RATE)
    try:
        convert.required(source, AudioFormat(response_format, speech.RATE))
    except ParameterError:
        message = f"The sandbox has no encoder for {response_format}: ask for mp3, opus, wav or pcm."
        return speech.Rejection(400, message, param="response_format")
    return None


def facts(model: str) -> speech.Facts | None:
    return _speech().get(split_model(model)[0])


def voices(model: str) -> tuple[str, ...] | None:
    """Of a Realtime model; None when there is none of that name."""
    return _realtime().get(model)


def names() -> list[str]:
    return sorted({*_speech(), *_realtime()})


@cache
def _speech() -> Mapping[str, speech.Facts]:
    return {card.name: _of(card) for card in OpenAITTSModel.list_models()}


@cache
def _realtime() -> Mapping[str, tuple[str, ...]]:
    return {card.name: tuple(voice.id for voice in card.voices) for card in OpenAIRealtimeTTSModel.list_models()}


def _of(card: TTSModelCard) -> speech.Facts:
    return speech.Facts(
        voices=tuple(voice.id for voice in card.voices),
        custom_voices=card.custom_voices,
        events="stream_format" in card.parameter_schema["properties"],
        max_characters=card.limits.max_characters if card.limits else None,
    )
