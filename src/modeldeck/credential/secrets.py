"""The secrets inside of a credential, and of what is to become one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

_MASK = "*" * 4


def words_of(value: Any) -> Iterator[str]:
    """Every string in the input that a message might quote."""
    for _, leaf in _leaves(value):
        match leaf:
            case str():
                if len(leaf) > 3:
                    yield leaf
            case bytes():
                yield leaf.decode(errors="replace")
            case SecretStr() | SecretBytes() | Secret():
                yield from words_of(leaf.get_secret_value())
            case _:
                pass


def secrets_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Every secret inside, wherever it is nested, with its path."""
    for path, leaf in _leaves(value):
        if isinstance(leaf, SecretStr | SecretBytes | Secret):
            yield path, leaf.get_secret_value()


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything inside that is no model, map or list, with its path."""
    match value:
        case BaseModel():
            yield from _leaves(vars(value), path)
        case Mapping():
            for name, inner in value.items():
                yield from _leaves(inner, f"{path}.{name}".lstrip("."))
        case list() | tuple() | set() | frozenset():
            for index, inner in enumerate(value):
                yield from _leaves(inner, f"{path}.{index}".lstrip("."))
        case _:
            yield path, value


def no_secret(secret: Any) -> str | None:
    """Why this cannot be one; None: it can."""
    if not isinstance(secret, str | bytes):
        return None
    text = secret if isinstance(secret, str) else secret.decode(errors="replace")
    if not text.strip():
        return "is empty"
    if text.startswith(_MASK) and not text.strip("*"):
        return "is a mask, not the secret; leave it out to keep the stored one"
    return None


def revealed(value: Any) -> Any:
    """In JSON's terms, secrets in clear."""
    match value:
        case SecretStr() | SecretBytes() | Secret():
            return to_jsonable_python(value.get_secret_value())
        case BaseModel():
            return {name: revealed(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {name: revealed(inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [revealed(inner) for inner in value]
        case _:
            return to_jsonable_python(value)
