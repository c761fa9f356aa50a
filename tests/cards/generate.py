"""Values of a schema. hypothesis-jsonschema gives the leaves; its objects do not run on today's hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

Values = st.SearchStrategy[Any]
_NOTES = {"title", "description", "default", "examples", "deprecated", "writeOnly"}
_LEAVES = ("string", "integer", "number", "boolean", "null")
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
    return _leaf(repr(sorted((key, value) for key, value in node.items() if key not in _NOTES))) if kind else _ANYTHING


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


@cache
def _leaf(schema: str) -> Values:
    made = dict(eval(schema))
    assert made["type"] in _LEAVES
    return from_schema(made).filter(lambda value: not (isinstance(value, str) and value.endswith("\n")))
