"""What agentscope-runtime's clients are told: field for field its own configs, with their defaults.

Read in agentscope-runtime 1.1.6 (2026-11-30). The variables of the environment are read when a config is made, not when
this is imported, and a config's key is shown by no repr.
"""

from __future__ import annotations

import os
from enum import Enum

from pydantic import BaseModel, Field


class TtsVendor(str, Enum):  # noqa: UP042 (as the original prints it)
    """Whose service speaks."""

    MODELSTUDIO = "modelstudio"
    AZURE = "azure"


class TtsConfig(BaseModel):
    """What every vendor's config has; `format` is pcm (raw), wav, mp3 or opus. `chat_id` goes into every callback."""

    model: str | None = None
    voice: str | None = None
    sample_rate: int | None = None
    format: str | None = None
    bits_per_sample: int | None = None
    nb_channels: int | None = None
    chat_id: str | None = None


class ModelstudioConnection(BaseModel):
    """Where DashScope is and who asks; what is not set is read from the environment as `DashScopeCredential` does."""

    base_url: str | None = None
    api_key: str | None = Field(default=None, repr=False)
    workspace_id: str | None = None
    user_agent: str | None = None
    data_inspection: str | None = None


class AzureConnection(BaseModel):
    """Where Azure Speech is and who asks; what is not set is read from the environment as `AzureCredential` does.

    `base_url`, which the original has not, is an endpoint instead of a region.
    """

    key: str | None = Field(default=None, repr=False)
    region: str | None = None
    base_url: str | None = None


def _format() -> str:
    return os.environ.get("TTS_AUDIO_FORMAT") or "pcm"


class ModelstudioTtsConfig(TtsConfig, ModelstudioConnection):
    """Of a `ModelstudioTtsClient`; `TTS_VOICE` and `TTS_AUDIO_FORMAT` are defaults."""

    model: str = "cosyvoice-v2"  # pyright: ignore[reportIncompatibleVariableOverride]
    voice: str = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default_factory=lambda: os.environ.get("TTS_VOICE") or "longcheng_v2"
    )
    sample_rate: int = 16000  # pyright: ignore[reportIncompatibleVariableOverride]
    format: str | None = Field(default_factory=_format)


class AzureTtsConfig(TtsConfig, AzureConnection):
    """Of an `AzureTtsClient`; `TTS_VOICE` and `TTS_AUDIO_FORMAT` are defaults."""

    voice: str | None = Field(default_factory=lambda: os.environ.get("TTS_VOICE") or "en-US-AvaMultilingualNeural")
    sample_rate: int | None = 16000
    format: str | None = Field(default_factory=_format)
    bits_per_sample: int | None = 16
    nb_channels: int | None = 1
