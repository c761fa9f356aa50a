"""Tags as they are spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.tts.languages import COVERED, EXACT, OTHER, UNSAID, fits, speaks, spoken


@pytest.mark.parametrize(
    ("wanted", "tag", "fit"),
    [
        ("en", "en", EXACT),
        ("EN-gb", "en-GB", EXACT),
        ("en_GB", "en-GB", EXACT),
        ("en", "en-GB", COVERED),
        ("en-GB", "en-GB-x-rp", COVERED),
        ("en", "en-x-gb", COVERED),
        ("en-GB", "en", UNSAID),
        ("en-GB", "en-US", OTHER),
        ("de", "en", 0),
        ("en", "enm", 0),
        ("zh", "zh-CN", COVERED),
        ("zh", "cmn", EXACT),
        ("cmn", "zh-CN", COVERED),
        ("zh-cmn-CN", "zh-CN", EXACT),
        ("zh-CN", "zh-Hans-CN", EXACT),
        ("zh-Hant-TW", "zh-TW", EXACT),
        ("zh", "zh-CN-sichuan", COVERED),
        ("zh-TW", "zh-CN", OTHER),
        ("zh-HK", "zh-HK", EXACT),
        ("zh-HK", "yue", EXACT),
        ("zh-HK", "yue-HK", EXACT),
        ("zh-Hant-HK", "zh-yue", EXACT),
        ("yue", "zh-HK", EXACT),
        ("yue", "yue-CN", COVERED),
        ("zh", "zh-HK", 0),
        ("zh", "yue", 0),
        ("zh-HK", "zh", 0),
        ("zh-HK", "zh-CN", 0),
        ("wuu", "zh-wuu", EXACT),
        ("sr-RS", "sr-Latn-RS", EXACT),
        ("no", "nb-NO", COVERED),
        ("nn", "nb", 0),
        ("*", "fr", COVERED),
        ("*-CH", "de-CH", COVERED),
        ("*-CH", "de-AT", 0),
        ("ca-valencia", "ca-ES-valencia", COVERED),
        ("de-DE", "de-x-DE", OTHER),
    ],
)
def test_how_well_a_tag_fits(wanted: str, tag: str, fit: float) -> None:
    assert fits(wanted, [tag]) == (fit, tag if fit else "")


def test_the_best_of_several_counts_and_the_first_of_equals() -> None:
    assert fits("en-GB", ["de", "en-US", "en", "en-GB", "en-gb"]) == (EXACT, "en-GB")
    assert fits("en-GB", ["en-AU", "en-US"]) == (OTHER, "en-AU")
    assert fits("en", []) == (0, "")
    assert speaks(["fr", "en-IE"], "en")
    assert not speaks(["en"], "en-IE")


def test_a_language_is_not_the_beginning_of_another() -> None:
    assert not speaks(["nan"], "na")
    assert not speaks(["english"], "en")
    assert not speaks(["en"], "english")


TAGS = st.from_regex(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?(-x-[a-z]{2,8})?", fullmatch=True)


@given(TAGS)
def test_every_tag_fits_itself_and_its_language(tag: str) -> None:
    assert fits(tag, [tag])[0] == EXACT
    assert fits("-".join(spoken(tag)[:1]), [tag])[0] >= COVERED
