"""What a card's file may say, and the exact place and words of what it may not."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime

import pytest

from modeldeck.errors import CardError
from modeldeck.tts import TTSModelCard, Voice
from tests.cards.helpers import SPEECH, House, card, listed, write

FULL = """\
type: tts_model
name: acme/one:2
label: One
status: deprecated
deprecated_at: 2026-01-02
sunset_at: 2026-02-03T04:05:06Z
replacement: two
realtime: false
input_types: [text/plain]
output_types: [audio/wav]
voices:
  - Ada
  - {id: Bob, label: Bobby, languages: [zh, en-GB], gender: male, styles: [gentle], sample_url: "https://a/b.mp3"}
default_voice: Bob
custom_voices: false
languages: [zh, en, 'no']
audio: {sample_rate: 24000, formats: [pcm, wav], channels: 1}
limits: {max_characters: 600, counting: code_points}
pricing: {unit: 10k_characters, currency: CNY, input: 0.8}
source: https://example.org/models
verified: 2026-11-20
parameter_overrides:
  speed: {maximum: 1.5}
"""


def test_every_key_is_read(house: House) -> None:
    model = house.model()
    path = house.ship(FULL)
    (one,), said = listed(model)
    assert not said
    assert one.voices == [
        Voice(id="Ada"),
        Voice(
            id="Bob",
            label="Bobby",
            languages=("zh", "en-GB"),
            gender="male",
            styles=("gentle",),
            sample_url="https://a/b.mp3",
        ),
    ]
    assert [voice.label for voice in one.voices] == ["Ada", "Bobby"]
    assert (one.provider, one.model_type, one.name, one.realtime) == ("acme", "acme_tts", "acme/one:2", False)
    assert one.deprecated_at == date(2026, 1, 2)
    assert one.sunset_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert one.languages == ["zh", "en", "no"]
    assert one.audio is not None
    assert (one.audio.sample_rate, one.audio.formats) == (24000, ("pcm", "wav"))
    assert one.pricing is not None
    assert (one.pricing.input, one.pricing.output) == (0.8, None)
    assert one.parameter_overrides == one.parameters_overrides == {"speed": {"maximum": 1.5}}
    assert one.path == str(path)
    assert one.parameter_schema["properties"]["voice"]["enum"] == ["Ada", "Bob"]


def test_all_but_name_and_label_is_optional(house: House) -> None:
    model = house.model()
    house.ship("name: x\nlabel: X\n")
    (one,), said = listed(model)
    assert not said
    assert (one.status, one.realtime, one.input_types, one.output_types) == (
        "active",
        False,
        ["text/plain"],
        ["audio/wav"],
    )
    assert one.parameter_schema == one.call_schema
    assert one.pricing is None


PLACES: dict[str, tuple[tuple[str, ...], int, int, str]] = {
    # what: (lines after name and label, line, column, part of the message)
    "unknown key": (("staus: active",), 3, 1, "unknown key 'staus'; did you mean 'status'?"),
    "unknown key of a voice": (("voices:", "  - A", "  - {id: B, lable: b}"), 5, 13, "did you mean 'label'?"),
    "unknown key of audio": (("audio:", "  sample_rat: 1"), 4, 3, "did you mean 'sample_rate'?"),
    "unknown key of pricing": (("pricing: {unit: minute, currency: CNY, inptu: 1}",), 3, 40, "did you mean 'input'?"),
    "near status": (("status: actve",), 3, 1, "did you mean 'active'?"),
    "far status": (("status: zzz",), 3, 1, "active, deprecated, sunset"),
    "near family": (("type: tts_modle",), 3, 1, "did you mean 'tts_model'?"),
    "language no": (("languages: [en, no]",), 3, 17, "False is not a string; put it in quotes"),
    "language of a voice": (("voices:", "  - {id: A, languages: [english!]}"), 4, 25, "BCP 47"),
    "voice that YAML reads as no": (("voices: [No, Ada]",), 3, 10, "put it in quotes"),
    "voice that is a number": (("voices: [Ada, 12]",), 3, 15, "12 is not a string; put it in quotes"),
    "voice twice": (("voices: [Ada, Bob, Ada]",), 3, 20, "voice 'Ada' stands twice"),
    "voice without id": (("voices:", "  - {label: A}"), 4, 5, "id"),
    "preset that is not listed": (("voices: [Ada]", "default_voice: Adda"), 4, 1, "did you mean 'Ada'?"),
    "preset without voices": (("default_voice: Ada",), 3, 1, "needs voices"),
    "number as a name of replacement": (("replacement: 3.5",), 3, 1, "3.5 is not a string; put it in quotes"),
    "text for truth": (("realtime: 'yes'",), 3, 1, "realtime"),
    "date that is text": (("verified: soon",), 3, 1, "verified"),
    "rate below 1": (("audio: {sample_rate: 0}",), 3, 9, "sample_rate"),
    "price below 0": (("pricing: {unit: minute, currency: CNY, input: -1}",), 3, 40, "pricing.input"),
    "no currency": (("pricing: {unit: minute, currency: yuan}",), 3, 25, "currency"),
    "unit": (("pricing: {unit: 1k_character, currency: CNY}",), 3, 11, "did you mean '1k_characters'?"),
    "counting": (("limits: {counting: byte}",), 3, 10, "did you mean 'bytes'?"),
    "source": (("source: somewhere",), 3, 1, "is no URL"),
    "empty list": (("output_types: []",), 3, 1, "output_types"),
    "list for a map": (("audio: [1]",), 3, 1, "audio"),
    "override of nothing": (("parameter_overrides:", "  sped: {maximum: 1}"), 4, 3, "did you mean 'speed'?"),
    "unknown keyword": (("parameter_overrides:", "  speed: {maxmum: 1}"), 4, 11, "did you mean 'maximum'?"),
    "default outside": (("parameter_overrides:", "  speed: {default: 9}"), 4, 11, "at most 2"),
    "wider": (("parameter_overrides:", "  speed:", "    maximum: 3"), 5, 5, "wider"),
    "override that is no map": (("parameter_overrides:", "  speed: 5"), 4, 3, "speed"),
    "not a number": (("parameter_overrides:", "  speed: {default: .nan}"), 4, 11, ""),
    "endless": (("parameter_overrides:", "  speed: {maximum: .inf}"), 4, 11, ""),
    "endless price": (("pricing: {unit: minute, currency: CNY, input: .inf}",), 3, 40, "'.inf' is not a finite number"),
    "no number among examples": (("parameter_overrides:", "  speed: {examples: [1, -.inf]}"), 4, 25, "finite"),
    "no number anywhere": (("zzz: .NaN",), 3, 1, "finite"),
    "too much for a number": (("zzz: 1.0e+999",), 3, 1, "finite"),
    "a date in an override": (("parameter_overrides:", "  effort: {default: 2026-11-20}"), 4, 12, ""),
    "extends nothing": (("extends: zzz",), 3, 1, "no card 'zzz' to extend"),
    "extends that is no name": (("extends: [x]",), 3, 1, "name of a card"),
}


@pytest.mark.parametrize("what", PLACES)
def test_what_is_wrong_is_named_with_its_place(what: str, house: House) -> None:
    lines, line, column, part = PLACES[what]
    model = house.model()
    path = house.ship(card("x", *lines))
    cards, said = listed(model)
    assert not cards
    assert any(one.startswith(f"{path}:{line}:{column}: ") and part in one for one in said), said


DATED = SPEECH.replace("effort: Literal", "when: date | None = None\n        effort: Literal").replace(
    "from typing", "from datetime import date\nfrom typing"
)


def test_a_default_that_only_the_class_refuses_is_outside_its_field(house: House) -> None:
    model = house.model(DATED)
    path = house.ship(card("x", "parameter_overrides:", "  when: {default: banana}"))
    cards, said = listed(model)
    assert not cards
    assert said[0].startswith(f"{path}:4:")
    house.ship(card("x", "parameter_overrides:", "  when: {default: '2026-11-20'}"))
    (one,), said = listed(model)
    assert not said
    assert one.parameter_schema["properties"]["when"]["default"] == "2026-11-20"


MISSING = {
    "name": "label: X\n",
    "label": "name: x\n",
    "an empty name": "name: ''\nlabel: X\n",
    "name of null": "name:\nlabel: X\n",
}


@pytest.mark.parametrize("what", MISSING)
def test_name_and_label_are_needed(what: str, house: House) -> None:
    model = house.model()
    path = house.ship(MISSING[what])
    cards, said = listed(model)
    assert not cards
    assert said[0].startswith(f"{path}:1:1: ")
    assert ("label" if what == "label" else "name") in said[0]


def test_one_mistake_is_said_once(house: House) -> None:
    model = house.model()
    house.ship(card("x", "verified: soon", "deprecated_at: later", "staus: active"))
    _, said = listed(model)
    assert len(said) == 3


def test_dates_in_quotes_are_dates_too(house: House) -> None:
    """AgentScope's loader took them."""
    model = house.model()
    house.ship(card("x", "deprecated_at: '2026-01-02'"), "x.yaml")
    house.ship(card("y", "deprecated_at: '2026-01-02T03:04:05'"), "y.yaml")
    cards, said = listed(model)
    assert not said
    assert [str(one.deprecated_at)[:10] for one in cards] == ["2026-01-02", "2026-01-02"]


def test_null_is_like_not_said(house: House) -> None:
    model = house.model()
    house.ship(card("x", "voices:", "status:", "pricing: null", "parameter_overrides:"))
    (one,), said = listed(model)
    assert not said
    assert one.status == "active"


def test_a_duplicate_name_is_an_error_and_the_first_stays(house: House) -> None:
    model = house.model()
    house.ship(card("x", label="First"), "a.yaml")
    second = house.ship(card("x", label="Second"), "b.yml")
    (one,), said = listed(model)
    assert one.label == "First"
    assert said == [f"{second}:1:1: name 'x' is taken by a.yaml"]


def test_from_yaml_reads_one_file(house: House) -> None:
    model = house.model()
    path = house.ship(card("x", "voices: [Ada]"))
    one = TTSModelCard.from_yaml(str(path), model.Parameters)
    assert one.parameter_schema["properties"]["voice"]["enum"] == ["Ada"]
    write(path, card("x", "voices: [Ada]", "staus: active"))
    with pytest.raises(CardError, match=r":4:1: unknown key 'staus'"):
        TTSModelCard.from_yaml(str(path), model.Parameters)
    write(path, "name: [")
    with pytest.raises(CardError, match=r":2:1: "):
        TTSModelCard.from_yaml(str(path), model.Parameters)


def test_from_yaml_does_not_forget_what_a_card_extends(house: House) -> None:
    model = house.model()
    house.ship(card("base", "voices: [Ada, Bob]"), "base.yaml")
    path = house.ship(card("own", "extends: base"), "own.yaml")
    one = TTSModelCard.from_yaml(str(path), model.Parameters)
    assert [voice.id for voice in one.voices] == ["Ada", "Bob"]


def test_cards_are_frozen_pickle_and_become_json(house: House) -> None:
    model = house.model()
    house.ship(FULL)
    (one,), _ = listed(model)
    with pytest.raises(ValueError, match="frozen"):
        one.label = "other"
    again = pickle.loads(pickle.dumps(one))
    assert again == one
    assert (again.parameter_schema, again.call_schema, again.ui_schema, again.schema_bytes) == (
        one.parameter_schema,
        one.call_schema,
        one.ui_schema,
        one.schema_bytes,
    )
    data = json.loads(one.model_dump_json())
    assert data["parameter_schema"] == one.parameter_schema == json.loads(one.schema_bytes)
    assert data["voices"][1]["label"] == "Bobby"
    assert str(house.root) not in one.model_dump_json()
