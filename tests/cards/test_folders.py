"""Where cards come from: the operator's overlays, a folder alone; what is missing, and how it is said."""

from __future__ import annotations

import os
import warnings

import pytest

from modeldeck.credential import DashScopeCredential
from modeldeck.errors import CardError, CardWarning, ModelNotFoundError
from modeldeck.tts import DashScopeTTSModel
from tests.cards.helpers import House, card, listed, write

BROKEN = "name: x\nlabel: [\n"


def test_an_overlay_adds_and_replaces_and_the_later_one_wins(house: House) -> None:
    model = house.model()
    for name in ("a", "b", "c"):
        house.ship(card(name, label="shipped"), f"{name}.yaml")
    one, two = house.root / "one", house.root / "two"
    write(one / "acme/speech/x.yaml", card("a", label="one"))
    write(one / "acme/speech/y.yaml", card("b", label="one"))
    write(two / "acme/speech/y.yaml", card("b", label="two"))
    write(two / "acme/speech/z.yml", card("d", label="two"))
    house.patch.setenv("MODELDECK_CARDS_PATH", f"{one}{os.pathsep}{two}")
    assert {found.name: found.label for found in model.list_models()} == {
        "a": "one",
        "b": "two",
        "c": "shipped",
        "d": "two",
    }
    house.patch.setenv("MODELDECK_CARDS_PATH", f"{two}{os.pathsep}{one}{os.pathsep}")
    assert model.card("b").label == "one"
    house.patch.delenv("MODELDECK_CARDS_PATH")
    assert model.card("b").label == "shipped"


def test_an_overlay_replaces_the_card_of_the_same_identity_only(house: House) -> None:
    house.patch.setenv("MODELDECK_CARDS_PATH", str(house.root))
    write(house.root / "dashscope/tts/x.yaml", card("qwen3-tts-flash", "extends: qwen3-tts-flash", label="Mine"))
    write(house.root / "other/tts/x.yaml", card("qwen-tts", label="Not mine"))
    labels = {one.name: one.label for one in DashScopeTTSModel.list_models()}
    assert labels["qwen3-tts-flash"] == "Mine"
    assert labels["qwen-tts"] != "Not mine"


def test_a_broken_overlay_leaves_the_shipped_card_and_warns(house: House) -> None:
    model = house.model()
    house.ship(card("x", label="shipped"))
    path = house.operate(BROKEN)
    cards, said = listed(model)
    assert [one.label for one in cards] == ["shipped"]
    assert said[0].startswith(f"{path}:3:1: ")


def test_an_overlay_that_is_missing_is_said(house: House) -> None:
    model = house.model()
    house.ship(card("x"))
    file = write(house.root / "file", "")
    house.patch.setenv("MODELDECK_CARDS_PATH", f"{house.root / 'nowhere'}{os.pathsep}{file}")
    cards, said = listed(model)
    assert [one.name for one in cards] == ["x"]
    assert len(said) == 2
    assert all("is no directory (MODELDECK_CARDS_PATH names it)" in one for one in said)


def test_a_custom_folder_is_listed_alone(house: House) -> None:
    model = house.model()
    house.ship(card("shipped"))
    house.operate(card("operators"))
    folder = house.root / "custom"
    write(folder / "own.yaml", card("own"))
    write(folder / "deeper" / "not.yaml", card("not"))
    write(folder / "README.md", "no card")
    assert [one.name for one in model.list_models(folder)] == ["own"]
    assert [one.name for one in model.list_models(custom_yaml_dir=str(folder))] == ["own"]


def test_the_providers_own_folder_comes_before_the_flat_one(house: House) -> None:
    model = house.model()
    folder = house.root / "custom"
    write(folder / "flat.yaml", card("flat"))
    assert [one.name for one in model.list_models(folder)] == ["flat"]
    write(folder / "acme" / "speech" / "inner.yaml", card("inner"))
    assert [one.name for one in model.list_models(folder)] == ["inner"]


def test_an_empty_custom_folder_has_no_cards(house: House) -> None:
    folder = house.root / "custom"
    folder.mkdir()
    house.module()
    assert listed(house.model(), folder) == ([], [])


@pytest.mark.parametrize("kind", ["missing", "file", "loop"])
def test_a_custom_folder_that_is_none_is_an_error(kind: str, house: House) -> None:
    model = house.model()
    house.ship(card("shipped"))
    folder = house.root / "custom"
    if kind == "file":
        folder.write_text("", encoding="utf-8")
    elif kind == "loop":
        folder.symlink_to(folder)
    with pytest.raises(CardError, match="custom"):
        model.list_models(folder)


def test_a_broken_card_warns_at_every_call_at_the_callers_line(house: House) -> None:
    model = house.model()
    house.ship(card("good"), "good.yaml")
    house.ship(BROKEN, "broken.yaml")
    for _ in range(3):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert [one.name for one in model.list_models()] == ["good"]
        assert [one.category for one in caught] == [CardWarning]
        assert caught[0].filename == __file__


def test_the_credentials_list_warns_at_the_callers_line_too(house: House) -> None:
    house.patch.setenv("MODELDECK_CARDS_PATH", str(house.root))
    write(house.root / "dashscope/tts/x.yaml", BROKEN)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DashScopeCredential.list_tts_models()
    assert [one.filename for one in caught] == [__file__]


def test_strict_raises_with_every_finding(house: House) -> None:
    model = house.model()
    house.ship(card("good"), "good.yaml")
    house.ship(BROKEN, "broken.yaml")
    house.ship(card("typo", "staus: active"), "typo.yaml")
    with pytest.raises(CardError) as caught:
        model.list_models(strict=True)
    assert "broken.yaml:3:1: " in str(caught.value)
    assert "typo.yaml:3:1: unknown key 'staus'" in str(caught.value)
    assert caught.value.provider == "acme"


def test_strict_says_nothing_when_all_is_well(house: House) -> None:
    model = house.model()
    house.ship(card("good"))
    assert [one.name for one in model.list_models(strict=True)] == ["good"]


def test_a_card_is_found_by_its_name(house: House) -> None:
    model = house.model()
    house.ship(card("one-flash"), "a.yaml")
    house.ship(card("two"), "b.yaml")
    assert model.card("two").name == "two"
    with pytest.raises(ModelNotFoundError, match="did you mean 'one-flash'"):
        model.card("one-flesh")
    with pytest.raises(ModelNotFoundError, match="there are: one-flash, two"):
        model.card("zzzz")


def test_yml_counts_and_other_endings_do_not(house: House) -> None:
    model = house.model()
    house.ship(card("a"), "a.yml")
    house.ship(card("b"), "b.yaml.bak")
    house.ship(card("c"), "c.json")
    assert [one.name for one in model.list_models()] == ["a"]
