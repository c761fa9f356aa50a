"""All the rules of cards, for those that a provider ships."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator

from modeldeck._cards.enforce import base_schema
from modeldeck._cards.findings import check_cards
from modeldeck._cards.load import load
from modeldeck.errors import CardWarning
from modeldeck.testing.advice import expect
from modeldeck.testing.cases import over
from modeldeck.testing.schemas import check_schema
from modeldeck.testing.suite import Deck
from modeldeck.tts import TTSModelBase, TTSModelCard
from modeldeck.tts.card import card_file_schema
from modeldeck.tts.ownership import owner_of

Model = type[TTSModelBase[Any]]
each_class = over("made_of", lambda suite: suite.classes, "its credential names no class in `models`")
each_card = over("card", lambda suite: suite.cards, "no class of it has a card")


class Cards(Deck):
    def test_every_card_is_right(self) -> None:
        """What `modeldeck cards check` says: keys, types, overrides, defaults, voices, `extends`, owners, schemas."""
        owners = [owner_of(one) for one in self.classes]
        expect(owners, f"{self.credential.__name__}.models names no class of text to speech")
        checked = check_cards(owners, unowned=owners[0])
        said = [f"{one.path}:{one.line or 1}:{one.column or 1}: {one.message}" for one in checked.findings]
        expect(not said, "`modeldeck cards check` finds:\n" + "\n".join(said))
        expect(checked.cards, f"{self.credential.__name__} has no card: put one YAML file a model into _models/")

    @each_class
    def test_a_class_lists_its_cards_without_a_word(self, made_of: Model) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CardWarning)
            cards = made_of.list_models(strict=True)
        expect(
            cards or made_of.any_model,
            f"{made_of.__name__} has no card, so nobody can pick it: put one YAML file a model into _models/"
            f"{made_of.__module__.rpartition('.')[2]}/",
        )
        for card in cards:
            wrong = [
                f"{name}={found!r}, not {wanted!r}"
                for name, found, wanted in (
                    ("provider", card.provider, self.provider),
                    ("model_type", card.model_type, made_of.type),
                    ("realtime", made_of._takes(card.realtime), True),
                )
                if found != wanted
            ]
            expect(
                not wrong,
                f"{card.path}: {', '.join(wrong)}: {made_of.__name__} says `provider` (its credential's `type` less "
                "_credential), `type` (a Literal of its own) and `realtime`",
            )

    def test_every_class_and_card_has_an_identity_of_its_own(self) -> None:
        types = Counter(str(one.type) for one in self.classes)
        twice = [name for name, count in types.items() if count > 1 or not name]
        expect(not twice, f'give each class a `type` of its own, a Literal and its value: {twice} ("" is none)')
        owned = Counter(card.path for card in self.cards)
        expect(
            max(owned.values(), default=1) == 1,
            f"one card file belongs to several classes: {[path for path, count in owned.items() if count > 1]}: say "
            "in it which, with `realtime`, or give each class a folder (_models/<its module>/)",
        )
        names = Counter((card.model_type, card.name) for card in self.cards)
        expect(max(names.values(), default=1) == 1, f"a model has two cards: {names.most_common(1)}")

    @each_card
    def test_a_card_says_where_its_facts_are_from(self, card: TTSModelCard) -> None:
        expect(
            card.source and card.verified is not None,
            f"{card.path} lacks {'source' if not card.source else 'verified'}: say where its facts were read (a URL) "
            "and when (a date); what nobody can look up again is a guess",
        )
        assert card.verified is not None
        expect(card.verified <= date.today(), f"{card.path}: verified {card.verified} is still to come")

    @each_card
    def test_a_card_says_what_its_class_can_use(self, card: TTSModelCard) -> None:
        """Voices of the schema and of the card are the same; a replacement is a model that is there."""
        ids = [voice.id for voice in card.voices]
        voice: Any = card.call_schema["properties"].get("voice", {})
        listed = next((one["enum"] for one in (voice, *voice.get("anyOf", ())) if "enum" in one), ids)
        preset = card.default_voice or (ids[0] if ids else None)
        changed = "voice" in card.parameter_overrides
        expect(
            changed or (set(listed) == set(ids) and (not ids or voice.get("default") == preset)),
            f"{card.path}: its voices are {ids}, the schema's {listed} with the preset {voice.get('default')!r}",
        )
        names = {one.name for one in self.cards}
        expect(
            card.replacement is None or card.replacement in names,
            f"{card.path}: replacement {card.replacement!r} has no card; name one that has, or leave it out",
        )

    @each_card
    def test_a_cards_file_obeys_the_published_schema(self, card: TTSModelCard) -> None:
        """schemas/card/tts_model.json, by which editors complete and underline."""
        assert card.path is not None
        loaded = load(card.path)
        data, schema = _as_json(loaded.data), card_file_schema()
        judge = Draft202012Validator(_without_required(schema) if "extends" in data else schema)
        problems = [f"{'.'.join(map(str, one.path)) or 'the file'}: {one.message}" for one in judge.iter_errors(data)]
        expect(not problems, f"{card.path} breaks the schema of card files: {'; '.join(problems)}")

    @each_card
    def test_a_cards_schemas_are_valid_strict_and_whole(self, card: TTSModelCard) -> None:
        for view in ("parameter_schema", "call_schema"):
            schema = getattr(card, view)
            check_schema(schema, f"{view} of {card.path}")
            expect(not _hints(schema), f"{view} of {card.path} has hints for forms; they stand in ui_schema")
            for name, prop in schema["properties"].items():
                expect(
                    prop.get("title") and prop.get("description"),
                    f"{card.name}: the parameter {name} has no {'title' if not prop.get('title') else 'description'}: "
                    "it is the "
                    'form\'s help text, and stands once: Field(title="…", description="…")',
                )
                if prop.get("default") is not None:
                    Draft202012Validator({**prop, "$defs": schema.get("$defs", {})}).validate(prop["default"])
        shown = list(card.parameter_schema["properties"])
        assert card.ui_schema.keys() <= {"ui:order", *shown}
        assert card.ui_schema["ui:order"] == shown

    @each_class
    def test_parameters_have_a_form(self, made_of: Model) -> None:
        check_schema(base_schema(made_of.Parameters), f"the schema of {made_of.__name__}.Parameters")

    @each_card
    def test_a_card_is_nobody_elses(self, card: TTSModelCard) -> None:
        """It pickles, and what a caller does to its schema changes nothing."""
        copy = pickle.loads(pickle.dumps(card))
        expect(copy == card, f"a pickled card of {card.name} comes back changed")
        assert copy.schema_bytes == card.schema_bytes
        card.parameter_schema["properties"].clear()
        expect(
            card.parameter_schema == copy.parameter_schema,
            f"whoever changes the schema of {card.name} changes it for everybody: give a fresh value at each access",
        )


def _hints(schema: Any) -> bool:
    """Whether a keyword or a property of it is a form's."""
    match schema:
        case dict():
            return any(str(key).startswith("ui:") or _hints(one) for key, one in schema.items())
        case list():
            return any(map(_hints, schema))
    return False


def _as_json(value: Any) -> Any:
    """Without what is null, which is as good as not said."""
    match value:
        case dict():
            kept = {str(key): one for key, one in value.items() if one is not None or key in _MAY_BE_NULL}
            return {key: one if key in _MAY_BE_NULL else _as_json(one) for key, one in kept.items()}
        case list():
            return [_as_json(one) for one in value]
        case date():
            return value.isoformat()
    return value


_MAY_BE_NULL = ("parameter_overrides",)


def _without_required(schema: Any) -> Any:
    """Of a card that extends another, which has the rest."""
    match schema:
        case dict():
            return {key: _without_required(one) for key, one in schema.items() if key != "required"}
        case list():
            return [_without_required(one) for one in schema]
    return schema
