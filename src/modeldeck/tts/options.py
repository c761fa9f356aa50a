"""The keyword arguments that every text-to-speech model takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from pydantic import BaseModel, ConfigDict

from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport
    from modeldeck.tts.cache.cache import TTSCache
    from modeldeck.tts.response import AudioFormat
    from modeldeck.tts.spoken import SpokenText

Enforce = Literal["error", "warn", "off"]
OnEvent = Callable[[Mapping[str, Any]], None]
TextFilter: TypeAlias = "SpokenText | bool"


class TTSOptions(TypedDict, total=False):
    """The keyword arguments that every model takes; see `TTSModelBase.__init__`."""

    output: AudioFormat | None
    enforce: Enforce
    timeouts: Timeouts | None
    retry: Retry | None
    transport: Transport | None
    extra: Mapping[str, Any] | None
    on_event: OnEvent | None
    text_filter: TextFilter | None
    cache: TTSCache | None


def check_options(
    *,
    stream: Any = True,
    enforce: Any = "error",
    timeouts: Any = None,
    retry: Any = None,
    transport: Any = None,
    on_event: Any = None,
    cache: Any = None,
) -> None:
    """Options of the wrong type are found when a model is built, not in the middle of a call."""
    if not isinstance(stream, bool):
        raise ParameterError(f"stream must be True or False, not {stream!r}", parameter="stream")
    if enforce not in ("error", "warn", "off"):
        raise ParameterError(f"enforce must be error, warn or off, not {enforce!r}", parameter="enforce")
    for name, value, kind in (("timeouts", timeouts, Timeouts), ("retry", retry, Retry)):
        if value is not None and not isinstance(value, kind):
            raise ParameterError(f"{name} must be modeldeck.{kind.__name__}(...), not {value!r}", parameter=name)
    if transport is not None and not hasattr(transport, "exchange"):
        raise ParameterError(f"transport must be modeldeck.Transport(...), not {transport!r}", parameter="transport")
    if on_event is not None and not callable(on_event):
        raise ParameterError(f"on_event must be a function of one event, not {on_event!r}", parameter="on_event")
    if cache is not None and not hasattr(cache, "events"):
        raise ParameterError(f"cache must be modeldeck.tts.TTSCache(...), not {cache!r}", parameter="cache")


class NoParameters(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")
