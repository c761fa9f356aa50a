"""One schema, every door: what a merged schema accepts constructs and comes out unchanged, what it refuses is refused
by constructor and call, before any traffic."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeldeck._cards.enforce import Rules, effective
from modeldeck.errors import CardWarning, ParameterError
from modeldeck.testing.advice import expect
from modeldeck.testing.agreement import agree
from modeldeck.testing.cases import over
from modeldeck.testing.suite import Deck
from modeldeck.testing.values import edges, objects
from modeldeck.tts import TTSModelBase, TTSModelCard

FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
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


each_card = over("card", lambda suite: suite.cards_of_all, "no class of it has a card")
_REFUSALS = 8  # of a card that are tried at its doors


class Parameters(Deck):
    @each_card
    def test_values_of_the_schema_construct_and_come_out_unchanged(self, card: TTSModelCard) -> None:
        rules, call = self.rules(card), card.call_schema
        doors = self.doors(card)

        @FEW
        @given(objects(call, call.get("$defs", {})))
        def accepted(drawn: dict[str, Any]) -> None:
            value = fitted(rules, drawn)
            expect(agree(rules, value), f"{card.name} refuses {value!r}, which its schema accepts")
            doors.accept(value)

        accepted()

    @each_card
    def test_edges_of_the_schema_are_judged_alike(self, card: TTSModelCard) -> None:
        rules, doors = self.rules(card), self.doors(card)
        properties = rules.call["properties"]
        names = [*properties, "voce", "realtime", "api_key"]

        @settings(FEW, max_examples=30)
        @given(st.data())
        def judged(data: st.DataObject) -> None:
            chosen = data.draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
            value = {name: data.draw(st.sampled_from(edges(properties.get(name, {})))) for name in chosen}
            if not agree(rules, value, between=True):
                doors.refuse(value)

        judged()

    @each_card
    def test_each_mutation_of_a_good_value_is_judged_alike(self, card: TTSModelCard) -> None:
        rules, call, doors = self.rules(card), card.call_schema, self.doors(card)

        @settings(FEW, max_examples=6)
        @given(objects(call, call.get("$defs", {})))
        def judged(drawn: dict[str, Any]) -> None:
            good = fitted(rules, drawn)
            for name, value in good.items():
                for change in MUTATIONS.values():
                    changed = change(value)
                    if changed is not ...:
                        agree(rules, {**good, name: changed}, between=True)
            misspelt = {**good, "voce": "Cherry"}
            if not call.get("additionalProperties"):
                expect(
                    not agree(rules, misspelt),
                    f"{card.name} takes a parameter `voce` that nobody knows: leave `extra` of the Parameters class "
                    "to the base, "
                    'or say extra="forbid"',
                )
                doors.refuse(misspelt)

        judged()

    @each_card
    def test_what_nobody_set_is_the_forms_default(self, card: TTSModelCard) -> None:
        """A form that is sent as it is shown sets the same values as a call without any."""
        shown = {
            name: prop["default"]
            for name, prop in card.parameter_schema["properties"].items()
            if prop.get("default") is not None
        }
        needed = card.call_schema.get("required", ())
        if needed:
            return  # what must be said has no default
        model = self.doors(card).built({})
        found = dict(model._settings.effective)
        hidden = {name: prop["default"] for name, prop in card.call_schema["properties"].items() if "default" in prop}
        expect(
            found == {**{name: value for name, value in hidden.items() if value is not None}, **shown},
            f"{card.name}: the form shows {shown}, and a call without any parameters sets {found}",
        )

    def rules(self, card: TTSModelCard) -> Rules:
        made_of = self.class_of(card)
        return Rules(made_of.Parameters, card.rules(made_of.Parameters), card.name)

    def doors(self, card: TTSModelCard) -> Doors:
        return Doors(self, card)


class Doors:
    """Constructor and call of a card's model."""

    def __init__(self, suite: Deck, card: TTSModelCard) -> None:
        self._made_of = suite.class_of(card)
        self._credential = suite.credential_of_nobody()
        self._card = card
        self._refusals = _REFUSALS

    def built(self, parameters: Mapping[str, Any]) -> TTSModelBase[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CardWarning)  # of a model that is switched off
            model: TTSModelBase[Any] = self._made_of(self._credential, self._card, parameters)
        return model

    def accept(self, value: Mapping[str, Any]) -> None:
        """Both doors take it, and set the same."""
        __tracebackhide__ = True
        try:
            built = self.built(value)
            self._call(value)
        except ParameterError as error:
            raise AssertionError(
                f"{self._made_of.__name__} refuses {dict(value)!r} of {self._card.name}, which its schema accepts: "
                f"{error}. Ranges and choices stand in the Parameters class or the card, so that every form shows them"
            ) from error
        expect(built._settings.effective is not None, "a model has no effective parameters")

    def refuse(self, value: Mapping[str, Any]) -> None:
        """Both doors refuse it, before anything is sent. A few are tried: what decides is one and the same."""
        __tracebackhide__ = True
        self._refusals -= 1
        if self._refusals < 0:
            return
        for door, ask in (("the constructor", self.built), ("a call", self._call)):
            try:
                ask(value)
            except ParameterError:
                continue
            if ask == self._call and self._own_call():
                continue
            raise AssertionError(
                f"{door} of {self._made_of.__name__} takes {dict(value)!r}, which the schema of {self._card.name} "
                "refuses: leave parameters to the base's constructor and `synthesize`, which check them"
            )

    def _call(self, value: Mapping[str, Any]) -> None:
        if not self._own_call():
            needed = {name: value[name] for name in self._card.call_schema.get("required", ()) if name in value}
            self.built(needed).synthesize("Hi there.", **value)

    def _own_call(self) -> bool:
        """A coroutine function of the class's own checks when it is awaited."""
        return iscoroutinefunction(self._made_of.synthesize)


def fitted(rules: Rules, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """As much of it as the class's rules between fields let stand together."""
    needed = rules.call.get("required", ())
    kept = {name: value for name, value in drawn.items() if name in needed}
    for name, value in drawn.items():
        try:
            effective(rules, {**kept, name: value})
        except ParameterError as error:
            if error.parameter is None:
                continue
        kept[name] = value
    return kept
