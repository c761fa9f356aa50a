"""Does a value obey a property's schema? The keywords that form-shaped schemas use, and nothing else.

This is the hot path's check of what a card adds to its class, and the card check's judge of defaults; the
property tests hold it against `jsonschema`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from modeldeck._cards.form import Schema, resolve

KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": lambda value: _is_number(value),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


@lru_cache(256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as JSON Schema means it: `$` is the end, not the place before a last newline."""
    strict = pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
    return re.compile(strict)


BOUNDS: dict[str, tuple[str, Callable[[Any, Any], bool], str]] = {
    # keyword: (kind of value, obeys, what to say)
    "minimum": ("number", lambda value, limit: value >= limit, "must be at least {limit}"),
    "maximum": ("number", lambda value, limit: value <= limit, "must be at most {limit}"),
    "exclusiveMinimum": ("number", lambda value, limit: value > limit, "must be above {limit}"),
    "exclusiveMaximum": ("number", lambda value, limit: value < limit, "must be below {limit}"),
    "multipleOf": ("number", lambda value, limit: is_multiple(value, limit), "must be a multiple of {limit}"),
    "minLength": ("string", lambda value, limit: len(value) >= limit, "must have {limit} characters or more"),
    "maxLength": ("string", lambda value, limit: len(value) <= limit, "must have at most {limit} characters"),
    "pattern": ("string", lambda value, limit: bool(compiled(limit).search(value)), "has not the form asked for"),
    "minItems": ("array", lambda value, limit: len(value) >= limit, "must have {limit} items or more"),
    "maxItems": ("array", lambda value, limit: len(value) <= limit, "must have at most {limit} items"),
    "uniqueItems": ("array", lambda value, limit: not limit or not _repeats(value), "must not repeat an item"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken keyword: where inside the value, which keyword, its limit, and what to say."""

    path: tuple[str | int, ...]
    keyword: str
    limit: Any
    message: str


def violations(
    value: Any, schema: Mapping[str, Any], defs: Mapping[str, Schema], path: tuple[str | int, ...] = ()
) -> Iterator[Violation]:
    """Every keyword of `schema` that `value` breaks."""
    schema = resolve(schema, defs)
    kinds = schema.get("type")
    if kinds is not None:
        allowed = [kinds] if isinstance(kinds, str) else kinds
        if not any(KINDS.get(kind, _anything)(value) for kind in allowed):
            yield Violation(path, "type", kinds, f"must be {article(allowed[0])}")
            return
    if "const" in schema and not same(value, schema["const"]):
        yield Violation(path, "const", schema["const"], f"must be {schema['const']!r}")
    if "enum" in schema and not _among(value, schema["enum"]):
        yield Violation(path, "enum", schema["enum"], "is not among the allowed values")
    for keyword, (kind, obeys, message) in BOUNDS.items():
        if keyword in schema and KINDS[kind](value) and not obeys(value, schema[keyword]):
            yield Violation(path, keyword, schema[keyword], message.format(limit=schema[keyword]))
    yield from _branches(value, schema, defs, path)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from violations(item, schema["items"], defs, (*path, index))
    if isinstance(value, dict):
        yield from _members(value, schema, defs, path)


def _branches(
    value: Any, schema: Mapping[str, Any], defs: Mapping[str, Schema], path: tuple[str | int, ...]
) -> Iterator[Violation]:
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if not branches:
            continue
        fitting = sum(1 for branch in branches if not _broken(value, branch, defs))
        if fitting == 0 or (keyword == "oneOf" and fitting > 1):
            meant = _meant(value, branches, defs)
            if meant is not None:
                yield from violations(value, meant, defs, path)
            else:
                names = " or ".join(str(branch.get("title", "another form")) for branch in branches)
                yield Violation(path, keyword, branches, f"fits none of: {names}")


def _meant(value: Any, branches: Sequence[Mapping[str, Any]], defs: Mapping[str, Schema]) -> Mapping[str, Any] | None:
    """The branch that a value which fits none was meant for: the only one of its type, or the one with its tag."""
    near = [resolve(branch, defs) for branch in branches]
    near = [one for one in near if "type" in one and not _broken(value, {"type": one["type"]}, defs)]
    if len(near) > 1 and isinstance(value, dict):
        near = [one for one in near if has_tag(value, one)]
    return near[0] if len(near) == 1 else None


def has_tag(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Every constant property of the object's schema is in the value: the tag of a union."""
    tags = {key: prop["const"] for key, prop in schema.get("properties", {}).items() if "const" in prop}
    return bool(tags) and all(value.get(key) == const for key, const in tags.items())


def _broken(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Schema]) -> bool:
    return next(violations(value, schema, defs), None) is not None


def _members(
    value: dict[str, Any], schema: Mapping[str, Any], defs: Mapping[str, Schema], path: tuple[str | int, ...]
) -> Iterator[Violation]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation((*path, name), "required", None, "is missing")
    for name, inner in value.items():
        if name in properties:
            yield from violations(inner, properties[name], defs, (*path, name))
        elif schema.get("additionalProperties") is False:
            yield Violation((*path, name), "additionalProperties", sorted(properties), "is not known")
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from violations(inner, schema["additionalProperties"], defs, (*path, name))


def _among(value: Any, members: Sequence[Any]) -> bool:
    if isinstance(value, str):
        return value in members
    return any(same(value, member) for member in members)


def same(one: Any, other: Any) -> bool:
    """JSON's equality: 1 equals 1.0, true does not equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    from fractions import Fraction  # steps are whole numbers nearly always

    return Fraction(repr(value)) % Fraction(repr(step)) == 0  # as decimals: 0.3 is a multiple of 0.1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _repeats(items: list[Any]) -> bool:
    return any(same(item, other) for index, item in enumerate(items) for other in items[:index])


def _anything(value: Any) -> bool:
    """A type that JSON Schema does not know says nothing."""
    return True


def article(kind: str) -> str:
    """A JSON type in the words of someone who writes YAML or Python."""
    words = {"array": "a list", "object": "a map", "boolean": "true or false", "null": "null"}
    return words.get(kind) or f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
