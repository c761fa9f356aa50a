"""The one form of a card's text."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeldeck._cards.format import FormatError
from modeldeck._cards.load import Finding, parsed
from modeldeck.providers import local
from modeldeck.tts.card import TTSCardFile
from modeldeck.tts.card_text import ORDER, format_card

ROOT = Path(__file__).parents[2]
SHIPPED = [*Path(local.__file__).parents[1].glob("*/_models/**/*.yaml"), *(ROOT / "models_cards").rglob("*.yaml")]

UNTIDY = """\
# About this file.

# yaml-language-server: $schema=x.json
voices:   # two of them
    - id: Anna   # the first
      label: "Anna: of old"
    # Ben is new.
    - {id:   Ben,
       styles: [a,
                b]}
# Read on the page.
status: deprecated
label:    Mine
parameter_overrides: {speed: {maximum: 2}, pitch: null}   # narrower
name: mine
audio:
  sample_rate: 24000
  formats:
    - pcm
    - wav
description: odd
# The end.
"""
TIDY = """\
# yaml-language-server: $schema=x.json
# About this file.
name: mine
label: Mine
# Read on the page.
status: deprecated
audio: {sample_rate: 24000, formats: [pcm, wav]}
parameter_overrides:  # narrower
  speed: {maximum: 2}
  pitch: null
voices:  # two of them
  - id: Anna  # the first
    label: "Anna: of old"
  # Ben is new.
  - {id: Ben, styles: [a, b]}
description: odd
# The end.
"""


def test_the_order_has_every_key_of_a_card() -> None:
    assert set(ORDER) == set(TTSCardFile.model_fields)
    assert len(ORDER) == len(set(ORDER))


def test_an_untidy_card_gets_its_one_form_and_keeps_its_comments() -> None:
    assert format_card(UNTIDY, "x.json") == TIDY
    assert format_card(TIDY, "x.json") == TIDY


def test_without_a_schema_the_first_line_is_left_as_it_is() -> None:
    assert format_card("label: X\nname: x\n") == "name: x\nlabel: X\n"
    assert format_card("# yaml-language-server: $schema=mine.json\nname: x\n").startswith("# yaml-language-server")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_shipped_cards_and_those_of_this_repository_have_it(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_card(text) == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("name: x\nlabel: X  # as it is said\n", "name: x\nlabel: X  # as it is said\n"),
        ("{name: x, label: X, languages: [en]}\n", "name: x\nlabel: X\nlanguages: [en]\n"),
        ("\"name\": x\nlabel: 'a # b'\n", "\"name\": x\nlabel: 'a # b'\n"),
        ("---\r\nname: x\r\nlabel: X\r\n...\r\n", "name: x\nlabel: X\n"),
        ("name: x\nlabel:\n  a text over\n  two lines\n", 'name: x\nlabel: "a text over two lines"\n'),
        ("name: x\nlimits:\n", "name: x\nlimits: null\n"),
        ("name: x\nlabel: \xa0\n",) * 2,
        ("name: x\nlabel: |\n  kept, as\n  it is\n", "name: x\nlabel: |\n  kept, as\n  it is\n"),
        (
            "name: x\nparameter_overrides:\n  p: {enum: [a, b]}\n  q:\n    default: Hello, you\n",
            'name: x\nparameter_overrides:\n  p: {enum: [a, b]}\n  q: {default: "Hello, you"}\n',
        ),
        ("name: x\nvoices: [A, B]\n", "name: x\nvoices: [A, B]\n"),
        ("name: x\nvoices: [A, {id: B}]\n", "name: x\nvoices:\n  - A\n  - {id: B}\n"),
        ("name: x\naudio: {formats: [pcm],  # only this\n  channels: 1}\n",) * 2,
        (
            "name: x\naudio:\n  # Hz\n  sample_rate: 8000\n  channels: 1 # mono\n  # no more\nlabel: X\n",
            "name: x\nlabel: X\naudio:\n  # Hz\n  sample_rate: 8000\n  channels: 1  # mono\n  # no more\n",
        ),
        (
            "name: x\nlanguages: &l [en]\nvoices: [{id: A, languages: *l}]\n",
            "name: x\nlanguages: &l [en]\nvoices:\n  - {id: A, languages: *l}\n",
        ),
        (
            "name: x\nparameter_overrides: {p: {anyOf: [{type: string, maxLength: 9}, {enum: [1]}], title: "
            + "t" * 70
            + "}}\n",
            "name: x\nparameter_overrides:\n  p:\n    anyOf: [{type: string, maxLength: 9}, {enum: [1]}]\n    title: "
            + "t" * 70
            + "\n",
        ),
    ],
)
def test_each_construct(text: str, made: str) -> None:
    assert format_card(text) == made
    assert format_card(made) == made


def test_long_lists_are_filled_and_long_voices_are_not_broken() -> None:
    tags = [f"l{number:02d}" for number in range(40)]
    voice = f"  - {{id: A, languages: [{', '.join(tags[:30])}]}}"
    made = format_card(f"name: x\nlanguages: [{', '.join(tags)}]\nvoices:\n{voice}\n")
    assert "languages: [\n  l00, l01" in made
    assert max(map(len, made.splitlines()[:5])) <= 120
    assert voice in made.splitlines()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: x\nlabel: [a\n", 3, "bracket"),
        ("- a\n", 1, "map of keys"),
        ("", 1, "is empty"),
        ("name: x\nname: y\n", 2, "stands twice"),
        ("voices: [&a A]\ndefault_voice: *a\nname: x\n", 1, "without changing what it says"),
        ("name: !!str 5\n", 1, "tag"),
    ],
)
def test_what_cannot_be_put_in_order_is_said(text: str, line: int, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        format_card(text)
    assert caught.value.line == line


def test_a_space_that_is_none_to_yaml_stays() -> None:
    text = "name: x\nlabel: \xa0\ndefault_voice: a\u3000\n"
    assert yaml.safe_load(format_card(text)) == yaml.safe_load(text)


PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=12
)
VALUES = st.recursive(
    PLAIN | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(ORDER), VALUES, min_size=1), st.sampled_from([True, False, None]), st.data())
def test_any_data_is_kept_and_the_form_is_stable(
    data: dict[str, object], flow: bool | None, draw: st.DataObject
) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    if not flow:  # a comment behind and above every line that begins a key
        marks = draw.draw(st.lists(st.booleans(), min_size=1))
        lines = text.splitlines()
        keys = [index for index, line in enumerate(lines) if line[:1].isalpha()]
        for index, mark in zip(reversed(keys), marks, strict=False):
            lines.insert(index, f"# {index} {mark}")
        text = "\n".join(lines) + "\n"
    if isinstance(parsed(text), Finding):  # a float that JSON lacks, a key that YAML reads as a number
        return
    made = format_card(text)
    assert yaml.safe_load(made) == yaml.safe_load(text)
    assert format_card(made) == made
