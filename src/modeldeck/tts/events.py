"""What others see of a call: the wire's raw events, the observer's milestones, its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from modeldeck._transport.observe import NO_WATCH, Call, Kind, Watch
from modeldeck._warn import warn
from modeldeck.errors import ModelDeckError
from modeldeck.tts.options import OnEvent

if TYPE_CHECKING:
    from modeldeck._transport.transport import Transport


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose calls these are; `hide` masks the credential's secrets."""

    provider: str | None
    hide: Callable[[str], str]

    def complete(self, error: ModelDeckError) -> None:
        """Have `error` name the provider, and mask what that quoted of the credential."""
        error.provider = error.provider or self.provider
        if error.args:
            error.args = (self.hide(str(error.args[0])), *error.args[1:])
        error.code = error.code and self.hide(error.code)
        error.request_id = error.request_id and self.hide(error.request_id)


def watch(transport: Transport | None, provider: str, model: str, kind: Kind, text: str) -> Watch:
    """One call's line to the observer of `transport`."""
    if transport is None or transport.observer is None:
        return NO_WATCH
    return Watch(Call(uuid4().hex, provider, model, "tts", kind, len(text) or None), transport.observer)


def shown(on_event: OnEvent, hide: Callable[[str], str]) -> OnEvent:
    """`on_event` for a wire: secrets are masked, and what it raises is a warning, not the end of the call."""

    def show(event: Mapping[str, Any]) -> None:
        try:
            on_event(_masked(event, hide))
        except Exception as error:
            warn(RuntimeWarning(f"on_event raised {type(error).__name__}: {hide(str(error))}"))

    return show


def _masked(value: Any, hide: Callable[[str], str]) -> Any:
    match value:
        case str():
            return hide(value)
        case Mapping():
            return {name: _masked(inner, hide) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(inner, hide) for inner in value]
        case _:
            return value
