"""What may be set on OpenAI's speech models; the cards say which model takes which parameter.

Names are the service's own (SDK 3.52.0, read 2026-11-21). Only `voice` has a default: the rest the server decides.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SpeechFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
CUSTOM_VOICE = "voice_"  # how the ids of voices begin that were made from a recording


class OpenAITTSParameters(BaseModel):
    """Whole texts in, audio out as one file or as a stream."""

    model_config = ConfigDict(title="OpenAI speech", extra="forbid", defer_build=True)

    voice: str = Field(
        default="alloy",
        title="Voice",
        description="Who speaks: a name, or the id of a voice of your own (voice_…). Compatible servers have others.",
    )
    instructions: str | None = Field(
        default=None, title="Instructions", description="How to speak: accent, emotion, pace, tone, whispering."
    )
    response_format: SpeechFormat | None = Field(
        default=None,
        title="Audio format",
        description="The server's default is mp3. wav and pcm begin soonest.",
    )
    speed: float | None = Field(
        default=None, ge=0.25, le=4.0, title="Speed", description="Times as fast as normal, from 0.25 to 4."
    )
    stream_format: Literal["audio", "sse"] | None = Field(
        default=None,
        title="Stream format",
        description="sse sends the audio in events and tells the tokens used; the server's default is audio.",
    )


class OpenAIRealtimeTTSParameters(BaseModel):
    """The Realtime API as a voice: text in pieces, audio in pieces."""

    model_config = ConfigDict(title="OpenAI Realtime speech", extra="forbid", defer_build=True)

    voice: str = Field(
        default="marin",
        title="Voice",
        description="Who speaks: a name, or the id of a voice of your own (voice_…).",
    )
    instructions: str | None = Field(
        default=None,
        title="Instructions",
        description="How to speak: accent, emotion, pace, tone. Added to the order to read the text word for word.",
    )
    speed: float | None = Field(
        default=None, ge=0.25, le=1.5, title="Speed", description="Times as fast as normal, from 0.25 to 1.5."
    )
    format: Literal["pcm", "pcmu", "pcma"] | None = Field(
        default=None,
        title="Audio format",
        description="pcm (the default) has 24000 Hz; pcmu and pcma are telephone audio of 8000 Hz (G.711).",
    )
    reasoning_effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = Field(
        default=None,
        title="Reasoning effort",
        description="Only of models that reason; reading aloud needs the least, which begins soonest.",
    )
