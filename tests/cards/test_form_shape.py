"""Form shape, rules 1 to 7 of the merge, each with its row."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, create_model

from modeldeck._cards.enforce import base_schema
from modeldeck._cards.findings import unsuitable
from modeldeck._cards.form import form_shape
from tests.cards.helpers import field, parameters


class Effort(Enum):
    """How much."""

    LOW = "low"
    HIGH = "high"


class Number(Enum):
    ONE = 1
    TWO = 2


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int
    y: int | None = None
    effort: Effort | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str | None = None


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
NOT_SET = {"type": "null", "title": "Not set"}

SHAPES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    # what: (annotation, default, the property)
    "1 an enum is written out": (Effort, ..., {"type": "string", "enum": ["low", "high"], "description": "How much."}),
    "1 with the property's own words": (
        Annotated[Effort, Field(title="Own", description="Mine.")],
        Effort.LOW,
        {"type": "string", "enum": ["low", "high"], "title": "Own", "description": "Mine.", "default": "low"},
    ),
    "1 in a list": (list[Number], ..., {"type": "array", "items": {"type": "integer", "enum": [1, 2]}}),
    "2 a title from the name": (int, ..., {"type": "integer", "title": "P"}),
    "3 null leaves anyOf": (int | None, None, {"type": "integer", "title": "P"}),
    "3 with bounds": (
        Annotated[int | None, Field(ge=1, le=9)],
        3,
        {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
    ),
    "3 null leaves enum": (Literal["a", "b", None], None, {"enum": ["a", "b"]}),
    "3 an enum is no exception": (Effort | None, None, {"type": "string", "enum": ["low", "high"]}),
    "3 a constant is no exception": (Literal["a"] | None, None, {"type": "string", "const": "a"}),
    "3 nor is a boolean constant": (Literal[True] | None, None, {"type": "boolean", "const": True}),
    "3 a format is no exception": (date | None, None, {"type": "string", "format": "date"}),
    "3 a list is no exception": (list[int] | None, None, {"type": "array", "items": {"type": "integer"}}),
    "3 a free dict is no exception": (
        dict[str, int] | None,
        None,
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    "3 one boolean is": (
        bool | None,
        None,
        {"anyOf": [{"type": "boolean", "title": "Custom"}, NOT_SET], "default": None},
    ),
    "3 with its default": (
        bool | None,
        True,
        {"anyOf": [{"type": "boolean", "title": "Custom"}, NOT_SET], "default": True},
    ),
    "3 one object with properties is": (
        Point | None,
        None,
        {"anyOf": [{"$ref": "#/$defs/Point", "title": "Custom"}, NOT_SET], "default": None},
    ),
    "3 one tagged union is": (
        Pet | None,
        None,
        {
            "anyOf": [{"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "title": "Custom"}, NOT_SET],
            "default": None,
        },
    ),
    "3 two choices are no exception": (
        bool | int | None,
        None,
        {"anyOf": [{"type": "boolean", "title": "Yes or no"}, {"type": "integer", "title": "Whole number"}]},
    ),
    "3 nulls inside an object's default go": (Point, Point(x=1), {"$ref": "#/$defs/Point", "default": {"x": 1}}),
    "4 integer and number": (int | float, 1, {"type": "number", "default": 1}),
    "4 also nullable": (int | float | None, None, {"type": "number"}),
    "4 number and integer": (float | int, 1.5, {"type": "number", "default": 1.5}),
    "4 enum and free string": (
        Literal["a", "b"] | str,
        "a",
        {"type": "string", "examples": ["a", "b"], "default": "a"},
    ),
    "4 const and free string": (Literal["a"] | str | None, None, {"type": "string", "examples": ["a"]}),
    "4 an Enum and free string": (Effort | str, "x", {"type": "string", "examples": ["low", "high"], "default": "x"}),
    "4 else every branch has a title": (
        Literal["auto"] | int,
        "auto",
        {"anyOf": [{"const": "auto", "type": "string", "title": "auto"}, {"type": "integer", "title": "Whole number"}]},
    ),
    "4 objects too": (
        Point | str,
        ...,
        {"anyOf": [{"$ref": "#/$defs/Point", "title": "Point"}, {"type": "string", "title": "Text"}]},
    ),
    "5 discriminator goes": (Pet, ..., {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}),
}


@pytest.mark.parametrize("what", SHAPES)
def test_a_field_gets_form_shape(what: str) -> None:
    annotation, default, wanted = SHAPES[what]
    prop = field(annotation, default)
    assert {key: prop.get(key, ...) for key in wanted} == wanted
    extra = {"title", "description", "default"} - wanted.keys()
    assert prop.keys() - extra == wanted.keys()
    assert prop["title"]
    assert prop.get("default", ...) is not None or "anyOf" in prop


def test_1_definitions_that_nothing_uses_go() -> None:
    schema = base_schema(parameters(p=Effort, q=(Point | None, None)))
    assert list(schema["$defs"]) == ["Point"]
    assert "$defs" not in base_schema(parameters(p=Effort))


def test_1_a_definitions_title_is_not_taken() -> None:
    assert base_schema(parameters(how_loud=Effort))["properties"]["how_loud"]["title"] == "How Loud"


def test_1_a_root_reference_is_opened() -> None:
    class Tree(BaseModel):
        children: list[Tree] = []
        size: int | None = None

    raw = Tree.model_json_schema()
    assert "$ref" in raw
    shaped = form_shape(raw)
    assert shaped["properties"]["size"] == {"type": "integer", "title": "Size"}
    assert shaped["$defs"]["Tree"]["properties"]["size"] == {"type": "integer", "title": "Size"}
    Draft202012Validator(shaped).validate({"children": [{"children": [], "size": 1}]})


def test_a_recursive_alias_ends() -> None:
    raw = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/J"}},
        "$defs": {"J": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/J"}}]}},
    }
    Draft202012Validator(form_shape(raw)).validate({"p": ["a", ["b"]]})


def test_every_object_in_defs_is_shaped() -> None:
    point = base_schema(parameters(p=Point))["$defs"]["Point"]
    assert point["properties"]["y"] == {"type": "integer", "title": "Y"}
    assert point["properties"]["effort"]["enum"] == ["low", "high"]
    assert point["required"] == ["x"]


def test_3_a_nullable_property_leaves_required() -> None:
    assert base_schema(parameters(p=int | None, q=int))["required"] == ["q"]
    assert "required" not in base_schema(parameters(p=int | None))


def test_5_the_tag_is_required_in_each_branch() -> None:
    for annotation in (Pet, Pet | None, list[Pet], dict[str, Pet]):
        schema = base_schema(parameters(p=annotation))
        assert all("kind" in schema["$defs"][name]["required"] for name in ("Cat", "Dog")), annotation
        assert "discriminator" not in str(schema)


def test_6_the_root_is_closed_unless_the_class_is_open() -> None:
    for extra, opened in (("forbid", False), ("ignore", False), ("allow", True)):
        cls = create_model("P", __config__=ConfigDict(extra=extra), p=(int, 1))
        schema = base_schema(cls)
        assert (schema["type"], schema["additionalProperties"]) == ("object", opened)


def test_6_a_property_with_a_default_is_not_required() -> None:
    assert "required" not in base_schema(parameters(p=(int, 1)))


def test_7_a_default_factory_is_no_default() -> None:
    cls = parameters(p=(list[int], Field(default_factory=lambda: [1])))
    assert "default" not in base_schema(cls)["properties"]["p"]


UNSUITABLE = {
    "Decimal": Decimal,
    "timedelta": timedelta | None,
    "bytes": bytes,
    "SecretStr": list[SecretStr],
    "set": set[int],
    "frozenset": dict[str, frozenset[int]],
    "tuple": tuple[int, int] | None,
    "keys that are numbers": dict[int, str],
    "annotated": Annotated[Decimal, Field(gt=0)],
    "alias": Annotated[int, Field(alias="q")],
}


@pytest.mark.parametrize("what", UNSUITABLE)
def test_7_what_has_no_exact_json_is_found(what: str) -> None:
    names = [name for name, _ in unsuitable(parameters(p=UNSUITABLE[what], q=int))]
    assert names == ["p"]


def test_7_also_inside_nested_models() -> None:
    inner = create_model("Inner", amount=(Decimal, ...))
    assert [name for name, _ in unsuitable(parameters(p=inner | None))]


def test_suitable_fields_are_not_found() -> None:
    assert not list(unsuitable(parameters(p=Point | None, q=Pet, r=list[Effort], s=dict[str, Any])))


def test_the_input_is_never_changed() -> None:
    raw = parameters(p=(Pet | None, None), q=(Effort, Effort.LOW), r=(list[Pet], [])).model_json_schema()
    before = repr(raw)
    form_shape(raw)
    assert repr(raw) == before


def test_fields_go_by_name_never_by_alias() -> None:
    assert list(base_schema(parameters(p=(int, Field(1, alias="other"))))["properties"]) == ["p"]


def test_a_root_model_stays_an_object() -> None:
    assert form_shape(RootModel[dict[str, int]].model_json_schema())["type"] == "object"
