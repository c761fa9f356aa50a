"""Models that take text while they speak."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from modeldeck._transport.limits import Retry
from modeldeck.errors import ParameterError
from modeldeck.tts.base import P, TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.credential.base import CredentialBase
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.cold_start import ColdStart


class RealtimeOptions(TTSOptions, total=False):
    """The keyword arguments that every realtime model takes; see `RealtimeTTSModelBase.__init__`."""

    cold_start_length: int | None
    cold_start_words: int | None
    max_retries: int
    retry_delay: float


class RealtimeTTSModelBase(TTSModelBase[P]):
    """Adds what a stream of text needs."""

    realtime: ClassVar[bool] = True

    def __init__(
        self,
        credential: CredentialBase,
        model: str | TTSModelCard,
        parameters: P | Mapping[str, Any] | None = None,
        stream: bool = True,
        *,
        cold_start_length: int | None = None,
        cold_start_words: int | None = None,
        max_retries: int = 3,
        retry_delay: float = 5.0,
        **options: Any,
    ) -> None:
        """`cold_start_length`, `cold_start_words`: characters and words (both) before the first text is sent.

        `max_retries`: attempts after the first, with backoff from `retry_delay` seconds; `retry` says it whole.
        """
        numbers = {"cold_start_length": cold_start_length, "cold_start_words": cold_start_words}
        for name, value in {**numbers, "max_retries": max_retries, "retry_delay": retry_delay}.items():
            given: Any = 0 if value is None and name in numbers else value
            whole = isinstance(given, int) or (name == "retry_delay" and isinstance(given, float))
            if not whole or isinstance(given, bool) or not 0 <= given < math.inf:
                raise ParameterError(f"{name} must be a number from 0 on, not {value!r}", parameter=name)
        options["retry"] = options.get("retry") or Retry(max_retries, retry_delay, max(retry_delay, 8.0))
        super().__init__(credential, model, parameters, stream, **options)
        self.cold_start_length = cold_start_length
        self.cold_start_words = cold_start_words

    @property
    def _cold_start(self) -> ColdStart | None:
        if not self.cold_start_length and not self.cold_start_words:
            return None
        from modeldeck.tts.cold_start import ColdStart

        return ColdStart(self.cold_start_length or 0, self.cold_start_words or 0)

    @property
    def session_id(self) -> str | None:
        """What the provider calls the private conversation's session; None before it said so."""
        return self._private.session.session_id if self._private is not None else None

    @property
    def last_response_id(self) -> str | None:
        """What the provider calls the private conversation's newest response."""
        return self._private.session.last_response_id if self._private is not None else None

    @property
    def first_audio_delay(self) -> float | None:
        """Seconds from the last utterance's first text to its first audio, in the private conversation."""
        return self._private.session.first_audio if self._private is not None else None
