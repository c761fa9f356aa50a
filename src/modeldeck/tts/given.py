"""What a model class says of itself by the types in its bases' brackets."""

from __future__ import annotations

from typing import Any, get_args

from typing_extensions import TypeVar

from modeldeck.credential.base import CredentialBase
from modeldeck.errors import CredentialError

C = TypeVar("C", bound=CredentialBase)


def take(cls: type[Any]) -> None:
    """Of `Base[AcmeCredential, AcmeParameters]` set `credential_class`, `provider` and `Parameters`.

    What the class says in so many words stays.
    """
    for base in cls.__dict__.get("__orig_bases__", ()):
        for given in get_args(base):
            if isinstance(given, type) and issubclass(given, CredentialBase):
                _set(cls, "credential_class", given)
                try:
                    _set(cls, "provider", given.provider_name())
                except CredentialError:  # it has no type yet; the factory says so
                    pass
            elif isinstance(given, type):
                _set(cls, "Parameters", given)


def _set(cls: type[Any], name: str, value: Any) -> None:
    if name not in cls.__dict__:
        setattr(cls, name, value)
