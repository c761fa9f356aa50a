"""What a card's voices make of the parameter `voice`."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field

from modeldeck._cards.schema import MergeError, Voices
from tests.cards.helpers import merged, parameters

VOICE = parameters(voice=(str, Field("Ada", title="Speaker", description="Who.", max_length=9)), speed=(int, 1))
NEEDED = parameters(speed=int, voice=str)
LISTED = [("Bob", "Bobby"), ("Ada", "Ada")]
NOTES = {"title": "Speaker", "description": "Who.", "maxLength": 9, "type": "string"}

ROWS: dict[str, tuple[Voices, dict[str, Any], list[str]]] = {
    "the card's order, the first preset": (Voices(LISTED), {"enum": ["Bob", "Ada"], "default": "Bob"}, []),
    "its own preset": (Voices(LISTED, "Ada"), {"enum": ["Bob", "Ada"], "default": "Ada"}, []),
    "others are valid too": (
        Voices(LISTED, None, True),
        {"default": "Bob", "anyOf": [{"title": "Listed", "enum": ["Bob", "Ada"]}, {"title": "Own"}]},
        [],
    ),
    "a preset of others": (
        Voices(LISTED, "Cy", True),
        {"default": "Cy", "anyOf": [{"title": "Listed", "enum": ["Bob", "Ada"]}, {"title": "Own"}]},
        [],
    ),
    "none listed, others valid": (Voices([], None, True), {}, ["voice"]),
    "none listed, one preset": (Voices([], "Cy", True), {"default": "Cy"}, []),
    "nothing said": (Voices(), {"default": "Ada"}, []),
}


@pytest.mark.parametrize("what", ROWS)
def test_voices_become_the_field(what: str) -> None:
    voices, wanted, required = ROWS[what]
    made = merged(VOICE, None, voices)
    assert made.form["properties"]["voice"] == {**NOTES, **wanted}
    assert made.form.get("required", []) == required
    assert made.form == made.call


def test_a_required_voice_with_a_default_is_required_no_more() -> None:
    assert merged(NEEDED, None, Voices(LISTED)).form["required"] == ["speed"]
    assert merged(NEEDED, None, Voices([], None, True)).form["required"] == ["speed", "voice"]


WRONG: dict[str, tuple[type[Any], Voices, tuple[str | int, ...], str]] = {
    "no such parameter": (parameters(speed=int), Voices(LISTED), ("voices",), "no voice parameter"),
    "only others, no parameter": (
        parameters(speed=int),
        Voices([], None, True),
        ("custom_voices",),
        "no voice parameter",
    ),
    "preset that is not listed": (VOICE, Voices(LISTED, "Adda"), ("default_voice",), "did you mean 'Ada'?"),
    "preset of nothing": (VOICE, Voices([], "Ada"), ("default_voice",), "needs voices"),
    "voice that the class refuses": (VOICE, Voices([("x" * 10, "")]), ("voices", 0), "at most 9 characters"),
    "voice outside the class's own": (
        parameters(voice=(Literal["Ada", "Bob"], "Ada")),
        Voices([("Ada", ""), ("Cy", "")]),
        ("voices", 1),
        "not among",
    ),
    "others where the class has a list": (
        parameters(voice=(Literal["Ada", "Bob"], "Ada")),
        Voices([("Ada", "")], None, True),
        ("custom_voices",),
        "",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_voices_that_do_not_fit_make_the_card_invalid(what: str) -> None:
    cls, voices, path, part = WRONG[what]
    with pytest.raises(MergeError) as caught:
        merged(cls, None, voices)
    assert path in [where for where, _ in caught.value.problems]
    assert part in str(caught.value)


def test_labels_stand_in_the_ui_schema_only() -> None:
    made = merged(VOICE, None, Voices(LISTED))
    assert made.ui["voice"] == {"ui:enumNames": ["Bobby", "Ada"]}
    assert "Bobby" not in str(made.form)
    own = merged(VOICE, None, Voices(LISTED, None, True))
    assert own.ui["voice"] == {"anyOf": [{"ui:enumNames": ["Bobby", "Ada"]}, {}]}


def test_an_override_may_replace_the_enum_of_the_voices() -> None:
    made = merged(VOICE, {"voice": {"enum": ["Bob"], "default": "Bob"}}, Voices(LISTED))
    assert made.form["properties"]["voice"]["enum"] == ["Bob"]
    assert made.ui["voice"] == {"ui:enumNames": ["Bobby"]}


def test_an_override_that_drops_the_preset_voice_leaves_none() -> None:
    made = merged(VOICE, {"voice": {"enum": ["Ada"]}}, Voices(LISTED))
    assert "default" not in made.form["properties"]["voice"]


def test_hints_are_widgets_and_the_order_of_what_is_shown() -> None:
    secret = Field(None, json_schema_extra={"format": "password", "writeOnly": True})
    cls = parameters(b=(int, Field(1, ge=0, le=9)), key=(str | None, secret), a=(int, Field(1, ge=0)), c=(int, 1))
    made = merged(cls, {"c": {"hidden": True}})
    assert made.ui == {
        "ui:order": ["b", "key", "a"],
        "b": {"ui:widget": "range"},
        "key": {"ui:widget": "password"},
    }
