"""Property tests: what a merged schema accepts constructs and comes out unchanged, what it refuses is refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from modeldeck._cards.enforce import Rules, base_schema
from modeldeck.credential import DashScopeCredential, LocalCredential
from modeldeck.tts import DashScopeCosyVoiceTTSModel, TTSModelBase, TTSModelCard
from tests.cards.agreement import agree
from tests.cards.generate import objects, values
from tests.cards.helpers import merged
from tests.cards.synthetic import CLASSES, edges

FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
MANY = settings(FEW, max_examples=150)
MODELS: list[type[TTSModelBase[Any]]] = [
    *DashScopeCredential.get_tts_model_classes(),
    DashScopeCosyVoiceTTSModel,
    *LocalCredential.get_tts_model_classes(),
]
SHIPPED: dict[str, tuple[type[BaseModel], TTSModelCard]] = {
    f"{one.model_type}/{one.name}": (model.Parameters, one) for model in MODELS for one in model.list_models()
}
RULED = {  # parameter: what it needs, in the classes' rules between fields
    "bit_rate": ("format", "opus"),
    "optimize_instructions": ("instructions", None),
    "aigc_propagator": ("enable_aigc_tag", True),
    "aigc_propagate_id": ("enable_aigc_tag", True),
}


def rules_of(key: str) -> Rules:
    cls, card = SHIPPED[key]
    return Rules(cls, card._merged, card.name)


def fitted(value: dict[str, Any]) -> dict[str, Any]:
    """Without what the rules between fields refuse."""
    for name, (needed, wanted) in RULED.items():
        if name in value and (not value.get(needed) if wanted is None else value.get(needed) != wanted):
            del value[name]
    return value


@cache
def valid(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Values of the card's call schema."""
    call = SHIPPED[key][1].call_schema
    return objects(call, call.get("$defs", {}))


@pytest.mark.parametrize("key", SHIPPED)
@FEW
@given(data=st.data())
def test_values_of_a_shipped_cards_schema_are_accepted_and_unchanged(key: str, data: st.DataObject) -> None:
    value = fitted(data.draw(valid(key)))
    assert agree(rules_of(key), value)


@pytest.mark.parametrize("key", SHIPPED)
@settings(FEW, max_examples=60)
@given(data=st.data())
def test_edges_of_a_shipped_cards_schema_are_judged_alike(key: str, data: st.DataObject) -> None:
    rules = rules_of(key)
    names = [*rules.call["properties"], "voce", "realtime", "api_key"]
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    value = {name: data.draw(st.sampled_from(edges(rules.call["properties"].get(name, {})))) for name in chosen}
    agree(rules, value, between=True)


@pytest.mark.parametrize("key", CLASSES)
@MANY
@given(data=st.data())
def test_edges_of_every_kind_of_field_are_judged_alike(key: str, data: st.DataObject) -> None:
    cls = CLASSES[key]
    rules = Rules(cls, merged(cls, data.draw(overrides(key))), "m")
    properties = rules.call["properties"]
    chosen = data.draw(st.lists(st.sampled_from([*properties, "unknown"]), max_size=3, unique=True))
    needed = rules.call.get("required", ())
    value = {
        name: data.draw(st.sampled_from(edges(properties.get(name, {})))) for name in dict.fromkeys([*needed, *chosen])
    }
    agree(rules, value)


@pytest.mark.parametrize("key", CLASSES)
def test_every_edge_of_every_field_is_judged_alike(key: str) -> None:
    rules = Rules(CLASSES[key], merged(CLASSES[key]), "m")
    needed = {"need": 1, "text": "a", "tone": "low", "point": {}}
    given = {name: needed[name] for name in rules.call.get("required", ())}
    judged = {
        agree(rules, {**given, name: value}) for name, prop in rules.call["properties"].items() for value in edges(prop)
    }
    assert judged == ({True, False} if CLASSES[key].model_fields else set())


@pytest.mark.parametrize("key", CLASSES)
@settings(FEW, max_examples=30)
@given(data=st.data())
def test_values_of_every_kind_of_field_are_accepted_and_unchanged(key: str, data: st.DataObject) -> None:
    cls = CLASSES[key]
    rules = Rules(cls, merged(cls, data.draw(overrides(key))), "m")
    schema = data.draw(st.sampled_from([rules.call, base_schema(cls)]))
    value = data.draw(objects(schema, schema.get("$defs", {})))
    assert agree(rules, value) or schema is not rules.call


@st.composite
def overrides(draw: st.DrawFn, key: str) -> dict[str, Any]:
    """Overrides that are valid by construction: narrower, hidden, removed, another default, none."""
    base = base_schema(CLASSES[key])
    made: dict[str, Any] = {}
    for name, prop in base["properties"].items():
        kind = draw(st.sampled_from(["", "", "narrow", "remove", "hide", "default", "no default"]))
        narrower = _narrower(draw, prop) if kind == "narrow" else None
        if narrower is not None:
            made[name] = narrower
        elif kind == "remove":
            made[name] = None
        elif kind == "hide" and name not in base.get("required", ()):
            made[name] = {"hidden": True}
        elif kind == "default":
            made[name] = {"default": draw(values(prop, base.get("$defs", {})))}
        elif kind == "no default":
            made[name] = {"default": None}
    return made


def _narrower(draw: st.DrawFn, prop: dict[str, Any]) -> dict[str, Any] | None:
    if "enum" in prop:
        chosen = draw(st.lists(st.sampled_from(prop["enum"]), min_size=1, unique=True))
        return {"enum": chosen, "default": draw(st.sampled_from([None, *chosen]))}
    kind = prop.get("type")
    if kind == "integer" and "multipleOf" in prop:
        return {"multipleOf": prop["multipleOf"] * draw(st.integers(1, 3)), "default": None}
    if kind in ("integer", "number") and "exclusiveMinimum" not in prop:
        low = draw(st.integers(prop.get("minimum", -9), prop.get("maximum", 9)))
        high = draw(st.integers(low, prop.get("maximum", 9)))
        return {"minimum": low, "maximum": high, "default": None}
    if kind == "string" and "const" not in prop:
        longest = draw(st.integers(prop.get("minLength", 0), prop.get("maxLength", 9)))
        return {"maxLength": longest, "default": None}
    if kind == "array":
        return {"maxItems": draw(st.integers(prop.get("minItems", 0), prop.get("maxItems", 4))), "default": None}
    return None


MUTATIONS: dict[str, Any] = {
    "text for a number": lambda value: str(value) if type(value) in (int, float) else ...,
    "true for a number": lambda value: True if type(value) in (int, float) else ...,
    "a number for text": lambda value: 7 if isinstance(value, str) else ...,
    "a number for truth": lambda value: int(value) if isinstance(value, bool) else ...,
    "a list of it": lambda value: [value],
    "an object of it": lambda value: {"value": value},
    "far above": lambda value: value + 10**9 if type(value) in (int, float) else ...,
    "far below": lambda value: value - 10**9 if type(value) in (int, float) else ...,
    "a fraction": lambda value: value + 0.5 if type(value) is int else ...,
    "other letters": lambda value: f" {value}" if isinstance(value, str) else ...,
    "much longer": lambda value: value * 999 + "x" * 999 if isinstance(value, str) else ...,
    "nothing": lambda value: [] if isinstance(value, list) else "" if isinstance(value, str) else ...,
}


@pytest.mark.parametrize("key", SHIPPED)
@settings(FEW, max_examples=6)
@given(data=st.data())
def test_each_mutation_of_a_good_value_is_judged_alike(key: str, data: st.DataObject) -> None:
    rules = rules_of(key)
    good = fitted(data.draw(valid(key)))
    for name, value in good.items():
        for change in MUTATIONS.values():
            changed = change(value)
            if changed is not ...:
                agree(rules, {**good, name: changed}, between=True)
    assert not agree(rules, {**good, "voce": "Cherry"})


def test_the_mutations_are_refused_somewhere() -> None:
    """The list above would mean nothing if every card took them."""
    rules = rules_of("local_tts/espeak-ng")
    good: dict[str, Any] = {"voice": "en-us", "rate": 100, "ssml": True}
    refused = {
        what
        for what, change in MUTATIONS.items()
        for name, value in good.items()
        if change(value) is not ... and not agree(rules, {**good, name: change(value)})
    }
    assert refused == MUTATIONS.keys()
