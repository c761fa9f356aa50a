"""Acme Speech: a secret key of an account, which is kept in one region."""

from __future__ import annotations

from typing import ClassVar, Literal

from modeldeck.kit import ApiKey, BaseUrl, CredentialBase, Probe, has_list, origin, variable
from pydantic import ConfigDict, Field

from acme_modeldeck.wire import SERVICE, VOICES

REGIONS = ("eu", "us")


class AcmeCredential(CredentialBase):
    """A secret key of Acme Speech."""

    model_config = ConfigDict(title="Acme Speech", validate_default=True)  # what variables say is checked too
    models: ClassVar = {"tts": (".tts:AcmeTTSModel", ".realtime_tts:AcmeRealtimeTTSModel")}
    env: ClassVar = {"api_key": ("ACME_API_KEY",)}

    type: Literal["acme_credential"] = Field(default="acme_credential", title="Type")
    api_key: ApiKey = Field(title="API key", description="Shown once, when it is made.")
    region: Literal["eu", "us"] = Field(
        default_factory=variable("ACME_REGION", REGIONS[0]),
        title="Region",
        description="Where the account is kept; a key works in one region.",
    )
    base_url: BaseUrl | None = Field(
        default_factory=variable("ACME_BASE_URL"),
        title="Base URL",
        description="Instead of the region's: a proxy or a test server.",
    )

    def host(self, region: str = "") -> str:
        """What every path follows, without a last slash; a base URL wins over the credential's own region."""
        if self.base_url and not region:
            return origin(self.base_url, ("/v1",))
        return f"https://{region or self.region}.speech.acme.example"

    def headers(self) -> dict[str, str]:
        """Who asks, on every wire."""
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}

    def _probes(self) -> list[Probe]:
        """The key's own region, then those where it may belong; a base URL has no others."""
        elsewhere = [] if self.base_url else [region for region in REGIONS if region != self.region]
        return [self._probe(), *map(self._probe, elsewhere)]

    def _probe(self, region: str = "") -> Probe:
        url = self.host(region) + VOICES
        return Probe(url, self.headers(), SERVICE.http_error, region or self.region, takes=has_list("voices"))
