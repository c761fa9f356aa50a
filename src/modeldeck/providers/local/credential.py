"""The credential of the voice that runs here: nothing to keep secret."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from modeldeck.credential.base import CredentialBase


class LocalCredential(CredentialBase):
    """eSpeak NG on this machine. Needs no key and no network."""

    model_config = ConfigDict(title="Local voice")
    models: ClassVar = {"tts": (".tts:LocalTTSModel",)}

    type: Literal["local_credential"] = Field(default="local_credential", title="Type")
