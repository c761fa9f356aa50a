"""Speech of Alibaba Cloud's Model Studio by callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modeldeck.credential import DashScopeCredential
from modeldeck.errors import ModelNotFoundError
from modeldeck.realtime_clients.callbacks import ModelstudioCalls, ModelstudioTtsCallbacks
from modeldeck.realtime_clients.client import TtsClient, output
from modeldeck.realtime_clients.config import ModelstudioTtsConfig
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, find_model

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.tts import TTSModelBase, TTSModelCard


class ModelstudioTtsClient(TtsClient):
    """CosyVoice, and every other model that DashScope's cards list (Qwen-TTS realtime too).

    The config's key, URL, workspace, user agent and data inspection hold for this client alone.
    """

    def __init__(
        self, config: ModelstudioTtsConfig, callbacks: ModelstudioTtsCallbacks | None = None, **options: Any
    ) -> None:
        super().__init__(config, callbacks, **options)

    @staticmethod
    def _model(config: Any, options: Mapping[str, Any], transport: Transport | None = None) -> TTSModelBase[Any]:
        given = {name: getattr(config, name) for name in ("api_key", "base_url", "workspace_id")}
        credential = DashScopeCredential.from_env(**{name: value for name, value in given.items() if value is not None})
        cls: type[TTSModelBase[Any]]
        model: str | TTSModelCard
        try:
            found = find_model(f"dashscope/{config.model}", credential)
        except ModelNotFoundError:  # newer than our deck
            cls, model = DashScopeCosyVoiceRealtimeTTSModel, config.model
        else:
            cls, model = found.model_class, found.card or found.name
        more = {"output": output(config), **options, "transport": transport}
        return cls(credential, model, {"voice": config.voice}, **more)

    def _calls(self) -> ModelstudioCalls:
        return ModelstudioCalls(self.callbacks, self.config)

    def _headers(self) -> Mapping[str, str]:
        names = {"user_agent": "User-Agent", "data_inspection": "X-DashScope-DataInspection"}
        return {header: value for name, header in names.items() if (value := getattr(self.config, name))}
