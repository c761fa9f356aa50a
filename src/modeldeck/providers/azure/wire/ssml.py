"""SSML: what plain text and parameters become, and what the server's side reads of it.

The document is that of Python SDK 1.53.0 for plain text; elements and attributes from "Customize voice and sound with
SSML" of Microsoft's documents (2025-07-09) and "High-definition voices" (2025-10-21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from modeldeck.errors import ParameterError

_SYNTHESIS = "http://www.w3.org/2001/10/synthesis"
_NAMESPACES = (
    f"xmlns='{_SYNTHESIS}' xmlns:mstts='http://www.w3.org/2001/mstts' xmlns:emo='http://www.w3.org/2009/10/emotionml'"
)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?-(?:[A-Z]{2}|\d{3})(?:-[a-z]+)?(?=-)")
_PROSODY = ("rate", "pitch", "volume")
_EXPRESS = {"style": "style", "style_degree": "styledegree", "role": "role"}


def locale_of(voice: str) -> str:
    """The locale that the name of a voice begins with; `en-US` for names that customers gave."""
    found = _LOCALE.match(voice)
    return found[0] if found else "en-US"


def voice_of(parameters: Mapping[str, Any]) -> str:
    """Raises ParameterError: the service takes nobody for granted."""
    voice = parameters.get("voice")
    if not voice:
        raise ParameterError("Azure Speech needs a voice", parameter="voice", value=voice)
    return str(voice)


def document(text: str, parameters: Mapping[str, Any]) -> str:
    """The SSML that speaks plain text in the voice and manner of `parameters`."""
    said = _element("prosody", {name: parameters.get(name) for name in _PROSODY}, escaped(text))
    said = _element("mstts:express-as", {name: parameters.get(field) for field, name in _EXPRESS.items()}, said)
    said = _element("lang", {"xml:lang": parameters.get("language")}, said)
    if lexicon := parameters.get("lexicon"):
        said = f"<lexicon uri={_quoted(lexicon)}/>{said}"
    name, temperature = voice_of(parameters), parameters.get("temperature")
    voice = {"name": name, "parameters": None if temperature is None else f"temperature={temperature}"}
    locale = _quoted(locale_of(name))
    return f"<speak version='1.0' {_NAMESPACES} xml:lang={locale}>{_element('voice', voice, said)}</speak>"


def escaped(text: str) -> str:
    """As XML; what XML cannot hold becomes a space."""
    text = _NOT_XML.sub(" ", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _element(name: str, attributes: Mapping[str, Any], content: str) -> str:
    """The content alone where no attribute is set."""
    said = "".join(f" {key}={_quoted(value)}" for key, value in attributes.items() if value is not None)
    return f"<{name}{said}>{content}</{name}>" if said else content


def _quoted(value: Any) -> str:
    return "'" + escaped(str(value)).replace("'", "&apos;") + "'"


MOST_BYTES = 64 * 1024  # of one turn's SSML (documents on quotas)
MOST_VOICES = 50  # elements


@dataclass(frozen=True, slots=True)
class Spoken:
    """The server's side: what a document asks for. `voice`: its first."""

    voice: str
    text: str


def read(ssml: str, known: Callable[[str], bool]) -> Spoken:
    """The server's side. Raises ValueError, which says what is wrong."""
    if len(ssml.encode("utf-8", "replace")) > MOST_BYTES:
        raise ValueError(f"The SSML is too large, at most {MOST_BYTES} bytes are allowed.")
    if "<!DOCTYPE" in ssml:
        raise ValueError("The SSML is invalid: no document type is allowed.")
    try:
        root = ElementTree.fromstring(ssml)  # noqa: S314  (what declares no document type has no entities)
    except ElementTree.ParseError as error:
        raise ValueError(f"The SSML is invalid: {error}.") from None
    if _local(root) != "speak" or root.get("version") is None or root.get(_LANG) is None:
        raise ValueError("The SSML is invalid: its root is no [speak] with version and xml:lang.")
    voices = [child for child in root if _local(child) == "voice"]
    if not voices:
        raise ValueError("Ssml should contain at least one [voice] tag.")
    if len(voices) > MOST_VOICES:
        raise ValueError(f"The SSML has more than {MOST_VOICES} [voice] tags.")
    outside = [root.text, *(child.tail for child in root)]
    if any(text and text.strip() for text in outside):
        raise ValueError("The SSML is invalid: there is text outside of [voice].")
    names = [voice.get("name", "") for voice in voices]
    for name in names:
        if not known(name):
            raise ValueError(f"Unsupported voice {name}.")
    return Spoken(names[0], "".join("".join(voice.itertext()) for voice in voices))


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
