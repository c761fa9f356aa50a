"""The text of a request: what may be given, and whether it can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from modeldeck.tts.facts import Limits


def plain_text(text: Any) -> str:
    """A str as it is, the text of a Msg."""
    if isinstance(text, str):
        return text
    get = getattr(text, "get_text_content", None)
    if get is None:
        raise ParameterError(f"text must be a str or a Msg, not {type(text).__name__}", parameter="text")
    return get() or ""


def message_id(text: Any) -> str | None:
    """Of a Msg: which utterance it belongs to. None for a str."""
    return None if isinstance(text, str) else getattr(text, "id", None)


def text_problem(text: str, model: str, limits: Limits | None, before: int = 0) -> ParameterError | None:
    """Half a character, or more than `limits` allow; the second has a `limit`.

    `before`: characters, as `limits` counts them, of the same request that came before.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"text has half a character at {error.start} (a lone surrogate); it cannot be sent as UTF-8"
        return ParameterError(message, parameter="text")
    if limits is None or limits.max_characters is None:
        return None
    length = before + limits.count(text)
    if length <= limits.max_characters:
        return None
    message = (
        f"{model}: the text has {length:,} characters ({limits.counting}), "
        f"{limits.max_characters:,} is the limit of one request"
    )
    return ParameterError(message, parameter="text", limit=limits.max_characters)
