"""What may be set on the speech models behind LiveKit Inference; the card of a model has those that its provider takes.

Names are the gateway's own; all but `voice`, `language`, `sample_rate` and `fallback` are its providers' and go into
the wire's `extra`. Options and ranges as livekit-agents 1.8.9 types and describes them, 2026-11-21. What nobody set,
the provider decides.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class FallbackModel(BaseModel):
    """Another model, which the gateway takes when the one before it fails."""

    model_config = ConfigDict(extra="forbid", defer_build=True, title="Fallback model")

    model: str = Field(min_length=1, title="Model", description="provider/model, as in cartesia/sonic-3.")
    voice: str = Field(default="", title="Voice", description="Empty: the provider's own choice.")
    extra: dict[str, Any] = Field(
        default_factory=dict[str, Any], title="Options", description="The provider's options, by name."
    )


class LiveKitTTSParameters(BaseModel):
    """Every option of every provider; a model's card leaves those that it takes."""

    model_config = ConfigDict(extra="forbid", defer_build=True, title="LiveKit Inference")

    voice: str | None = Field(
        default=None,
        min_length=1,
        title="Voice",
        description="The provider's own id of a voice; without one it chooses.",
    )
    language: str | None = Field(
        default=None,
        min_length=2,
        title="Language",
        description="Of the text, as in en or zh. Without it the provider guesses, or speaks the voice's.",
    )
    sample_rate: Literal[8000, 16000, 22050, 24000, 44100, 48000] | None = Field(
        default=None, title="Sample rate", description="In Hz. Without it 24000."
    )
    fallback: list[FallbackModel | str] | None = Field(
        default=None,
        min_length=1,
        title="Fallback",
        description="Models that the gateway takes in turn when this one fails, as provider/model:voice or with "
        "options of their own. The gateway does not tell which one spoke.",
    )

    # -- of several providers

    speed: Literal["slow", "normal", "fast"] | float | None = Field(
        default=None, title="Speed", description="A factor, 1.0 is normal; Cartesia also takes a word."
    )
    volume: float | None = Field(
        default=None, title="Volume", description="Cartesia: a factor, 1.0 is normal. Fish Audio: in dB, 0 is normal."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, title="Temperature", description="More sounds livelier and less predictable."
    )
    apply_text_normalization: (
        Literal["auto", "on", "off", "APPLY_TEXT_NORMALIZATION_UNSPECIFIED", "ON", "OFF"] | None
    ) = Field(default=None, title="Text normalization", description="Spell out numbers, dates and units.")

    # -- Cartesia

    emotion: str | None = Field(default=None, title="Emotion", description="One word, as in excited or calm.")
    duration: float | None = Field(
        default=None, gt=0, title="Longest duration", description="Of the audio, in seconds."
    )
    max_buffer_delay_ms: int | None = Field(
        default=None,
        ge=0,
        title="Buffer delay",
        description="Milliseconds that the provider may wait for more text before it speaks.",
    )
    add_timestamps: bool | None = Field(default=None, title="Word timings", description="Say when each word is spoken.")
    add_phoneme_timestamps: bool | None = Field(
        default=None, title="Phoneme timings", description="Have the provider time phonemes too."
    )
    use_normalized_timestamps: bool | None = Field(
        default=None,
        title="Timings of the normalized text",
        description="Time what is said instead of what is written.",
    )

    # -- Deepgram

    mip_opt_out: bool | None = Field(
        default=None,
        title="Opt out of model improvement",
        description="The gateway always opts out, whatever is set here.",
    )

    # -- Rime

    speed_alpha: float | None = Field(
        default=None, gt=0, title="Speed", description="1.0 is normal, less is faster, more is slower."
    )
    pause_between_brackets: bool | None = Field(
        default=None, title="Pauses in brackets", description="<100> in the text is a pause of 100 ms."
    )
    phonemize_between_brackets: bool | None = Field(
        default=None, title="Phonemes in brackets", description="{…} in the text is spelt in phonemes."
    )
    inline_speed_alpha: str | None = Field(
        default=None,
        title="Speeds of [bracketed] words",
        description="Factors separated by commas, one for each [word] in the text.",
    )
    no_text_normalization: bool | None = Field(
        default=None, title="No text normalization", description="Faster; numbers and dates may be misread."
    )

    # -- Inworld

    speaking_rate: float | None = Field(
        default=None, ge=0.5, le=1.5, title="Speed", description="1.0 is the voice's own."
    )
    delivery_mode: Literal["DELIVERY_MODE_UNSPECIFIED", "STABLE", "BALANCED", "CREATIVE"] | None = Field(
        default=None, title="Delivery", description="How much the delivery may vary."
    )
    timestamp_type: Literal["TIMESTAMP_TYPE_UNSPECIFIED", "WORD", "CHARACTER"] | None = Field(
        default=None, title="Timings", description="Say when each word or character is spoken."
    )

    # -- xAI

    bit_rate: Literal[32000, 64000, 96000, 128000, 192000] | None = Field(
        default=None, title="Bit rate", description="In bit/s."
    )
    optimize_streaming_latency: Literal[0, 1, 2] | None = Field(
        default=None, title="Latency optimization", description="More is sooner and less careful."
    )

    # -- Fish Audio

    normalize_loudness: bool | None = Field(
        default=None, title="Normalize loudness", description="Keep the loudness even."
    )
    top_p: float | None = Field(
        default=None, ge=0, le=1, title="Top P", description="How much of the probable the model chooses from."
    )
    normalize: bool | None = Field(
        default=None, title="Text normalization", description="Spell out numbers, dates and abbreviations."
    )
    latency: Literal["normal", "balanced", "low"] | None = Field(
        default=None, title="Latency", description="Less is sooner and less careful."
    )
    chunk_length: int | None = Field(
        default=None, ge=100, le=300, title="Chunk length", description="Characters that are gathered before speaking."
    )
    max_new_tokens: int | None = Field(
        default=None,
        ge=1,
        title="Longest chunk",
        description="Audio tokens of one chunk. The provider's default is 1024.",
    )
    min_chunk_length: int | None = Field(
        default=None, ge=0, le=100, title="Shortest chunk", description="Characters before a new chunk may begin."
    )
    condition_on_previous_chunks: bool | None = Field(
        default=None, title="Go on from earlier chunks", description="Keep voice and tone even from chunk to chunk."
    )
    early_stop_threshold: float | None = Field(
        default=None, ge=0, le=1, title="Early stop", description="When a batch of chunks may end early."
    )

    # -- ElevenLabs (in livekit-agents up to 1.7.0)

    inactivity_timeout: int | None = Field(
        default=None, ge=1, title="Inactivity timeout", description="Seconds. The provider's default is 60."
    )


def split(reference: str) -> tuple[str, str]:
    """`provider/model:voice` as model and voice, which is empty where there is none: the last colon counts."""
    model, colon, voice = reference.rpartition(":")
    return (model, voice) if colon else (reference, "")
