"""Plain text and parameters become SSML; the server's side reads it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.providers.azure.wire.ssml import MOST_BYTES, MOST_VOICES, Spoken, document, escaped, locale_of, read
from tests.wire.azure import golden

AVA = "en-US-AvaMultilingualNeural"
NS = "{http://www.w3.org/2001/10/synthesis}"
MS = "{http://www.w3.org/2001/mstts}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HEAD = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>"
SAID = f"<voice name='{AVA}'>Hi</voice>"


def path(**parameters: Any) -> list[tuple[str, dict[str, str]]]:
    """The elements around the text, from the outside."""
    element, found = ElementTree.fromstring(document("Hi", {"voice": AVA, **parameters})), []
    while True:
        found.append((element.tag, dict(element.attrib)))
        if not len(element):
            assert element.text == "Hi"
            return found[1:]
        (element,) = element


def test_plain_text_as_the_sdk_writes_it() -> None:
    assert document(golden.SDK_TEXT, {"voice": AVA}) == golden.SDK_DOCUMENT


def test_every_setting() -> None:
    assert path(
        language="fr-FR", style="cheerful", style_degree=1.5, role="Boy", rate="+10%", pitch="-2st", volume="50"
    ) == [
        (f"{NS}voice", {"name": AVA}),
        (f"{NS}lang", {LANG: "fr-FR"}),
        (f"{MS}express-as", {"style": "cheerful", "styledegree": "1.5", "role": "Boy"}),
        (f"{NS}prosody", {"rate": "+10%", "pitch": "-2st", "volume": "50"}),
    ]


def test_what_is_not_set_has_no_element() -> None:
    assert path(style=None, rate=None, temperature=None) == [(f"{NS}voice", {"name": AVA})]
    assert path(temperature=0.0) == [(f"{NS}voice", {"name": AVA, "parameters": "temperature=0.0"})]


def test_a_lexicon() -> None:
    root = ElementTree.fromstring(document("Hi", {"voice": AVA, "lexicon": "https://x.test/l.xml?a=1&b='2'"}))
    (voice,) = root
    assert [(one.tag, one.attrib, one.tail) for one in voice] == [
        (f"{NS}lexicon", {"uri": "https://x.test/l.xml?a=1&b='2'"}, "Hi")
    ]


@pytest.mark.parametrize(
    ("voice", "locale"),
    [
        (AVA, "en-US"),
        ("zh-CN-XiaoxiaoNeural", "zh-CN"),
        ("zh-CN-liaoning-XiaobeiNeural", "zh-CN-liaoning"),
        ("iu-Cans-CA-SiqiniqNeural", "iu-Cans-CA"),
        ("fil-PH-AngeloNeural", "fil-PH"),
        ("en-US-Ava:DragonHDLatestNeural", "en-US"),
        ("en-US-MultiTalker-Ava-Andrew:DragonHDLatestNeural", "en-US"),
        ("es-419-NobodyNeural", "es-419"),
        ("MyVoice", "en-US"),
        ("my-custom-voice", "en-US"),
    ],
)
def test_the_locale_of_a_voice(voice: str, locale: str) -> None:
    assert locale_of(voice) == locale
    assert ElementTree.fromstring(document("Hi", {"voice": voice})).get(LANG) == locale


def test_what_xml_cannot_hold_becomes_a_space() -> None:
    assert escaped("a\x00b\x0bc\ud800d\ufffee\tf") == "a b c d e\tf"


@given(st.text(), st.text(min_size=1))
def test_any_text_and_any_value_make_a_document(text: str, value: str) -> None:
    settings = {"voice": value, "style": value, "rate": value, "lexicon": value, "language": value}
    root = ElementTree.fromstring(document(text, settings))
    assert "".join(root.itertext()) == "".join(ElementTree.fromstring(f"<a>{escaped(text)}</a>").itertext())


# -- the server's side


def test_it_reads_what_we_write() -> None:
    spoken = read(document(golden.SDK_TEXT, {"voice": AVA, "style": "sad", "rate": "slow"}), lambda name: name == AVA)
    assert spoken == Spoken(AVA, golden.SDK_TEXT)


def test_it_reads_several_voices_and_documents_without_a_namespace() -> None:
    two = "<speak version='1.0' xml:lang='en-US'> <voice name='a'>One. </voice><voice name='b'>Two.</voice></speak>"
    assert read(two, lambda _: True) == Spoken("a", "One. Two.")


@pytest.mark.parametrize(
    ("ssml", "says"),
    [
        ("Hello", "is invalid"),
        ("<speak>", "is invalid"),
        (f"{HEAD}{SAID}", "is invalid"),
        ("<speech version='1.0' xml:lang='en'/>", "no [speak]"),
        (f"<speak xml:lang='en-US'>{SAID}</speak>", "no [speak] with version"),
        (f"<speak version='1.0'>{SAID}</speak>", "xml:lang"),
        (f"{HEAD}</speak>", "at least one [voice] tag"),
        (f"{HEAD}Hi</speak>", "at least one [voice] tag"),
        (f"{HEAD}{SAID}Hi</speak>", "outside of [voice]"),
        (f"{HEAD}<voice>Hi</voice></speak>", "Unsupported voice ."),
        (f"{HEAD}<voice name='no'>Hi</voice></speak>", "Unsupported voice no."),
        (f"{HEAD}{SAID * (MOST_VOICES + 1)}</speak>", "more than 50"),
        (f"{HEAD}{SAID}{' ' * MOST_BYTES}</speak>", "too large"),
        (f"<!DOCTYPE x>{HEAD}{SAID}</speak>", "no document type"),
    ],
)
def test_what_it_does_not_take(ssml: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        read(ssml, lambda name: name == AVA)
