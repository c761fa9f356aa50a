"""Words counted by Unicode rules. Expected numbers: UAX #29, as uniseg 0.10 gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.tts.words import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Hello, world!", 2),
        ("The quick (“brown”) fox can’t jump 32.3 feet, right?", 9),
        ("don't", 1),
        ("1,000,000.50", 1),
        ("e.g. U.S.A.", 2),
        ("x86-64", 2),
        ("a_b __", 1),
        ("'quoted'", 1),
        ("cafe\u0301s", 1),
        ("你好世界", 4),
        ("こんにちは", 5),
        ("東京タワーへ", 4),
        ("Hello你好world", 4),
        ("2026年11月21日", 6),
        ("안녕하세요 여러분", 2),
        ("नमस्ते दुनिया", 2),
        ("বাংলা ভাষা", 2),
        ("مرحبا بالعالم", 2),
        ("ភាសាខ្មែរ", 5),
        ("👍🏽 👩\u200d👩\u200d👧 — …", 0),
    ],
)
def test_count(text: str, words: int) -> None:
    assert count_words(text) == words


@given(st.text(), st.text())
def test_words_on_both_sides_of_a_space_add_up(left: str, right: str) -> None:
    assert count_words(f"{left} {right}") == count_words(left) + count_words(right)
