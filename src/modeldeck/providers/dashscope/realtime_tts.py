"""Qwen-TTS over a WebSocket, text as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import QwenRealtimeTTSParameters
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard


class DashScopeRealtimeTTSModel(RealtimeTTSModelBase[QwenRealtimeTTSParameters]):
    """Qwen3-TTS realtime: audio comes back while text is still being pushed."""

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    Parameters: ClassVar[type[QwenRealtimeTTSParameters]] = QwenRealtimeTTSParameters
    type: Literal["dashscope_realtime_tts"] = "dashscope_realtime_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "qwen3-tts-flash-realtime",
        parameters: QwenRealtimeTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)
