"""Text cut into sentences as it comes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.tts import sentences
from modeldeck.tts.sentences import SentenceCutter


def cut(pieces: Iterable[str], language: str | None = None) -> list[str]:
    cutter = SentenceCutter(language)
    found = [sentence for piece in pieces for sentence in cutter.feed(piece)]
    rest = cutter.rest()
    return [*found, *([rest] if rest else [])]


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "_segmenter", lambda: None)


PLAIN = [
    ("Hello there. How are you", ["Hello there.", " How are you"]),
    ("It costs 3.14 euros. Really.", ["It costs 3.14 euros.", " Really."]),
    ("One line\nanother", ["One line\n", "another"]),
    ("See https://a.b/c.d?x=1. Yes it is.", ["See https://a.b/c.d?x=1.", " Yes it is."]),
    ("Call foo.bar(). Node.JS runs.", ["Call foo.bar().", " Node.JS runs."]),
    ("1. First one. 2. Second one.", ["1. First one.", " 2. Second one."]),
    ("Good 😀! Then 😀. So what", ["Good 😀!", " Then 😀.", " So what"]),
    ("كيف حالك؟ أنا بخير.", ["كيف حالك؟", " أنا بخير."]),
    ("नमस्ते। आप कैसे हैं?", ["नमस्ते।", " आप कैसे हैं?"]),
    ("(This is it.) Then so.", ["(This is it.)", " Then so."]),
    ("As said.[1][2] **Bold one.** Then", ["As said.[1][2]", " **Bold one.**", " Then"]),
    ("好的!嗯嗯…是吗?对了", ["好的!", "嗯嗯…是吗?", "对了"]),
    ("no end at all", ["no end at all"]),
    ("...", ["..."]),
]
WITH_THE_EXTRA = [
    ("en", "Ask Dr. Smith. He knows e.g. this. Done.", ["Ask Dr. Smith.", " He knows e.g. this.", " Done."]),
    ("en", "The U.S. economy. J. R. R. Tolkien wrote.", ["The U.S. economy.", " J. R. R. Tolkien wrote."]),
    ("en", "Wait... what? No way.", ["Wait... what?", " No way."]),
    ("en", 'He said "Go!" and went.', ['He said "Go!" and went.']),
    ("en-GB", "It is 5 p.m. We go.", ["It is 5 p.m.", " We go."]),
    ("de", "Am 3. Mai kam Dr. Müller. Ja genau.", ["Am 3. Mai kam Dr. Müller.", " Ja genau."]),
    ("fr", "M. Dupont est là. Il dit « Oui ! » et part.", ["M. Dupont est là.", " Il dit « Oui ! » et part."]),
    ("es", "El Sr. García llegó. ¿Qué tal?", ["El Sr. García llegó.", " ¿Qué tal?"]),
    ("Klingon", "Ask Dr. Smith. He knows.", ["Ask Dr. Smith.", " He knows."]),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut([text]) == cut(text) == expected


@pytest.mark.parametrize(("text", "expected"), PLAIN)
@pytest.mark.usefixtures("without_the_extra")
def test_sentences_without_the_extra(text: str, expected: list[str]) -> None:
    assert cut([text]) == cut(text) == expected


@pytest.mark.parametrize(("language", "text", "expected"), WITH_THE_EXTRA)
def test_sentences_of_a_language(language: str, text: str, expected: list[str]) -> None:
    assert cut([text], language) == cut(text, language) == expected


@pytest.mark.parametrize("language", [None, "zh-CN", "ja"])
def test_a_cjk_end_is_certain_at_once(language: str | None) -> None:
    cutter = SentenceCutter(language)
    assert cutter.feed("你好。") == ["你好。"]
    assert cutter.feed("「行こう。」と") == ["「行こう。」"]


def test_an_end_that_nothing_can_undo_needs_no_next_word() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("Let me look. ") == ["Let me look."]


def test_an_abbreviation_waits_for_the_next_word() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("We spoke at 5 p.m. ") == []
    assert cutter.feed("The ") == ["We spoke at 5 p.m."]


@given(
    st.lists(st.text(alphabet="abA .!?。…\n\"'()[1]\u2028\u3000\ud800", max_size=40), max_size=8),
    st.sampled_from([None, "zh", "de", "pl"]),
)
def test_nothing_is_lost_however_it_comes(parts: list[str], language: str | None) -> None:
    assert "".join(cut(parts, language)) == "".join(parts)


def test_a_sentence_that_nobody_ends_is_cut_at_a_space() -> None:
    found = SentenceCutter().feed("word " * 400)
    assert all(len(one) <= 500 and one.endswith(" ") for one in found)


def test_or_better_after_a_comma() -> None:
    found = SentenceCutter().feed("one two three, " * 100)
    assert all(one.endswith((",", ", ")) for one in found)


@pytest.mark.parametrize("unit", ["Dr. ", "....", "!? ", "[1].", "”.", "。", "1. ", "a"])
def test_little_is_held_however_long_the_stream(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    segment = sentences._segmenter() or (lambda language, text: [text])

    def counted(language: str, text: str) -> list[str]:
        asked.append(len(text))
        return segment(language, text)

    monkeypatch.setattr(sentences, "_segmenter", lambda: counted)
    text = (unit * 10_000)[:10_000]
    assert "".join(cut(text)) == text
    assert len(asked) <= 2 * len(text)
    assert max(asked, default=0) <= 1_100
