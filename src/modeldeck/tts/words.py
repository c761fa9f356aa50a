"""Words by the rules of Unicode (UAX #29), as far as counting them needs."""

from __future__ import annotations

import re

_IDEOGRAPH = r"\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = r"\u3041-\u3096\u309d-\u309f"
_KATAKANA = r"\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_NO_SPACES = r"\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u1000-\u102a\u1780-\u17b3"
# Letters carry marks, and Python's \w has none of them: those of Europe, the Near East, India, South-East Asia, Japan,
# and the invisible joiners.
_MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a03\u0a3c-\u0a51"
    r"\u0a70-\u0a75\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3e-\u0c56"
    r"\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d81-\u0d83\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    r"\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u0f90-\u0fbc\u102b-\u103e\u17b4-\u17d3\u3099\u309a\u20d0-\u20f0\ufe00-\ufe0f"
    r"\u00ad\u200c\u200d\u2060"
)
_ALONE = f"{_IDEOGRAPH}{_HIRAGANA}{_NO_SPACES}"
_OTHER = rf"(?![{_ALONE}{_KATAKANA}])[\w{_MARKS}]"
_WORD = re.compile(
    rf"[{_ALONE}]|[{_KATAKANA}][{_KATAKANA}{_MARKS}]*+"
    rf"|(?![{_MARKS}_]){_OTHER}(?:{_OTHER})*+"
    rf"(?:(?:(?<!\d)[.'’:·](?![\d_])|(?<=\d)[.,;'’](?=\d))(?![{_MARKS}])(?:{_OTHER})++)*+"
)


def count_words(text: str) -> int:
    """Words in `text`: an ideograph or a hiragana is one, so is a run of letters and digits ("don't", "3.14")."""
    return sum(1 for _ in _WORD.finditer(text))
