from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.providers.local.pieces import LONGEST, WordFinder, pieces, speakable

TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("abcD .!?;\n\t…。！？，\u0301\u200d\0\x01\ud800😀世界")),
        st.characters(),
    ),
    max_size=1500,
)


@given(TEXT)
def test_every_code_point_is_spoken_once_at_its_place(text: str) -> None:
    clean, end = speakable(text), 0
    for piece in pieces(text):
        assert piece.start >= end
        assert clean[end : piece.start].strip() == ""
        assert clean[piece.start : piece.start + len(piece.text)] == piece.text
        assert 0 < len(piece.text) <= LONGEST
        piece.text.encode()
        end = piece.start + len(piece.text)
    assert clean[end:].strip() == ""


@given(TEXT)
def test_only_a_space_takes_a_place(text: str) -> None:
    clean = speakable(text)
    assert len(clean) == len(text)
    for before, after in zip(text, clean, strict=True):
        assert after == before or (after == " " and unicodedata.category(before) in {"Cc", "Cs"})
    assert "\0" not in clean
    assert "\x01" not in clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello world. How are you? Fine.", ["Hello world.", "How are you? Fine."]),
        ("Dr. Smith came. He sat.", ["Dr. Smith came.", "He sat."]),
        ("Say e.g. this. and that. Then go.", ["Say e.g. this. and that.", "Then go."]),
        ("你好。世界很大！再见", ["你好。", "世界很大！再见"]),
        ("He said “stop!” Then left.", ["He said “stop!”", "Then left."]),
        ("Wait… what? Yes.", ["Wait…", "what? Yes."]),
        ("milk\neggs\nbread", ["milk", "eggs\nbread"]),
        ("one; two", ["one;", "two"]),
        ("Pi is 3.14 today. Good.", ["Pi is 3.14 today.", "Good."]),
        ("a\0b", ["a b"]),
        (" \n\t ", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [piece.text for piece in pieces(text)] == expected


def test_short_sentences_are_joined_only_after_the_first() -> None:
    first, second, *_ = pieces("Short one. " * 200)
    assert first.text == "Short one."
    assert LONGEST - 12 < len(second.text) <= LONGEST
    assert second.text.endswith(".")


def test_the_first_piece_reads_no_more_than_itself() -> None:
    reads: list[int] = []

    class Watched(str):
        __slots__ = ()

        def __getitem__(self, key: object) -> str:
            assert isinstance(key, slice)
            reads.append(key.stop)
            return str(self)[key]

    assert next(pieces(Watched("A sentence. " * 16_000))).text == "A sentence."
    assert max(reads) <= LONGEST + 1


@pytest.mark.parametrize("unit", ["e\u0301", "👩\u200d👩\u200d👧\u200d👦", "👍🏽", "ก็", "\u1100\u1161\u11a8"])
def test_a_hard_cut_leaves_what_belongs_together(unit: str) -> None:
    found = [piece.text for piece in pieces("x" + unit * 400)]
    assert len(found) > 2
    assert "".join(found) == "x" + unit * 400
    for text in found[1:]:
        assert text.startswith(unit)


def test_marks_without_end_are_cut_all_the_same() -> None:
    assert [len(piece.text) for piece in pieces("e" + "\u0301" * 999)] == [300, 300, 300, 100]


@pytest.mark.parametrize(
    ("text", "events", "expected"),
    [  # the shapes that espeak-ng 1.52 gave on 2026-11-21
        ("Hi. this is", [(1, 2), (4, 1), (10, 2)], ["Hi", "this", "is"]),
        ("$1,234.50 or", [(1, 1), (2, 2), (3, 2), (4, 6), (5, 6), (11, 2)], ["$1,234.50", "or"]),
        ("a 😀 smile", [(1, 1), (3, 1), (4, 1), (5, 5)], ["a", "😀", "smile"]),
        (
            "我有123个苹果。",
            [(1, 1), (2, 1), (3, 3), (4, 3), (6, 1), (7, 1)],
            ["我", "有", "123", "个", "苹"],
        ),
        ("こんにちは世界。テスト", [(1, 7), (1, 7), (9, 3)], ["こんにちは世界", "テスト"]),
        ("don't (you)", [(1, 3), (8, 3)], ["don't", "you"]),
        ("...", [(1, 1)], []),
        ("x", [(1, 1), (9, 1)], ["x"]),
    ],
)
def test_words_are_snapped_and_merged(text: str, events: list[tuple[int, int]], expected: list[str]) -> None:
    finder = WordFinder(text)
    places = [place for event in events if (place := finder.locate(*event)) is not None]
    assert [text[start : start + length] for start, length in places] == expected


def test_ssml_tags_are_no_words() -> None:
    text = '<speak>One <break time="1s"/> two. <s>three</s></speak>'
    finder = WordFinder(text, ssml=True)
    places = [finder.locate(8, 3), finder.locate(31, 3), finder.locate(35, 1)]
    assert [text[place[0] : sum(place)] for place in places if place] == ["One", "two", "three"]


@given(TEXT, st.lists(st.tuples(st.integers(-3, 1600), st.integers(-1, 50)), max_size=60))
def test_words_only_go_forward_and_stay_within_the_text(text: str, events: list[tuple[int, int]]) -> None:
    finder, last = WordFinder(text), -1
    for event in events:
        if (place := finder.locate(*event)) is not None:
            start, length = place
            assert last < start < start + length <= len(text)
            last = start
