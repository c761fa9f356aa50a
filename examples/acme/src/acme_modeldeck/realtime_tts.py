"""Acme Speech: text as it is written, audio as it is made."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from modeldeck.kit import Dial, SpeechRequest, WebSocketTTSModelBase

from acme_modeldeck.credential import AcmeCredential
from acme_modeldeck.tts import AcmeTTSParameters
from acme_modeldeck.wire import LIVE, SERVICE, LiveClient


class AcmeRealtimeTTSModel(WebSocketTTSModelBase[AcmeCredential, AcmeTTSParameters]):
    """Acme Speech over a WebSocket."""

    type: Literal["acme_realtime_tts"] = "acme_realtime_tts"
    service = SERVICE

    def _dial(self, request: SpeechRequest) -> Dial:
        url = f"{self.credential.host()}{LIVE}?model={quote(request.model, safe='')}"
        return Dial(url, self.credential.headers())

    def _client(self, request: SpeechRequest) -> LiveClient:
        return LiveClient({**request.parameters, **request.extra})
