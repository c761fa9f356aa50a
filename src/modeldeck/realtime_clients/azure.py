"""Speech of Azure by callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from modeldeck.credential import AzureCredential
from modeldeck.realtime_clients.callbacks import AzureCalls, AzureTtsCallbacks
from modeldeck.realtime_clients.client import TtsClient, output
from modeldeck.realtime_clients.config import AzureTtsConfig
from modeldeck.tts import AzureRealtimeTTSModel

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.tts import TTSModelBase


class AzureTtsClient(TtsClient):
    """Azure's voices, for text as it is written. `start()` does not wait for the connection."""

    at_once: ClassVar[bool] = True

    def __init__(self, config: AzureTtsConfig, callbacks: AzureTtsCallbacks | None = None, **options: Any) -> None:
        super().__init__(config, callbacks, **options)

    @staticmethod
    def _model(config: Any, options: Mapping[str, Any], transport: Transport | None = None) -> TTSModelBase[Any]:
        given = {"api_key": config.key, "region": config.region, "base_url": config.base_url}
        credential = AzureCredential.from_env(**{name: value for name, value in given.items() if value is not None})
        more = {"output": output(config), **options, "transport": transport}
        model = {"model": config.model} if config.model else {}
        return AzureRealtimeTTSModel(credential, parameters={"voice": config.voice}, **model, **more)

    def _calls(self) -> AzureCalls:
        return AzureCalls(self.callbacks, self.config)
