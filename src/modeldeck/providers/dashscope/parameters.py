"""What may be set on DashScope's speech models; the cards say which model takes which parameter.

Names are the service's own. Only `voice` and `realtime` have defaults: what nobody set, the server decides.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

QwenLanguage = Literal[
    "Auto",
    "Chinese",
    "English",
    "German",
    "Italian",
    "Portuguese",
    "Spanish",
    "Japanese",
    "Korean",
    "French",
    "Russian",
]
AudioFileFormat = Literal["pcm", "wav", "mp3", "opus"]
CosyVoiceLanguage = Literal[
    "zh", "en", "fr", "de", "ja", "ko", "ru", "pt", "th", "id", "vi", "es", "it", "ms", "fil", "ar"
]


class _QwenSpeech(BaseModel):
    """What Qwen-TTS takes on both of its wires."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    voice: str = Field(
        default="Cherry",
        title="Voice",
        description="Who speaks. Upper and lower case matter. A cloned or designed voice works only with the "
        "model that it was made for.",
    )
    language_type: QwenLanguage | None = Field(
        default=None,
        title="Language",
        description="Language of the text. The server's default, Auto, suits mixed or unknown languages; "
        "naming the language sounds better.",
    )
    instructions: str | None = Field(
        default=None,
        title="Instructions",
        description="How to speak, in Chinese or English: pace, pitch, emotion, character. At most 1600 tokens.",
    )
    optimize_instructions: bool | None = Field(
        default=None,
        title="Optimize instructions",
        description="Let the service rewrite the instructions to sound more natural. Needs instructions. The "
        "server's default is no.",
    )

    @model_validator(mode="after")
    def _optimizes_something(self) -> Self:
        if self.optimize_instructions and not self.instructions:
            raise ValueError("optimize_instructions needs instructions: set them too, or leave it out")
        return self


class QwenTTSParameters(_QwenSpeech):
    """Qwen-TTS over HTTP: whole texts in, audio out whole or as a stream."""

    model_config = ConfigDict(title="Qwen-TTS")


class QwenRealtimeTTSParameters(_QwenSpeech):
    """Qwen-TTS over a WebSocket: text in pieces, audio in pieces."""

    model_config = ConfigDict(title="Qwen-TTS Realtime")

    mode: Literal["server_commit", "commit"] | None = Field(
        default=None,
        title="Mode",
        description="Who decides when buffered text is spoken: the server (server_commit, its default) or "
        "the caller (commit: lower latency, but keeping sentences whole is up to you).",
    )
    format: AudioFileFormat | None = Field(
        default=None, title="Audio format", description="The server's default is pcm."
    )
    sample_rate: Literal[8000, 16000, 24000, 48000] | None = Field(
        default=None, title="Sample rate", description="In Hz. The server's default is 24000."
    )
    speech_rate: float | None = Field(
        default=None, ge=0.5, le=2.0, title="Speed", description="1.0, the server's default, is normal."
    )
    volume: int | None = Field(default=None, ge=0, le=100, title="Volume", description="The server's default is 50.")
    pitch_rate: float | None = Field(
        default=None, ge=0.5, le=2.0, title="Pitch", description="1.0, the server's default, is normal."
    )
    bit_rate: int | None = Field(
        default=None,
        ge=6,
        le=510,
        title="Bit rate",
        description="In kbit/s, for the format opus only: more sounds better and takes more room. The "
        "server's default is 128.",
    )
    enable_tn: bool | None = Field(
        default=None,
        title="Text normalization",
        description="Spell out numbers, dates and units before speaking. Not in the service's documents.",
    )

    @model_validator(mode="after")
    def _bit_rate_is_for_opus(self) -> Self:
        _only_for_opus(self.bit_rate, self.format)
        return self


class HotFix(BaseModel):
    """Corrections of single words, made before the text is spoken."""

    model_config = ConfigDict(extra="forbid", defer_build=True, title="Hot fix")

    pronunciation: list[dict[str, str]] | None = Field(
        default=None,
        title="Pronunciation",
        description='Words and their pinyin with tone numbers, such as {"天气": "tian1 qi4"}.',
    )
    replace: list[dict[str, str]] | None = Field(
        default=None,
        title="Replacements",
        description='Words and what is spoken in their place, such as {"今天": "金天"}.',
    )


class _CosyVoice(BaseModel):
    """What CosyVoice takes, realtime or not."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    voice: str = Field(
        default="longanyang",
        title="Voice",
        description="Who speaks. A voice belongs to one model; a cloned or designed one too.",
    )
    format: AudioFileFormat | None = Field(
        default=None, title="Audio format", description="The server's default is mp3."
    )
    sample_rate: Literal[8000, 16000, 22050, 24000, 44100, 48000] | None = Field(
        default=None, title="Sample rate", description="In Hz. The server's default is 22050."
    )
    volume: int | None = Field(default=None, ge=0, le=100, title="Volume", description="The server's default is 50.")
    rate: float | None = Field(
        default=None, ge=0.5, le=2.0, title="Speed", description="1.0, the server's default, is normal."
    )
    pitch: float | None = Field(
        default=None, ge=0.5, le=2.0, title="Pitch", description="1.0, the server's default, is normal."
    )
    bit_rate: int | None = Field(
        default=None,
        ge=6,
        le=510,
        title="Bit rate",
        description="In kbit/s, for the format opus only. The server's default is 32.",
    )
    enable_ssml: bool | None = Field(
        default=None,
        title="SSML",
        description="Read the text as SSML. It must then be sent in one piece, and not every voice can do "
        "it. The server's default is no.",
    )
    word_timestamp_enabled: bool | None = Field(
        default=None,
        title="Word timings",
        description="Say when each word is spoken. Not every voice can do it. The server's default is no.",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        title="Seed",
        description="The same seed with the same text, voice and settings gives the same speech. The "
        "server's default is 0.",
    )
    language_hints: list[CosyVoiceLanguage] | None = Field(
        default=None,
        min_length=1,
        title="Language hints",
        description="Language to speak, for numbers, symbols and less common languages that come out wrong. "
        "The service looks at the first one only.",
    )
    instruction: str | None = Field(
        default=None,
        max_length=100,
        title="Instruction",
        description="Emotion, dialect or role: free text for cloned and designed voices, fixed Chinese "
        "sentences for the listed voices that can do it, such as 你说话的情感是happy。 At most "
        "100 characters, Chinese ones counted twice.",
    )
    hot_fix: HotFix | None = Field(
        default=None, title="Hot fix", description="Pronunciations and replacements of single words."
    )
    enable_markdown_filter: bool | None = Field(
        default=None,
        title="Skip Markdown",
        description="Leave out Markdown signs instead of reading them. For cloned voices only. The server's "
        "default is no.",
    )
    enable_aigc_tag: bool | None = Field(
        default=None,
        title="Mark as AI-generated",
        description="Put an inaudible mark into wav, mp3 and opus audio. The server's default is no.",
    )
    aigc_propagator: str | None = Field(
        default=None,
        title="Propagator",
        description="Who spreads the content, written into the mark. The server's default is the account's UID.",
    )
    aigc_propagate_id: str | None = Field(
        default=None,
        title="Propagation id",
        description="Names this one publication in the mark. The server's default is the request's id.",
    )

    @model_validator(mode="after")
    def _bit_rate_is_for_opus(self) -> Self:
        _only_for_opus(self.bit_rate, self.format)
        return self

    @model_validator(mode="after")
    def _mark_has_details(self) -> Self:
        for name in ("aigc_propagator", "aigc_propagate_id"):
            if getattr(self, name) is not None and not self.enable_aigc_tag:
                raise ValueError(f"{name} goes into the AI mark: set enable_aigc_tag too, or leave it out")
        return self


class CosyVoiceParameters(_CosyVoice):
    """CosyVoice over a WebSocket: text in pieces, audio sentence by sentence."""

    model_config = ConfigDict(title="CosyVoice")


class CosyVoiceSwitchParameters(_CosyVoice):
    """CosyVoice with the choice between whole texts and text in pieces."""

    model_config = ConfigDict(title="CosyVoice, realtime or not")

    voice: str = Field(default="longanhuan", title="Voice", description=_CosyVoice.model_fields["voice"].description)
    realtime: bool = Field(
        default=False,
        title="Realtime",
        description="Take text in pieces while it is being written, instead of whole texts.",
    )


def _only_for_opus(bit_rate: int | None, audio_format: str | None) -> None:
    if bit_rate is not None and audio_format != "opus":
        raise ValueError(f"bit_rate needs the format opus, not {audio_format or 'the default'}")
