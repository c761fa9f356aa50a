"""`extends`: maps merge per key, lists replace, and whatever cannot be inherited is said."""

from __future__ import annotations

import pytest

from tests.cards.helpers import House, card, listed

BASE = card(
    "base",
    "voices: [Ada, Bob]",
    "languages: [zh, en]",
    "audio: {sample_rate: 24000, formats: [pcm, wav]}",
    "pricing: {unit: minute, currency: CNY, input: 1}",
    "parameter_overrides:",
    "  speed: {minimum: 1, maximum: 1.5}",
    "  effort: {default: high}",
    label="Base",
)
OWN = card(
    "own",
    "extends: base",
    "voices: [Cy]",
    "audio: {sample_rate: 16000}",
    "pricing: null",
    "parameter_overrides:",
    "  speed: {maximum: 1.25}",
    "  effort: null",
    label="Own",
)


def test_maps_merge_and_lists_replace(house: House) -> None:
    model = house.model()
    house.ship(BASE, "base.yaml")
    house.ship(OWN, "own.yaml")
    cards, said = listed(model)
    assert not said
    own = next(one for one in cards if one.name == "own")
    assert [voice.id for voice in own.voices] == ["Cy"]
    assert own.languages == ["zh", "en"]
    assert own.audio is not None
    assert (own.audio.sample_rate, own.audio.formats) == (16000, ("pcm", "wav"))
    assert own.pricing is None
    assert own.parameter_overrides == {"speed": {"minimum": 1, "maximum": 1.25}, "effort": None}
    assert "effort" not in own.call_schema["properties"]
    base = next(one for one in cards if one.name == "base")
    assert "effort" in base.call_schema["properties"]


def test_a_card_may_inherit_its_label_and_through_several(house: House) -> None:
    model = house.model()
    house.ship(BASE, "z.yaml")
    house.ship("name: mid\nextends: base\nlanguages: [de]\n", "m.yaml")
    house.ship("name: end\nextends: mid\n", "a.yaml")
    cards, said = listed(model)
    assert not said
    end = next(one for one in cards if one.name == "end")
    assert (end.label, end.languages, [voice.id for voice in end.voices]) == ("Base", ["de"], ["Ada", "Bob"])


@pytest.mark.parametrize(
    ("files", "part"),
    [
        ({"a": "extends: a"}, "a card cannot extend itself"),
        ({"a": "extends: b", "b": "extends: a"}, "extends goes in a circle: "),
        ({"a": "extends: b", "b": "extends: c", "c": "extends: b"}, "extends goes in a circle: "),
        ({"a": "extends: bse", "base": "voices: [Ada]"}, "no card 'bse' to extend; did you mean 'base'?"),
        ({"a": "extends: broken", "broken": "voices: ["}, "broken"),
    ],
)
def test_what_cannot_be_inherited_is_named(files: dict[str, str], part: str, house: House) -> None:
    model = house.model()
    for name, line in files.items():
        house.ship(card(name, line), f"{name}.yaml")
    cards, said = listed(model)
    assert "a" not in [one.name for one in cards]
    assert any("a.yaml:3:1: " in one and part in one for one in said)


def test_the_file_that_says_it_is_named(house: House) -> None:
    """A bound of the parent that does not suit the child's is the child's; the parent's own are the parent's."""
    model = house.model()
    house.ship(card("base", "voices: [Ada]", "parameter_overrides:", "  speed: {minimum: 1}"), "base.yaml")
    own = house.ship(card("own", "extends: base", "default_voice: Bob"), "own.yaml")
    _, said = listed(model)
    assert [one.split(": ")[0] for one in said] == [f"{own}:4:1"]


def test_a_mistake_is_inherited_with_its_place(house: House) -> None:
    model = house.model()
    base = house.ship(card("base", "staus: active"), "base.yaml")
    house.ship(card("own", "extends: base"), "own.yaml")
    cards, said = listed(model)
    assert not cards
    assert all(one.startswith(f"{base}:3:1: ") for one in said)


def test_the_operators_card_replaces_and_extends_the_shipped_one(house: House) -> None:
    model = house.model()
    house.ship(BASE, "base.yaml")
    house.operate(card("base", "extends: base", "custom_voices: true", label="Mine"))
    (one,), said = listed(model)
    assert not said
    assert (one.label, one.custom_voices, [voice.id for voice in one.voices]) == ("Mine", True, ["Ada", "Bob"])


def test_the_operators_cards_inherit_from_the_operators_first(house: House) -> None:
    model = house.model()
    house.ship(BASE, "base.yaml")
    house.operate(card("base", "extends: base", "languages: [de]"), "base.yaml")
    house.operate("name: more\nextends: base\n", "more.yaml")
    cards, said = listed(model)
    assert not said
    assert {one.name: one.languages for one in cards} == {"base": ["de"], "more": ["de"]}


def test_a_custom_folder_inherits_from_shipped_cards_without_listing_them(house: House) -> None:
    model = house.model()
    house.ship(BASE, "base.yaml")
    folder = house.root / "custom"
    folder.mkdir()
    (folder / "own.yaml").write_text(OWN, encoding="utf-8")
    cards, said = listed(model, folder)
    assert not said
    assert [one.name for one in cards] == ["own"]
    assert cards[0].languages == ["zh", "en"]


def test_a_change_of_the_shipped_base_reaches_a_custom_folder(house: House) -> None:
    model = house.model()
    house.ship(BASE, "base.yaml")
    folder = house.root / "custom"
    folder.mkdir()
    (folder / "own.yaml").write_text(OWN, encoding="utf-8")
    listed(model, folder)
    house.ship(BASE.replace("languages: [zh, en]", "languages: [fr]"), "base.yaml")
    assert listed(model, folder)[0][0].languages == ["fr"]


def test_a_card_of_another_class_may_be_the_base(house: House) -> None:
    """Type and realtime are judged on what a card is after inheriting."""
    model = house.model()
    house.ship(card("live", "realtime: true", "voices: [Ada]"), "live.yaml")
    house.ship(card("slow", "extends: live", "realtime: false"), "slow.yaml")
    cards, said = listed(model)
    assert [one.name for one in cards] == ["slow"]
    assert [voice.id for voice in cards[0].voices] == ["Ada"]
    assert len(said) == 1
    assert "live.yaml" in said[0]
