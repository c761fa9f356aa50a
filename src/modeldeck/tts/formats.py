"""What a model delivers: the format that its settings ask for, or the one that its caller does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modeldeck.tts.response import AudioFormat

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.delivery import Delivery
    from modeldeck.tts.facts import Pricing
    from modeldeck.tts.settings import Settings


class Formats:
    """What a model class knows of its audio."""

    if TYPE_CHECKING:
        model: str
        output: AudioFormat | None
        _card: TTSModelCard | None
        _settings: Settings

        @property
        def _pricing(self) -> Pricing | None: ...

    @property
    def raw(self) -> AudioFormat:
        """The raw PCM that is nearest to what leaves, for `output=`: as settings and card tell, else at 24 kHz."""
        return self._delivery(self.output).raw(self._settings.effective)

    @property
    def word_timings(self) -> bool:
        """Whether speech comes with the times of its words, with these settings."""
        return self._times(self._settings.effective)

    # -- what providers fill

    def _gives(self, target: AudioFormat) -> bool:
        """Whether `request.output` may be `target`, besides what the card says. Seldom overridden."""
        return False

    def _leaves(self, parameters: Mapping[str, Any]) -> str | None:
        """The encoding of what these parameters ask for; None: the card's first. For names other than `format`."""
        asked = parameters.get("format")
        return None if not isinstance(asked, str) else "pcm_s16le" if asked == "pcm" else asked

    def _times(self, parameters: Mapping[str, Any]) -> bool:
        """Whether a call with these effective parameters is told when its words are spoken."""
        return False

    def _leaves_at(self, parameters: Mapping[str, Any]) -> int | None:
        """The rate of that in Hz; None: `sample_rate`, else the card's. For formats whose names tell their rate."""
        return None

    # -- inside

    def _delivery(self, output: AudioFormat | None) -> Delivery:
        from modeldeck.tts.delivery import delivery_of

        return delivery_of(self.model, self._card, self._pricing, output, self._gives, self._leaves)

    def _delivered(self, parameters: Mapping[str, Any], output: AudioFormat | None) -> Delivery:
        """Of a call with these parameters: who asks for raw PCM gets no WAV."""
        from dataclasses import replace

        delivery = self._delivery(output)
        raw = self._leaves({**self._settings.given, **parameters}) == "pcm_s16le" and output is None
        return replace(delivery, wav=False) if raw else delivery
