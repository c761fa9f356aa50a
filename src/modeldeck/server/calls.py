"""What callers of speech ask for in words that hold for every model, in the words of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modeldeck._near import near_or_list
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.errors import ModelNotFoundError, ParameterError
from modeldeck.server.deck import ModelEntry
from modeldeck.tts import AudioFormat, TTSModelBase, find_model, tts_model
from modeldeck.tts.reference import FoundModel

if TYPE_CHECKING:
    from modeldeck.server.state import Server

ENCODINGS = {"mp3": "mp3", "opus": "opus", "aac": "aac", "flac": "flac", "wav": "wav", "pcm": "pcm_s16le"}
RATE = 24000  # Hz, of raw PCM: clients of OpenAI's API count on it, for nothing in the bytes tells
_WORDS_PER_MINUTE = 175  # of normal speech
_FORMAT_NAMES = frozenset({"format", "response_format", "sample_rate"})
_DEFAULT = "default"  # the voice of clients that must name one and want none


def _factor(value: float, prop: Mapping[str, Any]) -> Any:
    """A multiple of normal speed, in the type that the field has."""
    match prop.get("type"):
        case "integer":
            return round(value * _WORDS_PER_MINUTE)
        case "string":
            return f"{value:g}"
        case _:
            return value


def _inverse(value: float, prop: Mapping[str, Any]) -> Any:
    return _factor(round(1 / value, 4), prop)


def _text(value: str, prop: Mapping[str, Any]) -> str:
    return value


def _word(value: str, prop: Mapping[str, Any]) -> str:
    if len(value.split()) != 1:
        raise ParameterError("it takes one word, such as cheerful", parameter="instructions", value=value)
    return value


Write = Callable[[Any, Mapping[str, Any]], Any]
# What OpenAI's fields are called elsewhere, the best first.
NAMES: dict[str, dict[str, Write]] = {
    "instructions": {"instructions": _text, "instruction": _text, "style": _word, "emotion": _word},
    "speed": {"speed": _factor, "speech_rate": _factor, "speaking_rate": _factor, "rate": _factor}
    | {"speed_alpha": _inverse},
}


@dataclass(frozen=True, slots=True)
class Call:
    """A model by reference, or by its name alone where no other has it, and how it is to speak.

    `format`: a key of ENCODINGS; else `output`, or raw PCM where the model gives it. `credential`: an id; None: the
    newest that fits.
    """

    reference: str
    voice: str | None = None
    instructions: str | None = None
    speed: float | None = None
    format: str | None = None
    output: AudioFormat | None = None
    credential: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    text_filter: bool = False


async def model_for(server: Server, user: str, call: Call) -> TTSModelBase[Any]:
    """The model that `call` asks for, with a credential of the user's. Raises ModelDeckError."""
    reference = full_reference((await server.catalogue.snapshot()).models, call.reference)
    found, credential = await found_for(server, user, reference, call.credential)
    parameters, renamed = settings_of(found, call)
    output = _file_format(found, call) if call.format is not None else call.output or _raw(found, call.parameters)
    if _is_converted(found, output):
        await asyncio.to_thread(_import_converters)
    try:
        return tts_model(
            reference,
            parameters,
            credential=credential,
            card=found.card,
            output=output,
            enforce=server.settings.enforce,
            transport=server.transport,
            text_filter=call.text_filter,
            cache=server.cache,
        )
    except ParameterError as error:
        rename(error, renamed)
        raise


async def found_for(server: Server, user: str, reference: str, id: str | None) -> tuple[FoundModel, CredentialBase]:
    """A model as the credential's account was last found to have it. Raises ModelDeckError.

    `id`: of the credential; None: the newest of the user's own that fits.
    """
    found = await _found(server, user, reference, id)
    kind = str(found.credential_class.model_fields["type"].default)
    credential = await server.credentials.for_type(user, kind, id)
    live = server.credentials.live_card(credential, found.name)
    return found if live is None else replace(found, card=live), credential


async def _found(server: Server, user: str, reference: str, id: str | None) -> FoundModel:
    """A server of the user's own may have a model whose name is spelt like a known one."""
    try:
        return find_model(reference)
    except ModelNotFoundError:
        if id is None:
            raise
    return find_model(reference, (await server.credentials.get(user, id)).usable())


def rename(error: ParameterError, names: Mapping[str, str]) -> None:
    """Have `error` speak of what the caller has set; `names`: parameter -> its name there."""
    error.parameter = names.get(error.parameter or "", error.parameter)
    error.findings = tuple(
        replace(one, parameter=names.get(one.parameter or "", one.parameter)) for one in error.findings
    )


def full_reference(models: Iterable[ModelEntry], reference: str) -> str:
    """`reference`, with its provider where it is a model's name alone. Raises ModelNotFoundError."""
    provider, _, rest = reference.partition("/")
    if rest and CredentialFactory.get_credential_class(provider) is not None:
        return reference
    speaking = [one for one in models if one.family == "tts"]
    names = {one.card.name for one in speaking if _begins(reference, one.card.name)}
    if not names:
        hint = near_or_list(reference, sorted({one.card.name for one in speaking}), 8)
        raise ModelNotFoundError(f"no model {reference!r}: write provider/model or provider/model:voice{hint}")
    longest = max(names, key=len)
    providers = sorted({one.provider for one in speaking if one.card.name == longest})
    if len(providers) > 1:
        choices = ", ".join(f"{one}/{longest}" for one in providers)
        raise ModelNotFoundError(f"{longest!r} is a model of several providers: {choices}")
    return f"{providers[0]}/{reference}"


def _begins(reference: str, name: str) -> bool:
    return reference == name or reference.startswith((f"{name}:", f"{name}!"))


def settings_of(found: FoundModel, call: Call) -> tuple[dict[str, Any], dict[str, str]]:
    """The model's parameters, and what the caller calls them. Raises ParameterError for what it does not have."""
    given = dict(call.parameters)
    renamed = {"output": "response_format" if call.format is not None else "output"}
    properties = _properties(found)
    _set_voice(found, call, properties, given)
    for asked, value in (("instructions", call.instructions), ("speed", call.speed)):
        if value is None or value == "":
            continue
        name = next((one for one in NAMES[asked] if one in properties), None)
        if name is None:
            if value != 1:  # the speed that it has anyway
                raise ParameterError(f"{found.name} has no parameter for {asked}", parameter=asked, value=value)
            continue
        if name in given:
            raise ParameterError(f"{asked} and the parameter {name} exclude each other", parameter=asked)
        try:
            given[name] = NAMES[asked][name](value, properties[name])
        except ParameterError as error:
            error.args = (f"{asked}: {found.name} has {name}; {error}",)
            raise
        renamed[name] = asked
    return given, renamed


def _set_voice(found: FoundModel, call: Call, properties: Mapping[str, Any], given: dict[str, Any]) -> None:
    listed = {voice.id for voice in found.card.voices} if found.card is not None else set()
    voice = None if call.voice in ("", _DEFAULT) and call.voice not in listed else call.voice
    if voice is None:
        return
    if "voice" not in properties:
        if voice not in listed | {found.name}:
            message = f"{found.name} has one voice, its own: say {_DEFAULT!r}"
            raise ParameterError(message, parameter="voice", value=voice)
        return
    if given.setdefault("voice", voice) != voice:
        raise ParameterError(f"voice: two are asked for, {voice!r} and {given['voice']!r}", parameter="voice")


def _properties(found: FoundModel) -> Mapping[str, Any]:
    schema: Any = found.card.call_schema if found.card is not None else found.model_class.Parameters.model_json_schema()
    properties: Mapping[str, Any] = schema.get("properties", {})
    return properties


def _file_format(found: FoundModel, call: Call) -> AudioFormat | None:
    """What `call.format` is of this model; None where the parameters say more about it."""
    from modeldeck.tts import convert

    assert call.format is not None
    facts = found.card.audio if found.card is not None else None
    if call.parameters.keys() & _FORMAT_NAMES:
        return None
    encoding, own = ENCODINGS[call.format], (facts and facts.sample_rate) or RATE
    channels = facts.channels if facts is not None else 1
    native = facts is None or not facts.formats or call.format in facts.formats
    if call.format != "pcm":
        return AudioFormat(encoding, own if native else convert.fitting(encoding, own), channels)
    source, wanted = AudioFormat(encoding, own, channels), AudioFormat(encoding, RATE, 1)
    rates = _properties(found).get("sample_rate", {}).get("enum", ())
    if source == wanted or RATE in rates or facts is None:
        return wanted
    try:
        convert.required(source, wanted)
    except ParameterError:  # the extra that converts is not installed: the Content-Type tells the rate
        return source
    return wanted


def _is_converted(found: FoundModel, output: AudioFormat | None) -> bool:
    """Perhaps: some models give more than their cards say."""
    facts = found.card.audio if found.card is not None else None
    if output is None or facts is None or not facts.formats:
        return False
    native = {ENCODINGS.get(name, name) for name in facts.formats}
    return output.encoding not in native or output.sample_rate != facts.sample_rate


def _import_converters() -> None:
    """Once it takes a third of a second, for which the event loop cannot wait; afterwards nothing."""
    for name in ("numpy", "soxr", "soundfile"):
        try:
            import_module(name)
        except (ImportError, OSError):  # whoever needs it says what to install
            return


def _raw(found: FoundModel, parameters: Mapping[str, Any]) -> AudioFormat | None:
    """Raw PCM as the model gives it; None where it gives none, or the parameters name another format."""
    facts = found.card.audio if found.card is not None else None
    if facts is None or "pcm" not in facts.formats or parameters.keys() & (_FORMAT_NAMES - {"sample_rate"}):
        return None
    rate = parameters.get("sample_rate", facts.sample_rate)
    return AudioFormat("pcm_s16le", rate if isinstance(rate, int) and rate > 0 else RATE, facts.channels)
