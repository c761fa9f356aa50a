"""What the service is asked for: each value of the form as it was set, and nothing that nobody set."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

from modeldeck import Limits, Transport
from modeldeck._cards.enforce import Rules, effective
from modeldeck.errors import CardWarning, ModelDeckError, ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import expect
from modeldeck.testing.cases import over
from modeldeck.testing.rows import Exchange, Row
from modeldeck.testing.suite import Suite
from modeldeck.tts import TTSModelCard

Sent = Counter[tuple[str, str]]
"""Places in a request, each with a value there; of what is no JSON, its words."""
_WORD = re.compile(r"[^\s\"'<>=/,;:&{}()]+")
_CHANCE = re.compile(r"\b[0-9a-fA-F-]{16,}\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z?|\b\d{10,}\b")  # ids and times


def presetting(suite: Suite) -> list[Row]:
    """The rows, and of all other models those that preset what no row of their class does."""
    rows = [row for row in suite.defaults if row.card is not None]
    known = {(row.made_of, name) for row in rows for name in presets(row.card)}
    for card in suite.cards:
        made_of = suite.class_of(card)
        new = {(made_of, name) for name in presets(card)} - known
        if new:
            known |= new
            rows.append(replace(Row(made_of, card.name).settled(suite), parameters={}))
    return rows


def presets(card: TTSModelCard | None) -> list[str]:
    """The parameters that have a default."""
    properties: Mapping[str, Any] = card.call_schema["properties"] if card is not None else {}
    return [name for name, prop in properties.items() if prop.get("default") is not None]


def removing(suite: Suite) -> list[Row]:
    """Models whose cards remove something, each choice of what of a class once."""
    found: dict[tuple[str, frozenset[str]], Row] = {}
    for card in suite.cards:
        if names := removed(card):
            made_of = suite.class_of(card)
            row = next((row for row in suite.defaults if (row.made_of, row.model) == (made_of, card.name)), None)
            key = (card.model_type, frozenset(names))
            found[key] = row or found.get(key) or Row(made_of, card.name).settled(suite)
    return [replace(row, parameters={}) for row in found.values()]


def removed(card: TTSModelCard) -> set[str]:
    return {name for name, change in card.parameter_overrides.items() if change is None}


class Sending(Suite):
    @over("row", presetting, "no class has a card")
    async def test_each_parameter_reaches_the_service_as_it_was_set(self, box: Sandbox, row: Row) -> None:
        """A default is sent, another value is sent in its place, an explicit None is not."""
        card = row.card
        assert card is not None
        usual, again = await self.asked(box, row, {}), await self.asked(box, row, {})
        chance = by_chance(usual, again)
        wrong: list[str] = []
        for name, prop in card.call_schema["properties"].items():
            if {name, f"{row.id}.{name}"} & self.exempt.keys() or name in card.call_schema.get("required", ()):
                continue
            unset = await self.asked(box, row, {name: None})
            value = another(row, card, name)
            other = usual if value is None else await self.asked(box, row, {name: value})
            wrong += found_wrong(
                name, prop.get("default"), value, *(bare(one, chance) for one in (usual, unset, other))
            )
        expect(not wrong, f"{row.name} ({row.model}):\n" + "\n".join(wrong) + _EXEMPT)

    @over("row", removing, "no card removes a parameter")
    async def test_what_a_card_removes_is_not_sent(self, box: Sandbox, row: Row) -> None:
        """Under no name: a sister model that has the parameter shows where it would be."""
        card = row.card
        assert card is not None
        there = {place for place, _ in await self.asked(box, row, {})} - {"words"}
        for name in sorted(removed(card)):
            places = {place for place in there if place.rpartition(".")[2] == name}
            for sister in self.defaults:
                if sister.made_of is row.made_of and sister.card is not None and name not in removed(sister.card):
                    value = another(sister, sister.card, name)
                    if value is not None:
                        usual, again = await self.asked(box, sister, {}), await self.asked(box, sister, {})
                        changed = {place for place, _ in await self.asked(box, sister, {name: value}) - usual}
                        places |= (changed - by_chance(usual, again)) & there
            expect(
                not places or name in self.exempt,
                f"{row.name} sends {', '.join(sorted(places))} to {row.model}, whose card removes {name}: send only "
                f"what is in `request.parameters`{_EXEMPT}",
            )

    async def asked(self, box: Sandbox, row: Row, parameters: Mapping[str, Any]) -> Sent:
        """What a call with these parameters asks; what the service makes of it is of no interest."""
        box.forget()
        async with Transport(limits=Limits(spares=0)) as transport:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CardWarning)
                try:
                    model = row.build(box.url, transport, parameters=dict(parameters), stream=False)
                    await model.synthesize("Hi there.")
                except ModelDeckError:
                    pass
        return Counter(item for one in box.requests() for item in items(one))


_EXEMPT = (
    "\nA parameter that is not for the service (or that it must always be sent) is said in the suite: exempt = "
    '{"name": "why"}'
)


def found_wrong(name: str, default: Any, value: Any, usual: Sent, unset: Sent, other: Sent) -> Iterator[str]:
    if default is not None and usual == unset:
        yield (
            f"{name}: the form shows {default!r}, and it is not sent: send every one of `request.parameters`, also "
            "where its value is what you hold for the service's own"
        )
    if default is None and usual != unset:
        yield f"{name}: an explicit None changes the request: {sorted((unset - usual) + (usual - unset))[:3]}"
    if value is not None and other == usual:
        yield f"{name}: {value!r} is as good as nothing to the service: take it from `request.parameters` and send it"


def by_chance(one: Sent, other: Sent) -> set[str]:
    """Places whose values differ from call to call."""
    return {place for place, _ in (one - other) + (other - one)} - {"words"}


def bare(sent: Sent, chance: set[str]) -> Sent:
    return Counter({item: count for item, count in sent.items() if item[0] not in chance})


def another(row: Row, card: TTSModelCard, name: str) -> Any:
    """A value that it may have and has not by default; None where none is at hand."""
    prop = card.call_schema["properties"][name]
    rules = Rules(row.made_of.Parameters, card.rules(row.made_of.Parameters), card.name)
    for value in _candidates(prop):
        if value is None or value == prop.get("default"):
            continue
        try:
            effective(rules, {name: value})
        except ParameterError:
            continue
        return value
    return None


def _candidates(prop: Mapping[str, Any]) -> Iterator[Any]:
    yield from reversed(prop.get("enum", ()))
    yield from prop.get("examples", ())
    for branch in prop.get("anyOf", ()):
        yield from _candidates(branch)
    match prop.get("type"):
        case "boolean":
            yield from (not prop.get("default"), True)
        case "integer" | "number":
            bounds = [prop[name] for name in ("maximum", "minimum") if name in prop]
            yield from (sum(bounds) / 2 if len(bounds) == 2 else 7, *bounds, 7, 1, 16000, 0.5)
        case "string":
            yield from ("another-one", "en", "en-US")


def items(exchange: Exchange) -> Iterator[tuple[str, str]]:
    for name, value in parse_qsl(exchange["query"], keep_blank_values=True):
        yield f"query.{name}", value
    for text in (exchange["body"], *exchange["frames"]):
        try:
            yield from _leaves("", json.loads(text))
        except (TypeError, ValueError):
            yield from (("words", word) for word in _WORD.findall(_CHANCE.sub("", str(text))))


def is_there(requests: Sequence[Exchange], text: str) -> bool:
    """Whether one place of the requests, read one after the other, has `text`; what is no JSON, nobody can read."""
    found: dict[str, str] = {}
    for one in requests:
        found |= dict(parse_qsl(one["query"]))
        for message in filter(None, (one["body"], *one["frames"])):
            try:
                leaves = list(_leaves("", json.loads(message)))
            except (TypeError, ValueError):
                return True
            for place, value in leaves:
                found[place] = found.get(place, "") + str(json.loads(value))
    return any(text in said or text in unescape(said) for said in found.values())


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, one in value.items():
                yield from _leaves(f"{place}.{name}", one)
        case list():
            for one in value:
                yield from _leaves(place, one)
        case _:
            yield place, json.dumps(value)
