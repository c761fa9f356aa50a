"""The text of a request: what may be given, and whether it can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modeldeck.tts.facts import Limits
    from modeldeck.tts.spoken import SpokenText
    from modeldeck.tts.written import Spoken


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


def filter_of(asked: Any) -> SpokenText | None:
    """The filter that is asked for; True is the usual one. Raises ParameterError."""
    if asked is None or asked is False:
        return None
    from modeldeck.tts.spoken import SpokenText

    if asked is not True and not isinstance(asked, SpokenText):
        message = f"text_filter must be True or modeldeck.tts.SpokenText(...), not {asked!r}"
        raise ParameterError(message, parameter="text_filter")
    return SpokenText() if asked is True else asked


def filtered(text_filter: SpokenText | None, text: str, parameters: Mapping[str, Any]) -> tuple[str, Spoken | None]:
    """What is spoken of `text`, with the way back where it is filtered. Raises ParameterError for SSML, a document."""
    if text_filter is None:
        return text, None
    for name in ("ssml", "enable_ssml"):
        if parameters.get(name):
            message = f"text_filter is for text and {name} for a document: set one of them alone"
            raise ParameterError(message, parameter="text_filter", suggestion=name)
    one = text_filter.fresh()
    spoken = one.take(text) + one.take_rest()
    return spoken.text, spoken


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
