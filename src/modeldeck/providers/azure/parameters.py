"""What may be set on Azure's voices; the cards say which family of voices takes which parameter.

Names are those of SSML, values the service's own. Only `voice`, `format`, `word_timestamps`, `ssml` and `wire` have
defaults: what nobody set, the voice decides.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# "Audio outputs" of the documents (text to speech REST API, 2024-09-23), all of which Python SDK 1.53.0 has too. Of one
# codec and sample rate, the one of the highest bit rate comes first.
FormatName = Literal[
    "raw-24khz-16bit-mono-pcm",
    "raw-8khz-16bit-mono-pcm",
    "raw-16khz-16bit-mono-pcm",
    "raw-22050hz-16bit-mono-pcm",
    "raw-44100hz-16bit-mono-pcm",
    "raw-48khz-16bit-mono-pcm",
    "riff-8khz-16bit-mono-pcm",
    "riff-16khz-16bit-mono-pcm",
    "riff-22050hz-16bit-mono-pcm",
    "riff-24khz-16bit-mono-pcm",
    "riff-44100hz-16bit-mono-pcm",
    "riff-48khz-16bit-mono-pcm",
    "audio-16khz-128kbitrate-mono-mp3",
    "audio-16khz-64kbitrate-mono-mp3",
    "audio-16khz-32kbitrate-mono-mp3",
    "audio-24khz-160kbitrate-mono-mp3",
    "audio-24khz-96kbitrate-mono-mp3",
    "audio-24khz-48kbitrate-mono-mp3",
    "audio-48khz-192kbitrate-mono-mp3",
    "audio-48khz-96kbitrate-mono-mp3",
    "ogg-16khz-16bit-mono-opus",
    "ogg-24khz-16bit-mono-opus",
    "ogg-48khz-16bit-mono-opus",
    "webm-16khz-16bit-mono-opus",
    "webm-24khz-16bit-mono-opus",
    "webm-24khz-16bit-24kbps-mono-opus",
    "audio-16khz-16bit-32kbps-mono-opus",
    "audio-24khz-16bit-48kbps-mono-opus",
    "audio-24khz-16bit-24kbps-mono-opus",
    "raw-8khz-8bit-mono-mulaw",
    "riff-8khz-8bit-mono-mulaw",
    "raw-8khz-8bit-mono-alaw",
    "riff-8khz-8bit-mono-alaw",
    "raw-16khz-16bit-mono-truesilk",
    "raw-24khz-16bit-mono-truesilk",
    "amr-wb-16000hz",
    "g722-16khz-64kbps",
]
_NUMBER = r"\d+(\.\d+)?"
_RATE = rf"^(x-slow|slow|medium|fast|x-fast|default|[+-]?{_NUMBER}%|{_NUMBER})$"
_PITCH = rf"^(x-low|low|medium|high|x-high|default|{_NUMBER}Hz|[+-]{_NUMBER}(Hz|st)|[+-]?{_NUMBER}%)$"
_VOLUME = rf"^(silent|x-soft|soft|medium|loud|x-loud|default|[+-]?{_NUMBER}%?)$"
_IN_SSML = ("language", "style", "style_degree", "role", "rate", "pitch", "volume", "temperature", "lexicon")


class _AzureSpeech(BaseModel):
    """What Azure's voices take on all wires."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    voice: str = Field(
        default="en-US-AvaMultilingualNeural",
        title="Voice",
        description="Who speaks: the voice's short name, or the name that a trained voice was given.",
    )
    language: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)+$",
        title="Language",
        description="Language and accent that a multilingual voice speaks, such as fr-FR; otherwise it goes by the "
        "text.",
    )
    style: str | None = Field(
        default=None,
        min_length=1,
        title="Style",
        description="Emotion or occasion, such as cheerful or newscast; each voice has its own, and ignores others.",
    )
    rate: str | None = Field(
        default=None,
        pattern=_RATE,
        title="Speed",
        description="A factor from 0.5 to 2, a change such as +20%, or a word from x-slow to x-fast.",
    )
    pitch: str | None = Field(
        default=None,
        pattern=_PITCH,
        title="Pitch",
        description="A change such as +10%, -2st (semitones) or +80Hz, a pitch such as 600Hz, or a word from x-low to "
        "x-high.",
    )
    volume: str | None = Field(
        default=None,
        pattern=_VOLUME,
        title="Volume",
        description="A number from 0 to 100 (the voice's own), a change such as +10 or -20%, or a word from silent to "
        "x-loud.",
    )
    temperature: float | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        title="Temperature",
        description="How much HD voices vary: the lower, the steadier. Their default is 1.0.",
    )
    lexicon: str | None = Field(
        default=None,
        min_length=1,
        title="Lexicon",
        description="Address (https) of a lexicon in PLS, which says how words are pronounced.",
    )
    format: FormatName = Field(
        default="raw-24khz-16bit-mono-pcm",
        title="Audio format",
        description="The service's own name of it: codec, sample rate and bit rate. riff is a WAV file, ogg and webm "
        "are Opus.",
    )
    word_timestamps: bool = Field(
        default=True,
        title="Word timings",
        description="Say when each word is spoken. Some HD voices and those of OpenAI cannot.",
    )
    deployment_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        title="Deployment",
        description="Of a trained (custom) voice: the id of its endpoint.",
    )


class AzureTTSParameters(_AzureSpeech):
    """Whole texts in, audio as it is made."""

    model_config = ConfigDict(title="Azure Speech")

    style_degree: float | None = Field(
        default=None, ge=0.01, le=2.0, title="Style degree", description="How strong the style is; 1.0 is its default."
    )
    role: str | None = Field(
        default=None,
        min_length=1,
        title="Role",
        description="Whom the voice imitates, such as YoungAdultFemale or Boy; only some can, and only with a style.",
    )
    ssml: bool = Field(
        default=False,
        title="SSML",
        description="The text is a whole SSML document, and goes out as it is: voice and manner of speaking are in it.",
    )
    visemes: bool = Field(
        default=False,
        title="Visemes",
        description="Tell the shapes of the mouth too, to whoever watches the raw events (on_event).",
    )
    wire: Literal["websocket", "rest"] = Field(
        default="websocket",
        title="Wire",
        description="rest is for containers and endpoints that have no WebSocket: no word timings, no visemes.",
    )

    @model_validator(mode="after")
    def _of_a_style(self) -> Self:
        for name in ("style_degree", "role"):
            if getattr(self, name) is not None and self.style is None:
                raise ValueError(f"{name} needs a style: set one, or leave {name} out")
        return self

    @model_validator(mode="after")
    def _of_a_language(self) -> Self:
        # "The <lang xml:lang> element is incompatible with the prosody and break elements." (documents on SSML)
        found = [name for name in ("rate", "pitch", "volume") if self.language and getattr(self, name) is not None]
        if found:
            raise ValueError(f"language does not go with {', '.join(found)}: the service cannot do both at once")
        return self

    @model_validator(mode="after")
    def _ssml_says_it(self) -> Self:
        found = [name for name in _IN_SSML if self.ssml and getattr(self, name) is not None]
        if found:
            raise ValueError(f"with ssml the text itself says {', '.join(found)}: write it there, or set ssml to false")
        return self

    @model_validator(mode="after")
    def _of_the_websocket(self) -> Self:
        if self.visemes and self.wire == "rest":
            raise ValueError("visemes need the websocket: set wire to websocket, or visemes to false")
        return self


class AzureRealtimeTTSParameters(_AzureSpeech):
    """Text in pieces, audio in pieces. SSML cannot be streamed."""

    model_config = ConfigDict(title="Azure Speech Realtime")

    prefer_locales: str | None = Field(
        default=None,
        min_length=1,
        title="Preferred locales",
        description="For a text in several languages: the locales to expect, separated by commas.",
    )
