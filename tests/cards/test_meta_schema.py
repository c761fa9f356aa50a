"""Every shipped schema is valid JSON Schema 2020-12, and what strict validators ask for besides."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pydantic
import pytest
from jsonschema import Draft202012Validator

from modeldeck._cards import form as shaping
from modeldeck._cards import shipped
from modeldeck._cards.enforce import base_schema
from modeldeck._cards.findings import unsuitable
from modeldeck._cards.form import form_shape
from modeldeck._cards.shipped import shipped_base
from modeldeck.credential import CredentialFactory, DashScopeCredential, LocalCredential
from modeldeck.tts import DashScopeCosyVoiceTTSModel, LocalTTSModel, TTSModelCard
from modeldeck.tts.card_schema import card_file_schema
from tests.cards.helpers import merged
from tests.cards.synthetic import CLASSES

CARDS = [
    *DashScopeCredential.list_tts_models(strict=True),
    *DashScopeCosyVoiceTTSModel.list_models(strict=True),
    *LocalCredential.list_tts_models(strict=True),
]
IDS = [f"{one.model_type}/{one.name}" for one in CARDS]
NOTES = {"title", "description", "default", "examples", "deprecated", "writeOnly", "$schema", "format"}
LOGIC = {"type", "enum", "const", "anyOf", "oneOf", "$ref", "$defs"}
FOR_TYPE = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("items", "minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("properties", "required", "additionalProperties", "minProperties", "propertyNames"), "object"),
}


def strict_findings(node: Mapping[str, Any], kind: str | None = None, where: str = "") -> Iterator[str]:
    """What ajv's strict mode refuses: unknown or misplaced keywords, two types at once, a lost `required`."""
    yield from (f"{where}: unknown {key}" for key in node.keys() - NOTES - LOGIC - FOR_TYPE.keys())
    own = node.get("type", kind)
    if isinstance(own, list):
        yield f"{where}: several types"
    for key in node.keys() & FOR_TYPE.keys():
        if own != FOR_TYPE[key] and not (own == "integer" and FOR_TYPE[key] == "number"):
            yield f"{where}: {key} without type {FOR_TYPE[key]}"
    yield from (f"{where}: requires lost {name}" for name in node.get("required", ()) if name not in node["properties"])
    for key in ("anyOf", "oneOf"):
        for index, branch in enumerate(node.get(key, ())):
            yield from strict_findings(branch, own, f"{where}/{key}/{index}")
    for key in ("properties", "$defs"):
        for name, one in node.get(key, {}).items():
            yield from strict_findings(one, None, f"{where}/{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from strict_findings(node[key], None, f"{where}/{key}")


def self_contained(node: Any, defs: Mapping[str, Any]) -> bool:
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        return (not name or name in defs) and all(self_contained(one, defs) for one in node.values())
    return all(self_contained(one, defs) for one in node) if isinstance(node, list) else True


def check(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert list(strict_findings(schema)) == []
    assert self_contained(schema, schema.get("$defs", {}))
    assert all(f"#/$defs/{name}" in str(schema) for name in schema.get("$defs", {}))


@pytest.mark.parametrize("one", CARDS, ids=IDS)
def test_every_shipped_schema_is_valid_strict_and_whole(one: TTSModelCard) -> None:
    for schema in (one.parameter_schema, one.call_schema):
        check(schema)
        assert "ui:" not in str(schema)
        for name, prop in schema["properties"].items():
            assert prop["title"], name
            assert prop.get("description"), name
            if prop.get("default") is not None:
                Draft202012Validator({**prop, "$defs": schema.get("$defs", {})}).validate(prop["default"])
    assert one.ui_schema.keys() <= {"ui:order", *one.parameter_schema["properties"]}
    assert one.ui_schema["ui:order"] == list(one.parameter_schema["properties"])


@pytest.mark.parametrize("one", CARDS, ids=IDS)
def test_every_shipped_card_says_where_its_facts_are_from(one: TTSModelCard) -> None:
    assert one.source
    assert one.verified is not None


@pytest.mark.parametrize("key", CLASSES)
def test_every_kind_of_field_makes_a_strict_schema(key: str) -> None:
    check(merged(CLASSES[key]).form)


def test_no_shipped_class_has_a_field_that_json_cannot_carry() -> None:
    models = [*DashScopeCredential.get_tts_model_classes(), *LocalCredential.get_tts_model_classes()]
    for model in models:
        assert list(unsuitable(model.Parameters)) == []
        check(base_schema(model.Parameters))


def test_a_shipped_base_is_what_its_class_says_now() -> None:
    models = [*DashScopeCredential.get_tts_model_classes(), DashScopeCosyVoiceTTSModel, LocalTTSModel]
    for model in models:
        fresh = form_shape(model.Parameters.model_json_schema(by_alias=False))
        assert base_schema(model.Parameters) == fresh
        assert list(base_schema(model.Parameters)["properties"]) == list(fresh["properties"])


def test_forms_of_credentials_are_strict_too() -> None:
    for form in CredentialFactory.list_schemas():
        check(form)


def test_the_schema_of_card_files_is_valid_and_takes_what_the_loader_takes() -> None:
    schema = card_file_schema()
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    good: dict[str, Any] = {"name": "x", "label": "X", "voices": ["a", {"id": "b"}], "parameter_overrides": {"p": None}}
    assert judge.is_valid(good)
    for bad in ({"staus": 1}, {"voices": [{"lable": "b"}]}, {"status": "on"}, {"parameter_overrides": {"p": 5}}):
        assert not judge.is_valid({**good, **bad}), bad
    assert not judge.is_valid({"label": "X"})


def test_the_strict_check_finds_what_it_is_for() -> None:
    bad: dict[str, Any] = {
        "type": "object",
        "properties": {"p": {"type": "string", "minimum": 1}, "q": {"type": ["string", "null"]}, "r": {"hidden": 1}},
        "required": ["gone"],
    }
    assert len(list(strict_findings(bad))) == 4


@pytest.mark.parametrize(("module", "name", "value"), [(shaping, "VERSION", -1), (pydantic, "VERSION", "0")])
def test_a_shipped_base_of_other_versions_does_not_count(
    module: ModuleType, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(inspect.getfile(LocalTTSModel.Parameters)).parent / "_models"
    made = json.loads((folder / shipped.FILE).read_text("utf-8"))
    monkeypatch.setattr(pydantic, "VERSION", made["versions"]["pydantic"])
    shipped._schemas.cache_clear()
    assert shipped_base(LocalTTSModel.Parameters) is not None
    monkeypatch.setattr(module, name, value)
    shipped._schemas.cache_clear()
    try:
        assert shipped_base(LocalTTSModel.Parameters) is None
    finally:
        monkeypatch.undo()
        shipped._schemas.cache_clear()
