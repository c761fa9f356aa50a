"""What is sent to `generateContent`: two dialects of one request.

REST reference and speech generation guide, 2026-09-24; the order of the keys is that of google-genai 3.4.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from modeldeck.errors import ParameterError
from modeldeck.providers.gemini.wire.audio import ASKED

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


def path(model: str, delivery: str) -> str:
    """Behind the host and version."""
    name = model if "/" in model else f"models/{model}"
    return f"/{quote(name)}:{_METHODS[delivery]}"


def body(text: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The request. `extra` last, in either spelling: what does not stand beside `generationConfig` goes into it.

    Raises ParameterError for a dialogue whose text does not say who speaks.
    """
    config: dict[str, Any] = {name: parameters[key] for key, name in _PLAIN.items() if key in parameters}
    config |= {"responseModalities": ["AUDIO"], "speechConfig": _speech(parameters)}
    if "format" in parameters:
        config["responseFormat"] = {"audio": {"mimeType": ASKED[parameters["format"]]}}
    request = {"contents": [{"parts": _parts(text, parameters), "role": "user"}], "generationConfig": config}
    more = camel(extra or {})
    beside = {name: value for name, value in more.items() if name in _BESIDE}
    inside = {name: value for name, value in more.items() if name not in _BESIDE}
    return _merged(_merged(request, {"generationConfig": inside}), beside)


def _speech(parameters: Mapping[str, Any]) -> dict[str, Any]:
    dialect = parameters["dialect"]
    speakers = parameters.get("speakers")
    config: dict[str, Any] = {}
    if speakers:
        voices = [{"speaker": one["name"].strip(), "voiceConfig": _voice(one["voice"], dialect)} for one in speakers]
        config["multiSpeakerVoiceConfig"] = {"speakerVoiceConfigs": voices}
    elif "voice" in parameters:
        config["voiceConfig"] = _voice(parameters["voice"], dialect)
    if "language_code" in parameters:
        config["languageCode"] = parameters["language_code"]
    return config


def _voice(name: str, dialect: str) -> dict[str, Any]:
    """From 3.8 on `voice` takes prebuilt, library, designed and replicated voices alike."""
    return {"voice": name} if dialect == "verbatim" else {"prebuiltVoiceConfig": {"voiceName": name}}


def _parts(text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    instructions = parameters.get("instructions")
    names = [speaker["name"].strip() for speaker in parameters.get("speakers") or ()]
    dialogue = turns(text, names) if names else []
    if parameters["dialect"] == "prompt":
        return [{"text": f'{instructions}:\n"{text}"' if instructions else text}]
    style = {"style": instructions} if instructions else {}
    if dialogue:
        return [{"text": words, "speechMetadata": {"speaker": name, **style}} for name, words in dialogue]
    return [{"text": text, "speechMetadata": style}] if style else [{"text": text}]


def turns(text: str, names: list[str]) -> list[tuple[str, str]]:
    """The turns of a dialogue, (who, what). Raises ParameterError when one of `names` has none."""
    first, second = (f"{name}:" for name in names)
    beginning = re.compile(rf"^[ \t]*({'|'.join(map(re.escape, names))})[ \t]*[:：][ \t]*", re.MULTILINE)
    before, *rest = beginning.split(text)
    found = [(name, words.strip()) for name, words in zip(rest[::2], rest[1::2], strict=True) if words.strip()]
    missing = [name for name in names if name not in dict(found)]
    if missing:
        message = (
            f"a dialogue is one text, each turn on a line of its own: {first} … {second} …; no turn of {missing[0]}"
        )
        raise ParameterError(message, parameter="text", value=missing[0])
    if before.strip():
        message = f"the dialogue begins before anybody speaks: begin the text with {first} or {second}"
        raise ParameterError(message, parameter="text")
    return found


def camel(value: Any) -> Any:
    """JSON with its keys in camel case, as Google takes them besides snake case."""
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return {_SNAKE.sub(lambda match: match[1].upper(), key): camel(inner) for key, inner in given.items()}
    if not isinstance(value, list):
        return value
    listed: list[Any] = value
    return [camel(inner) for inner in listed]


def _merged(request: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Maps are merged at every depth, everything else replaced."""
    merged = dict(request)
    for name, value in more.items():
        old = merged.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[name] = _merged(cast("dict[str, Any]", old), cast("dict[str, Any]", value)) if both else value
    return merged
