"""Secrets apart from everything else: found by the credential's class, sealed with AES-GCM, put back by path."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

from modeldeck.credential.base import CredentialBase
from modeldeck.server.store.keys import MasterKey

MASK = "*" * 10
_NONCE = 12  # bytes; NIST SP 800-38D, 8.2.2: random ones, for at most 2**32 messages of a key


def split(credential: CredentialBase) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what `reveal()` gives with a mask in each secret's place, JSON pointer -> secret)."""
    secrets: dict[str, Any] = {}
    plain = cast("dict[str, Any]", _masked(credential, "", secrets))
    return plain, secrets


def join(plain: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `split`: what `CredentialFactory.from_dict` takes."""
    return cast("dict[str, Any]", _replaced(plain, "", secrets))


def seal(key: MasterKey, record_id: str, secrets: Mapping[str, Any]) -> dict[str, str]:
    """Each secret encrypted; what was sealed for one record and path opens at no other."""
    cipher = AESGCM(key.key)
    sealed: dict[str, str] = {}
    for pointer, secret in secrets.items():
        nonce = os.urandom(_NONCE)
        text = json.dumps(secret).encode()
        sealed[pointer] = base64.b64encode(
            nonce + cipher.encrypt(nonce, text, _bound(key.id, record_id, pointer))
        ).decode()
    return sealed


def unseal(key: MasterKey, record_id: str, sealed: Mapping[str, str]) -> dict[str, Any] | None:
    """The secrets, or None when one of them was not sealed with this key, for this record, at this path."""
    cipher = AESGCM(key.key)
    secrets: dict[str, Any] = {}
    for pointer, text in sealed.items():
        try:
            both = base64.b64decode(text, validate=True)
            clear = cipher.decrypt(both[:_NONCE], both[_NONCE:], _bound(key.id, record_id, pointer))
        except (InvalidTag, ValueError):
            return None
        secrets[pointer] = json.loads(clear)
    return secrets


# -- inside


def _bound(key_id: str, record_id: str, pointer: str) -> bytes:
    return f"modeldeck credential\0{key_id}\0{record_id}\0{pointer}".encode()


def _masked(value: Any, pointer: str, secrets: dict[str, Any]) -> Any:
    match value:
        case SecretStr() | SecretBytes() | Secret():
            secrets[pointer] = to_jsonable_python(value.get_secret_value())
            return MASK
        case BaseModel():
            named = {name: getattr(value, name) for name in type(value).model_fields}
            return _masked(named, pointer, secrets)
        case Mapping():
            fields = cast("Mapping[str, Any]", value)
            return {name: _masked(inner, f"{pointer}/{_escaped(name)}", secrets) for name, inner in fields.items()}
        case list() | tuple() | set() | frozenset():
            items = cast("Iterable[Any]", value)
            return [_masked(inner, f"{pointer}/{index}", secrets) for index, inner in enumerate(items)]
        case _:
            return to_jsonable_python(value)


def _replaced(value: Any, pointer: str, secrets: Mapping[str, Any]) -> Any:
    if pointer in secrets:
        return secrets[pointer]
    match value:
        case dict():
            fields = cast("dict[str, Any]", value)
            return {name: _replaced(inner, f"{pointer}/{_escaped(name)}", secrets) for name, inner in fields.items()}
        case list():
            items = cast("Iterable[Any]", value)
            return [_replaced(inner, f"{pointer}/{index}", secrets) for index, inner in enumerate(items)]
        case _:
            return value


def _escaped(name: object) -> str:
    """A step of a JSON pointer, RFC 6901."""
    return str(name).replace("~", "~0").replace("/", "~1")
