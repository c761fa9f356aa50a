"""Models by reference: `provider/model` or `provider/model:voice`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modeldeck._near import did_you_mean, near_or_list, quoted
from modeldeck.credential.base import CredentialBase
from modeldeck.credential.factory import CredentialFactory
from modeldeck.errors import CredentialError, ModelNotFoundError, ParameterError
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.card import TTSModelCard

_FAULT = "!"  # no model's name has it: what follows asks the sandbox for a fault


@dataclass(frozen=True)
class FoundModel:
    """What a reference means. `card` is None for a model that no card describes.

    A `name` that ends in a fault (`qwen3-tts-flash!cut;after=3`) goes out as it is, with the card of the model before.
    """

    credential_class: type[CredentialBase]
    model_class: type[TTSModelBase[Any]]
    name: str
    voice: str | None
    card: TTSModelCard | None


def find_model(reference: str, credential: CredentialBase | None = None) -> FoundModel:
    """The model that `provider/model[:voice]` names: of the known names the longest wins.

    `credential`: what it is to be asked with, if that is not the environment's; a server of one's own may have names
    that are spelt like a known one. Raises ModelNotFoundError when there is none, or several, and lists the choices.
    """
    asked: Any = reference
    provider, _, rest = asked.partition("/") if isinstance(asked, str) else ("", "", "")
    if not provider or not all(rest.partition(":")[0].split("/")):
        shown = quoted(reference)
        raise ModelNotFoundError(f"{shown} is no reference; write provider/model or provider/model:voice")
    owner = _credential_class(provider)
    classes = owner.get_tts_model_classes()
    known = [(cls, card) for cls in classes for card in cls.list_models()]
    fitting = [
        (cls, card)
        for cls, card in known
        if rest == card.name or rest.startswith((f"{card.name}:", f"{card.name}{_FAULT}"))
    ]
    if not fitting:
        return _uncarded(owner, credential, classes, provider, rest, [card.name for _, card in known])
    longest = max(len(card.name) for _, card in fitting)
    chosen = [(cls, card) for cls, card in fitting if len(card.name) == longest]
    if len(chosen) > 1:
        names = ", ".join(cls.__name__ for cls, _ in chosen)
        raise ModelNotFoundError(f"{reference!r} is a model of several classes: {names}; build one of them")
    cls, card = chosen[0]
    fault, _, voice = rest[longest:].partition(":")
    if fault:
        card = card.model_copy(update={"name": card.name + fault})
    return FoundModel(owner, cls, card.name, voice or None, card)


def tts_model(
    reference: str,
    parameters: Mapping[str, Any] | None = None,
    stream: bool = True,
    *,
    credential: CredentialBase | None = None,
    card: TTSModelCard | None = None,
    **options: Any,
) -> TTSModelBase[Any]:
    """A model from a reference, with the credential from the environment unless one is given.

    `card`: the model's, in the place of the deck's: as `discover_tts_models` gave it.
    """
    found = find_model(reference, credential)
    given = dict(parameters or {})
    if found.voice is not None and given.setdefault("voice", found.voice) != found.voice:
        message = f"{reference} asks for the voice {found.voice!r}, the parameters for {given['voice']!r}"
        raise ParameterError(message, parameter="voice", value=given["voice"])
    owner = credential if credential is not None else found.credential_class.from_env()
    model = card or (found.card if found.card is not None and _FAULT in found.name else found.name)
    return found.model_class(owner, model, given, stream, **options)


def _credential_class(provider: str) -> type[CredentialBase]:
    try:
        return CredentialFactory.find(provider)
    except CredentialError as error:
        raise ModelNotFoundError(str(error)) from None


def _uncarded(
    owner: type[CredentialBase],
    credential: CredentialBase | None,
    classes: list[type[TTSModelBase[Any]]],
    provider: str,
    rest: str,
    known: list[str],
) -> FoundModel:
    """A model that no card describes is taken when one class alone can mean it and nothing is spelt like it.

    A server of one's own, which a class with `any_model` speaks to, has whatever names it has.
    """
    name, _, voice = rest.partition(":")
    plain = name.partition(_FAULT)[0]
    takers = classes if len(classes) == 1 else [cls for cls in classes if cls.any_model]
    if len(takers) == 1 and (not did_you_mean(plain, known) or (takers[0].any_model and _elsewhere(owner, credential))):
        return FoundModel(owner, takers[0], name, voice or None, None)
    if not classes:
        raise ModelNotFoundError(f"{provider} has no text to speech")
    raise ModelNotFoundError(f"{provider} has no model {plain!r}{near_or_list(plain, known, 8)}", provider=provider)


def _elsewhere(owner: type[CredentialBase], credential: CredentialBase | None) -> bool:
    """Whether it is not the provider's own server that is asked."""
    try:
        return bool(getattr(credential or owner.from_env(), "base_url", None))
    except CredentialError:
        return False
