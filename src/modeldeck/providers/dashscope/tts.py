"""Qwen-TTS over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.dashscope.credential import DashScopeCredential
from modeldeck.providers.dashscope.parameters import QwenTTSParameters
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard


class DashScopeTTSModel(TTSModelBase[QwenTTSParameters]):
    """Qwen3-TTS: whole texts in, audio as it is made."""

    provider: ClassVar[str] = "dashscope"
    credential_class = DashScopeCredential
    Parameters: ClassVar[type[QwenTTSParameters]] = QwenTTSParameters
    type: Literal["dashscope_tts"] = "dashscope_tts"

    def __init__(
        self,
        credential: DashScopeCredential,
        model: str | TTSModelCard = "qwen3-tts-flash",
        parameters: QwenTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential, model, parameters, stream, **options)
