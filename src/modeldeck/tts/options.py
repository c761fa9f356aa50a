"""The keyword arguments that every text-to-speech model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict

from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from modeldeck.tts.response import AudioFormat

Enforce = Literal["error", "warn", "off"]


class TTSOptions(TypedDict, total=False):
    """The keyword arguments that every model takes; see `TTSModelBase.__init__`."""

    output: AudioFormat | None
    enforce: Enforce
    timeouts: Timeouts | None
    retry: Retry | None
    extra: Mapping[str, Any] | None


def check_options(*, stream: Any, enforce: Any, timeouts: Any, retry: Any) -> None:
    """Options of the wrong type are found when a model is built, not in the middle of a call."""
    if not isinstance(stream, bool):
        raise ParameterError(f"stream must be True or False, not {stream!r}", parameter="stream")
    if enforce not in ("error", "warn", "off"):
        raise ParameterError(f"enforce must be error, warn or off, not {enforce!r}", parameter="enforce")
    for name, value, kind in (("timeouts", timeouts, Timeouts), ("retry", retry, Retry)):
        if value is not None and not isinstance(value, kind):
            raise ParameterError(f"{name} must be modeldeck.{kind.__name__}(...), not {value!r}", parameter=name)


class NoParameters(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")
