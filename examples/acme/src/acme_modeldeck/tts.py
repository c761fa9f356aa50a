"""Acme Speech: whole texts in, audio out as it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from modeldeck.kit import Ask, HttpTTSModelBase, SpeechRequest
from pydantic import BaseModel, ConfigDict, Field

from acme_modeldeck.credential import AcmeCredential
from acme_modeldeck.wire import SERVICE, SPEECH, SpeechAnswer, body


class AcmeTTSParameters(BaseModel):
    """What may be set; a card says which model takes which, and how much of it."""

    model_config = ConfigDict(title="Acme Speech", extra="forbid")

    voice: str | None = Field(default=None, title="Voice", description="Who speaks.")
    pace: float | None = Field(default=None, ge=0.5, le=2, title="Pace", description="Times as fast as normal.")


class AcmeTTSModel(HttpTTSModelBase[AcmeCredential, AcmeTTSParameters]):
    """Acme Speech over HTTP."""

    type: Literal["acme_tts"] = "acme_tts"
    service = SERVICE

    def _ask(self, request: SpeechRequest) -> Ask:
        json = body(request.model, request.text, request.parameters, request.extra)
        return Ask(self.credential.host() + SPEECH, self.credential.headers(), json)

    def _answer(self, request: SpeechRequest, headers: Mapping[str, str]) -> SpeechAnswer:
        return SpeechAnswer(headers, request.on_event)
