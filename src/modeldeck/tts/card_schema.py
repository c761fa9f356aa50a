"""The JSON Schema of a card's YAML file, for editors: completion, and most errors while one types.

It takes whatever `modeldeck cards check` takes; what needs the whole card (a default among the voices, a card to
extend) is the check's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from modeldeck._cards.check import BOUNDS, KINDS
from modeldeck._cards.enforce import base_schema
from modeldeck._cards.form import Schema, form_shape, resolve
from modeldeck._cards.schema import REPLACING, WIDER
from modeldeck.tts.card import TTSCardFile
from modeldeck.tts.facts import LANGUAGE

_WHOLE = {"type": "integer", "minimum": 0}
_KEYWORDS: dict[str, Schema] = {
    "default": {"description": "Pre-filled, and sent when the caller set nothing; null takes the class's own away."},
    "hidden": {"type": "boolean", "description": "Not on the form; programmers may still set it."},
    "title": {"type": "string"},
    "description": {"type": "string", "description": "The form's help text."},
    "examples": {"type": "array"},
    "deprecated": {"type": "boolean"},
    "writeOnly": {"type": "boolean"},
    "enum": {"type": "array", "minItems": 1, "description": "The values that are allowed: only some of the class's."},
    "const": {"description": "The one value that is allowed."},
    "type": {"enum": sorted(KINDS.keys() - {"null"})},
    "anyOf": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    "items": {"type": "object", "description": "Keywords for each item of the list."},
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "exclusiveMinimum": {"type": "number"},
    "exclusiveMaximum": {"type": "number"},
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _WHOLE),
    "pattern": {"type": "string", "format": "regex"},
    "uniqueItems": {"type": "boolean"},
}
_RANGE = {"minimum": "minimum", "exclusiveMinimum": "minimum", "maximum": "maximum", "exclusiveMaximum": "maximum"}


def card_file_schema(parameters: Iterable[type[BaseModel]] = (), names: Iterable[str] = ()) -> dict[str, Any]:
    """The schema of a card's file; with classes of `parameters`, also of what a card may say about each of them.

    `names`: cards to offer where one extends another.
    """
    schema = form_shape(TTSCardFile.model_json_schema(mode="validation"))
    properties: dict[str, Schema] = schema["properties"]
    voices, overrides = properties["voices"], properties["parameter_overrides"]
    voices["items"] = {"anyOf": [{"type": "string", "title": "Text"}, {"title": "Voice", **voices["items"]}]}
    overrides["additionalProperties"] = {"anyOf": [{"type": "object"}, {"type": "null"}]}
    classes = list(parameters)
    if classes:
        overrides["properties"] = _parameters(classes)
        overrides["additionalProperties"] = False
    if known := sorted(names):
        properties["extends"]["examples"] = known
    for key, prop in properties.items():
        if key not in schema["required"]:
            properties[key] = _or_null(prop)
    schema["required"].remove("label")
    own = {"not": {"required": ["extends"]}}
    whole = {"required": ["label"], "properties": _facts(schema["$defs"])}  # what a card leaves to the one it extends
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "if": own, "then": whole}


def _facts(defs: dict[str, Schema]) -> Schema:
    """Let each fact of a card be null, and be inherited: what is required of a whole card is returned."""
    required: Schema = {}
    for key, name in (("audio", "AudioFacts"), ("limits", "Limits"), ("pricing", "Pricing")):
        facts = defs[name]
        facts["properties"] = {inner: _or_null(prop) for inner, prop in facts["properties"].items()}
        if "required" in facts:
            required[key] = {"required": facts.pop("required")}
    for facts in defs.values():  # pydantic does not say what these lists hold
        for name, prop in facts["properties"].items():
            if prop.get("items") == {}:
                prop["items"] = {"type": "string", "pattern": LANGUAGE} if name == "languages" else {"type": "string"}
    return required


def _or_null(prop: Schema) -> Schema:
    """The same, or null: a card takes away with it what it inherits."""
    if "$ref" in prop:
        return {"anyOf": [prop, {"type": "null"}]}
    if "anyOf" in prop or "const" in prop or "type" not in prop:
        return prop
    nullable = {**prop, "type": [prop["type"], "null"]}
    return {**nullable, "enum": [*prop["enum"], None]} if "enum" in prop else nullable


def _parameters(classes: Sequence[type[BaseModel]]) -> dict[str, Schema]:
    """Per parameter of any of the classes: which keywords it takes, or null."""
    found: dict[str, list[Schema]] = {}
    for one in classes:
        base = base_schema(one)
        for name, prop in base["properties"].items():
            made = _override(prop, base.get("$defs", {}))
            known = found.setdefault(name, [])
            if made not in known:
                known.append(made)
    return {name: made[0] if len(made) == 1 else {"anyOf": made} for name, made in found.items()}


def _override(prop: Schema, defs: Mapping[str, Schema]) -> Schema:
    prop = dict(resolve(prop, defs))
    kinds = _kinds(prop, defs)
    bounds = {name for name, (kind, _, _) in BOUNDS.items() if None in kinds or any(_fits(one, kind) for one in kinds)}
    left_out = (BOUNDS.keys() - bounds) | (set() if kinds & {None, "array"} else {"items"})
    keywords = {name: dict(schema) for name, schema in _KEYWORDS.items() if name not in left_out}
    for name in ("default", "const"):
        keywords[name] |= _value(prop)
    keywords["enum"]["items"] = _value(prop)
    override: Schema = {
        "title": prop.get("title", ""),
        "description": _about(prop),
        "type": ["object", "null"],
        "properties": keywords,
        "additionalProperties": False,
    }
    if narrowed := _narrowed(prop):
        replaces = {"anyOf": [{"required": [keyword]} for keyword in REPLACING]}
        override |= {"if": replaces, "else": {"properties": narrowed}}
    return override


def _kinds(prop: Mapping[str, Any], defs: Mapping[str, Schema]) -> set[Any]:
    """The JSON types of the parameter, None for one that could be any."""
    branches = prop.get("anyOf") or prop.get("oneOf") or [prop]
    return {resolve(branch, defs).get("type") for branch in branches}


def _fits(kind: Any, wanted: str) -> bool:
    return kind == wanted or (kind, wanted) == ("integer", "number")


def _value(prop: Mapping[str, Any]) -> Schema:
    """What a value of the parameter must be, as far as it is a single one; nulls are left out when cards are read."""
    if "enum" in prop:
        return {"enum": [*prop["enum"], None]}
    if prop.get("type") in ("string", "integer", "number", "boolean"):
        return {"type": [prop["type"], "null"]}
    return {}


def _narrowed(prop: Mapping[str, Any]) -> dict[str, Schema]:
    """Bounds for the bounds: a card may narrow what its class allows, and never widen it."""
    lowest = prop.get("minimum", prop.get("exclusiveMinimum"))
    highest = prop.get("maximum", prop.get("exclusiveMaximum"))
    limits = {"minimum": lowest, "maximum": highest}
    made = {name: {limit: limits[limit]} for name, limit in _RANGE.items() if limits[limit] is not None}
    for name in ("minLength", "maxLength", "minItems", "maxItems"):
        if name in prop and name in WIDER:
            made[name] = {"minimum" if name.startswith("min") else "maximum": prop[name]}
    return made


def _about(prop: Mapping[str, Any]) -> str:
    """The parameter's help text, and what its class allows."""
    allowed = [f"{name} {prop[name]}" for name in BOUNDS if name in prop]
    if "enum" in prop:
        allowed.append(f"one of {', '.join(map(str, prop['enum']))}")
    said = f"The class allows: {'; '.join(allowed)}." if allowed else ""
    return " ".join(part for part in (prop.get("description", ""), said) if part)
