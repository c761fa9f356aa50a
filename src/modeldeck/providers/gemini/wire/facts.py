"""The server's side of a request: which fields there are, which model takes which, and how the service refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from modeldeck._wire.frames import part, parts, text_of
from modeldeck.errors import ProtocolError
from modeldeck.providers.gemini.parameters import Dialect
from modeldeck.providers.gemini.wire.audio import ASKED
from modeldeck.providers.gemini.wire.errors import SERVICE
from modeldeck.providers.gemini.wire.request import camel

# Designed, replicated, and of the library (en-in-commercial-2), which `prebuiltVoiceConfig` does not take.
_OTHER_VOICE = re.compile(r"(voice|voicekey)_.|[a-z]{2,3}-[a-z0-9-]+\Z")
Fields = Mapping[str, Any]  # of a message: its fields, where they are messages too, else None
_ANY = None
_VOICE: Fields = {"voice": _ANY, "prebuiltVoiceConfig": {"voiceName": _ANY}, "replicatedVoiceConfig": _ANY}
_SPEECH: Fields = {
    "voiceConfig": _VOICE,
    "languageCode": _ANY,
    "multiSpeakerVoiceConfig": {"speakerVoiceConfigs": {"speaker": _ANY, "voiceConfig": _VOICE}},
}
_SAMPLING = ("temperature", "topP", "topK", "candidateCount")
_CONFIG: Fields = {
    **dict.fromkeys((*_SAMPLING, "seed", "maxOutputTokens", "stopSequences", "presencePenalty", "frequencyPenalty")),
    **dict.fromkeys(("responseMimeType", "responseSchema", "responseJsonSchema", "thinkingConfig", "mediaResolution")),
    **dict.fromkeys(("responseLogprobs", "logprobs", "enableEnhancedCivicAnswers", "imageConfig")),
    "responseModalities": _ANY,
    "speechConfig": _SPEECH,
    "responseFormat": {
        "audio": dict.fromkeys(("mimeType", "sampleRate", "bitRate", "delivery")),
        **dict.fromkeys(("text", "image", "video")),
    },
}
_PART: Fields = {
    **dict.fromkeys(("text", "inlineData", "fileData", "thought", "thoughtSignature", "functionCall")),
    "speechMetadata": {"style": _ANY, "speaker": _ANY},
}
_REQUEST: Fields = {
    **dict.fromkeys(("cachedContent", "labels", "model", "safetySettings", "serviceTier", "store", "toolConfig")),
    **dict.fromkeys(("systemInstruction", "tools")),
    "contents": {"role": _ANY, "parts": _PART},
    "generationConfig": _CONFIG,
}
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_STATUS |= {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE"}
_STATUS |= {504: "DEADLINE_EXCEEDED"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. `own_voices`: others than the listed are good too; `sampling`: takes temperature and its like;
    `formats`: another format than raw PCM may be asked for; `mime`: of its raw PCM."""

    voices: tuple[str, ...] = ()
    own_voices: bool = False
    dialect: Dialect = "verbatim"
    sampling: bool = True
    formats: bool = True
    mime: str = "audio/l16; rate=24000; channels=1"


@dataclass(frozen=True, slots=True)
class Rejection:
    """An answer other than 200, or an error in the stream. `reason`, `retry_after` (seconds): details, if told."""

    status: int
    message: str
    code: str = ""
    reason: str = ""
    retry_after: float | None = None

    def body(self) -> dict[str, Any]:
        code = self.code or _STATUS.get(self.status, "INTERNAL" if self.status >= 500 else "INVALID_ARGUMENT")
        error: dict[str, Any] = {"code": self.status, "message": self.message, "status": code}
        details: list[dict[str, Any]] = []
        if self.reason:
            service = {"service": "generativelanguage.googleapis.com"}
            info = {"reason": self.reason, "domain": "googleapis.com", "metadata": service}
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info})
        if self.retry_after is not None:
            delay = {"retryDelay": f"{self.retry_after:g}s"}
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", **delay})
        return {"error": {**error, "details": details} if details else error}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that holds. `prompt`: all its text; `text`: what of it is spoken; `encoding`: None if not asked for."""

    prompt: str
    text: str
    encoding: str | None
    facts: Facts


def parse_request(data: bytes, model: str, find: Callable[[str], Facts | None], version: str) -> Asked | Rejection:
    """What is asked for, in either spelling, or what is wrong with it; `find` knows the models."""
    facts = find(model)
    if facts is None:
        message = f"models/{model} is not found for API version {version}, or is not supported for generateContent. "
        return Rejection(404, f"{message}Call ListModels to see the list of available models and their methods.")
    try:
        request = cast("dict[str, Any]", camel(SERVICE.decoded(data)))
    except ProtocolError:
        return Rejection(400, "Invalid JSON payload received. Unexpected token.")
    config = part(request, "generationConfig")
    contents = parts(request, "contents")
    pieces = [one for content in contents for one in parts(content, "parts")]
    problem = (
        _unknown(request, _REQUEST, "")
        or _text_problem(pieces)
        or _config_problem(model, request, config, facts)
        or _voice_problem(part(config, "speechConfig"), facts)
        or _parts_problem(pieces, part(config, "speechConfig"), facts)
    )
    if problem is not None:
        return Rejection(400, problem)
    prompt = "\n".join(one["text"] for one in pieces)
    asked = text_of(part(config, "responseFormat", "audio").get("mimeType"))
    encoding = next((name for name, mime in ASKED.items() if mime == asked), None)
    return Asked(prompt, _spoken(prompt) if facts.dialect == "prompt" else prompt, encoding, facts)


def _unknown(value: Any, fields: Fields, place: str) -> str | None:
    if isinstance(value, list):
        listed: list[Any] = value
        return next((found for one in listed if (found := _unknown(one, fields, place))), None)
    if not isinstance(value, dict):
        return f"Invalid value at '{place}', a message is needed"
    for name, inner in cast("dict[str, Any]", value).items():
        if name not in fields:
            where = f" at '{place}'" if place else ""
            return f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
        deeper = fields[name]
        path = f"{place}.{name}" if place else name
        if deeper is not None and (found := _unknown(inner, deeper, path)):
            return found
    return None


def _text_problem(pieces: list[dict[str, Any]]) -> str | None:
    if not pieces:
        return "* GenerateContentRequest.contents: contents is not specified\n"
    if not all(isinstance(one.get("text"), str) for one in pieces):
        return "TTS models take text only"
    return None if any(one["text"].strip() for one in pieces) else "Unable to submit request: the text is empty"


def _config_problem(model: str, request: Mapping[str, Any], config: Mapping[str, Any], facts: Facts) -> str | None:
    asked = config.get("responseModalities")
    modalities: list[Any] = asked if isinstance(asked, list) and asked else ["TEXT"]
    if [str(one).upper() for one in modalities] != ["AUDIO"]:
        said = ", ".join(map(str, modalities))
        message = f"The requested combination of response modalities ({said}) is not supported by the model."
        return f"{message} models/{model} accepts the following combination of response modalities:\n* AUDIO\n"
    if "systemInstruction" in request:
        return f"Developer instruction is not enabled for models/{model}"
    if not facts.sampling and (refused := [name for name in _SAMPLING if name in config]):
        return f"{refused[0]} is not supported for this model"
    mime = part(config, "responseFormat", "audio").get("mimeType")
    if "responseFormat" in config and not facts.formats:
        return "response_format is not supported for this model"
    return None if mime is None or mime in ASKED.values() else f"Unsupported audio output format: {mime}"


def _voice_problem(speech: Mapping[str, Any], facts: Facts) -> str | None:
    single, many = part(speech, "voiceConfig"), part(speech, "multiSpeakerVoiceConfig")
    if single and many:
        return "voice_config and multi_speaker_voice_config are mutually exclusive"
    speakers = parts(many, "speakerVoiceConfigs")
    if many and len(speakers) != 2:
        return "multi_speaker_voice_config must have exactly two speaker_voice_configs"
    if any(not text_of(one.get("speaker")) for one in speakers):
        return "each of speaker_voice_configs needs a speaker"
    for voice in [single] if single else [part(one, "voiceConfig") for one in speakers]:
        prebuilt = text_of(part(voice, "prebuiltVoiceConfig").get("voiceName"))
        name = prebuilt or text_of(voice.get("voice")) or ""
        listed = name.casefold() in {one.casefold() for one in facts.voices}
        if not listed and (prebuilt or not facts.own_voices or not _OTHER_VOICE.match(name)):
            allowed = ", ".join(sorted(one.casefold() for one in facts.voices))
            return f"Voice name {name} is not supported. Allowed voice names are: {allowed}"
    return None


def _parts_problem(pieces: list[dict[str, Any]], speech: Mapping[str, Any], facts: Facts) -> str | None:
    if facts.dialect == "prompt":
        told = any("speechMetadata" in one for one in pieces)
        return "speech_metadata is not supported for this model" if told else None
    speakers = parts(part(speech, "multiSpeakerVoiceConfig"), "speakerVoiceConfigs")
    names = [one.get("speaker") for one in speakers]
    for one in pieces:
        name = part(one, "speechMetadata").get("speaker")
        if names and name not in names:
            return f"speech_metadata.speaker must be one of {names} on every part, not {name!r}"
        if name and not names:
            return "speech_metadata.speaker needs multi_speaker_voice_config"
    return None


def _spoken(prompt: str) -> str:
    """Of a prompt that ends with a text in quotation marks on a line of its own, that text."""
    _, found, quoted = prompt.partition(':\n"')
    return quoted[:-1] if found and quoted.endswith('"') and len(quoted) > 1 else prompt
