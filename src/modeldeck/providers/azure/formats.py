"""Audio formats as both classes ask for them: by the service's own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modeldeck.tts.response import AudioFormat


class Named:
    """What a model class says of the formats behind the names."""

    def _gives(self, target: AudioFormat) -> bool:
        from modeldeck.providers.azure.wire.formats import gives

        return gives(target)

    def _leaves(self, parameters: Mapping[str, Any]) -> str | None:
        from modeldeck.providers.azure.wire.formats import encoding_of

        return encoding_of(parameters)

    def _times(self, parameters: Mapping[str, Any]) -> bool:
        return bool(parameters.get("word_timestamps"))

    def _leaves_at(self, parameters: Mapping[str, Any]) -> int | None:
        from modeldeck.providers.azure.wire.formats import format_of

        return format_of(parameters, None).audio.sample_rate
