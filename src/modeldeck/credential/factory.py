"""Every type of credential there is: built in, registered, installed by others."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from modeldeck import _lazy, credential
from modeldeck._cards.form import Schema
from modeldeck._near import did_you_mean, near_or_list, quoted
from modeldeck.credential.base import CredentialBase, check_families, credential_type
from modeldeck.errors import CredentialError

ENTRY_POINTS = "modeldeck.credentials"


class CredentialFactory:
    """The registry. One bad registration never breaks another: it raises, or is reported by `problems()`."""

    _registered: ClassVar[dict[str, type[CredentialBase]]] = {}
    _problems: ClassVar[list[str]] = []
    _filled = False
    _lock = threading.Lock()  # of the three above; nothing is imported under it
    _here = threading.local()  # `filling`: this thread is inside `_fill`

    @classmethod
    def register_credential(cls, credential_cls: type[CredentialBase] | Any) -> None:
        """Add a type. Raises CredentialError when it has no usable `type`, or another class has the same.

        The same class defined again (a notebook cell, a reload) takes the older one's place.
        """
        if not (isinstance(credential_cls, type) and issubclass(credential_cls, CredentialBase)):
            raise CredentialError(f"{quoted(credential_cls)} is no subclass of CredentialBase")
        cls._fill()
        cls._add(credential_cls)

    @classmethod
    def unregister_credential(cls, provider: str) -> None:
        """Take a type out again; a no-op when it is not there."""
        with cls._lock:
            cls._registered.pop(_full(provider), None)

    @classmethod
    def credential_classes(cls) -> list[type[CredentialBase]]:
        """All of them, by type."""
        cls._fill()
        return [one for _, one in sorted(cls._registered.items())]

    @classmethod
    def types(cls) -> Mapping[str, type[CredentialBase]]:
        """type -> class."""
        cls._fill()
        return MappingProxyType(cls._registered)

    @classmethod
    def get_credential_class(cls, provider: str) -> type[CredentialBase] | None:
        """By `type`, with or without `_credential`; None when there is none."""
        cls._fill()
        return cls._registered.get(provider) or cls._registered.get(_full(provider))

    @classmethod
    def find(cls, provider: str) -> type[CredentialBase]:
        """`get_credential_class`, but CredentialError with the near miss when there is none."""
        found = cls.get_credential_class(provider)
        if found is None:
            raise CredentialError(cls.unknown(provider))
        return found

    @classmethod
    def unknown(cls, provider: str) -> str:
        """What is wrong with a name that is no provider's: its package is broken, a near miss, or who there is."""
        known = [one.provider_name() for one in cls.credential_classes()]
        point = f": entry point {provider.removesuffix('_credential')} = "
        broken = "".join(f"; its package is broken: {one}" for one in cls._problems if point in one)
        return f"no provider {provider!r}{broken or near_or_list(provider, known, len(known))}"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | Any) -> CredentialBase:
        """The credential that `reveal()` or a form gave. Raises CredentialError, which never quotes a value."""
        if not isinstance(data, Mapping):
            raise CredentialError(f"a credential is made from a map of fields, not {type(data).__name__}")
        name = data.get("type")
        if name is None:
            raise CredentialError(f"type is missing; one of {', '.join(sorted(cls.types()))}")
        found = cls.types().get(name) if isinstance(name, str) else None
        if found is None:
            shown = f" {name!r}" if isinstance(name, str) and name.isidentifier() and len(name) < 60 else ""
            hint = did_you_mean(name, cls.types()) or f"; one of {', '.join(sorted(cls.types()))}"
            raise CredentialError(f"no credential type{shown}{hint}")
        return found.model_validate(dict(data))

    @classmethod
    def list_schemas(cls) -> list[Schema]:
        """The form of every type, in the order of `credential_classes`."""
        schemas: list[Schema] = []
        for one in cls.credential_classes():
            try:
                schemas.append(one.form_schema())
            except Exception as error:  # a third party's class; the others' forms must still come
                cls._report(f"{one.__module__}.{one.__qualname__}: no form: {type(error).__name__}: {error}")
        return schemas

    @classmethod
    def problems(cls) -> list[str]:
        """What is wrong with registrations that were left out, one sentence each, by name."""
        cls._fill()
        return list(cls._problems)

    @classmethod
    def refresh(cls) -> None:
        """Look again for installed packages."""
        with cls._lock:
            cls._filled = False
            cls._problems.clear()

    # -- inside

    @classmethod
    def _add(cls, credential_cls: type[CredentialBase]) -> None:
        name = credential_type(credential_cls)
        check_families(credential_cls)
        with cls._lock:
            known = cls._registered.get(name)
            if known is not None and _identity(known) != _identity(credential_cls):
                raise CredentialError(
                    f"type {name!r} of {'.'.join(_identity(credential_cls))} is taken by {'.'.join(_identity(known))}"
                )
            cls._registered[name] = credential_cls

    @classmethod
    def _fill(cls) -> None:
        """The built-in types from the door's table, then what packages install, at the first look.

        No lock is held meanwhile: an import that registers a type at its end would wait for it while it is itself
        waited for. Two threads may do the same work; what an import registers here finds the built-in types.
        """
        if cls._filled or getattr(cls._here, "filling", False):
            return
        cls._here.filling = True
        try:
            names = vars(credential).get("__all__", _names(credential))
            for found in (getattr(credential, one) for one in names if one.endswith("Credential")):
                if issubclass(found, CredentialBase):
                    cls._add(found)
            cls._discover()
        finally:
            cls._here.filling = False
        cls._filled = True

    @classmethod
    def _discover(cls) -> None:
        from importlib.metadata import entry_points  # a scan of all installed packages: once, and only here

        found_points = [(point.dist.name if point.dist else "?", point) for point in entry_points(group=ENTRY_POINTS)]
        for package, point in sorted(found_points, key=lambda one: (one[0], one[1].name)):  # of two, always the same
            try:
                found: Any = point.load()
                if not (isinstance(found, type) and issubclass(found, CredentialBase)):
                    raise CredentialError(f"{quoted(found)} is no subclass of CredentialBase")
                cls._add(found)
            except (Exception, SystemExit) as error:  # whatever a third party's import raises
                cls._report(f"{package}: entry point {point.name} = {point.value}: {type(error).__name__}: {error}")

    @classmethod
    def _report(cls, problem: str) -> None:
        with cls._lock:
            if problem not in cls._problems:
                cls._problems.append(problem)


def _identity(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _full(provider: str) -> str:
    return provider if provider.endswith("_credential") else f"{provider}_credential"


def _names(door: Any) -> list[str]:
    return sorted(_lazy.exports(door))
