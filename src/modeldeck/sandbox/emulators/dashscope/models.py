"""The models that the DashScope emulator has, from the shipped cards, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from modeldeck.providers.dashscope.cosyvoice import DashScopeCosyVoiceRealtimeTTSModel
from modeldeck.providers.dashscope.realtime_tts import DashScopeRealtimeTTSModel
from modeldeck.providers.dashscope.tts import DashScopeTTSModel
from modeldeck.providers.dashscope.wire.facts import FORMATS, RATES, Facts
from modeldeck.providers.dashscope.wire.lists import COSYVOICE, DESIGNED, Service
from modeldeck.providers.dashscope.wire.speech import Rejection
from modeldeck.sandbox.faults import split_model
from modeldeck.sandbox.line import Line
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.card import TTSModelCard

_REFUSALS = {
    400: ("InvalidParameter", "Required parameter missing or invalid."),
    401: ("InvalidApiKey", "Invalid API-key provided."),
    403: ("AccessDenied", "Access denied."),
    404: ("ModelNotFound", "Model not exist."),
    429: ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    500: ("InternalError", "An internal error has occured, please try again later or contact service support."),
    503: ("ModelUnavailable", "Model is unavailable, please try again later."),
}


def failure(line: Line) -> Rejection:
    """What the fault `error` says: its code, and the status that the catalogue has for it."""
    code = str(line.fault.value) if line.fault is not None else ""
    status = next((status for status, (known, _) in _REFUSALS.items() if known == code), 500)
    return Rejection(status, code, _REFUSALS[status][1])


def rejection(status: int) -> Rejection:
    return Rejection(status, *_REFUSALS.get(status, _REFUSALS[500 if status >= 500 else 400]))


def facts(wire: str, model: str) -> Facts | None:
    return _models()[wire].get(split_model(model)[0])


def names() -> list[str]:
    return sorted({name for models in _models().values() for name in models})


@cache
def made_voices(service: Service) -> list[dict[str, Any]]:
    """What an account has cloned or designed, as that service lists it."""
    when = {"gmt_create": "2026-08-11 17:59:32", "gmt_modified": "2026-08-11 17:59:32"}
    if service is COSYVOICE:
        first, *_ = own = [name for name in _own_voices("tasks") if name.startswith("cosyvoice-")]
        made = {f"{model}-sandbox-{number:08x}": "OK" for number, model in enumerate(own, 1)}
        made |= {f"{first}-vd-captain-000000f0": "OK", f"{first}-fresh-000000f1": "DEPLOYING"}
        return [{"voice_id": name, **when, "status": status} for name, status in made.items()]
    kind = "vd" if service is DESIGNED else "vc"
    models = [model for wire in ("http", "realtime") for model in _own_voices(wire) if f"-{kind}-" in model]
    more = {"voice_prompt": "A calm narrator", "preview_text": "Hello there."} if service is DESIGNED else {}
    return [
        {
            "voice": f"qwen-tts-{kind}-sandbox{number}-voice-20260811175932{number:03}-0a1b",
            **when,
            "language": "en",
            "target_model": model,
            **more,
        }
        for number, model in enumerate(models, 1)
    ]


def _own_voices(wire: str) -> list[str]:
    """Models that speak in voices of the account's own."""
    return [name for name, facts in _models()[wire].items() if facts.made_voices]


@cache
def _models() -> Mapping[str, Mapping[str, Facts]]:
    """What the shipped cards say, by wire and name."""
    classes: dict[str, type[TTSModelBase[Any]]] = {
        "http": DashScopeTTSModel,
        "realtime": DashScopeRealtimeTTSModel,
        "tasks": DashScopeCosyVoiceRealtimeTTSModel,
    }
    return {wire: {card.name: _of(card) for card in made.list_models()} for wire, made in classes.items()}


def _of(card: TTSModelCard) -> Facts:
    fields = card.parameter_schema["properties"]
    rates = fields.get("sample_rate", {}).get("enum")
    tokens = card.pricing is not None and card.pricing.unit == "1m_tokens"
    return Facts(
        voices=tuple(voice.id for voice in card.voices),
        made_voices=card.custom_voices,
        formats=card.audio.formats if card.audio else FORMATS,
        sample_rates=tuple(rates) if tokens and rates else RATES,
        max_characters=card.limits.max_characters if card.limits else None,
        tokens=tokens,
        ssml="enable_ssml" in fields,
        instructions="instruction" in fields,
    )
