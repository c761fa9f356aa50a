"""Language tags as they are spoken: does a voice that says `zh-TW` speak what `zh` asks for?

Extended filtering of RFC 4647 (3.3.2), on tags as a listener hears them: a script is not heard, and `zh-HK` is
Cantonese, as Azure labels its voices of that tag. CLDR's language matching, as langcodes 3.5.1 has it, is made for
readers: it puts zh-HK farther from yue than from zh-CN.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

EXACT, COVERED, UNSAID, OTHER = 1.0, 0.9, 0.5, 0.3
_ALIASES = {"cmn": "zh", "arb": "ar", "nb": "no", "tl": "fil", "iw": "he", "in": "id", "ji": "yi"}
_EXTENDED = {"yue": "yue", "cmn": "zh", "wuu": "wuu", "nan": "nan", "hak": "hak"}  # as in zh-yue
_CANTONESE = ("hk", "mo")


def fits(wanted: str, tags: Iterable[str]) -> tuple[float, str]:
    """How well the best of `tags` is what `wanted` asks for, and which that is; (0, "") where none is.

    1: the same. 0.9: `wanted` covers it, as en does en-GB. 0.5: the tag does not say which region. 0.3: another region.
    """
    best, tag = 0.0, ""
    for one in tags:
        fit = _fit(wanted, one)
        if fit > best:
            best, tag = fit, one
    return best, tag


def speaks(tags: Iterable[str], language: str) -> bool:
    """One of the tags is what `language` asks for, or is covered by it."""
    return fits(language, tags)[0] >= COVERED


@lru_cache(8192)
def spoken(tag: str) -> tuple[str, ...]:
    """The tag's parts that are heard, in lower case: `zh-Hant-HK` is (yue,), `sr-Latn-RS` is (sr, rs)."""
    language, *rest = tag.replace("_", "-").casefold().split("-")
    if language == "zh" and rest and rest[0] in _EXTENDED:
        language, rest = _EXTENDED[rest[0]], rest[1:]
    language = _ALIASES.get(language, language)
    if rest and len(rest[0]) == 4 and rest[0].isalpha():
        rest = rest[1:]
    if language == "zh" and rest and rest[0] in _CANTONESE:
        language = "yue"
    if language == "yue" and rest[:1] == ["hk"]:
        rest = rest[1:]
    return (language, *rest)


@lru_cache(32768)
def _fit(wanted: str, tag: str) -> float:
    asked, said = spoken(wanted), spoken(tag)
    if asked == said:
        return EXACT
    if _covers(asked, said):
        return COVERED
    if asked[0] != said[0]:
        return 0.0
    return UNSAID if said == asked[: len(said)] else OTHER


def _covers(asked: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """RFC 4647, 3.3.2: parts in between may be missing from the range, but nothing follows a singleton unasked."""
    if asked[0] not in ("*", said[0]):
        return False
    at = 1
    for part in asked[1:]:
        if part == "*":
            continue
        while at < len(said) and said[at] != part:
            if len(said[at]) == 1:
                return False
            at += 1
        if at == len(said):
            return False
        at += 1
    return True
