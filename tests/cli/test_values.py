"""`--set`: what the schema asks for decides what a text means."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.cli.values import read_value

CASES: list[tuple[dict[str, Any], str, Any]] = [
    ({"type": "string"}, "1", "1"),
    ({"type": "string"}, "true", "true"),
    ({"type": "string"}, '"quoted"', '"quoted"'),
    ({"type": "string"}, "", ""),
    ({"type": "string", "anyOf": [{"enum": ["1"]}, {"title": "Own"}]}, "1", "1"),
    ({"enum": ["1", "2"]}, "1", "1"),
    ({"enum": [1, 2]}, "1", 1),
    ({"const": True}, "true", True),
    ({"type": "integer"}, "1", 1),
    ({"type": "integer"}, "1.5", 1.5),
    ({"type": "integer"}, "one", "one"),
    ({"type": "integer"}, "null", None),
    ({"type": "number"}, "NaN", "NaN"),
    ({"type": "number"}, "-Infinity", "-Infinity"),
    ({"type": "boolean"}, "false", False),
    ({"type": "boolean"}, "False", "False"),
    ({"type": "array", "items": {"type": "string"}}, '["a"]', ["a"]),
    ({"type": "object"}, '{"a": 1}', {"a": 1}),
    ({"type": "object"}, "[" * 100_000, "[" * 100_000),
    ({"$ref": "#/$defs/Tone"}, '{"warm": true}', {"warm": True}),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "1", 1),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, '"1"', "1"),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "true", "true"),
    ({"anyOf": [{"$ref": "#/$defs/Tone"}, {"type": "null"}]}, "null", None),
    ({}, "1", 1),
    ({}, "one", "one"),
]


@pytest.mark.parametrize(("prop", "text", "expected"), CASES)
def test_a_text_becomes_what_the_schema_asks_for(prop: dict[str, Any], text: str, expected: Any) -> None:
    defs = {"Tone": {"type": "object", "properties": {"warm": {"type": "boolean"}}}}
    value = read_value(text, prop, defs)
    assert value == expected
    assert type(value) is type(expected)
