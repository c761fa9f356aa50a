"""Alibaba Cloud Model Studio: one key, one region, every family behind the same host."""

from __future__ import annotations

import os
from typing import ClassVar, Literal, cast

from pydantic import ConfigDict, Field

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


def _region() -> Region:
    return cast("Region", os.environ.get("DASHSCOPE_API_REGION") or "cn-beijing")  # validated as a default


def _base_url() -> str | None:
    return os.environ.get("DASHSCOPE_HTTP_BASE_URL") or os.environ.get("DASHSCOPE_COMPATIBLE_BASE_URL") or None


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
        default_factory=_region,
        title="Region",
        description="Where the key was made; it works nowhere else.",
        json_schema_extra={"default": "cn-beijing"},
    )
    base_url: BaseUrl | None = Field(
        default_factory=_base_url,
        title="Base URL",
        description="Instead of the region's host: a workspace host, a proxy or a test server.",
    )
    workspace_id: str | None = Field(
        default_factory=_workspace, title="Workspace", description="Only for keys of a sub-workspace."
    )

    def host(self) -> str:
        """Origin and prefix that every path of the service follows, without a last slash."""
        return origin(self.base_url, _SUFFIXES) if self.base_url else _HOSTS[self.region]
