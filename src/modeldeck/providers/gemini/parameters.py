"""What may be set on Gemini's speech models; the cards say which model takes which parameter, and how it is asked."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# What the text of a request is: a prompt that says how to speak and what (up to 3.1), or what is spoken, to the letter
# (from 3.8 on; the direction stands beside it).
Dialect = Literal["prompt", "verbatim"]


class GeminiSpeaker(BaseModel):
    """Who speaks the turns of a dialogue that begin with this name."""

    model_config = ConfigDict(extra="forbid", defer_build=True, title="Speaker")

    name: str = Field(
        min_length=1, pattern=r"^[^:\n]*[^:\s][^:\n]*$", title="Name", description="As the turns of the text begin."
    )
    voice: str = Field(min_length=1, title="Voice", description="One of the prebuilt voices.")


class GeminiTTSParameters(BaseModel):
    """Gemini's text-to-speech models. What nobody set, the service decides."""

    model_config = ConfigDict(extra="forbid", defer_build=True, title="Gemini TTS")

    voice: str = Field(
        default="Kore", title="Voice", description="Who speaks, unless speakers are set: then each has a voice."
    )
    instructions: str | None = Field(
        default=None,
        min_length=1,
        title="Instructions",
        description="How to speak: mood, pace, accent, character. Newer models also take sounds in the text, such as "
        "<laugh>, <sigh> and <short pause>.",
    )
    speakers: list[GeminiSpeaker] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        title="Speakers",
        description="The two speakers of a dialogue. Each turn of the text begins on a line of its own with one of "
        "their names and a colon.",
    )
    language_code: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        title="Language",
        description="BCP 47 code of the language of the text, such as en-US. The service finds it out when not set.",
    )
    format: Literal["pcm", "wav", "mulaw", "alaw"] | None = Field(
        default=None,
        title="Audio format",
        description="What the service sends: mulaw and alaw have 8000 Hz, the others 24000 Hz.",
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, title="Temperature", description="More makes the speech more varied."
    )
    top_p: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Top P",
        description="Chooses only among the likeliest tokens whose chances add up to this.",
    )
    top_k: int | None = Field(
        default=None, ge=1, title="Top K", description="Chooses only among so many of the likeliest tokens."
    )
    seed: int | None = Field(
        default=None,
        ge=-(2**31),
        le=2**31 - 1,
        title="Seed",
        description="The same seed with the same request gives much the same speech.",
    )
    max_output_tokens: int | None = Field(
        default=None,
        ge=1,
        title="Most tokens",
        description="Of audio, 25 a second. Speech that needs more is broken off with an error.",
    )
    delivery: Literal["stream", "whole"] = Field(
        default="stream",
        title="Delivery",
        description="Audio while it is made (stream), or all of it at the end (whole): for models that do not stream, "
        "and for long texts where a stream breaks off.",
    )
    dialect: Dialect = Field(
        default="verbatim",
        title="Dialect",
        description="What the text is to the model: what it speaks, to the letter (from Gemini 3.8 on), or part of a "
        "prompt (before).",
    )

    @model_validator(mode="after")
    def _speakers_differ(self) -> Self:
        names = [speaker.name.strip() for speaker in self.speakers or ()]
        if len(set(names)) < len(names):
            raise ValueError("speakers need a name each: two have the same")
        return self
