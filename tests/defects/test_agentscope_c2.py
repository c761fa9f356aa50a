"""AgentScope 2.0.10's demonstrated defects of cards and schemas (C2, by number), none of which is here."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from modeldeck.credential import CredentialBase, CredentialFactory, DashScopeCredential, LocalCredential
from modeldeck.errors import CardError, ModelDeckError, ParameterError
from modeldeck.tts import DashScopeCosyVoiceTTSModel, DashScopeTTSModel, LocalTTSModel, TTSModelBase, TTSModelCard
from tests.cards.helpers import House, card, listed, parameters, sent

RICH = """
from enum import Enum
from typing import Literal

from pydantic import BaseModel, Field

from modeldeck.tts import TTSModelBase


class Effort(Enum):
    LOW = "low"
    HIGH = "high"


class Point(BaseModel):
    x: int = 1


class AcmeTTS(TTSModelBase):
    provider = "acme"
    type: Literal["acme_tts"] = "acme_tts"

    class Parameters(BaseModel):
        need: int
        voice: str = "Ada"
        effort: Effort = Effort.LOW
        point: Point | None = None
        size: int | None = Field(default=None, ge=0, le=100)
"""
MODELS: list[type[TTSModelBase[Any]]] = [
    *DashScopeCredential.get_tts_model_classes(),
    DashScopeCosyVoiceTTSModel,
    LocalTTSModel,
]
SHIPPED = [(model, one) for model in MODELS for one in model.list_models(strict=True)]
IDS = [f"{one.model_type}/{one.name}" for _, one in SHIPPED]


def test_c2_1_defs_survive(house: House) -> None:
    model = house.model(RICH)
    house.ship(card("x"))
    schema = model.card("x").parameter_schema
    Draft202012Validator(schema).validate({"need": 1, "effort": "high", "point": {"x": 2}})
    assert schema["properties"]["effort"]["enum"] == ["low", "high"]
    assert not Draft202012Validator(schema).is_valid({"need": 1, "effort": "loud"})


def test_c2_2_null_override_keeps_the_card(house: House) -> None:
    model = house.model(RICH)
    house.ship(card("x", "parameter_overrides:", "  size: null", "  need:"))
    (one,) = model.list_models()
    assert not {"size", "need"} & one.parameter_schema["properties"].keys()


def test_c2_3_required_loses_what_is_gone(house: House) -> None:
    model = house.model(RICH)
    house.ship(card("gone", "parameter_overrides: {need: null}"), "a.yaml")
    house.ship(card("hidden", "parameter_overrides: {need: {hidden: true, default: 1}}"), "b.yaml")
    house.ship(card("unfit", "parameter_overrides: {need: {hidden: true}}"), "c.yaml")
    cards, said = listed(model)
    assert [one.name for one in cards] == ["gone", "hidden"]
    assert all("need" not in one.parameter_schema.get("required", []) for one in cards)
    assert "cannot be hidden" in said[0]


def test_c2_4_broken_cards_are_never_silent(house: House) -> None:
    model = house.model()
    texts = [card("m"), "name: [", "", "label: only\n", "nmae: x\nlabel: X\n"]
    for number, text in enumerate(texts):
        house.ship(text, f"{number}.yaml")
    cards, said = listed(model)
    assert [one.name for one in cards] == ["m"]
    assert {line.split(":")[0].rpartition("/")[2] for line in said} == {"1.yaml", "2.yaml", "3.yaml", "4.yaml"}
    assert any("did you mean 'name'?" in line for line in said)
    with pytest.raises(CardError):
        model.list_models(strict=True)


def test_c2_5_unknown_overrides_and_keys_are_errors(house: House) -> None:
    model = house.model()
    house.ship(card("a", "parameter_overrides: {sped: {maximum: 1}}"), "a.yaml")
    house.ship(card("b", "staus: deprecated"), "b.yaml")
    cards, said = listed(model)
    assert not cards
    assert "did you mean 'speed'?" in said[0]
    assert "did you mean 'status'?" in said[1]


def test_c2_6_duplicate_names_are_errors(house: House) -> None:
    model = house.model()
    house.ship(card("m", label="First"), "a.yaml")
    house.ship(card("m", label="Second"), "b.yaml")
    cards, said = listed(model)
    assert [one.label for one in cards] == ["First"]
    assert "name 'm' is taken by a.yaml" in said[0]


@pytest.mark.parametrize(
    "override", ["{type: banana}", "{maximum: lots}", "{default: 5000, maximum: 100}", "{type: banana, maximum: lots}"]
)
def test_c2_7_and_8_a_schema_that_is_none_is_an_error(override: str, house: House) -> None:
    model = house.model(RICH)
    house.ship(card("m", "parameter_overrides:", f"  size: {override}"))
    cards, said = listed(model)
    assert not cards
    assert all(":4:" in line for line in said)


def test_c2_9_the_order_is_not_the_directorys() -> None:
    cards = DashScopeCredential.list_tts_models()
    keys = [(["active", "deprecated", "sunset"].index(one.status), one.label, one.name) for one in cards]
    assert keys == sorted(keys)


NOT_ENFORCED: dict[str, dict[str, Any]] = {
    "voice": {"voice": "NoSuchVoice"},
    "misspelt": {"voce": "Cherry"},
    "not on the card": {"instructions": "fast"},
    "not of the class": {"thinking_enable": True},
    "no member": {"language_type": "Klingon"},
}


@pytest.mark.parametrize("what", NOT_ENFORCED)
def test_c2_10_the_card_is_enforced(what: str) -> None:
    credential = DashScopeCredential(api_key="sk-1")
    with pytest.raises(ParameterError, match=next(iter(NOT_ENFORCED[what]))):
        DashScopeTTSModel(credential, "qwen3-tts-flash", NOT_ENFORCED[what])
    tts = DashScopeTTSModel(credential, "qwen3-tts-flash")
    with pytest.raises(ParameterError):
        tts.synthesize("hi", **NOT_ENFORCED[what])


@pytest.mark.parametrize(("model", "one"), SHIPPED, ids=IDS)
def test_c2_11_the_forms_default_is_the_one_that_is_sent(model: type[TTSModelBase[Any]], one: TTSModelCard) -> None:
    call = one.call_schema
    given = {"voice": "mine"} if "voice" in call.get("required", ()) else {}
    defaults = given | {
        name: prop["default"] for name, prop in call["properties"].items() if prop.get("default") is not None
    }
    owner = LocalCredential() if model is LocalTTSModel else DashScopeCredential(api_key="sk-1")
    kept = one.model_copy(update={"status": "active"})  # one that is switched off would warn
    assert dict(model(owner, kept, given)._request("hi", {}).parameters) == defaults
    shown = one.parameter_schema["properties"].items()
    assert {name: prop.get("default") for name, prop in shown if name not in given} == {
        name: defaults.get(name) for name, _ in shown if name not in given
    }


def test_c2_12_a_card_for_the_other_class_is_said(house: House) -> None:
    folder = house.root / "custom"
    folder.mkdir()
    (folder / "v.yaml").write_text(
        "name: cosyvoice-v3-plus\nlabel: CosyVoice-v3-Plus\nstatus: active\nrealtime: true\n"
        "input_types:\n  - text/plain\noutput_types:\n  - audio/wav\n"
        "voices:\n  - longanyang\n  - longxiaochun\n  - longshuo\nparameter_overrides: {}\n",
        encoding="utf-8",
    )
    cards, said = listed(DashScopeTTSModel, folder)
    assert not cards
    assert "realtime: true is not for DashScopeTTSModel" in said[0]
    assert "would take it" in said[0]
    (one,), said = listed(DashScopeCosyVoiceTTSModel, folder)
    assert not said
    assert one.parameter_schema["properties"]["voice"]["enum"] == ["longanyang", "longxiaochun", "longshuo"]
    (one,), _ = listed(DashScopeCredential.get_tts_model_classes()[2], folder)
    assert (one.realtime, one.parameter_schema["properties"]["voice"]["default"]) == (True, "longanyang")


def test_c2_13_and_14_every_class_ships_cards_and_every_card_is_reachable() -> None:
    for credential in (DashScopeCredential, LocalCredential):
        for model in credential.get_tts_model_classes():
            assert model.list_models(strict=True), model
    reachable = {one.name for one in DashScopeCredential.list_tts_models()}
    assert {one.name for _, one in SHIPPED if one.provider == "dashscope"} == reachable


def test_c2_15_listing_everything_needs_no_guard() -> None:
    for credential in CredentialFactory.credential_classes():
        for family in ("", "_tts", "_embedding", "_asr", "_realtime"):
            assert isinstance(getattr(credential, f"list{family}_models")(), list)
    assert CredentialBase.list_models() == []


def test_c2_16_both_names_of_the_overrides_are_there(house: House) -> None:
    model = house.model()
    house.ship(card("x", "parameter_overrides: {speed: {maximum: 1.5}}"))
    one = model.card("x")
    assert one.parameter_overrides == one.parameters_overrides == {"speed": {"maximum": 1.5}}


def test_c2_18_a_class_of_an_interactive_session_lists_nothing() -> None:
    namespace: dict[str, Any] = {"__name__": "an_interactive_session", "TTSModelBase": TTSModelBase}
    exec("class Mine(TTSModelBase): pass", namespace)
    assert namespace["Mine"].list_models() == []


def test_b1_a_card_that_is_no_dict_override_is_refused(house: House) -> None:
    model = house.model()
    house.ship(card("x", "parameter_overrides: {speed: 5}"))
    assert listed(model)[0] == []


def test_b1_enums_are_values_not_references() -> None:
    class Size(Enum):
        S = 1

    class Inner(BaseModel):
        size: Size = Size.S

    cls = parameters(size=(Size | None, None), inner=(Inner | None, None))
    assert sent(cls, {"size": 1, "inner": {"size": 1}}) == {"size": 1, "inner": {"size": 1}}


def test_b2_an_unknown_model_is_no_silent_first_class() -> None:
    """T15 and R9: there, an unknown name became the first class of the credential."""
    from modeldeck.tts.reference import find_model

    found = find_model("dashscope/qwen3-tts-vc-realtime-2026-01-15")
    assert found.model_class.__name__ == "DashScopeRealtimeTTSModel"
    with pytest.raises(ModelDeckError, match="no model"):
        find_model("dashscope/qwen9-tts-vc-realtime")
