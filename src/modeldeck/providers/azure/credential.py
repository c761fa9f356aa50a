"""Azure Speech: a key, or a token, of one region or one resource."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, origin

if TYPE_CHECKING:
    from modeldeck.credential.diagnosis import Probe
    from modeldeck.credential.listing import Listing
    from modeldeck.tts.card import TTSModelCard

_SUFFIXES = (
    "/cognitiveservices/v1",
    "/cognitiveservices/websocket/v1",
    "/cognitiveservices/websocket/v2",
    "/cognitiveservices/voices/list",
    "/cognitiveservices",
    "/sts/v1.0/issueToken",
)
_VOICES = "/cognitiveservices/voices/list"  # free, and a key that is not good gets a 401 (documents, 2024-09-23)
# What the portal shows as a regional resource's endpoint, and the hosts that a region's speech really has.
_REGIONAL = re.compile(
    r"([a-z0-9]+)\.(?:api\.cognitive|(?:tts|stt|voice)\.speech)\.(microsoft\.(?:com|us)|azure\.(?:cn|us))"
)
# A resource with a name of its own has all of its services behind one host (documents on private links, 2026-03-23).
_RESOURCE = re.compile(r"[a-z0-9-]+\.(?:cognitiveservices\.azure\.(?:com|cn|us)|services\.ai\.azure\.com)")
# Microsoft's documents and samples, then those of LiveKit and AgentScope; the first that is set wins.
_PLACE = {
    "region": ("AZURE_SPEECH_REGION", "SPEECH_REGION", "AZURE_REGION"),
    "base_url": ("AZURE_SPEECH_ENDPOINT", "SPEECH_ENDPOINT", "AZURE_SPEECH_HOST"),
}


def _place(*fields: str) -> dict[str, str]:
    """These fields as the environment has them."""
    found = {field: [os.environ[name] for name in _PLACE[field] if os.environ.get(name)] for field in fields}
    return {field: texts[0] for field, texts in found.items() if texts}


def _short(region: object) -> object:
    """`East US` is what people read, `eastus` what hosts are made of."""
    return region.replace(" ", "").lower() if isinstance(region, str) else region


if TYPE_CHECKING:
    Region = str
else:
    Region = Annotated[str, BeforeValidator(_short)]


class AzureCredential(CredentialBase):
    """A key of Azure Speech, or a token in its place. Either belongs to one region or resource."""

    model_config = ConfigDict(title="Azure Speech (Microsoft)", validate_default=True)
    models: ClassVar = {"tts": (".tts:AzureTTSModel", ".realtime_tts:AzureRealtimeTTSModel")}
    env: ClassVar = {
        "api_key": ("AZURE_SPEECH_KEY", "SPEECH_KEY", "AZURE_KEY"),
        "token": ("AZURE_SPEECH_AUTH_TOKEN",),
    }

    type: Literal["azure_credential"] = Field(default="azure_credential", title="Type")
    api_key: ApiKey | None = Field(
        default=None, title="API key", description="Either of the two keys of the Speech or Foundry resource."
    )
    token: ApiKey | None = Field(
        default=None,
        title="Token",
        description="Instead of a key: what issueToken gave (valid for ten minutes), or a Microsoft Entra token as "
        "aad#resource id#token.",
    )
    region: Region | None = Field(
        default=None,
        pattern=r"^[a-z0-9]+$",
        title="Region",
        description="Where the resource is, such as eastus; the key works nowhere else. Needed unless there is a "
        "base URL.",
    )
    base_url: BaseUrl | None = Field(
        default=None,
        title="Base URL",
        description="Instead of the region: a resource's own endpoint, a private link, a container or a test server.",
    )

    @classmethod
    def from_env(cls, **fields: Any) -> Self:
        """Of the environment's key and token the key is taken: a token is soon too old. Arguments beat both."""
        if fields.get("token") is not None:
            return super().from_env(**{"api_key": None, **fields})
        given = fields.get("api_key", any(os.environ.get(name) for name in cls.env["api_key"]))
        return super().from_env(**({"token": None, **fields} if given else fields))

    @model_validator(mode="before")
    @classmethod
    def _placed(cls, data: Any) -> Any:
        """The environment's word where no argument has one: a region that is given beats its URLs."""
        if not isinstance(data, Mapping) or data.get("region") is not None or data.get("base_url") is not None:
            return data
        fields = [field for field in _PLACE if field not in data]
        if "region" in data:  # it is said to be none
            fields = [field for field in fields if field == "base_url"]
        return {**data, **_place(*fields)}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.api_key is None and self.token is None:
            raise ValueError("api_key is missing: give it, or set AZURE_SPEECH_KEY and use from_env(); or give a token")
        if self.region is None and self.base_url is None:
            raise ValueError("region is missing: give it (such as eastus), set AZURE_SPEECH_REGION, or give a base_url")
        return self

    def host(self, *, deployment: bool = False) -> str:
        """Origin and prefix that every path of speech follows, without a last slash.

        `deployment`: of the voices that customers trained, which a region has at a host of their own.
        """
        url = origin(self.base_url, _SUFFIXES) if self.base_url else ""
        service = "voice" if deployment else "tts"
        if not url:
            return f"https://{self.region}.{service}.speech.{_domain(self.region or '')}"
        parts = urlsplit(url)
        if _RESOURCE.fullmatch(parts.hostname or "") and parts.path in ("", "/tts", "/voice"):
            return f"{parts.scheme}://{parts.netloc}/{service}"
        found = _REGIONAL.fullmatch(parts.hostname or "")
        if found is None or parts.path:
            return url
        region, cloud = found.groups()
        domain = {"microsoft.com": _domain(region), "microsoft.us": "azure.us"}.get(cloud, cloud)
        return f"https://{region}.{service}.speech.{domain}"

    def headers(self) -> dict[str, str]:
        """Who asks, on every wire."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        assert self.api_key is not None
        return {"Ocp-Apim-Subscription-Key": self.api_key.get_secret_value()}

    def opening(self) -> dict[str, str]:
        """Who opens a WebSocket: each is known by an id of its own."""
        return {**self.headers(), "X-ConnectionId": uuid4().hex}

    def _probes(self) -> list[Probe]:
        from modeldeck.credential.diagnosis import Probe
        from modeldeck.providers.azure.wire.errors import SERVICE

        region = None if self.base_url else self.region
        return [Probe(self.host() + _VOICES, self.headers(), SERVICE.handshake_error, region, _is_list)]

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        """The voices of the region or resource, which are all that it has; trained ones are in no list."""
        from modeldeck.credential.listing import Listing
        from modeldeck.providers.azure.wire import lists
        from modeldeck.providers.azure.wire.errors import SERVICE

        known: dict[str, list[str]] = {}
        for name, voice in ((card.name, voice) for card in cards for voice in card.voices):
            known.setdefault(voice.id.lower(), []).append(name)
        return [
            Listing(
                "voices",
                partial(lists.ask, self.host() + _VOICES),
                self.headers(),
                SERVICE.handshake_error,
                partial(lists.voices, known),
                about=frozenset(card.name for card in cards if card.voices),
                whole=True,
            )
        ]


def _domain(region: str) -> str:
    """Azure in China and for the government of the USA have their own (documents on sovereign clouds, 2025-08-07)."""
    if region.startswith("china"):
        return "azure.cn"
    return "azure.us" if region.startswith("usgov") else "microsoft.com"


def _is_list(status: int, body: bytes) -> bool:
    """The voices are some hundred kilobytes: whether their list begins is enough."""
    return status == 200 and body.lstrip().startswith(b"[")
