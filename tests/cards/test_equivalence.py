"""Property tests: what a merged schema accepts constructs and comes out unchanged, what it refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldeck._cards.enforce import Rules, base_schema
from modeldeck.testing.agreement import agree
from modeldeck.testing.checks.parameters import FEW, MUTATIONS
from modeldeck.testing.values import objects, values
from modeldeck.tts import LocalTTSModel
from tests.cards.helpers import merged
from tests.cards.synthetic import CLASSES, edges

MANY = settings(FEW, max_examples=150)


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


def test_the_mutations_are_refused_somewhere() -> None:
    """The list above would mean nothing if every card took them."""
    card = LocalTTSModel.card("espeak-ng")
    rules = Rules(LocalTTSModel.Parameters, card._merged, card.name)
    good: dict[str, Any] = {"voice": "en-us", "rate": 100, "ssml": True}
    refused = {
        what
        for what, change in MUTATIONS.items()
        for name, value in good.items()
        if change(value) is not ... and not agree(rules, {**good, name: change(value)})
    }
    assert refused == MUTATIONS.keys()
