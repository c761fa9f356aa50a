"""The schemas of card files that editors read: they take what the check takes, and find most of what it finds."""

from __future__ import annotations

import datetime
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modeldeck._cards.deck import CardProblems
from modeldeck.providers import local
from modeldeck.tts import OpenAITTSModel
from modeldeck.tts.card import build_card
from modeldeck.tts.card_schema import card_file_schema
from modeldeck.tts.card_text import SCHEMA_LINE
from tests.cards.synthetic import CLASSES
from tests.cards.test_equivalence import overrides

ROOT = Path(__file__).parents[2]
CARDS = [*Path(local.__file__).parents[1].glob("*/_models/**/*.yaml"), *(ROOT / "models_cards").rglob("*.yaml")]
MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def judge(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@cache
def judge_of(key: str) -> Draft202012Validator:
    return judge(card_file_schema([CLASSES[key]]))


def as_json(data: object) -> Any:
    """As an editor reads YAML: dates are text."""
    return json.loads(json.dumps(data, default=lambda one: one.isoformat() if isinstance(one, datetime.date) else one))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_card_obeys_the_schema_that_its_first_line_names(path: Path) -> None:
    text = path.read_text("utf-8")
    schema = path.parent / text.splitlines()[0].removeprefix(SCHEMA_LINE)
    assert schema.resolve().is_relative_to(ROOT / "schemas" / "card")
    found = judge(json.loads(schema.read_text("utf-8"))).iter_errors(as_json(yaml.safe_load(text)))
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.parametrize("key", CLASSES)
@MANY
@given(data=st.data())
def test_what_the_check_takes_the_schema_takes(key: str, data: st.DataObject) -> None:
    card = {"name": "x", "label": "X", "parameter_overrides": data.draw(overrides(key))}
    build_card(card, "x.yaml", CLASSES[key])
    assert list(judge_of(key).iter_errors(card)) == []


KEYWORDS = ["minimum", "maximum", "exclusiveMinimum", "maxLength", "maxItems", "multipleOf", "uniqueItems", "pattern"]
LIMITS = st.sampled_from([-1, 0, 1, 3, 2.5, 100, "a", "^a$", [], ["low"], [1, 2], None, True, {}, {"type": "string"}])
FREE = st.dictionaries(
    st.sampled_from([*KEYWORDS, "type", "enum", "const", "default", "anyOf", "items", "hidden", "title", "minimun"]),
    LIMITS | st.sampled_from(["string", "integer", "number", "object"]),
    max_size=3,
)


@pytest.mark.parametrize("key", CLASSES)
@MANY
@given(data=st.data())
def test_whatever_the_schema_refuses_the_check_refuses_too(key: str, data: st.DataObject) -> None:
    names = [*CLASSES[key].model_fields, "unknown"]
    changes = data.draw(st.dictionaries(st.sampled_from(names), FREE | st.none(), max_size=2))
    card = {"name": "x", "label": "X", "parameter_overrides": changes}
    if not judge_of(key).is_valid(card):
        with pytest.raises(CardProblems):
            build_card(card, "x.yaml", CLASSES[key])


@pytest.mark.parametrize(
    "overrides",
    [
        {"sped": {"maximum": 2}},
        {"speed": {"maximun": 2}},
        {"speed": {"maximum": 9}},
        {"speed": {"maximum": "2"}},
        {"speed": {"pattern": "x"}},
        {"response_format": {"enum": ["mp4"]}},
        {"response_format": {"default": "mp4"}},
        {"instructions": {"hidden": "yes"}},
        {"instructions": 5},
    ],
)
def test_what_authors_get_wrong_shows_while_they_type(overrides: dict[str, Any]) -> None:
    card = {"name": "x", "label": "X", "parameter_overrides": overrides}
    assert not judge(card_file_schema([OpenAITTSModel.Parameters])).is_valid(card)
    with pytest.raises(CardProblems):
        build_card(card, "x.yaml", OpenAITTSModel.Parameters)


def test_a_card_may_leave_to_another_what_it_must_say_alone() -> None:
    schema = judge(card_file_schema())
    assert not schema.is_valid({"name": "x", "label": "X", "pricing": {"input": 3}})
    assert schema.is_valid({"name": "x", "extends": "y", "pricing": {"input": 3}})
    assert schema.is_valid({"name": "x", "label": "X", "pricing": None, "audio": {"sample_rate": None}, "status": None})
    assert not schema.is_valid(
        {"name": "x", "label": "X", "languages": ["english"], "voices": [{"id": "A", "gendr": 1}]}
    )


def test_cards_to_extend_are_offered() -> None:
    assert card_file_schema([], ["b", "a"])["properties"]["extends"]["examples"] == ["a", "b"]
