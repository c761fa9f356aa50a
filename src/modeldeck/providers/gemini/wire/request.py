"""What is sent to `generateContent`: two dialects of one request.

REST reference and speech generation guide, 2026-09-24; the order of the keys is that of google-genai 3.4.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from modeldeck._near import quoted
from modeldeck._wire.frames import merged
from modeldeck.errors import ParameterError
from modeldeck.providers.gemini.wire.audio import asked

_METHODS = {"stream": "streamGenerateContent?alt=sse", "whole": "generateContent"}
_PLAIN = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "seed": "seed",
}
# What stands beside `generationConfig` in a request (google-genai 3.4.0, read 2026-11-21).
_BESIDE = frozenset(
    {
        "cachedContent",
        "contents",
        "generationConfig",
        "labels",
        "safetySettings",
        "serviceTier",
        "systemInstruction",
        "toolConfig",
        "tools",
    }
)
_SNAKE = re.compile(r"_([a-z0-9])")


def path(model: str, delivery: Any) -> str:
    """Behind the host and version. Raises ParameterError for a delivery that there is not."""
    name = model if "/" in model else f"models/{model}"
    if delivery not in ("stream", "whole"):
        raise ParameterError(f"delivery is stream or whole, not {quoted(delivery)}", parameter="delivery")
    return f"/{quote(name)}:{_METHODS[delivery]}"


def body(text: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The request. `extra` last, in either spelling: what does not stand beside `generationConfig` goes into it.

    Raises ParameterError for a dialogue whose text does not say who speaks, and for speakers that are none.
    """
    config: dict[str, Any] = {name: parameters[key] for key, name in _PLAIN.items() if key in parameters}
    config |= {"responseModalities": ["AUDIO"], "speechConfig": _speech(parameters)}
    if "format" in parameters:
        config["responseFormat"] = {"audio": {"mimeType": asked(parameters["format"])}}
    request = {"contents": [{"parts": _parts(text, parameters), "role": "user"}], "generationConfig": config}
    more = {_camel(name): value for name, value in (extra or {}).items()}
    beside = {name: value for name, value in more.items() if name in _BESIDE}
    inside = {name: value for name, value in more.items() if name not in _BESIDE}
    for last in ({"generationConfig": inside}, beside):
        request = merged(request, _spelt(last, request))
    return request


def _speech(parameters: Mapping[str, Any]) -> dict[str, Any]:
    dialect = parameters.get("dialect", "verbatim")
    speakers = _speakers(parameters)
    config: dict[str, Any] = {}
    if speakers:
        voices = [{"speaker": name, "voiceConfig": _voice(voice, dialect)} for name, voice in speakers]
        config["multiSpeakerVoiceConfig"] = {"speakerVoiceConfigs": voices}
    elif "voice" in parameters:
        config["voiceConfig"] = _voice(parameters["voice"], dialect)
    if "language_code" in parameters:
        config["languageCode"] = parameters["language_code"]
    return config


def _speakers(parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and voice of each."""
    speakers: Any = parameters.get("speakers") or []
    try:
        return [(one["name"].strip(), one["voice"]) for one in speakers]
    except (TypeError, KeyError, AttributeError):
        raise ParameterError("speakers is a list of {name, voice}", parameter="speakers") from None


def _voice(name: Any, dialect: Any) -> dict[str, Any]:
    """From 3.8 on `voice` takes prebuilt, library, designed and replicated voices alike."""
    return {"prebuiltVoiceConfig": {"voiceName": name}} if dialect == "prompt" else {"voice": name}


def _parts(text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    instructions = parameters.get("instructions")
    is_prompt = parameters.get("dialect") == "prompt"
    names = [name for name, _ in _speakers(parameters)]
    dialogue = turns(text, names, preamble=is_prompt) if names else []
    if is_prompt:
        return [{"text": f'{str(instructions).rstrip(": ")}:\n"{text}"' if instructions else text}]
    style = {"style": instructions} if instructions else {}
    if dialogue:
        return [{"text": words, "speechMetadata": {"speaker": name, **style}} for name, words in dialogue]
    return [{"text": text, "speechMetadata": style}] if style else [{"text": text}]


def turns(text: str, names: list[str], *, preamble: bool = False) -> list[tuple[str, str]]:
    """The turns of a dialogue, (who, what). `preamble`: something else may stand before the first.

    Raises ParameterError when one of `names` has none.
    """
    first, *others = (f"{name}:" for name in names)
    beginning = re.compile(rf"^[ \t]*({'|'.join(map(re.escape, names))})[ \t]*[:：][ \t]*", re.MULTILINE)
    before, *rest = beginning.split(text)
    found = [(name, words.strip()) for name, words in zip(rest[::2], rest[1::2], strict=True) if words.strip()]
    missing = [name for name in names if name not in dict(found)]
    if missing:
        message = (
            f"a dialogue is one text, each turn on a line of its own: {' … '.join([first, *others])} …; "
            f"no turn of {missing[0]}"
        )
        raise ParameterError(message, parameter="text", value=missing[0])
    if before.strip() and not preamble:
        message = f"the dialogue begins before anybody speaks: begin the text with {' or '.join([first, *others])}"
        raise ParameterError(message, parameter="text")
    return found


def camel(value: Any) -> Any:
    """JSON with its keys in camel case, as Google takes them besides snake case."""
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return {_camel(key): camel(inner) for key, inner in given.items()}
    if not isinstance(value, list):
        return value
    listed: list[Any] = value
    return [camel(inner) for inner in listed]


def _spelt(more: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """`more` in camel case where `request` has such names; what only the user knows keeps its own."""
    made: dict[str, Any] = {}
    for key, value in more.items():
        name = _camel(key)
        old = request.get(name)
        both = isinstance(value, Mapping) and isinstance(old, Mapping)
        made[name] = _spelt(cast("Mapping[str, Any]", value), cast("Mapping[str, Any]", old)) if both else value
    return made


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda match: match[1].upper(), name)
