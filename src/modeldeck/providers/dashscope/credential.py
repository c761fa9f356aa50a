"""Alibaba Cloud Model Studio: one key, one region, every family behind the same host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, origin

# "Hosts and paths" of the service's documents, snapshot of 2026-05-30.
_HOSTS = {
    "cn-beijing": "https://dashscope.aliyuncs.com",
    "ap-southeast-1": "https://dashscope-intl.aliyuncs.com",
    "us-east-1": "https://dashscope-us.aliyuncs.com",
    "cn-hongkong": "https://cn-hongkong.dashscope.aliyuncs.com",
}
_SUFFIXES = ("/compatible-mode/v1", "/api/v1", "/api-ws/v1/inference", "/api-ws/v1/realtime", "/api-ws/v1", "/v1")
Region = Literal["cn-beijing", "ap-southeast-1", "us-east-1", "cn-hongkong"]


_PLACE = {
    "region": ("DASHSCOPE_API_REGION",),
    "base_url": ("DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_COMPATIBLE_BASE_URL"),
}


def _place(fields: tuple[str, ...]) -> dict[str, str]:
    """These fields as the environment has them."""
    found = {field: [os.environ[name] for name in _PLACE[field] if os.environ.get(name)] for field in fields}
    return {field: texts[0] for field, texts in found.items() if texts}


def _workspace() -> str | None:
    return os.environ.get("DASHSCOPE_WORKSPACE_ID") or None


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
    workspace_id: str | None = Field(
        default_factory=_workspace, title="Workspace", description="Only for keys of a sub-workspace."
    )

    @model_validator(mode="before")
    @classmethod
    def _placed(cls, data: Any) -> Any:
        """The environment's word where no argument has one: a region that is given beats its base URL."""
        if not isinstance(data, Mapping) or "region" in data:
            return data
        if "base_url" not in data:
            return {**data, **_place(("region", "base_url"))}
        return {**data, **_place(("region",))} if data["base_url"] is None else data

    def host(self) -> str:
        """Origin and prefix that every path of the service follows, without a last slash."""
        return origin(self.base_url, _SUFFIXES) if self.base_url else _HOSTS[self.region]
