"""CosyVoice over the run-task WebSocket: one implementation, two names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import CosyVoiceParameters, CosyVoiceSwitchParameters
from modeldeck.tts.realtime import RealtimeOptions, RealtimeTTSModelBase

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard


class DashScopeCosyVoiceRealtimeTTSModel(RealtimeTTSModelBase[CosyVoiceParameters]):
    """CosyVoice with streamed text; the server speaks each sentence when it is whole."""

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    Parameters: ClassVar[type[CosyVoiceParameters]] = CosyVoiceParameters
    type: Literal["dashscope_cosyvoice_realtime_tts"] = "dashscope_cosyvoice_realtime_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "cosyvoice-v3-plus",
        parameters: CosyVoiceParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)


class DashScopeCosyVoiceTTSModel(RealtimeTTSModelBase[CosyVoiceSwitchParameters]):
    """The same models with `Parameters.realtime` as the switch: whole texts unless it is set."""

    provider: ClassVar[str] = "dashscope"
    realtime: ClassVar[bool] = False
    credential_class = DashScopeCredential
    Parameters: ClassVar[type[CosyVoiceSwitchParameters]] = CosyVoiceSwitchParameters
    type: Literal["dashscope_cosyvoice_tts"] = "dashscope_cosyvoice_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "cosyvoice-v3-flash",
        parameters: CosyVoiceSwitchParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[RealtimeOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)

    @classmethod
    def _takes(cls, realtime: bool | None) -> bool:
        return True  # its models speak both ways
