"""LiveKit Inference: a project's API key and secret, one gateway for the models of many providers."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, origin

if TYPE_CHECKING:
    from modeldeck.credential.diagnosis import Probe

# What livekit-agents 1.8.9 has, 2026-11-21.
_HOST = "https://agent-gateway.livekit.cloud"
_STAGING = "https://agent-gateway.staging.livekit.cloud"
_SUFFIXES = ("/v1/tts", "/v1", "/tts")


def _gateway() -> str | None:
    """As livekit-agents 1.8.9 reads the environment."""
    if url := os.environ.get("LIVEKIT_INFERENCE_URL"):
        return url
    return _STAGING if ".staging.livekit.cloud" in os.environ.get("LIVEKIT_URL", "") else None


class LiveKitCredential(CredentialBase):
    """An API key of a LiveKit Cloud project and its secret, which signs a token for each connection."""

    model_config = ConfigDict(title="LiveKit Inference", validate_default=True)
    models: ClassVar = {"tts": (".tts:LiveKitTTSModel",)}
    env: ClassVar = {
        "api_key": ("LIVEKIT_INFERENCE_API_KEY", "LIVEKIT_API_KEY"),
        "api_secret": ("LIVEKIT_INFERENCE_API_SECRET", "LIVEKIT_API_SECRET"),
    }

    type: Literal["livekit_credential"] = Field(default="livekit_credential", title="Type")
    api_key: ApiKey = Field(title="API key", description="Starts with API; made in the project's settings.")
    api_secret: ApiKey = Field(title="API secret", description="Shown once, when the key is made.")
    base_url: BaseUrl | None = Field(
        default_factory=_gateway,
        title="Base URL",
        description="Instead of LiveKit Cloud's gateway: another region's, a proxy or a test server.",
    )

    def host(self) -> str:
        """Origin and prefix that every path of the gateway follows, without a last slash."""
        return origin(self.base_url, _SUFFIXES) if self.base_url else _HOST

    def headers(self) -> dict[str, str]:
        """Who asks, with a new token."""
        from modeldeck.providers.livekit.wire.token import access_token

        key, secret = self.api_key.get_secret_value(), self.api_secret.get_secret_value()
        return {"Authorization": f"Bearer {access_token(key, secret, time.time())}"}

    def _probes(self) -> list[Probe]:
        from modeldeck.credential.diagnosis import Probe
        from modeldeck.providers.livekit.wire.errors import SERVICE
        from modeldeck.providers.livekit.wire.tts import PATH, UPGRADE

        headers = {**self.headers(), **UPGRADE}
        return [Probe(self.host() + PATH, headers, SERVICE.handshake_error, takes=lambda status, _: status == 101)]
