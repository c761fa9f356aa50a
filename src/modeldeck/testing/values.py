"""Values of a form-shaped schema, and values on its edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from modeldeck._cards.check import compiled

Values = st.SearchStrategy[Any]
_ANYTHING = st.sampled_from([True, 0, 1.5, "text", [], [1], {}, {"a": {"b": [None]}}])


def values(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Values:
    """Every kind of value that `node` describes; nulls where a form has "Not set"."""
    if "$ref" in node:
        return values(defs[node["$ref"].removeprefix("#/$defs/")], defs)
    if "const" in node or "enum" in node:
        return st.sampled_from(node.get("enum") or [node["const"]])
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            rest = {key: value for key, value in node.items() if key not in ("anyOf", "oneOf")}
            return st.one_of([values({**rest, **branch}, defs) for branch in node[keyword]])
    kind = node.get("type")
    if kind == "array":
        most = node.get("maxItems", node.get("minItems", 0) + 3)
        items = values(node.get("items", {}), defs)
        return st.lists(items, min_size=node.get("minItems", 0), max_size=most, unique_by=_key(node))
    if kind == "object":
        return objects(node, defs)
    return _LEAVES[kind](node) if kind else _ANYTHING


def objects(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Values:
    """Objects with declared keys, or free ones."""
    if "properties" in node:
        made = {name: values(prop, defs) for name, prop in node["properties"].items()}
        needed = {name: made.pop(name) for name in node.get("required", ())}
        return st.fixed_dictionaries(needed, optional=made)
    inner = node.get("additionalProperties")
    return st.dictionaries(st.text(max_size=3), values(inner if isinstance(inner, dict) else {}, defs), max_size=3)


def _key(node: Mapping[str, Any]) -> Any:
    return repr if node.get("uniqueItems") else None


def _integers(node: Mapping[str, Any]) -> Values:
    low, high = _bounds(node, 1)
    step = node.get("multipleOf", 1)
    least = None if low is None else math.ceil(low / step)
    most = None if high is None else math.floor(high / step)
    return st.integers(least, most).map(lambda count: int(count * step))


def _numbers(node: Mapping[str, Any]) -> Values:
    if step := node.get("multipleOf"):
        low, high = _bounds(node, step)
        least = -1000 if low is None else math.ceil(low / step)
        most = 1000 if high is None else math.floor(high / step)
        return st.integers(least, most).map(lambda count: float(Decimal(str(step)) * count))
    low, high = _bounds(node, 0)
    return st.floats(
        low,
        high,
        allow_nan=False,
        allow_infinity=False,
        exclude_min="exclusiveMinimum" in node,
        exclude_max="exclusiveMaximum" in node,
    )


def _bounds(node: Mapping[str, Any], step: float) -> tuple[float | None, float | None]:
    """The least and the most; `step`: from a bound that is excluded to the next value."""
    low, high = node.get("minimum"), node.get("maximum")
    if "exclusiveMinimum" in node:
        low = node["exclusiveMinimum"] + step
    if "exclusiveMaximum" in node:
        high = node["exclusiveMaximum"] - step
    return low, high


def _strings(node: Mapping[str, Any]) -> Values:
    least, most = node.get("minLength", 0), node.get("maxLength")
    if "pattern" in node:
        made = st.from_regex(compiled(node["pattern"]))
        end = math.inf if most is None else most
        return made.filter(lambda text: least <= len(text) <= end and not text.endswith("\n"))
    if node.get("format") in _FORMATS:
        return _FORMATS[node["format"]]
    made = st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=most)
    return made.filter(lambda text: not text.endswith("\n"))


_FORMATS: dict[str, Values] = {
    "date": st.dates().map(lambda day: day.isoformat()),
    "date-time": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    "time": st.times().map(lambda moment: moment.isoformat()),
    "uuid": st.uuids().map(str),
}
_LEAVES: dict[str, Callable[[Mapping[str, Any]], Values]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda node: st.booleans(),
    "null": lambda node: st.none(),
}


SCALARS: list[Any] = [None, True, False, 0, 1, -1, 2, 5, 1.0, 5.0, 1.5, -0.0, 1e300, 10**20, 8000.0]
TEXTS = ["", "a", "low", "12", "true", "null", "auto", "abc\n", "ab", "ä", "😀😀😀😀", "x" * 40]
LISTS: list[Any] = [[], [1], [1, 2.0], [1.5], [True], [None], ["low"], [[1], [2.0]], [[]], [1, 2, 3, 4], [{}]]
EDGES: list[Any] = [*SCALARS, *TEXTS, *LISTS, {}, {"a": 1}]


def edges(prop: Mapping[str, Any]) -> list[Any]:
    """Values that this property's own keywords make interesting, and the ones above."""
    return [*_own(prop), *EDGES]


def _own(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
                yield from (value, value - 1, value + 1, float(value), value + 0.5)
            elif key in ("minLength", "maxLength"):
                yield from ("a" * value, "a" * (value + 1), "a" * max(0, value - 1))
            elif key in ("minItems", "maxItems"):
                yield from ([1] * value, [1] * (value + 1))
            elif key in ("enum", "examples"):
                yield from value
                yield from (f"{one}x" for one in value)
            elif key in ("default", "const"):
                yield value
            else:
                yield from _own(value)
    elif isinstance(node, list):
        for one in node:
            yield from _own(one)
