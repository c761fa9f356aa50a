"""Every shipped schema is valid JSON Schema 2020-12, and what strict validators ask for besides."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pydantic
import pytest
from jsonschema import Draft202012Validator

from modeldeck._cards import form as shaping
from modeldeck._cards import shipped
from modeldeck._cards.enforce import base_schema
from modeldeck._cards.form import form_shape
from modeldeck._cards.shipped import shipped_base
from modeldeck.credential import CredentialFactory, DashScopeCredential
from modeldeck.testing.schemas import check_schema, strict_findings
from modeldeck.tts import DashScopeCosyVoiceTTSModel, LocalTTSModel
from modeldeck.tts.card import card_file_schema
from tests.cards.helpers import merged
from tests.cards.synthetic import CLASSES


@pytest.mark.parametrize("key", CLASSES)
def test_every_kind_of_field_makes_a_strict_schema(key: str) -> None:
    check_schema(merged(CLASSES[key]).form)


def test_a_shipped_base_is_what_its_class_says_now() -> None:
    models = [*DashScopeCredential.get_tts_model_classes(), DashScopeCosyVoiceTTSModel, LocalTTSModel]
    for model in models:
        fresh = form_shape(model.Parameters.model_json_schema(by_alias=False))
        assert base_schema(model.Parameters) == fresh
        assert list(base_schema(model.Parameters)["properties"]) == list(fresh["properties"])


def test_forms_of_credentials_are_strict_too() -> None:
    for form in CredentialFactory.list_schemas():
        check_schema(form)


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
