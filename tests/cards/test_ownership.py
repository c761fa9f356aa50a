"""Which class lists a card, in which order, and who is told of a card that nobody lists."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from modeldeck.credential import CredentialBase, DashScopeCredential, LocalCredential
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    LocalTTSModel,
    TTSModelBase,
)
from tests.cards.helpers import SPEECH, House, card, listed, write

TWO = (
    SPEECH
    + """

class AcmeLive(AcmeTTS):
    realtime = True
    type: Literal["acme_live"] = "acme_live"
"""
)
KEYED = (
    TWO
    + """

from modeldeck.credential import CredentialBase


class AcmeCredential(CredentialBase):
    type: Literal["acme_credential"] = "acme_credential"

    @classmethod
    def get_tts_model_classes(cls):
        return [AcmeTTS, AcmeLive]


AcmeTTS.credential_class = AcmeCredential
"""
)


def names(model: type[TTSModelBase[Any]]) -> list[str]:
    cards, said = listed(model)
    assert not said
    return [one.name for one in cards]


def test_a_class_lists_what_agrees_in_type_and_realtime(house: House) -> None:
    module = house.module(TWO)
    house.ship(card("plain"), "a.yaml")
    house.ship(card("said", "realtime: false", "type: tts_model"), "b.yaml")
    house.ship(card("live", "realtime: true"), "c.yaml")
    for family in ("chat_model", "embedding_model", "asr_model", "realtime_model"):
        house.ship(card(family, f"type: {family}", "context_size: 1"), f"{family}.yaml")
    assert names(module.AcmeTTS) == ["plain", "said"]
    assert names(module.AcmeLive) == ["live", "plain"]


def test_a_card_takes_realtime_from_its_class_and_knows_it(house: House) -> None:
    module = house.module(TWO)
    house.ship(card("plain"))
    for cls, realtime, kind in ((module.AcmeTTS, False, "acme_tts"), (module.AcmeLive, True, "acme_live")):
        (one,) = cls.list_models()
        assert (one.realtime, one.model_type, one.provider) == (realtime, kind, "acme")


def test_a_card_that_no_class_takes_is_a_warning(house: House) -> None:
    model = house.model(name="lonely")
    path = house.ship(card("live", "realtime: true"))
    cards, said = listed(model)
    assert not cards
    assert said == [f"{path}:3:1: realtime: true is not for AcmeTTS; no class of this provider takes it"]


def test_the_warning_names_the_class_that_would_take_it(house: House) -> None:
    module = house.module(KEYED)
    folder = house.root / "custom"
    path = write(folder / "live.yaml", card("live", "realtime: true"))
    cards, said = listed(module.AcmeTTS, folder)
    assert not cards
    assert said == [f"{path}:3:1: realtime: true is not for AcmeTTS; AcmeLive would take it"]
    assert [one.name for one in listed(module.AcmeLive, folder)[0]] == ["live"]


def test_a_card_that_a_sister_takes_from_the_operators_folder_is_no_warning(house: House) -> None:
    module = house.module(KEYED)
    house.ship(card("shipped"))
    house.operate(card("live", "realtime: true"))
    assert names(module.AcmeTTS) == ["shipped"]
    assert names(module.AcmeLive) == ["live", "shipped"]


def test_a_shipped_voice_card_in_the_wrong_folder_names_its_class(house: House) -> None:
    house.patch.setenv("MODELDECK_CARDS_PATH", str(house.root))
    write(house.root / "dashscope" / "tts" / "x.yaml", card("x", "realtime: true"))
    _, said = listed(DashScopeTTSModel)
    assert len(said) == 1
    assert "DashScopeRealtimeTTSModel would take it" in said[0]


def test_unknown_families_are_named(house: House) -> None:
    model = house.model()
    house.ship(card("x", "type: tts"))
    cards, said = listed(model)
    assert not cards
    assert "type 'tts' is no family of models" in said[0]


def test_a_subclass_keeps_its_parents_cards_under_its_own_type(house: House) -> None:
    module = house.module()
    house.ship(card("one"))
    child = house.module(
        "from typing import Literal\nfrom speech import AcmeTTS as Parent\n\n\n"
        'class AcmeTTS(Parent):\n    type: Literal["mine"] = "mine"\n',
        "elsewhere",
    )
    (one,) = child.AcmeTTS.list_models()
    assert (one.name, one.model_type) == ("one", "mine")
    assert module.AcmeTTS.card("one").model_type == "acme_tts"
    folder = house.package / "_models" / "elsewhere"
    write(folder / "own.yaml", card("own"))
    assert names(child.AcmeTTS) == ["own"] or names(child.AcmeTTS) == ["one"]


def test_a_subclass_with_cards_of_its_own_lists_those(house: House) -> None:
    house.module()
    house.ship(card("one"), folder="_models/speech")
    house.ship(card("own"), folder="_models/elsewhere")
    child = house.module("from speech import AcmeTTS as Parent\n\n\nclass AcmeTTS(Parent):\n    pass\n", "elsewhere")
    assert names(child.AcmeTTS) == ["own"]


def test_the_modules_folder_comes_before_the_flat_one(house: House) -> None:
    model = house.model()
    house.ship(card("flat"))
    house.ship(card("inner"), folder="_models/speech")
    assert names(model) == ["inner"]


def test_a_class_without_a_file_has_no_cards_or_its_parents() -> None:
    namespace: dict[str, Any] = {"__name__": "a_notebook", "LocalTTSModel": LocalTTSModel, "TTSModelBase": TTSModelBase}
    exec("class Own(TTSModelBase): pass\nclass Mine(LocalTTSModel): pass", namespace)
    assert namespace["Own"].list_models() == []
    assert [one.name for one in namespace["Mine"].list_models()] == ["espeak-ng"]


ORDERED = [
    ("b2", "Alpha", "active"),
    ("a9", "Beta", "active"),
    ("b1", "Beta", "active"),
    ("z", "Able", "deprecated"),
    ("a", "Aaron", "sunset"),
]


@pytest.mark.parametrize("shuffle", list(itertools.permutations(range(5)))[::17])
def test_active_first_then_by_label_then_by_name(shuffle: tuple[int, ...], house: House) -> None:
    model = house.model()
    for number, index in enumerate(shuffle):
        name, label, status = ORDERED[index]
        house.ship(card(name, f"status: {status}", label=label), f"{number}.yaml")
    assert names(model) == [name for name, _, _ in ORDERED]


def test_a_credentials_list_is_sorted_over_all_its_classes(house: House) -> None:
    module = house.module(KEYED)
    house.ship(card("c", label="C"), "c.yaml")
    house.ship(card("a", "status: deprecated", label="A"), "a.yaml")
    house.ship(card("b", "realtime: true", label="B"), "b.yaml")
    found = [(one.name, one.model_type) for one in module.AcmeCredential.list_tts_models()]
    assert found[0] == ("b", "acme_live")
    assert [name for name, _ in found] == ["b", "c", "c", "a", "a"]
    assert module.AcmeCredential(name="x").list_tts_models() == module.AcmeCredential.list_tts_models()


SHIPPED: list[type[CredentialBase]] = [DashScopeCredential, LocalCredential]


@pytest.mark.parametrize("credential", SHIPPED)
def test_every_shipped_card_loads_and_is_listed_once(credential: type[CredentialBase]) -> None:
    cards = credential.list_tts_models(strict=True)
    keys = [(one.provider, one.model_type, one.name) for one in cards]
    assert cards
    assert len(set(keys)) == len(keys)
    assert len({one.name for one in cards}) == len(cards)


def test_cosyvoice_has_one_list_under_two_names() -> None:
    realtime = {one.name for one in DashScopeCosyVoiceRealtimeTTSModel.list_models()}
    switch = DashScopeCosyVoiceTTSModel.list_models()
    assert {one.name for one in switch} == realtime
    assert {one.model_type for one in switch} == {"dashscope_cosyvoice_tts"}
    assert all("realtime" in one.parameter_schema["properties"] for one in switch)


def test_the_folder_of_another_family_is_not_read(house: House) -> None:
    """`<provider>/realtime/` holds the cards of conversational models; those of speech are in `realtime_tts/`."""
    house.patch.setenv("MODELDECK_CARDS_PATH", str(house.root))
    write(house.root / "dashscope" / "realtime" / "omni.yaml", card("omni"))
    assert "omni" not in names(DashScopeRealtimeTTSModel)
