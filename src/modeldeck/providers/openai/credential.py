"""OpenAI, and every server that speaks its protocols."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from modeldeck.credential.base import CredentialBase
from modeldeck.credential.fields import ApiKey, BaseUrl, HeaderText, origin

if TYPE_CHECKING:
    from modeldeck.credential.diagnosis import Probe
    from modeldeck.credential.listing import Listing
    from modeldeck.tts.card import TTSModelCard

_HOST = "https://api.openai.com/v1"
_SUFFIXES = ("/audio/speech", "/audio", "/realtime", "/models")
_OWN_HOST = re.compile(r"(?:[a-z0-9-]+\.)?api\.openai\.com").fullmatch
_VERSION = re.compile(r"v\d+[a-z0-9]*").fullmatch


def _set(name: str) -> str | None:
    return os.environ.get(name) or None


def _base_url() -> str | None:
    return _set("OPENAI_BASE_URL")


def _organization() -> str | None:
    return _set("OPENAI_ORG_ID")


def _project() -> str | None:
    return _set("OPENAI_PROJECT_ID")


class OpenAICredential(CredentialBase):
    """An API key of OpenAI; or the address of a compatible server, which may want no key."""

    model_config = ConfigDict(title="OpenAI and compatible servers", validate_default=True)
    models: ClassVar = {"tts": (".tts:OpenAITTSModel", ".realtime_tts:OpenAIRealtimeTTSModel")}
    env: ClassVar = {"api_key": ("OPENAI_API_KEY",)}

    type: Literal["openai_credential"] = Field(default="openai_credential", title="Type")
    api_key: ApiKey | None = Field(
        default=None,
        title="API key",
        description="Starts with sk-; made on the OpenAI platform. A server of your own may need none.",
    )
    base_url: BaseUrl | None = Field(
        default_factory=_base_url,
        title="Base URL",
        description="Instead of OpenAI's: a compatible server (http://localhost:8880/v1), a proxy, or one of OpenAI's "
        "regions (https://eu.api.openai.com/v1).",
    )
    organization: HeaderText | None = Field(
        default_factory=_organization, title="Organization", description="Who pays, where a key belongs to several."
    )
    project: HeaderText | None = Field(
        default_factory=_project, title="Project", description="What it is counted for, where a key serves several."
    )

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if self.api_key is None and self.base_url is None:
            raise ValueError(
                "api_key is missing: give it, or take it from OPENAI_API_KEY with from_env(); only a server of your "
                "own, named by base_url, may need none"
            )
        return self

    def host(self) -> str:
        """What every path follows, version included: a base URL that has no version gets /v1."""
        if not self.base_url:
            return _HOST
        base = origin(self.base_url, _SUFFIXES)
        return base if any(map(_VERSION, urlsplit(base).path.split("/"))) else f"{base}/v1"

    def headers(self) -> dict[str, str]:
        """Who asks, on every wire; without a key and the rest, nothing."""
        key = self.api_key and f"Bearer {self.api_key.get_secret_value()}"
        who = {"Authorization": key, "OpenAI-Organization": self.organization, "OpenAI-Project": self.project}
        return {name: value for name, value in who.items() if value}

    def _probes(self) -> list[Probe]:
        from modeldeck.credential.diagnosis import Probe, has_list
        from modeldeck.providers.openai.wire.errors import SERVICE

        return [Probe(f"{self.host()}/models", self.headers(), SERVICE.http_error, takes=has_list("data"))]

    def _listings(self, cards: Sequence[TTSModelCard]) -> list[Listing]:
        """OpenAI lists its models. Other servers are asked for every list that one of them is known to keep."""
        from modeldeck.credential.listing import NOT_OFFERED, Listing
        from modeldeck.providers.openai.wire import lists
        from modeldeck.providers.openai.wire.errors import SERVICE

        elsewhere = not _OWN_HOST(urlsplit(self.host()).hostname or "")
        read = partial(
            lists.models,
            known={card.name for card in cards},
            described={card.name for card in cards if not card.is_shipped},
            elsewhere=elsewhere,
        )
        paths: dict[str, dict[str, Any]] = {lists.MODELS: {"name": "models", "read": read, "models": True}}
        if elsewhere:
            voices = {"read": lists.voices, "whole": True, "unnamed": lists.ANY_MODEL}
            paths[lists.CAPABILITIES] = {"name": "models' capabilities", "read": read, "models": True}
            paths[lists.VOICES] = {"name": "voices", **voices}
            paths[lists.LIBRARY] = {"name": "library of voices", **voices}
        absent = NOT_OFFERED if elsewhere else frozenset[int]()
        return [
            Listing(
                ask=partial(lists.ask, self.host() + path),
                headers=self.headers(),
                error=SERVICE.http_error,
                absent=absent,
                **about,
            )
            for path, about in paths.items()
        ]
