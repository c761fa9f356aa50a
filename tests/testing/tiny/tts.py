from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from modeldeck._wire.service import Meaning, Service
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
)
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSModelBase
from modeldeck.tts.hook import Identity, SpeechEvent

from .credential import TinyCredential

FORMAT = AudioFormat("pcm_s16le", 16000)
SERVICE = Service(
    provider="tiny",
    name="Tiny",
    wrong=Meaning(ProviderError, "Tiny refuses the request", "Check it"),
    broken=Meaning(ProviderError, "Tiny failed", "Try again later", retryable=True),
    no_path=Meaning(ProviderError, "No such path", "Check base_url"),
    statuses={
        401: Meaning(AuthenticationError, "Tiny refuses the key", "Check it"),
        403: Meaning(PermissionDeniedError, "Tiny does not open this", "Ask for it"),
        404: Meaning(ModelNotFoundError, "Tiny has no such model", "Check its name"),
        429: Meaning(RateLimitError, "Too many requests", "Wait", retryable=True),
    },
)


class TinyParameters(BaseModel):
    voice: str = Field(default="ann", title="Voice", description="Who speaks.")
    speed: float = Field(default=1.0, ge=0.5, le=2.0, title="Speed", description="How fast.")
    tone: Literal["flat", "warm"] | None = Field(default=None, title="Tone", description="How.")


class TinyTTSModel(TTSModelBase[TinyParameters]):
    """Lines of JSON."""

    provider: ClassVar[str] = "tiny"
    credential_class = TinyCredential
    credential: TinyCredential
    Parameters: ClassVar[type[TinyParameters]] = TinyParameters
    type: Literal["tiny_tts"] = "tiny_tts"

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechEvent, None]:
        request_id = None
        async with self.transport.exchange(
            "POST",
            f"{self.credential.base_url}/say",
            headers={"Authorization": f"Bearer {self.credential.api_key.get_secret_value()}"},
            json={"model": self.model, "text": request.text, **request.parameters, **request.extra},
            connect=request.timeouts.connect,
            watch=request.watch,
        ) as answer:
            if answer.status != 200:
                raise SERVICE.http_error(answer.status, await answer.body(), answer.headers)
            request_id = SERVICE.request_id(answer.headers)
            yield Identity(request_id=request_id)
            rest = b""
            async for data in answer.chunks():
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    said = SERVICE.decoded(line)
                    if request.on_event is not None:
                        request.on_event(said)
                    if "error" in said:
                        raise SERVICE.error(said["error"], "", status=500, request_id=request_id)
                    if "done" in said:
                        return
                    yield Audio(SERVICE.audio_bytes(said["audio"]), FORMAT)
        raise SERVICE.broken_off(request_id)
