"""What a caller sets becomes what the provider gets, or a ParameterError that says which, what and why."""

from __future__ import annotations

import contextlib
import gc
import weakref
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from modeldeck._cards.enforce import Rules, as_given, effective, filled
from modeldeck._cards.schema import Voices
from modeldeck.errors import ParameterError
from modeldeck.tts.card import build_card
from tests.cards.helpers import merged, parameters, sent


class Tone(Enum):
    LOW = "low"
    HIGH = "high"


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int = 1
    y: int | None = None


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cat"] = "cat"
    lives: int | None = 9


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"] = "dog"
    name: str = "Rex"


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
CLASS = parameters(
    size=(int, Field(10, ge=0, le=100)),
    ratio=(float | None, None),
    name=(str | None, None),
    tone=(Tone | None, None),
    flag=(bool | None, None),
    point=(Point | None, None),
    pet=(Pet | None, None),
    tags=(list[int] | None, None),
    maybe=(list[int | None] | None, None),
    free=(dict[str, Any] | None, None),
    counts=(dict[str, int] | None, None),
    points=(dict[str, Point] | None, None),
    either=(int | str | None, None),
)
TEN = {"size": 10}
SENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what: (given, sent)
    "nothing": ({}, TEN),
    "a value": ({"size": 7}, {"size": 7}),
    "None suppresses the default": ({"size": None}, {}),
    "None where there is none": ({"name": None}, TEN),
    "whole numbers in JSON's other spelling": ({"size": 7.0}, {"size": 7}),
    "in a list": ({"tags": [1.0, 2]}, {"tags": [1, 2], **TEN}),
    "in a free dict": ({"counts": {"a": 5.0}}, {"counts": {"a": 5}, **TEN}),
    "beside text": ({"either": 5.0}, {"either": 5, **TEN}),
    "an integer for a number": ({"ratio": 1}, {"ratio": 1, **TEN}),
    "None inside an object": ({"point": {"x": 1, "y": None}}, {"point": {"x": 1}, **TEN}),
    "None for an object's default": ({"point": {"x": None}}, {"point": {}, **TEN}),
    "an object's default": ({"point": {}}, {"point": {"x": 1}, **TEN}),
    "None in the branch that the tag names": ({"pet": {"kind": "cat", "lives": None}}, {"pet": {"kind": "cat"}, **TEN}),
    "a default of that branch": ({"pet": {"kind": "dog"}}, {"pet": {"kind": "dog", "name": "Rex"}, **TEN}),
    "None inside a free dict": ({"free": {"a": None, "b": [None]}}, {"free": {"a": None, "b": [None]}, **TEN}),
    "None among a list's values": ({"maybe": [None, 1]}, {"maybe": [None, 1], **TEN}),
    "a nullable switch": ({"flag": None}, TEN),
    "an Enum's value": ({"tone": "low"}, {"tone": "low", **TEN}),
    "an Enum": ({"tone": Tone.LOW}, {"tone": "low", **TEN}),
    "an instance inside": ({"point": Point(x=2)}, {"point": {"x": 2}, **TEN}),
    "the empty text": ({"name": ""}, {"name": "", **TEN}),
    "false": ({"flag": False}, {"flag": False, **TEN}),
    "zero": ({"size": 0}, {"size": 0}),
}


@pytest.mark.parametrize("what", SENT)
def test_what_is_set_is_sent(what: str) -> None:
    given, wanted = SENT[what]
    before = repr(given)
    out = sent(CLASS, given)
    assert out == wanted
    assert repr(given) == before


RULES = Rules(CLASS, merged(CLASS), "m")


@pytest.mark.parametrize("what", ["nothing", "a value", "None where there is none", "None inside an object", "false"])
def test_an_instance_sends_what_its_dict_does(what: str) -> None:
    given, wanted = SENT[what]
    assert effective(RULES, as_given(RULES, CLASS(**given))) == wanted


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    # what: (given, parameter, part of the message)
    "text for a number": ({"size": "1.2"}, "size", "integer"),
    "digits for a number": ({"size": "12"}, "size", "integer"),
    "true for 1": ({"size": True}, "size", "integer"),
    "1 for true": ({"flag": 1}, "flag", "fits none"),
    "a fraction for an integer": ({"size": 1.5}, "size", "integer"),
    "a number for text": ({"name": 1}, "name", "string"),
    "above": ({"size": 101}, "size", "at most 100"),
    "NaN": ({"ratio": float("nan")}, "ratio", "finite"),
    "infinity": ({"ratio": float("inf")}, "ratio", "finite"),
    "NaN inside": ({"free": {"a": [float("-inf")]}}, "free", "finite"),
    "more than a float holds": ({"ratio": 10**400}, "ratio", ""),
    "more digits than are read": ({"size": 10**5000}, "size", ""),
    "near miss": ({"sise": 1}, "sise", "did you mean 'size'?"),
    "no parameter at all": ({"zzzzzz": 1}, "zzzzzz", "there are: size, ratio"),
    "not even as None": ({"sise": None}, "sise", "did you mean 'size'?"),
    "a key that is no text": ({1: 1}, "1", "is not a parameter"),
    "no member": ({"tone": "lo"}, "tone", "did you mean 'low'?"),
    "inside an object": ({"point": {"x": "1"}}, "point.x", ""),
    "unknown inside an object": ({"point": {"z": 1}}, "point.z", ""),
    "unknown tag": ({"pet": {"kind": "cow"}}, "pet", ""),
    "no tag": ({"pet": {"lives": 1}}, "pet", ""),
    "inside a list": ({"tags": [1, "2"]}, "tags.1", "integer"),
    "None in a list without it": ({"tags": [None]}, "tags.0", "integer"),
    "None in a free dict without it": ({"counts": {"a": None}}, "counts.a", "integer"),
    "half a character": ({"name": "\ud83d"}, "name", "UTF-8"),
    "no JSON": ({"free": {"a": object()}}, "free", "no JSON value"),
    "an object of one's own": ({"name": object()}, "name", ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused(what: str) -> None:
    given, name, part = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        sent(CLASS, given)
    assert caught.value.parameter == name
    assert str(caught.value).startswith("m: ")
    assert name in str(caught.value)
    assert part in str(caught.value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    with pytest.raises(ParameterError, match="free"):
        sent(CLASS, {"free": loop})


def test_none_below_a_declared_object_in_a_free_dict_never_reaches_the_provider() -> None:
    assert sent(CLASS, {"points": {"a": {"y": None}}})["points"] == {"a": {}}


def test_the_error_says_everything() -> None:
    with pytest.raises(ParameterError) as caught:
        sent(CLASS, {"size": 101, "tone": "lo", "ratio": "x"})
    error = caught.value
    assert (error.parameter, error.value, error.limit) == ("size", 101, 100)
    assert len(error.problems) == 3
    assert all(problem in str(error) for problem in error.problems)
    with pytest.raises(ParameterError) as caught:
        sent(CLASS, {"tone": "lo"})
    assert (caught.value.suggestion, caught.value.limit) == ("low", ["low", "high"])


def test_what_the_card_adds_is_enforced() -> None:
    card: dict[str, Any] = {"size": {"maximum": 40}, "tone": {"enum": ["low"]}, "name": None, "flag": {"hidden": True}}
    assert sent(CLASS, {"size": 40, "flag": True}, card) == {"size": 40, "flag": True}
    for given, part in (
        ({"size": 41}, "at most 40"),
        ({"tone": "high"}, "low"),
        ({"name": "x"}, "name is not offered by this model"),
        ({"name": None}, "name is not offered by this model"),
    ):
        with pytest.raises(ParameterError, match=part):
            sent(CLASS, given, card)


def test_a_cards_default_is_sent_when_nothing_was_set() -> None:
    card = {"name": {"default": "Ada"}, "size": {"default": None}}
    assert sent(CLASS, {}, card) == {"name": "Ada"}
    assert sent(CLASS, {"name": "Bob", "size": 3}, card) == {"name": "Bob", "size": 3}
    assert sent(CLASS, {"name": None}, card) == {}


NEEDS = parameters(need=int, voice=(str, "Ada"))


def test_a_required_parameter_is_asked_for() -> None:
    for given in ({}, {"need": None}):
        with pytest.raises(ParameterError, match="need is missing"):
            sent(NEEDS, given)


def test_a_card_may_remove_or_preset_a_required_parameter() -> None:
    assert sent(NEEDS, {}, {"need": None}) == {"voice": "Ada"}
    assert sent(NEEDS, {}, {"need": {"default": 3}}) == {"need": 3, "voice": "Ada"}
    assert sent(NEEDS, {"need": None}, {"need": {"default": 3}}) == {"voice": "Ada"}


def test_a_card_without_a_preset_voice_asks_for_one() -> None:
    own = Voices([], None, True)
    with pytest.raises(ParameterError, match="voice is missing"):
        sent(NEEDS, {"need": 1}, None, own)
    assert sent(NEEDS, {"need": 1, "voice": "mine"}, None, own) == {"need": 1, "voice": "mine"}


class Between(BaseModel):
    model_config = ConfigDict(extra="forbid")
    format: Literal["pcm", "opus"] | None = None
    bit_rate: int | None = None

    @model_validator(mode="after")
    def _opus(self) -> Between:
        if self.bit_rate is not None and self.format != "opus":
            raise ValueError("bit_rate needs opus")
        return self


def test_rules_between_fields_are_the_classs_and_quote_no_input() -> None:
    assert sent(Between, {"format": "opus", "bit_rate": 8}) == {"format": "opus", "bit_rate": 8}
    with pytest.raises(ParameterError) as caught:
        sent(Between, {"format": "pcm", "bit_rate": 8})
    assert str(caught.value) == "m: bit_rate needs opus"


SECRET = "sk-CANARY-1f7"
PRIVATE = parameters(
    key=(str | None, Field(None, max_length=3, json_schema_extra={"format": "password", "writeOnly": True}))
)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: str = Field(default="", max_length=3, json_schema_extra={"format": "password", "writeOnly": True})


SECRETS: list[Any] = [
    *(SECRET, [SECRET], {SECRET: 1}, f"{SECRET}\ud83d", [SECRET, float("inf")], [SECRET, object()], [SECRET, 10**400]),
]


@pytest.mark.parametrize("number", range(len(SECRETS)))
def test_the_value_of_a_secret_parameter_is_never_quoted(number: int) -> None:
    with pytest.raises(ParameterError) as caught:
        sent(PRIVATE, {"key": SECRETS[number]})
    assert SECRET not in f"{caught.value!r} {vars(caught.value)}"
    assert caught.value.parameter == "key"


def test_nor_that_of_one_inside_an_object() -> None:
    for cls in (parameters(auth=(Inner | None, None)), parameters(auth=(Inner, Inner()))):
        with pytest.raises(ParameterError) as caught:
            sent(cls, {"auth": {"token": SECRET}})
        assert SECRET not in f"{caught.value!r} {vars(caught.value)}"


class Needy(BaseModel):
    """A rule between fields that counts on what the class requires."""

    model_config = ConfigDict(extra="forbid")
    need: int
    size: int = 1

    @model_validator(mode="after")
    def _fits(self) -> Needy:
        if self.need > 3 and self.size > 3:
            raise ValueError("need and size are too much")
        return self


def test_a_rule_between_fields_breaks_no_card_that_presets_another() -> None:
    """Listing judges the card's presets; what a call must still bring is not there yet."""
    one = build_card({"name": "x", "label": "X", "parameter_overrides": {"size": {"default": 5}}}, "x", Needy)
    rules = Rules(Needy, one._merged, "m")
    assert effective(rules, {"need": 1}) == {"need": 1, "size": 5}
    with pytest.raises(ParameterError, match="too much"):
        effective(rules, {"need": 4})


def test_a_rule_that_stumbles_over_what_the_card_removed_is_no_foreign_exception() -> None:
    with contextlib.suppress(ParameterError):
        assert sent(Needy, {}, {"need": None}) == {"size": 1}


def test_an_instance_gives_what_was_set_and_no_more() -> None:
    assert as_given(RULES, CLASS(size=10, name=None)) == {"size": 10, "name": None}
    assert as_given(RULES, None) == {}
    with pytest.raises(ParameterError, match="must be P or a dict, not Between"):
        as_given(RULES, Between())


def test_a_nested_object_without_a_choice_of_its_own_refuses_what_it_does_not_know() -> None:
    plain = type("Plain", (BaseModel,), {"__annotations__": {"x": int}, "x": 1})
    with pytest.raises(ParameterError, match="typo"):
        sent(parameters(p=(plain, None)), {"p": {"x": 2, "typo": 3}})


def test_defaults_are_copies() -> None:
    cls = parameters(p=(list[int], [1]))
    rules = Rules(cls, merged(cls), "m")
    effective(rules, {})["p"].append(2)
    assert effective(rules, {}) == {"p": [1]}


def test_an_error_is_its_catchers_to_change() -> None:
    cls = parameters(tone=(Literal["low", "high"], "low"), tags=(list[list[int]], Field([], max_length=1)))
    rules = Rules(cls, merged(cls), "m")
    given = {"tone": "loud", "tags": [[1], [2]]}
    with pytest.raises(ParameterError) as caught:
        effective(rules, given)
    assert caught.value.limit == ["low", "high"]
    caught.value.limit.clear()
    assert effective(rules, {"tone": "high"})["tone"] == "high"
    with pytest.raises(ParameterError) as caught:
        effective(rules, {"tags": given["tags"]})
    caught.value.value[0].clear()
    assert given["tags"] == [[1], [2]]


class Careless(BaseModel):
    """A third party's class whose rule falls over a secret."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(default="", json_schema_extra={"format": "password"})

    @model_validator(mode="after")
    def _known(self) -> Careless:
        raise KeyError(self.token)


def test_a_rule_that_fails_is_named_by_its_class_alone() -> None:
    with pytest.raises(ParameterError) as caught:
        sent(Careless, {"token": SECRET})
    assert str(caught.value) == "m: a rule of Careless fails: KeyError"
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("extra", ["forbid", "allow"])
def test_what_the_card_took_away_is_refused_and_never_sent(extra: Any) -> None:
    cls = create_model("P", __config__=ConfigDict(extra=extra), speed=(float, 1.0), voice=(str, "Ada"))
    rules = Rules(cls, merged(cls, {"speed": None}), "m")
    assert filled(rules, {"speed": 2.0}) == {"voice": "Ada"}
    with pytest.raises(ParameterError, match="speed is not offered by this model"):
        effective(rules, {"speed": 2.0})
    assert effective(rules, {}) == {"voice": "Ada"}


def test_classes_that_came_and_went_are_let_go() -> None:
    seen: weakref.WeakSet[type[BaseModel]] = weakref.WeakSet()
    for _ in range(400):
        cls = parameters(need=int)
        seen.add(cls)
        sent(cls, {}, {"need": None})
    del cls
    gc.collect()
    assert len(seen) < 300
