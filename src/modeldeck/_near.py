"""Near misses: the likely spelling of a wrong name."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known name that `word` most likely means, or None."""
    from difflib import get_close_matches  # only when something is wrong already

    if not isinstance(word, str) or len(word) > 200:
        return None
    names = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[matches[0]] if matches else None


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """ "; did you mean 'x'?", or nothing."""
    match = nearest(word, known)
    return f"; did you mean {match!r}?" if match else ""


def near_or_list(word: object, known: Iterable[str], most: int = 20) -> str:
    """The end of a message about a wrong name: the likely spelling, or the names that there are."""
    names = list(known)
    return did_you_mean(word, names) or f"; there are: {shortened(names, most) or 'none'}"


def shortened(names: Iterable[str], most: int = 8) -> str:
    """A list for a message: the first few names, and how many more there are."""
    listed = list(names)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest


def quoted(value: object, most: int = 60) -> str:
    """A value for a message, cut when it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a list in itself
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else f"{text[: most - 3]}..."
