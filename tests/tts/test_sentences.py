"""Text cut into sentences as it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.tts.sentences import SentenceCutter


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello there. How are you", ["Hello there.", " How are you"]),
        ("你好。今天怎么样？好！", ["你好。", "今天怎么样？", "好！"]),
        ("It costs 3.14 euros. Really.", ["It costs 3.14 euros.", " Really."]),
        ('He said "Go!" and went.', ['He said "Go!"', " and went."]),
        ("One line\nanother", ["One line\n", "another"]),
        ("「行こう。」と言った。", ["「行こう。」", "と言った。"]),
        ("no end at all", ["no end at all"]),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    cutter = SentenceCutter()
    cut = cutter.feed(text)
    rest = cutter.rest()
    assert [*cut, *([rest] if rest else [])] == sentences


@given(st.lists(st.text(alphabet="ab .!?。\n\"'", max_size=40), max_size=8))
def test_nothing_is_lost_however_it_comes(parts: list[str]) -> None:
    cutter = SentenceCutter()
    cut = [sentence for part in parts for sentence in cutter.feed(part)]
    assert "".join(cut) + cutter.rest() == "".join(parts)


def test_a_sentence_that_nobody_ends_is_cut_at_a_space() -> None:
    cutter = SentenceCutter()
    sentences = cutter.feed("word " * 400)
    assert all(len(one) <= 500 and one.endswith(" ") for one in sentences)
