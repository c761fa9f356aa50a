"""The credential of the voice that runs here: nothing to keep secret."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, Field

from modeldeck.credential.base import CredentialBase
from modeldeck.errors import MissingExtraError, ModelDeckError

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.credential.diagnosis import Diagnosis


class LocalCredential(CredentialBase):
    """eSpeak NG on this machine. Needs no key and no network."""

    model_config = ConfigDict(title="Local voice")
    models: ClassVar = {"tts": (".tts:LocalTTSModel",)}

    type: Literal["local_credential"] = Field(default="local_credential", title="Type")

    async def check(self, transport: Transport | None = None) -> Diagnosis:
        """Whether the engine is installed and answers."""
        from modeldeck.credential.diagnosis import Diagnosis
        from modeldeck.providers.local.engine import Engine

        started = perf_counter()
        try:
            engine = await Engine.running()
            voices = await engine.voices()
        except MissingExtraError as error:
            return Diagnosis("unreachable", "the engine is not installed", str(error))
        except (ModelDeckError, OSError) as error:
            return Diagnosis("unreachable", "the engine does not run", str(error))
        languages = sum(bool(voice.languages) for voice in voices)
        return Diagnosis("ok", f"eSpeak NG speaks {languages} languages", latency=perf_counter() - started)
