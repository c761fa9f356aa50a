"""The card of a text-to-speech model: the facts in YAML, and the schema that they make."""

from __future__ import annotations

import builtins
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    computed_field,
    model_validator,
)
from pydantic.fields import FieldInfo

from modeldeck._cards.deck import CardProblems, Problems, one_card
from modeldeck._cards.enforce import Rules, base_schema, judged_by_class
from modeldeck._cards.schema import Merged, MergeError, Voices, merge
from modeldeck._near import did_you_mean, near_or_list, quoted
from modeldeck.errors import CardError, ParameterError
from modeldeck.tts.facts import (
    AudioFacts,
    Date,
    Interruption,
    Language,
    Limits,
    Live,
    Pricing,
    Status,
    Url,
    Voice,
    voice_of,
)


class TTSCardFile(BaseModel):
    """A model card of a text-to-speech model, as its YAML file may say it."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True, title="Text-to-speech model card")
    extends: str | None = Field(
        default=None, description="Inherit from the card of this name: maps merge, lists replace."
    )
    type: Literal["tts_model"] = "tts_model"
    name: str = Field(min_length=1, description="The model's name as the provider's API takes it.")
    label: str = Field(min_length=1, description="What people see.")
    status: Status = "active"
    deprecated_at: Date = None
    sunset_at: Date = Field(default=None, description="When the provider switches it off.")
    replacement: str | None = Field(default=None, description="The name of the model to use instead.")
    realtime: bool | None = Field(default=None, description="Takes text while it speaks; absent: as the class does.")
    interruption: Interruption | None = Field(
        default=None,
        description="How the next turn comes without a handshake: the service stops speaking (cancel), or the next "
        "connection is open already (reconnect).",
    )
    input_types: list[str] = Field(default=["text/plain"], min_length=1)
    output_types: list[str] = Field(default=["audio/wav"], min_length=1)
    voices: list[Annotated[Voice, BeforeValidator(voice_of)]] = Field(
        default_factory=list[Voice], description="Ids, or maps with an id; their order is the form's."
    )
    default_voice: str | None = Field(default=None, description="Preset in forms and calls; absent: the first voice.")
    custom_voices: bool = Field(default=False, description="Voice ids that are not listed are valid too.")
    languages: list[Language] = Field(default_factory=list[str], description="BCP 47 tags.")
    audio: AudioFacts | None = None
    limits: Limits | None = None
    pricing: Pricing | None = None
    source: Url | None = Field(default=None, description="Where these facts were read.")
    verified: Date = Field(default=None, description="When they were read.")
    parameter_overrides: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict[str, Any],
        description="Per parameter: keywords to merge, {hidden: true} to hide it, null to remove it.",
    )


class TTSModelCard(BaseModel):
    """One text-to-speech model: its facts, and the one schema of what may be set.

    Every listing gives copies of one's own; the schemas are fresh values at each access.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)
    type: Literal["tts_model"] = "tts_model"
    name: str
    label: str
    status: Status = "active"
    deprecated_at: datetime | date | None = None
    sunset_at: datetime | date | None = None
    replacement: str | None = None
    provider: str = ""
    model_type: str = ""
    realtime: bool = False
    interruption: Interruption | None = None
    input_types: list[str] = ["text/plain"]
    output_types: list[str] = ["audio/wav"]
    voices: list[Voice] = []
    default_voice: str | None = None
    custom_voices: bool = False
    languages: list[str] = []
    audio: AudioFacts | None = None
    limits: Limits | None = None
    pricing: Pricing | None = None
    source: str | None = None
    verified: date | None = None
    live: Live | None = None  # no card file says it: see `credential.discover_tts_models()`
    path: str | None = Field(default=None, exclude=True)

    _merged: Merged | None = PrivateAttr(None)
    _bytes: dict[str, bytes] = PrivateAttr(default_factory=dict[str, bytes])

    @model_validator(mode="wrap")
    @classmethod
    def _restored(cls, data: Any, handler: Callable[[Any], TTSModelCard]) -> TTSModelCard:
        """A card that was dumped has its schemas again; the rules are made anew where a model is built of it."""
        card = handler(data)
        if isinstance(data, Mapping):
            keys = {"form": "parameter_schema", "ui": "ui_schema", "overrides": "parameter_overrides"}
            card._bytes = {view: canonical(data[key]) for view, key in keys.items() if key in data}
        return card

    def __copy__(self) -> TTSModelCard:
        return copy_card(self)

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with its class, and not from an operator's folder."""
        return self.path is not None and f"{os.sep}_models{os.sep}" in self.path

    @property
    def voice_count(self) -> str:
        """`49`; `87+` where others are valid too; `own` where only those are."""
        listed = str(len(self.voices) or "")
        return (f"{listed}+" if listed else "own") if self.custom_voices else listed

    @property
    def all_languages(self) -> list[str]:
        """BCP 47 tags: the card's own, then those that only its voices have."""
        spoken = [tag for voice in self.voices for tag in voice.languages]
        return list(dict.fromkeys([*self.languages, *spoken]))

    def rules(self, parameters: builtins.type[BaseModel]) -> Merged:
        """What may be set, for a class of parameters, merged anew if the card was read for another; or CardError."""
        base = base_schema(parameters)
        if self._merged is not None and (self._merged.base is base or self._merged.base == base):
            return self._merged
        names = TTSCardFile.model_fields.keys() & TTSModelCard.model_fields.keys()
        data = {**self.model_dump(mode="json", include=set(names)), "parameter_overrides": self.parameter_overrides}
        try:
            made = build_card(data, self.path or self.name, parameters)
        except CardProblems as error:
            raise CardError(f"card {self.name!r} does not fit {parameters.__qualname__}: {error}") from None
        assert made._merged is not None
        return made._merged

    @computed_field  # type: ignore[prop-decorator]
    @property
    def parameter_schema(self) -> dict[str, Any]:
        """What a form shows."""
        return self._fresh("form")

    @property
    def call_schema(self) -> dict[str, Any]:
        """What is enforced: the form's schema plus what it hides."""
        return self._fresh("call")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ui_schema(self) -> dict[str, Any]:
        """Hints for the form: order, widgets, labels of the choices."""
        return self._fresh("ui")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def parameter_overrides(self) -> dict[str, dict[str, Any] | None]:
        """The card's own overrides, before merging."""
        return self._fresh("overrides")

    @property
    def parameters_overrides(self) -> dict[str, dict[str, Any] | None]:
        """The same under the name that AgentScope's chat and TTS cards use."""
        return self._fresh("overrides")

    @property
    def schema_bytes(self) -> bytes:
        """`parameter_schema` in canonical JSON; equal bytes, equal schema."""
        return self._view("form")

    def _view(self, view: str) -> bytes:
        """Canonical bytes, written once for all copies of the card."""
        if view not in self._bytes:
            self._bytes[view] = canonical(getattr(self._merged, view)) if self._merged is not None else b"{}"
        return self._bytes[view]

    def _fresh(self, view: str) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(self._view(view))
        return schema

    @classmethod
    def from_yaml(cls, yaml_path: str, parameter_class: builtins.type[BaseModel]) -> TTSModelCard:
        """One file, for a class of parameters; it may extend another of its folder. Raises CardError."""
        made = one_card(str(yaml_path), lambda data, path: build_card(data, path, parameter_class))
        if isinstance(made, cls):
            return made
        raise CardError("\n".join(map(str, made)))


def build_card(
    data: Mapping[str, Any],
    path: str,
    parameters: type[BaseModel],
    *,
    provider: str = "",
    model_type: str = "",
    realtime: bool = False,
    live: Live | None = None,
) -> TTSModelCard:
    """Checked, merged, ready to share. Raises CardProblems with everything that is wrong."""
    present = {key: value for key, value in data.items() if value is not None}
    try:
        file = TTSCardFile.model_validate(present)
    except ValidationError as error:
        raise CardProblems([_said(one) for one in error.errors(include_url=False)]) from None
    problems = _repeated([voice.id for voice in file.voices])
    voices = Voices([(voice.id, voice.label) for voice in file.voices], file.default_voice, file.custom_voices)
    try:
        merged = merge(base_schema(parameters), voices, file.parameter_overrides)
        overrides = canonical(file.parameter_overrides)
    except MergeError as error:
        raise CardProblems(problems + error.problems) from None
    except (TypeError, ValueError) as error:
        no_json = (("parameter_overrides",), f"has a value that is no JSON: {error}")
        raise CardProblems([*problems, no_json]) from None
    problems += _refused_defaults(file.parameter_overrides, merged, parameters)
    if problems:
        raise CardProblems(problems)
    facts = {name: getattr(file, name) for name in TTSCardFile.model_fields if name in TTSModelCard.model_fields}
    facts["realtime"] = realtime if file.realtime is None else file.realtime
    card = TTSModelCard.model_construct(**facts, provider=provider, model_type=model_type, live=live, path=path)
    card._merged = merged
    card._bytes = {"overrides": overrides}
    return card


_new, _put = object.__new__, object.__setattr__


def copy_card(card: TTSModelCard) -> TTSModelCard:
    """A card of one's own: its lists may be changed, what is shared cannot."""
    copy = _new(type(card))
    own = vars(copy)
    own.update(vars(card))
    own["input_types"] = card.input_types[:]
    own["output_types"] = card.output_types[:]
    own["languages"] = card.languages[:]
    own["voices"] = card.voices[:]
    _put(copy, "__pydantic_fields_set__", card.__pydantic_fields_set__)
    _put(copy, "__pydantic_extra__", None)
    _put(copy, "__pydantic_private__", card.__pydantic_private__)
    return copy


def canonical(value: object) -> bytes:
    """JSON whose bytes are equal when the values are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _refused_defaults(overrides: Mapping[str, Any], merged: Merged, parameters: type[BaseModel]) -> Problems:
    """Defaults that the schema allows and the class does not: every call without arguments would fail."""
    presets = {name: change["default"] for name, change in overrides.items() if change and "default" in change}
    given = {name: value for name, value in presets.items() if value is not None}
    if not given:
        return []
    alone = replace(merged, call={**merged.call, "required": []})  # whatever else a call must bring
    try:
        judged_by_class(Rules(parameters, alone, "default"), given)
    except ParameterError as error:
        if error.parameter in given:
            return [(("parameter_overrides", error.parameter or "", "default"), str(error))]
        needs_more = any(info.is_required() and name not in given for name, info in parameters.model_fields.items())
        if error.parameter is None and not needs_more:  # a rule between fields, and nobody can mend it
            return [(("parameter_overrides", next(iter(given)), "default"), str(error))]
    return []


def _repeated(ids: list[str]) -> Problems:
    first = {one: index for index, one in reversed(list(enumerate(ids)))}
    return [(("voices", index), f"voice {one!r} stands twice") for index, one in enumerate(ids) if first[one] < index]


def _said(error: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str]:
    """A finding of pydantic in the words of someone who writes YAML."""
    path = tuple(step for step in error["loc"] if not (isinstance(step, str) and "[" in step))
    key, given = ".".join(map(str, path)), error["input"]
    match error["type"]:
        case "extra_forbidden":
            return path, f"unknown key {str(path[-1])!r}{near_or_list(path[-1], _fields_at(path), 30)}"
        case "missing":
            about = _fields_at(path)[str(path[-1])].description
            return path, f"key {key!r} is missing" + (f": {about}" if about else "")
        case "value_error":
            return path, f"{key}: {str(error['msg']).removeprefix('Value error, ')}"
        case "string_type" if isinstance(given, bool):
            return path, f"{key}: {given} is not a string; put it in quotes (YAML reads yes, no, on and off so)"
        case "string_type" if isinstance(given, int | float | date):
            return path, f"{key}: {given} is not a string; put it in quotes"
        case "model_type" if path[0] == "voices" and isinstance(given, bool | int | float | date):
            return path, f"{key}: {given} is not a string; put it in quotes"
        case "literal_error":
            expected = re.findall(r"'([^']*)'", str(error["msg"]))
            near = did_you_mean(given, expected) or f": one of {', '.join(expected)}"
            return path, f"{key}: {quoted(given)} is not allowed{near}"
        case kind:
            wanted = _WANTED.get(kind, "").format(**error.get("ctx", {})) or str(error["msg"]).lower()
            return path, f"{key}: {wanted}, not {quoted(given)}"


_WANTED = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "string_type": "must be a text",
    "list_type": "must be a list, such as [a, b]",
    "tuple_type": "must be a list, such as [a, b]",
    "dict_type": "must be a map, such as {{key: value}}",
    "model_type": "must be a map, such as {{key: value}}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}; leave it out where it is not known",
    "string_too_short": "must not be empty",
    "too_short": "must have something in it; leave the key out instead",
    "string_pattern_mismatch": "must look like {pattern}",
}


def _fields_at(path: tuple[str | int, ...]) -> Mapping[str, FieldInfo]:
    nested: dict[str, type[BaseModel]] = {"voices": Voice, "audio": AudioFacts, "limits": Limits, "pricing": Pricing}
    model = nested.get(str(path[0]), TTSCardFile) if len(path) > 1 else TTSCardFile
    return model.model_fields
