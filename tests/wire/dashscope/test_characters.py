"""Counting, cutting, sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.providers.dashscope.wire.characters import Sentences, counted, pieces
from modeldeck.tts.card import Limits

ALPHABET = st.sampled_from("ab字\u0301\u200d👩👧🏽🇩🇪\r\n。.!")


@given(st.text() | st.text(ALPHABET))
def test_counted_as_the_cards_count(text: str) -> None:
    assert counted(text) == Limits(counting="cjk_double").count(text)


@given(st.text(ALPHABET, max_size=80), st.integers(2, 20))
def test_pieces_are_the_text_and_fit(text: str, limit: int) -> None:
    cut = list(pieces(text, limit))
    assert "".join(cut) == text
    assert all(0 < counted(piece) <= limit for piece in cut)


@pytest.mark.parametrize("cluster", ["e\u0301", "👩\u200d👧", "👍🏽", "🇩🇪", "\r\n", "\ud83d\ude00", "क\u093e"])
def test_a_cut_parts_no_cluster(cluster: str) -> None:
    for before in range(1, 12):
        assert all(
            piece.count(cluster[0]) == piece.count(cluster[-1]) for piece in pieces("x" * before + cluster * 9, 10)
        )


def test_a_cluster_without_end_is_cut_all_the_same() -> None:
    assert [len(piece) for piece in pieces("a" + "\u0301" * 999, 100)] == [100] * 10


@given(st.lists(st.text(st.sampled_from("ab 。！？.!?\n"), max_size=6)))
def test_sentences_are_the_text(texts: list[str]) -> None:
    sentences = Sentences()
    found = [sentence for text in texts for sentence in sentences.add(text)]
    assert all(sentence[-1] in "。！？.!?\n" for sentence in found)
    rest = sentences.rest()
    assert not set(rest) & set("。！？.!?\n")
    assert "".join(found) + rest == "".join(texts)
    assert sentences.rest() == ""


def test_signs_that_follow_each_other_end_one_sentence() -> None:
    assert Sentences().add("What?! Yes... 好。") == ["What?!", " Yes...", " 好。"]
