"""Voices of the whole deck, and the same kind of voice elsewhere."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.errors import CardWarning, ModelNotFoundError, ParameterError
from modeldeck.tts import FoundVoice, TTSModelCard, Voice, find_model, find_voices, similar_voices
from modeldeck.tts.card import build_card
from modeldeck.tts.languages import speaks


class Parameters(BaseModel):
    voice: str = ""


def card(name: str, *voices: Any, provider: str = "acme", realtime: bool = False, **more: Any) -> TTSModelCard:
    data = {"name": name, "label": name, "voices": list(voices), **more}
    return build_card(
        data, f"{name}.yaml", Parameters, provider=provider, model_type=f"{provider}_tts", realtime=realtime
    )


ANNA = {"id": "Anna", "languages": ["en-GB"], "gender": "female", "styles": ["warm", "slight northern accent"]}
BEN = {"id": "Ben", "languages": ["en-US"], "gender": "male", "styles": ["calm"]}
MEI = {"id": "Mei", "languages": ["yue", "en"], "gender": "female"}
PLAIN = "Plain"
DECK = [
    card("one", ANNA, BEN, languages=["en"]),
    card("two", MEI, PLAIN, languages=["fr"], realtime=True, custom_voices=True),
    card("three", {**ANNA, "id": "Ava"}, provider="other", realtime=True, status="deprecated"),
    card("four", {**BEN, "id": "Bob"}, provider="other", status="sunset"),
]


def ids(found: list[FoundVoice]) -> list[str]:
    return [one.voice.id for one in found]


# -- what is asked for


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Anna", "Ben", "Mei", "Plain", "Ava"]),
        ({"language": "en"}, ["Anna", "Ben", "Ava", "Mei"]),
        ({"language": "en-GB"}, ["Anna", "Ava"]),
        ({"language": "en-GB", "near": True}, ["Anna", "Ava", "Ben", "Mei"]),
        ({"language": "zh-HK"}, ["Mei"]),
        ({"language": "fr"}, ["Plain"]),
        ({"language": "de"}, []),
        ({"gender": "male"}, ["Ben"]),
        ({"gender": "male", "status": "sunset"}, ["Bob"]),
        ({"status": ["active", "sunset"]}, ["Anna", "Ben", "Mei", "Plain", "Bob"]),
        ({"styles": "warm"}, ["Anna", "Ava"]),
        ({"styles": ["Warm", "northern"]}, ["Anna", "Ava"]),
        ({"styles": "war"}, []),
        ({"styles": ["warm", "calm"]}, []),
        ({"realtime": True}, ["Mei", "Plain", "Ava"]),
        ({"realtime": False}, ["Anna", "Ben"]),
        ({"custom_voices": True}, ["Mei", "Plain"]),
        ({"custom_voices": False, "provider": "acme"}, ["Anna", "Ben"]),
        ({"provider": "other"}, ["Ava"]),
        ({"provider": "other_credential"}, ["Ava"]),
        ({"model": "other/four"}, ["Bob"]),
        ({"model": "acme/one:Ben"}, ["Ben"]),
        ({"model": "acme/one:Ben", "gender": "female"}, []),
        ({"source": "card"}, ["Anna", "Ben", "Mei", "Plain", "Ava"]),
        ({"source": "cloned"}, []),
        ({"search": "an"}, ["Anna"]),
        ({"search": "northern ava"}, ["Ava"]),
        ({"search": "acme/one"}, ["Anna", "Ben"]),
    ],
)
def test_each_filter(asked: dict[str, Any], found: list[str]) -> None:
    assert ids(find_voices(cards=DECK, **asked)) == found


def test_a_found_voice_says_what_it_is_and_why() -> None:
    (one,) = find_voices(cards=DECK, language="zh-HK")
    assert (one.reference, one.provider, one.model, one.realtime, one.status) == (
        "acme/two:Mei",
        "acme",
        "two",
        True,
        "active",
    )
    assert (one.match, one.why) == (1.0, ("speaks yue, which is zh-HK as it is spoken",))
    (plain,) = find_voices(cards=DECK, language="fr")
    assert (plain.languages, plain.voice.languages, plain.match) == (("fr",), (), 1.0)
    assert pickle.loads(pickle.dumps(one)) == one


def test_what_is_only_near_says_so_and_comes_last() -> None:
    found = find_voices(cards=DECK, language="en-GB", near=True)
    assert [one.match for one in found] == sorted((one.match for one in found), reverse=True)
    said = {one.voice.id: one.why[0] for one in found}
    assert said["Anna"] == "speaks en-GB"
    assert said["Ben"] == "speaks en-US, which is another region than en-GB"
    assert said["Mei"] == "speaks en, which does not say whether it is en-GB, not as its first language"


def test_a_voice_of_which_it_is_the_first_language_comes_first() -> None:
    many = card("many", {"id": "All", "languages": ["de", "en-GB"]}, {"id": "Own", "languages": ["en-GB"]})
    found = find_voices(cards=[many], language="en-GB")
    assert ids(found) == ["Own", "All"]
    assert found[1].why == ("speaks en-GB, not as its first language",)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"gender": "femal"}, ParameterError, "did you mean 'female'?"),
        ({"provider": "dashscop"}, ModelNotFoundError, "did you mean 'dashscope'?"),
        ({"model": "local/espeek-ng"}, ModelNotFoundError, "did you mean 'espeak-ng'?"),
        ({"model": "acme/on", "cards": DECK}, ModelNotFoundError, "did you mean 'acme/one'?"),
    ],
)
def test_what_there_is_not_is_an_error_with_the_near_name(asked: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("?", r"\?")):
        find_voices(**asked)


# -- the shipped deck


def test_the_whole_deck_is_looked_at_in_one_order() -> None:
    found = find_voices()
    expected = [
        f"{one.provider}/{one.name}:{voice.id}"
        for owner in CredentialFactory.credential_classes()
        for one in owner.list_tts_models()
        if one.status != "sunset"
        for voice in one.voices
    ]
    assert [one.reference for one in found] == expected
    assert find_voices() == found


def test_every_reference_is_one() -> None:
    for one in find_voices(language="zh-HK", gender="female", realtime=True):
        model = find_model(one.reference)
        assert (model.name, model.voice) == (one.model, one.voice.id)
        assert speaks(one.languages, "yue")
        assert model.card is not None
        assert model.card.realtime


def test_cantonese_comes_from_two_providers_and_mandarin_is_none() -> None:
    found = find_voices(language="zh-HK")
    assert {"azure", "dashscope"} <= {one.provider for one in found}
    first = [one for one in found if one.match == 1.0 and one.voice.languages]
    assert {one.voice.languages[0].split("-")[0] for one in first} <= {"yue", "zh"}
    assert not {one.reference for one in first} & {
        one.reference for one in find_voices(language="zh") if one.match == 1.0
    }


class BrokenCredential(CredentialBase):
    """Its model class is in a module that is not there."""

    models: ClassVar = {"tts": (".nowhere:Nothing",)}
    type: Literal["broken_voices_credential"] = "broken_voices_credential"


@pytest.fixture
def _broken() -> Iterator[None]:
    CredentialFactory.register_credential(BrokenCredential)
    yield
    CredentialFactory.unregister_credential("broken_voices")


@pytest.mark.usefixtures("_broken")
def test_a_provider_that_cannot_be_loaded_hides_no_other() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = find_voices(search="cherry")
    assert found
    assert [one.category for one in said] == [CardWarning]
    assert "broken_voices" in str(said[0].message)
    with pytest.raises(Exception, match="nowhere"):
        find_voices(provider="broken_voices")


# -- the same kind of voice


def test_the_same_kind_of_voice_says_what_is_equal_and_what_is_not() -> None:
    (ava,) = similar_voices("acme/one:Anna", cards=DECK)
    assert ava.found.reference == "other/three:Ava"
    assert ava.equal == ("speaks en-GB", "female", "warm, slight northern accent")
    assert ava.differs == ("realtime",)
    assert (ava.unknown, ava.score) == ((), 0.95)
    assert str(ava) == ("other/three:Ava (0.95; equal: speaks en-GB, female, warm, slight northern accent; realtime)")


def test_another_gender_or_none_of_the_languages_is_another_kind() -> None:
    cards = [
        *DECK,
        card("x", {**ANNA, "gender": "male"}, provider="x"),
        card("y", {**ANNA, "languages": ["fr"]}, provider="y"),
        card("z", {**ANNA, "gender": "neutral"}, provider="z"),
        card("w", "Anna", provider="w"),
    ]
    found = similar_voices("acme/one:Anna", cards=cards)
    assert [one.found.provider for one in found] == ["other", "z", "w"]
    assert "neutral instead of female" in found[1].differs
    assert found[2].unknown == ("languages", "gender", "styles")
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_of_one_provider_and_of_the_originals_own() -> None:
    assert {one.found.provider for one in similar_voices("azure/neural:zh-HK-HiuMaanNeural")} & {"azure"} == set()
    own = similar_voices("azure/neural:zh-HK-HiuMaanNeural", provider="azure", limit=3)
    assert {one.found.provider for one in own} == {"azure"}
    assert all(one.found.reference != "azure/neural:zh-HK-HiuMaanNeural" for one in own)


def test_each_voice_comes_once_and_the_limit_holds() -> None:
    found = similar_voices("azure/neural:zh-CN-XiaoxiaoNeural", provider="dashscope", limit=200)
    names = [(one.found.voice.id, one.found.languages) for one in found]
    assert len(names) == len(set(names)) > 20
    assert len(similar_voices("azure/neural:zh-CN-XiaoxiaoNeural", limit=4)) == 4
    assert similar_voices("azure/neural:zh-CN-XiaoxiaoNeural", limit=0) == []


def test_a_language_asked_for_counts_alone() -> None:
    found = similar_voices("acme/two:Mei", cards=DECK, language="en-GB")
    assert [one.found.voice.id for one in found] == ["Ava"]
    assert "speaks en-GB" in found[0].equal


def test_a_voice_of_ones_own_may_be_the_pattern() -> None:
    mine = Voice(id="mine", languages=("en-GB",), gender="female", source="cloned")
    assert [one.found.voice.id for one in similar_voices(mine, cards=DECK)] == ["Anna", "Ava", "Mei"]
    (first, *_) = find_voices(cards=DECK, model="acme/one:Anna")
    assert similar_voices(first, cards=DECK) == similar_voices("acme/one:Anna", cards=DECK)


@pytest.mark.parametrize(
    ("like", "words"),
    [("acme/one:Ana", "did you mean 'Anna'"), ("acme/one", "there are: Anna, Ben"), ("acme/on:Anna", "did you mean")],
)
def test_a_pattern_that_is_none_names_the_near_one(like: str, words: str) -> None:
    with pytest.raises(ModelNotFoundError, match=words):
        similar_voices(like, cards=DECK)


def test_a_voice_made_for_the_language_comes_before_one_that_speaks_it_too() -> None:
    cards = [
        card("own", {"id": "Kiki", "languages": ["yue", "en", "fr", "de"], "gender": "female"}),
        card("all", {"id": "All", "languages": ["de-DE", "zh-HK", "en-GB", "fr-FR"], "gender": "female"}, provider="b"),
        card("one", {"id": "One", "languages": ["zh-HK"], "gender": "female"}, provider="b"),
    ]
    found = similar_voices("acme/own:Kiki", cards=cards)
    assert [one.found.voice.id for one in found] == ["One", "All"]
    assert "its first language is de-DE" in found[1].differs
