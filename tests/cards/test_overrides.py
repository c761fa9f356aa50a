"""`parameter_overrides`: what each makes of the form and of a call, and what makes the card invalid."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from modeldeck._cards.schema import MergeError
from tests.cards.helpers import merged, parameters


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int
    y: int | None = None


CLASS = parameters(
    need=int,
    size=(int, Field(10, ge=0, le=100, title="Size", description="How big.")),
    ratio=(float | None, Field(None, gt=0, lt=2)),
    name=(str, Field("abc", min_length=1, max_length=8)),
    tone=(Literal["low", "mid", "high"] | None, None),
    either=(int | str | None, None),
    flag=(bool | None, None),
    point=(Point | None, None),
    tags=(list[Literal["a", "b", "c"]], Field([], max_length=5)),
    free=(dict[str, int] | None, None),
    mixed=(int | float, 1),
    word=(Literal["x", "y"] | str, "x"),
    when=(date | None, None),
    step=(int | None, Field(None, multiple_of=5)),
    code=(str | None, Field(None, pattern="^[a-z]+$")),
)
GOOD: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # what: (parameter, override, keywords of the merged field; ... = absent)
    "a bound is merged": ("size", {"maximum": 40}, {"maximum": 40, "minimum": 0, "default": 10, "title": "Size"}),
    "a default": ("size", {"default": 7}, {"default": 7, "maximum": 100}),
    "no default": ("size", {"default": None}, {"default": ...}),
    "words": ("size", {"title": "T", "description": "D"}, {"title": "T", "description": "D", "maximum": 100}),
    "nothing": ("size", {}, {"default": 10, "maximum": 100}),
    "an exclusive bound inside": ("ratio", {"exclusiveMaximum": 1}, {"exclusiveMaximum": 1, "exclusiveMinimum": 0}),
    "inclusive within exclusive": ("ratio", {"maximum": 1.5}, {"maximum": 1.5}),
    "integer for number": ("ratio", {"type": "integer"}, {"type": "integer", "exclusiveMaximum": 2}),
    "enum for a number": ("size", {"enum": [1, 10]}, {"enum": [1, 10], "default": 10, "maximum": ..., "minimum": ...}),
    "enum takes the default along": ("size", {"enum": [1, 2]}, {"enum": [1, 2], "default": ...}),
    "narrower enum": ("tone", {"enum": ["low"]}, {"enum": ["low"], "type": "string"}),
    "enum with null": ("tone", {"enum": ["low", None]}, {"enum": ["low"]}),
    "const": ("tone", {"const": "low"}, {"const": "low", "enum": ...}),
    "enum for a free string": ("word", {"enum": ["x", "z"]}, {"enum": ["x", "z"], "type": "string"}),
    "one branch of two": ("either", {"type": "string"}, {"type": "string", "anyOf": ...}),
    "bound of the number's branch": (
        "either",
        {"minimum": 3},
        {"anyOf": [{"type": "integer", "title": "Whole number", "minimum": 3}, {"type": "string", "title": "Text"}]},
    ),
    "bound of the text's branch": (
        "either",
        {"maxLength": 3},
        {"anyOf": [{"type": "integer", "title": "Whole number"}, {"type": "string", "title": "Text", "maxLength": 3}]},
    ),
    "anyOf in form shape": (
        "either",
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "string", "anyOf": ...},
    ),
    "a switch gets a default": ("flag", {"default": False}, {"default": False}),
    "a switch is fixed": ("flag", {"const": True}, {"const": True, "anyOf": ...}),
    "a switch without null": ("flag", {"type": "boolean"}, {"type": "boolean", "anyOf": ...}),
    "an object's default": ("point", {"default": {"x": 1}}, {"default": {"x": 1}}),
    "an object's default without its nulls": ("point", {"default": {"x": 1, "y": None}}, {"default": {"x": 1}}),
    "fewer items": ("tags", {"maxItems": 2, "uniqueItems": True}, {"maxItems": 2, "uniqueItems": True}),
    "narrower items": ("tags", {"items": {"enum": ["a"]}}, {}),
    "multiple of the multiple": ("step", {"multipleOf": 10}, {"multipleOf": 10}),
    "a pattern": ("name", {"pattern": "^a"}, {"pattern": "^a", "maxLength": 8}),
    "deprecated": ("size", {"deprecated": True}, {"deprecated": True}),
    "examples": ("name", {"examples": ["abc"]}, {"examples": ["abc"], "maxLength": 8}),
    "a date": ("when", {"default": "2026-11-20"}, {"default": "2026-11-20", "format": "date"}),
}


@pytest.mark.parametrize("what", GOOD)
def test_an_override_makes_the_field(what: str) -> None:
    name, override, wanted = GOOD[what]
    made = merged(CLASS, {name: override})
    prop = made.form["properties"][name]
    assert {key: prop.get(key, ...) for key in wanted} == wanted
    assert made.form["properties"].keys() == CLASS.model_fields.keys()
    assert made.call["properties"][name] == prop
    Draft202012Validator.check_schema(made.call)


BAD: dict[str, tuple[str, Any, tuple[str | int, ...], str]] = {
    # what: (parameter, override, path below the parameter, part of the message)
    "unknown parameter": ("sise", {"maximum": 4}, (), "did you mean 'size'?"),
    "unknown keyword": ("size", {"maximun": 4}, ("maximun",), "did you mean 'maximum'?"),
    "no map": ("size", 5, (), "map of keywords or null"),
    "a list": ("size", [1], (), "map of keywords or null"),
    "default above": ("size", {"default": 101}, ("default",), "at most 100"),
    "default above the new bound": ("size", {"maximum": 40, "default": 41}, ("default",), "at most 40"),
    "the class's default above": ("size", {"maximum": 4}, (), "default 10"),
    "default of another type": ("size", {"default": "7"}, ("default",), "integer"),
    "true for a number": ("size", {"default": True}, ("default",), "integer"),
    "default that is no member": ("tone", {"default": "lo"}, ("default",), "did you mean 'low'?"),
    "wider": ("size", {"maximum": 101}, ("maximum",), "wider"),
    "wider below": ("size", {"minimum": -1}, ("minimum",), "wider"),
    "wider text": ("name", {"maxLength": 9}, ("maxLength",), "wider"),
    "shorter text": ("name", {"minLength": 0}, ("minLength",), "wider"),
    "inclusive beyond exclusive": ("ratio", {"maximum": 3}, ("maximum",), "wider"),
    "wider list": ("tags", {"maxItems": 6}, ("maxItems",), "wider"),
    "wider items": ("tags", {"items": {"type": "string"}}, ("items",), ""),
    "items that are none": ("tags", {"items": {"type": "banana"}}, ("items",), ""),
    "items with a typo": ("tags", {"items": {"enun": ["a"]}}, ("items",), ""),
    "wider step": ("step", {"multipleOf": 3}, ("multipleOf",), "wider"),
    "another pattern": ("code", {"pattern": "."}, ("pattern",), "wider"),
    "value that the class has not": ("tone", {"enum": ["low", "deep"]}, ("enum",), "'deep'"),
    "constant that the class has not": ("tone", {"const": "deep"}, ("const",), "'deep'"),
    "value outside the bounds": ("size", {"enum": [1, 101]}, ("enum",), "101"),
    "another type": ("size", {"type": "string"}, ("type",), "more than the class allows"),
    "number for integer": ("size", {"type": "number"}, ("type",), "more than the class allows"),
    "free text for an enum": ("tone", {"type": "string"}, ("type",), "more than the class allows"),
    "a third branch": ("either", {"anyOf": [{"type": "string"}, {"type": "array"}]}, (), "more than the class allows"),
    "no type": ("size", {"type": "integre"}, ("type",), "did you mean 'integer'?"),
    "a list of types": ("size", {"type": ["integer"]}, ("type",), "no JSON type"),
    "minimum of text": ("name", {"minimum": 1}, ("minimum",), "does not apply"),
    "length of a number": ("size", {"maxLength": 1}, ("maxLength",), "does not apply"),
    "items of text": ("name", {"items": {"type": "string"}}, ("items",), "does not apply"),
    "bound of a switch": ("flag", {"minimum": 1}, ("minimum",), "does not apply"),
    "bound beside its own type": ("either", {"type": "string", "minimum": 1}, ("minimum",), "does not apply"),
    "limit that is no number": ("size", {"maximum": "lots"}, ("maximum",), "number"),
    "limit that is true": ("size", {"maximum": True}, ("maximum",), "number"),
    "limit that is null": ("size", {"maximum": None}, ("maximum",), "number"),
    "negative length": ("name", {"minLength": -1}, ("minLength",), "negative"),
    "no step": ("step", {"multipleOf": 0}, ("multipleOf",), "above 0"),
    "broken pattern": ("name", {"pattern": "["}, ("pattern",), "regular expression"),
    "empty enum": ("tone", {"enum": []}, ("enum",), "something in it"),
    "enum that is no list": ("tone", {"enum": "low"}, ("enum",), "list"),
    "only null": ("tone", {"enum": [None]}, ("enum",), ""),
    "anyOf of no schemas": ("either", {"anyOf": [5]}, ("anyOf",), ""),
    "anyOf of no types": ("either", {"anyOf": [{"type": "banana"}, {"type": "string"}]}, ("anyOf",), ""),
    "anyOf with a typo": ("either", {"anyOf": [{"type": "string", "maxLenght": 3}]}, ("anyOf",), ""),
    "anyOf into nowhere": ("either", {"anyOf": [{"$ref": "#/$defs/Nope"}]}, ("anyOf",), ""),
    "type and values that exclude each other": ("either", {"type": "integer", "enum": ["a"]}, ("enum",), ""),
    "no value between": ("size", {"minimum": 50, "maximum": 40, "default": None}, (), "no value"),
    "no value between exclusive": ("ratio", {"exclusiveMinimum": 1, "exclusiveMaximum": 1}, (), "no value"),
    "no length between": ("name", {"minLength": 5, "maxLength": 4, "default": None}, (), "no value"),
    "hidden that is no truth": ("size", {"hidden": "yes"}, ("hidden",), "true or false"),
    "hidden by number": ("size", {"hidden": 1}, ("hidden",), "true or false"),
    "hidden but needed": ("need", {"hidden": True}, ("hidden",), "cannot be hidden"),
    "title that is no text": ("size", {"title": 5}, ("title",), "string"),
    "examples that are no list": ("name", {"examples": 5}, ("examples",), ""),
    "writeOnly that is no truth": ("name", {"writeOnly": "x"}, ("writeOnly",), ""),
    "hidden inside items": ("tags", {"items": {"hidden": True}}, ("items",), "hidden"),
    "hidden inside a branch": ("either", {"anyOf": [{"type": "string", "hidden": True}]}, ("anyOf",), "hidden"),
    "wider items beside a type": ("tags", {"type": "array", "items": {"type": "string"}}, ("items",), ""),
    "wider items in a branch": (
        "tags",
        {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "array", "maxItems": 1}]},
        (),
        "",
    ),
    "a pattern that JavaScript cannot read": ("name", {"pattern": "(?i)a"}, ("pattern",), ""),
    "Python's own anchor": ("name", {"pattern": r"\Aa\Z"}, ("pattern",), ""),
    "Python's own group": ("name", {"pattern": "(?P<first>a)"}, ("pattern",), ""),
    "deprecated that is no truth": ("name", {"deprecated": "x"}, ("deprecated",), "true or false"),
}


@pytest.mark.parametrize("what", BAD)
def test_an_override_that_does_not_fit_makes_the_card_invalid(what: str) -> None:
    name, override, path, part = BAD[what]
    with pytest.raises(MergeError) as caught:
        merged(CLASS, {name: override})
    where = ("parameter_overrides", name, *path)
    assert any(found[: len(where)] == where for found, _ in caught.value.problems)
    assert part in str(caught.value)


def test_every_problem_is_reported() -> None:
    with pytest.raises(MergeError) as caught:
        merged(CLASS, {"sise": {}, "size": {"maximum": 101}, "tone": {"default": "deep"}})
    assert len(caught.value.problems) == 3


def test_null_removes_a_parameter_from_form_and_call() -> None:
    made = merged(CLASS, {"need": None, "point": None})
    for schema in (made.form, made.call):
        assert not {"need", "point"} & schema["properties"].keys()
        assert "required" not in schema
        assert "$defs" not in schema


def test_hidden_stays_in_the_call() -> None:
    made = merged(CLASS, {"point": {"hidden": True}, "size": {"hidden": True, "default": 5}})
    assert not {"point", "size"} & made.form["properties"].keys()
    assert "$defs" not in made.form
    assert made.call["properties"]["size"]["default"] == 5
    assert "Point" in made.call["$defs"]
    assert "hidden" not in str(made.call)


def test_a_required_parameter_with_a_default_may_be_hidden() -> None:
    made = merged(CLASS, {"need": {"hidden": True, "default": 1}})
    assert "required" not in made.call
    assert "need" not in made.form["properties"]


def test_the_base_is_never_changed() -> None:
    before = merged(CLASS)
    merged(CLASS, {"either": {"minimum": 3}, "point": {"default": {"x": 1}}, "size": {"maximum": 40}})
    assert merged(CLASS) == before
