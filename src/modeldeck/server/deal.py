"""What one model lets be set: its schemas, values against them, and what of them another model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modeldeck._cards.enforce import Rules, base_schema
from modeldeck.errors import ModelNotFoundError, ParameterError
from modeldeck.server.deck import ModelEntry
from modeldeck.server.shapes import Dropped, ModelSchema, SwitchResult
from modeldeck.tts.card import TTSModelCard
from modeldeck.tts.reference import FoundModel, find_model
from modeldeck.tts.settings import Settings

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def described(reference: str) -> ModelEntry:
    """A model that the deck does not list under this very name. Raises ModelNotFoundError."""
    found = find_model(reference)
    card = found.card
    if card is None:
        provider = found.credential_class.provider_name()
        raise ModelNotFoundError(f"no card describes {found.name!r}: it can be used, not shown", provider=provider)
    return ModelEntry(found.credential_class, "tts", card)


def schemas(reference: str) -> ModelSchema:
    found = find_model(reference)
    if found.card is None:
        base = dict(base_schema(found.model_class.Parameters))
        return ModelSchema(parameter_schema=base, ui_schema={}, call_schema=base)
    card = found.card
    return ModelSchema(parameter_schema=card.parameter_schema, ui_schema=card.ui_schema, call_schema=card.call_schema)


def effective(found: FoundModel, parameters: Mapping[str, Any], enforce: Any = "error") -> dict[str, Any]:
    """As a constructor makes them. Raises as it does."""
    given = dict(parameters)
    if found.voice is not None:
        given.setdefault("voice", found.voice)
    return dict(_settings(found, given, enforce).effective)


def switched(from_ref: str, to_ref: str, parameters: Mapping[str, Any]) -> SwitchResult:
    """What of the parameters of one model still holds for another; each that does not, with the reason."""
    before, found = find_model(from_ref), find_model(to_ref)
    dropped = [
        Dropped(parameter=name, reason=reason)
        for name, value in parameters.items()
        if (reason := _means_another(before, found, name, value))
    ]
    gone = {one.parameter for one in dropped}
    kept = {name: value for name, value in parameters.items() if name not in gone}
    while kept:
        try:
            _settings(found, kept, "error")
        except ParameterError as error:
            culprit = _culprit(found, kept, error)
            if culprit is None:
                break
            dropped.append(Dropped(parameter=culprit, reason=error.problems[0]))
            del kept[culprit]
        else:
            break
    return SwitchResult(parameters=kept, kept=list(kept), dropped=dropped)


def _means_another(before: FoundModel, found: FoundModel, name: str, value: Any) -> str | None:
    """Why a value that is valid in both places is not the same there; None when it is, as far as the cards tell."""
    if name == "voice" and before.card is not None and found.card is not None:
        listed = {voice.id for voice in before.card.voices} - {voice.id for voice in found.card.voices}
        return f"{found.card.label} lists no voice {value!r}" if isinstance(value, str) and value in listed else None
    old, new = (_call_schema(one)["properties"].get(name) for one in (before, found))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or old is None or new is None or before.model_class is found.model_class:
        return None
    if all(old.get(bound) == new.get(bound) for bound in _BOUNDS):
        return None
    if old.get("default") is not None and old.get("default") == new.get("default"):
        return None
    about = new.get("description")
    return f"{name} is measured otherwise there{f': {about}' if about else ''}"


def _call_schema(found: FoundModel) -> Mapping[str, Any]:
    return found.card.call_schema if found.card is not None else base_schema(found.model_class.Parameters)


def _culprit(found: FoundModel, kept: Mapping[str, Any], error: ParameterError) -> str | None:
    """The value to drop; None when the only trouble is that something else is missing."""
    if error.parameter is not None:
        name = error.parameter if error.parameter in kept else error.parameter.partition(".")[0]
        return name if name in kept else None
    for name in reversed(list(kept)):  # a rule between fields: the last one without which it holds
        try:
            _settings(found, {one: value for one, value in kept.items() if one != name}, "error")
        except ParameterError:
            continue
        return name
    return next(reversed(list(kept)))


def _settings(found: FoundModel, parameters: Mapping[str, Any], enforce: Any) -> Settings:
    card: TTSModelCard | None = found.card
    of_class = found.model_class.Parameters
    return Settings(
        Rules(of_class, card.rules(of_class) if card is not None else None, found.name),
        parameters,
        model=found.name,
        limits=card.limits if card is not None else None,
        enforce=enforce,
        provider=found.model_class.provider or None,
        hide=lambda text: text,
    )
