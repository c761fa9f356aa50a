from __future__ import annotations

import os
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from modeldeck.credential import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl


def _base_url() -> str | None:
    return os.environ.get("TINY_BASE_URL") or None


class TinyCredential(CredentialBase):
    """A key."""

    model_config = ConfigDict(title="Tiny", validate_default=True)
    models: ClassVar = {"tts": (".tts:TinyTTSModel",)}
    env: ClassVar = {"api_key": ("TINY_API_KEY",)}

    type: Literal["tiny_credential"] = Field(default="tiny_credential", title="Type")
    api_key: ApiKey = Field(title="API key", description="Made up.")
    base_url: BaseUrl | None = Field(default_factory=_base_url, title="Base URL", description="Where it is.")
