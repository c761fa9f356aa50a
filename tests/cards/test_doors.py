"""One schema at the doors of a model: constructor, call, reference; names and cards; error, warn and off."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest
from pydantic import BaseModel

from modeldeck.credential import CredentialBase, LocalCredential
from modeldeck.errors import CardError, CardWarning, ModelDeckError, ParameterError, ParameterWarning
from modeldeck.tts import LocalTTSModel, TTSModelCard
from tests.cards.helpers import House, Model, card

CARD = card("x", "voices: [Ada, Bob]", "parameter_overrides: {speed: {maximum: 1.5}, effort: null}")
WRONG: dict[str, dict[str, Any]] = {
    "voice='Adda'": {"voice": "Adda"},
    "at most 1.5": {"speed": 1.75},
    "did you mean 'voice'?": {"voce": "Ada"},
    "effort is not offered by this model": {"effort": "low"},
    "voice=1": {"voice": 1},
}


@pytest.fixture
def model(house: House) -> Model:
    made = house.model()
    house.ship(CARD)
    return made


def built(model: Model, *arguments: Any, **options: Any) -> Any:
    return model(CredentialBase(), *arguments, **options)


@pytest.mark.parametrize("part", WRONG)
def test_constructor_and_call_say_the_same(part: str, model: Model) -> None:
    said = []
    for door in (lambda: built(model, "x", WRONG[part]), lambda: built(model, "x").synthesize("hi", **WRONG[part])):
        with pytest.raises(ParameterError) as caught:
            door()
        assert caught.value.provider == "acme"
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert part in said[0]


def test_every_finding_is_in_one_error(model: Model) -> None:
    with pytest.raises(ParameterError) as caught:
        built(model, "x", {"voice": "Adda", "speed": 9, "voce": 1})
    assert all(part in str(caught.value) for part in ("voice='Adda'", "speed=9", "did you mean 'voice'?"))


def test_the_call_adds_to_what_the_model_was_built_with(model: Model) -> None:
    tts = built(model, "x", {"voice": "Bob", "speed": 1.0})
    assert dict(tts._request("hi", {"speed": None}).parameters) == {"voice": "Bob"}
    assert dict(tts._request("hi", {"voice": None}).parameters) == {"speed": 1.0}
    assert dict(tts._request("hi", {}).parameters) == {"voice": "Bob", "speed": 1.0}
    assert tts.parameters == model.Parameters(voice="Bob", speed=1.0)  # type: ignore[call-arg]


def test_parameters_are_an_instance_a_dict_or_nothing(model: Model) -> None:
    for given in ({"voice": "Bob"}, model.Parameters(voice="Bob")):  # type: ignore[call-arg]
        assert dict(built(model, "x", given)._request("hi", {}).parameters) == {"voice": "Bob"}
    for wrong in ([1], "voice", LocalTTSModel.Parameters()):
        with pytest.raises(ParameterError, match="parameters must be"):
            built(model, "x", wrong)


def test_a_model_without_a_card_obeys_its_class_alone(model: Model) -> None:
    tts = built(model, "newer-than-the-deck", {"voice": "anyone", "effort": "high"})
    assert dict(tts._request("hi", {}).parameters) == {"voice": "anyone", "effort": "high"}
    with pytest.raises(ParameterError, match="at most 2"):
        built(model, "newer-than-the-deck", {"speed": 2.5})


def test_warn_lets_through_and_off_says_nothing(model: Model) -> None:
    given = {"voice": "Adda", "speed": None}
    with pytest.warns(ParameterWarning, match="did you mean 'Ada'") as caught:
        tts = built(model, "x", given, enforce="warn")
    assert [one.filename for one in caught] == [__file__]
    assert dict(tts._request("hi", {}).parameters) == {"voice": "Adda"}
    assert dict(built(model, "x", given, enforce="off")._request("hi", {}).parameters) == {"voice": "Adda"}


@pytest.mark.parametrize("mode", ["Error", "on", "", None, True])
def test_a_mode_that_is_none_is_no_off(mode: Any, model: Model) -> None:
    with pytest.raises(ModelDeckError, match="enforce"):
        built(model, "x", {"voice": "Adda"}, enforce=mode)


@pytest.mark.parametrize("name", [None, "", 5, b"x"])
def test_a_model_is_a_name_or_a_card(name: Any, model: Model) -> None:
    with pytest.raises(ModelDeckError, match="model"):
        built(model, name)


COPIES: dict[str, Any] = {
    "as listed": lambda one: one,
    "copied": copy.copy,
    "deep copied": copy.deepcopy,
    "pickled": lambda one: pickle.loads(pickle.dumps(one)),
    "updated": lambda one: one.model_copy(update={"label": "Mine"}),
    "through JSON": lambda one: TTSModelCard.model_validate_json(one.model_dump_json()),
    "through a dict": lambda one: TTSModelCard.model_validate(one.model_dump()),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_card_brings_its_own_schema_however_it_came(way: str, model: Model) -> None:
    one = COPIES[way](model.card("x"))
    assert one.parameter_schema == model.card("x").parameter_schema
    assert built(model, one).model == "x"
    with pytest.raises(ParameterError, match="did you mean 'Ada'"):
        built(model, one, {"voice": "Adda"})


def test_a_card_of_another_class_is_refused(model: Model) -> None:
    with pytest.raises(ModelDeckError, match="acme_tts"):
        LocalTTSModel(LocalCredential(), model.card("x"))


def test_a_card_of_the_parent_suits_the_child(model: Model, house: House) -> None:
    source = "from speech import AcmeTTS as Parent\n\n\nclass AcmeTTS(Parent):\n    type = 'mine'\n"
    child = house.module(source, "elsewhere").AcmeTTS
    assert built(child, model.card("x")).model == "x"


def test_a_sunset_model_warns_and_is_never_refused(house: House) -> None:
    model = house.model()
    house.ship(card("old", "status: sunset", "sunset_at: 2026-01-02", "replacement: new"))
    with pytest.warns(CardWarning, match="old was switched off on 2026-01-02; use new") as caught:
        built(model, "old")
    assert [one.filename for one in caught] == [__file__]


def test_deprecated_models_do_not_warn(house: House) -> None:
    model = house.model()
    house.ship(card("old", "status: deprecated", "sunset_at: 9999-01-02"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        built(model, "old")


def test_extra_is_on_no_form_and_is_not_enforced(model: Model) -> None:
    tts = built(model, "x", extra={"anything": 1})
    assert "extra" not in model.card("x").call_schema["properties"]
    request = tts._request("hi", {"extra": {"more": 2}})
    assert dict(request.extra) == {"anything": 1, "more": 2}
    assert dict(request.parameters) == {"voice": "Ada"}


def test_what_a_model_was_given_is_not_its_callers_any_more(model: Model) -> None:
    given: dict[str, Any] = {"voice": "Ada"}
    tts = built(model, "x", given)
    given["voice"] = "Zoe"
    assert dict(tts._request("hi", {"speed": 1.0}).parameters) == {"voice": "Ada", "speed": 1.0}


class Quick(BaseModel):
    pace: int = 1


class Spoken(BaseModel):
    voice: str = "Bob"
    pace: int = 1


def test_a_card_read_for_one_class_says_what_another_may_set(house: House) -> None:
    path = house.ship(card("x", "voices: [a, b]"))
    one = TTSModelCard.from_yaml(str(path), house.model().Parameters)
    with pytest.raises(CardError, match=r"card 'x' does not fit Quick: .*voice"):
        one.rules(Quick)
    assert list(one.rules(Spoken).call["properties"]) == ["voice", "pace"]
    assert one.rules(Spoken).call["properties"]["voice"]["enum"] == ["a", "b"]
