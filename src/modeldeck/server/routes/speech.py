"""POST /v1/audio/speech: as OpenAI's API reference defines it (read on 2026-11-21), for every model."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, field_validator

from modeldeck.server.access import Who
from modeldeck.server.calls import Call, model_for
from modeldeck.server.routes.openai import refusals
from modeldeck.server.shapes import Input
from modeldeck.server.spoken import SpokenAnswer, increments_of
from modeldeck.server.state import Shared

router = APIRouter(tags=["openai"])
ResponseFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_KINDS = ("audio/mpeg", "audio/ogg", "audio/aac", "audio/flac", "audio/wav", "audio/pcm")
_SPOKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio, as it is made; where it breaks off, so does the connection.",
        "content": {**dict.fromkeys(_KINDS, _BINARY), "text/event-stream": {"schema": {"type": "string"}}},
    }
}


class VoiceId(Input):
    id: str = Field(min_length=1)


class SpeechRequest(Input):
    """What OpenAI's API takes, and `credential` and `parameters` besides."""

    model: str = Field(min_length=1, description="provider/model, provider/model:voice, or a name that is unique.")
    input: str = Field(min_length=1, description="The text; each model has a limit of its own.")
    voice: str | VoiceId | None = Field(default=None, description="As the model names it; default: the model's own.")
    instructions: str | None = Field(default=None, description="How to speak, where the model takes that.")
    response_format: ResponseFormat | None = Field(
        default=None, description="mp3 unless given. pcm: 16 bits at 24000 Hz; the Content-Type tells where not."
    )
    speed: Annotated[float, Field(ge=0.25, le=4)] | None = Field(default=None, description="1 is normal.")
    stream_format: Literal["audio", "sse"] | None = Field(default=None, description="audio unless given.")
    credential: str | None = Field(default=None, description="An id; the newest that fits unless given.")
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any], description="More of the model's own.")
    text_filter: bool = Field(
        default=False, description="The text is Markdown: what it means is spoken, not its signs."
    )

    @field_validator("input")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("there is nothing to speak")
        return text


@router.post(
    "/v1/audio/speech",
    operation_id="create_speech",
    summary="Speak a text with any model",
    response_class=Response,
    responses=_SPOKEN | refusals(404, 429, 500, 501, 502, 503, 504),
)
async def create_speech(body: SpeechRequest, who: Who, server: Shared) -> Response:
    format = body.response_format or "mp3"
    call = Call(
        reference=body.model,
        voice=body.voice.id if isinstance(body.voice, VoiceId) else body.voice,
        instructions=body.instructions,
        speed=body.speed,
        format=format,
        credential=body.credential,
        parameters=body.parameters,
        text_filter=body.text_filter,
    )
    model = await model_for(server, who.user, call)
    increments = partial(increments_of, model, body.input, format)
    return SpokenAnswer(increments, format, events=body.stream_format == "sse")
