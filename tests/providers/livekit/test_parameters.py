"""Which model takes which options, and voices behind a colon."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.credential import LiveKitCredential
from modeldeck.errors import ParameterError
from modeldeck.providers.livekit.parameters import FallbackModel, LiveKitTTSParameters
from modeldeck.tts import LiveKitTTSModel, tts_model

VOICE = "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"
COMMON = {"voice", "language", "sample_rate", "fallback"}
# As livekit-agents 1.8.9 types them (elevenlabs: 1.2.11), 2026-11-21.
OPTIONS = {
    "cartesia": {
        "emotion",
        "speed",
        "volume",
        "duration",
        "max_buffer_delay_ms",
        "add_timestamps",
        "add_phoneme_timestamps",
        "use_normalized_timestamps",
    },
    "deepgram": {"mip_opt_out"},
    "rime": {
        "speed_alpha",
        "pause_between_brackets",
        "phonemize_between_brackets",
        "inline_speed_alpha",
        "no_text_normalization",
    },
    "inworld": {"speaking_rate", "temperature", "delivery_mode", "timestamp_type", "apply_text_normalization"},
    "xai": {"bit_rate", "speed", "optimize_streaming_latency"},
    "fishaudio": {
        "speed",
        "volume",
        "normalize_loudness",
        "temperature",
        "top_p",
        "normalize",
        "latency",
        "chunk_length",
        "max_new_tokens",
        "min_chunk_length",
        "condition_on_previous_chunks",
        "early_stop_threshold",
    },
    "elevenlabs": {"inactivity_timeout", "apply_text_normalization"},
}
ONE_MODEL_S = {"delivery_mode", "normalize_loudness", "temperature"}  # some of a provider's models take them
CARDS = LiveKitTTSModel.list_models(strict=True)


@pytest.fixture
def key() -> LiveKitCredential:
    return LiveKitCredential(api_key="APIkey", api_secret="secret")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_has_its_providers_options(card: Any) -> None:
    provider = card.name.partition("/")[0]
    shown = set(card.parameter_schema["properties"])
    assert shown <= COMMON | OPTIONS[provider]
    assert shown >= (COMMON | OPTIONS[provider]) - ONE_MODEL_S
    assert card.interruption == "reconnect"
    assert card.realtime


def test_every_provider_has_a_card_and_every_option_a_provider() -> None:
    assert {card.name.partition("/")[0] for card in CARDS} >= set(OPTIONS) - {"elevenlabs"}
    assert set(LiveKitTTSParameters.model_fields) == COMMON.union(*OPTIONS.values())


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("cartesia/sonic-3", {"speed": "slow"}),
        ("cartesia/sonic-3", {"speed": 1.5}),
        ("xai/tts-1", {"speed": 1.5, "bit_rate": 128000}),
        ("inworld/inworld-tts-2", {"apply_text_normalization": "ON", "timestamp_type": "WORD"}),
        ("fishaudio/s2.1-pro", {"latency": "low", "chunk_length": 300}),
        ("rime/coda", {"fallback": [FallbackModel(model="deepgram/aura-2"), "cartesia/sonic-3:x"]}),
        ("newco/model-1", {"speed": 2, "delivery_mode": "STABLE"}),
    ],
)
def test_what_is_taken(key: LiveKitCredential, model: str, parameters: dict[str, Any]) -> None:
    assert set(LiveKitTTSModel(key, model, parameters)._settings.effective) >= set(parameters)


@pytest.mark.parametrize(
    ("model", "parameters", "why"),
    [
        ("xai/tts-1", {"speed": "slow"}, "speed"),
        ("rime/coda", {"speed": 1.0}, "not offered"),
        ("deepgram/aura-2", {"emotion": "calm"}, "not offered"),
        ("inworld/inworld-tts-2", {"apply_text_normalization": "auto"}, "apply_text_normalization"),
        ("fishaudio/s2.1-pro", {"temperature": 1.5}, "temperature"),
        ("cartesia/sonic-3", {"sample_rate": 11025}, "sample_rate"),
        ("cartesia/sonic-3", {"fallback": []}, "fallback"),
        ("cartesia/sonic-3", {"fallback": [{"voice": "x"}]}, "fallback"),
        ("cartesia/sonic-3", {"emotoin": "calm"}, "emotion"),
    ],
)
def test_what_is_refused(key: LiveKitCredential, model: str, parameters: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        LiveKitTTSModel(key, model, parameters)


@pytest.mark.parametrize(
    ("parameters", "voice"),
    [
        (None, VOICE),
        ({"language": "en"}, VOICE),
        (LiveKitTTSParameters(language="en"), VOICE),
        ({"voice": "another"}, "another"),
        (LiveKitTTSParameters(voice="another"), "another"),
        ({"voice": None}, None),
    ],
)
def test_a_voice_behind_the_colon(key: LiveKitCredential, parameters: Any, voice: str | None) -> None:
    tts = LiveKitTTSModel(key, f"cartesia/sonic-99:{VOICE}", parameters)
    assert (tts.model, tts.parameters.voice) == ("cartesia/sonic-99", voice)


def test_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", "APIkey")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")
    tts = tts_model(f"livekit/cartesia/sonic-3:{VOICE}")
    assert isinstance(tts, LiveKitTTSModel)
    assert (tts.model, tts.parameters.voice) == ("cartesia/sonic-3", VOICE)
    for reference, voice in {"livekit/cartesia": None, "livekit/cartesia:abc": "abc"}.items():
        tts = tts_model(reference)
        assert (tts.model, tts.parameters.voice) == ("cartesia", voice)
    tts = tts_model("livekit/newco/model-1:x")
    assert (tts.model, tts.parameters.voice) == ("newco/model-1", "x")
