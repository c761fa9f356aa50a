"""Alibaba Cloud Model Studio: one key, one region, every family behind the same host."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, origin

if TYPE_CHECKING:
    from modeldeck.credential.diagnosis import Probe
    from modeldeck.credential.listing import Listing
    from modeldeck.tts.card import TTSModelCard

# "Hosts and paths" of the service's documents, snapshot of 2026-05-30.
_HOSTS = {
    "cn-beijing": "https://dashscope.aliyuncs.com",
    "ap-southeast-1": "https://dashscope-intl.aliyuncs.com",
    "us-east-1": "https://dashscope-us.aliyuncs.com",
    "cn-hongkong": "https://cn-hongkong.dashscope.aliyuncs.com",
}
# The official SDK's (2.0.2, 2026-11-30): a workspace has a host of its own here, who names none goes to the shared one.
_WORKSPACE_HOSTS = {"eu-central-1": "ap-southeast-1", "ap-northeast-1": "ap-southeast-1"}
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SUFFIXES = ("/compatible-mode/v1", "/api/v1", "/api-ws/v1/inference", "/api-ws/v1/realtime", "/api-ws/v1", "/v1")
_MODELS = "/compatible-mode/v1/models"  # listing them is free, and a key that is not good gets a 401
Region = Literal["cn-beijing", "ap-southeast-1", "us-east-1", "cn-hongkong", "eu-central-1", "ap-northeast-1"]


# What the official SDK reads (2.0.2, 2026-11-21): its modules, then its v2 clients; the first that is set wins.
_PLACE = {
    "region": ("DASHSCOPE_API_REGION", "DASHSCOPE_REGION"),
    "base_url": ("DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_COMPATIBLE_BASE_URL", "DASHSCOPE_BASE_URL"),
    "websocket_base_url": ("DASHSCOPE_WEBSOCKET_BASE_URL",),
    "workspace_id": ("DASHSCOPE_WORKSPACE_ID", "DASHSCOPE_WORKSPACE"),
}


def _place(*fields: str) -> dict[str, str]:
    """These fields as the environment has them."""
    found = {field: [os.environ[name] for name in _PLACE[field] if os.environ.get(name)] for field in fields}
    return {field: texts[0] for field, texts in found.items() if texts}


def _workspace() -> str | None:
    return _place("workspace_id").get("workspace_id")


class DashScopeCredential(CredentialBase):
    """An API key of Alibaba Cloud Model Studio (DashScope). A key belongs to one region."""

    model_config = ConfigDict(title="DashScope (Alibaba Cloud Model Studio)", validate_default=True)
    models: ClassVar = {
        "tts": (
            ".tts:DashScopeTTSModel",
            ".realtime_tts:DashScopeRealtimeTTSModel",
            ".cosyvoice:DashScopeCosyVoiceRealtimeTTSModel",
        ),
    }
    env: ClassVar = {"api_key": ("DASHSCOPE_API_KEY",)}

    type: Literal["dashscope_credential"] = Field(default="dashscope_credential", title="Type")
    api_key: ApiKey = Field(title="API key", description="Starts with sk-; made in the Model Studio console.")
    region: Region = Field(
        default="cn-beijing", title="Region", description="Where the key was made; it works nowhere else."
    )
    base_url: BaseUrl | None = Field(
        default=None,
        title="Base URL",
        description="Instead of the region's host: a workspace host, a proxy or a test server.",
    )
    websocket_base_url: BaseUrl | None = Field(
        default=None,
        title="WebSocket base URL",
        description="Only where WebSockets go to another host than everything else.",
    )
    workspace_id: str | None = Field(
        default_factory=_workspace, title="Workspace", description="Only for keys of a sub-workspace."
    )

    @model_validator(mode="before")
    @classmethod
    def _placed(cls, data: Any) -> Any:
        """The environment's word where no argument has one: a region that is given beats its URLs."""
        if not isinstance(data, Mapping) or "region" in data:
            return data
        if "base_url" in data:
            return {**data, **_place("region")} if data["base_url"] is None else data
        return {**_place("region", "base_url", "websocket_base_url"), **data}

    @model_validator(mode="after")
    def _workspace_names_a_host(self) -> Self:
        if self.region in _WORKSPACE_HOSTS and self.workspace_id and not _LABEL.fullmatch(self.workspace_id):
            raise ValueError(f"workspace_id: in {self.region} it is part of a host: letters, digits, - and _ only")
        return self

    def host(self) -> str:
        """Origin and prefix that every path of the service follows, without a last slash."""
        if self.base_url:
            return origin(self.base_url, _SUFFIXES)
        if (shared := _WORKSPACE_HOSTS.get(self.region)) is None:
            return _HOSTS[self.region]
        return f"https://{self.workspace_id}.{self.region}.maas.aliyuncs.com" if self.workspace_id else _HOSTS[shared]

    def socket_host(self) -> str:
        """The same for WebSockets; its scheme is http or https too."""
        return origin(self.websocket_base_url, _SUFFIXES) if self.websocket_base_url else self.host()

    def headers(self) -> dict[str, str]:
        """Who asks, on every wire."""
        workspace = {"X-DashScope-WorkSpace": self.workspace_id} if self.workspace_id else {}
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}", **workspace}

    def _probes(self) -> list[Probe]:
        from modeldeck.credential.diagnosis import Probe
        from modeldeck.providers.dashscope.wire.errors import SERVICE

        hosts = {self.region: self.host()} | ({} if self.base_url else _HOSTS)
        region = None if self.base_url else self.region
        return [
            Probe(host + _MODELS, self.headers(), SERVICE.http_error, region and place) for place, host in hosts.items()
        ]

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        """The voices that the account has cloned or designed; a region without such a service answers 404."""
        from modeldeck.credential.listing import Listing
        from modeldeck.providers.dashscope.wire import lists
        from modeldeck.providers.dashscope.wire.errors import SERVICE

        url, headers = self.host() + lists.PATH, self.headers()
        known = frozenset(card.name for card in cards if card.custom_voices)
        services = {
            "CosyVoice voices": lists.COSYVOICE,
            "cloned voices": lists.CLONED,
            "designed voices": lists.DESIGNED,
        }
        return [
            Listing(
                name,
                partial(lists.ask, service, url),
                headers,
                SERVICE.http_error,
                partial(lists.voices, service, known),
                about=known,
                absent=frozenset({404}),
            )
            for name, service in services.items()
        ]
