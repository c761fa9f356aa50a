"""Google's Gemini API: one key, one host, every family behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, origin

if TYPE_CHECKING:
    from modeldeck.credential.diagnosis import Probe
    from modeldeck.credential.listing import Listing
    from modeldeck.tts.card import TTSModelCard

_HOST = "https://generativelanguage.googleapis.com"
# The documents of the speech models show v1beta throughout (2026-09-24); the official SDK's own default is v1 (3.4.0).
_VERSION = "v1beta"
_VERSIONS = ("v1", "v1beta", "v1alpha")
_SUFFIXES = tuple(f"/{version}{end}" for version in _VERSIONS for end in ("/models", "/openai", ""))
_IN_URL = re.compile(rf"/({'|'.join(_VERSIONS)})(?:/models|/openai)?\Z")


def _base_url() -> str | None:
    return os.environ.get("GOOGLE_GEMINI_BASE_URL") or None


def _api_version(given: dict[str, Any]) -> str:
    """The base URL's, else as the official SDK reads it (3.4.0, 2026-11-21): `beta` is short for v1beta."""
    if found := _IN_URL.search(given.get("base_url") or ""):
        return found[1]
    told = os.environ.get("GOOGLE_GENAI_API_VERSION") or _VERSION
    return "v1beta" if told == "beta" else told


class GeminiCredential(CredentialBase):
    """An API key of Google AI Studio (the Gemini API; not Vertex AI)."""

    model_config = ConfigDict(title="Google Gemini", validate_default=True)
    models: ClassVar = {"tts": (".tts:GeminiTTSModel",)}
    env: ClassVar = {"api_key": ("GOOGLE_API_KEY", "GEMINI_API_KEY")}  # the official SDK's order

    type: Literal["gemini_credential"] = Field(default="gemini_credential", title="Type")
    api_key: ApiKey = Field(title="API key", description="Made in Google AI Studio.")
    base_url: BaseUrl | None = Field(
        default_factory=_base_url,
        title="Base URL",
        description="Instead of Google's own host: a proxy or a test server.",
    )
    api_version: str = Field(
        default_factory=_api_version,
        pattern=r"^v[0-9][a-z0-9]*$",
        title="API version",
        description="As the base URL says, else v1beta: v1 is the stable surface, v1alpha the experimental one.",
    )

    def host(self) -> str:
        """Origin, prefix and version, without a last slash: what every path of the service follows."""
        return f"{origin(self.base_url, _SUFFIXES) if self.base_url else _HOST}/{self.api_version}"

    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"x-goog-api-key": self.api_key.get_secret_value()}

    def _probes(self) -> list[Probe]:
        from modeldeck.credential.diagnosis import Probe, has_list
        from modeldeck.providers.gemini.wire.errors import SERVICE

        url = f"{self.host()}/models?pageSize=1"
        return [Probe(url, self.headers(), SERVICE.handshake_error, takes=has_list("models"))]

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        """The models that the key opens, and the project's voices for those that take others than their own."""
        from modeldeck.credential.listing import Listing
        from modeldeck.providers.gemini.wire import lists
        from modeldeck.providers.gemini.wire.errors import SERVICE

        headers, host = self.headers(), self.host()
        names = frozenset(card.name for card in cards)
        models = partial(lists.models, names)
        about = frozenset(card.name for card in cards if card.custom_voices)
        return [
            Listing("models", partial(lists.ask, host, lists.MODELS), headers, SERVICE.http_error, models, models=True),
            Listing(
                "voices",
                partial(lists.ask, host, lists.VOICES),
                headers,
                SERVICE.http_error,
                lists.voices,
                about=about,
                absent=frozenset({404, 405, 501}),  # proxies may know models alone
            ),
        ]
