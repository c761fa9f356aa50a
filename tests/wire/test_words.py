"""Words that a service times, found again in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._wire.words import Words


def places(text: str, said: str | list[str]) -> list[int | None]:
    """Where each word begins."""
    words = Words()
    words.sent(text)
    found = [words.place(word) for word in (said.split() if isinstance(said, str) else said)]
    return [None if place is None else place[0] for place in found]


@pytest.mark.parametrize(
    ("text", "said", "found"),
    [
        (
            "I have 5 apples and they are red. Mary has five pears.",
            "I have five apples and they are red Mary has five pears",
            [0, 2, None, 9, 16, 20, 25, 29, 34, 39, 43, 48],
        ),
        ("1 2 3 4 and 1234 at last", "one two three four and twelve thirty-four at last", None),
        ("Dr. Who", "Doctor Who", [None, 4]),
        ("24/7 they say, 7 of us", "twenty four seven they say seven of us", [None] * 3 + [5, 10, None, 17, 20]),
        ("1,234,567 fish", "one million two hundred thirty four thousand fish", [None] * 7 + [10]),
        ("3 cats ran by a rat", "a cats ran by a rat", [None, 2, 7, 11, 14, 16]),  # "a" is not the one in "cats"
        ("don't", ["don", "'t"], [0, 3]),
        ("我有5个苹果，在家里吃，五个梨。", ["我", "有", "五", "个", "苹果", "在"], [0, 1, None, 3, 4, 7]),
        ("ราคา 500 บาท", ["ราคา", "ห้า", "ร้อย", "บาท"], [0, None, None, 9]),
        ("Tôi có 5 quế ế", "Tôi có năm ế", [0, 4, None, 13]),
        ("사과 5 개와 배", "사과 다섯 개와 배", [0, None, 5, 8]),
        ("One (two three four five six) seven eight nine", "One seven eight nine", [0, None, None, 42]),
        ("same same same", "same same same same", [0, 5, 10, None]),
        ("", "word", [None]),
    ],
)
def test_where_words_are(text: str, said: str | list[str], found: list[int | None] | None) -> None:
    wanted = [None, None, None, None, 8, None, None, 17, 20] if found is None else found
    assert places(text, said) == wanted


def test_what_is_no_word_costs_no_distance() -> None:
    assert places("One" + "\0 " * 5000 + "two", "One two") == [0, 10003]


def test_a_word_that_was_written_later_is_found_in_what_came_since() -> None:
    words = Words()
    words.sent("Say")
    assert words.place("Say") == (0, 3)
    words.sent(" it.")
    assert words.place("", "&it", "it") == (4, 6)


@given(st.lists(st.text("ab 5你ก", max_size=6), max_size=12), st.text("ab 5你ก", max_size=40))
def test_places_are_those_of_the_word_and_go_on(said: list[str], text: str) -> None:
    words = Words()
    words.sent(text)
    before = 0
    for word in said:
        if (place := words.place(word)) is not None:
            begin, end = place
            assert text[begin:end] == word
            assert begin >= before
            before = end
