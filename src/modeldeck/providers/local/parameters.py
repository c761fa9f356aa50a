"""What may be set on the local voice."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LocalTTSParameters(BaseModel):
    """How it speaks."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
    voice: str = Field(default="en-us", title="Voice", description="A language, or language+variant such as en-us+f3.")
    rate: int | None = Field(default=None, ge=80, le=450, title="Rate", description="Words per minute; 175 is usual.")
    pitch: int | None = Field(default=None, ge=0, le=99, title="Pitch", description="50 is usual.")
    volume: int | None = Field(default=None, ge=0, le=200, title="Volume", description="100 is usual.")
    ssml: bool = Field(default=False, title="SSML", description="Read the text as SSML instead of plain text.")
