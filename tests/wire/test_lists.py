"""What the readers of lists have in common."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck._wire.lists import UNREADABLE, entries, gender, name_of, sorted_out, tags, text, texts


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("en-us", "en-US"),
        ("EN_gb", "en-GB"),
        ("zh-cn-liaoning", "zh-CN-liaoning"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("yue", "yue"),
        ("iu-Cans-CA", "iu-Cans-CA"),
    ],
)
def test_tags_in_canonical_case(given: str, tag: str) -> None:
    assert tags(given) == (tag,)


def test_what_is_no_tag_is_left_out() -> None:
    assert tags("English", "en-", "", None, 3, ["de"], "de", "DE", "x" * 400) == ("de",)


def test_names_that_can_be_sent() -> None:
    assert [name_of(one) for one in ("a b", "", " a", "a\n", "a\u202eb", "x" * 301, 3, None, {"id": "a"})] == [
        "a b"
    ] + [None] * 8


def test_words_for_people() -> None:
    assert [text(one) for one in (" Two\n lines ", "\x1b[31m", "x" * 301, None, 3)] == ["Two lines", "", "", "", ""]
    assert texts(["a", "a", 3, None, "b", "\x07"]) == ("a", "b")
    assert texts("abc") == texts(None) == ()
    assert [gender(one) for one in ("Female", "MALE", "neutral", "other", None, 1)] == [
        "female",
        "male",
        "neutral",
        *[None] * 3,
    ]


@pytest.mark.parametrize("value", [None, [], 3, {"a": None}, {"a": {}}, {"a": {"b": {}}}, {"a": {"b": None}}])
def test_an_answer_of_another_shape(value: Any) -> None:
    with pytest.raises(ValueError, match=r"no (object|list)"):
        entries(value, "a", "b")


def test_a_list_that_may_be_missing() -> None:
    assert entries({"a": {}}, "a", "b", absent=True) == []
    assert entries([1], absent=True) == entries([1]) == [1]
    with pytest.raises(ValueError, match="no list"):
        entries(None, absent=True)


def test_what_is_left_out_has_a_reason() -> None:
    read: Any = {"good": "kept", "other": None}.get
    good, bad = sorted_out([{"a": 1}, {"a": 2}, None, "text"], lambda one: [one["a"]] if one["a"] == 1 else "two")
    assert (good, bad) == ([[1]], ["two", UNREADABLE, UNREADABLE])
    assert sorted_out([{"a": "other"}], lambda one: read(one["a"])) == ([], [])
