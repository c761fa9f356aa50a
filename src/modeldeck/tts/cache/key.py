"""Which request an entry answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretBytes, SecretStr

if TYPE_CHECKING:
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.hook import SpeechRequest

_VERSION = 1  # of what is put into a key


def key_of(model: TTSModelBase[Any], request: SpeechRequest, salt: bytes) -> str | None:
    """64 hexadecimal digits; None for a request that JSON cannot say, which is not cached.

    It is made of the class, the model, where it is asked (every field of the credential that is no secret), the
    effective parameters, `extra`, the audio format and the text. A voice of a card in the deck is the same whoever
    pays; what may be an account's own (any other voice, a model that the deck has no card of, whatever `extra` asks
    for) belongs to the account, told by a keyed hash of its secrets: `salt` is the cache's own and random.
    """
    cls, credential = type(model), model.credential
    fields = type(credential).model_fields
    content = {
        "version": _VERSION,
        "class": f"{cls.__module__}:{cls.__qualname__}",
        "credential": {name: getattr(credential, name) for name in fields if name not in ("id", "name")},
        "account": None if _everybodys(model, request) else credential.fingerprint(salt),
        "model": request.model,
        "parameters": dict(request.parameters),
        "extra": dict(request.extra),
        "format": None if request.output is None else request.output.media_type,
        "text": request.text,
    }
    try:
        said = json.dumps(_plain(content), sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None
    return hashlib.sha256(said.encode("ascii")).hexdigest()


def _everybodys(model: TTSModelBase[Any], request: SpeechRequest) -> bool:
    """Whether every account hears the same; a card that was made of what one account has tells nothing of others."""
    card = model._deck().by_name.get(request.model)
    if card is None or request.extra:
        return False
    voice = request.parameters.get("voice")
    return (voice is None and not card.custom_voices) or any(one.id == voice for one in card.voices)


def _plain(value: Any) -> Any:
    match value:
        case SecretStr() | SecretBytes():
            return None
        case BaseModel():
            return {name: _plain(inner) for name, inner in value}
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case bytes():
            return {"sha256": hashlib.sha256(value).hexdigest()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case str() | int() | float() | bool() | None:
            return value
        case _ if hasattr(value, "get_secret_value"):
            return None
        case _:
            raise TypeError(f"{type(value).__name__} cannot be said in a key")
