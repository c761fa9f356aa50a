"""A provider's checklist: the guide's items, what the provider says of each, and a look whether that is so."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from modeldeck._cards.load import load
from modeldeck._near import did_you_mean
from modeldeck.credential.base import CredentialBase

_ITEM = re.compile(r"^- `([a-z]+)`: (.+)$", re.MULTILINE)
_IO = {"asyncio", "anyio", "httpx", "websockets", "socket", "ssl", "requests", "aiohttp", "threading", "subprocess"}


def items() -> dict[str, str]:
    """The guide's: name -> what must be true."""
    guide = files("modeldeck.providers").joinpath("README.md").read_text(encoding="utf-8")
    return dict(_ITEM.findall(guide.partition("\n## Checklist\n")[2]))


def read(path: str | os.PathLike[str]) -> tuple[dict[str, str], list[str]]:
    """Item -> `done`, `todo` or the reason of an exemption; and what is wrong with the file."""
    loaded = load(os.fspath(path))
    if loaded.data is None:
        return {}, [str(loaded.finding)]
    given: Any = loaded.data.get("items")
    if not isinstance(given, Mapping) or len(loaded.data) != 1:
        return {}, [f"{path}: one key, items, with a map of the items"]
    known, said, wrong = items(), dict[str, str](), list[str]()
    for name, state in given.items():
        if name not in known:
            wrong.append(f"{path}: the guide has no item {name!r}{did_you_mean(str(name), known)}")
        elif state in ("done", "todo"):
            said[name] = state
        elif isinstance(state, Mapping) and list(state) == ["exempt"] and str(state["exempt"] or "").strip():
            said[name] = str(state["exempt"])
        else:
            wrong.append(f"{path}: {name} is done, todo, or {{exempt: the reason}}, not {state!r}")
    missing = [name for name in known if name not in given]
    return said, wrong + [f"{path}: {name} is missing: {known[name]}" for name in missing]


def problems(path: str | os.PathLike[str], cls: type[CredentialBase], *, finished: bool = False) -> list[str]:
    """What is wrong with the file, and what it says that is not so. `finished`: nothing may be `todo`."""
    said, wrong = read(path)
    for name, state in said.items():
        look = _LOOKS.get(name)
        found = list(look(cls)) if look is not None and state != "todo" else []
        if state == "done":
            wrong += [f"{path}: {name} is not done: {one}" for one in found]
        elif state != "todo" and look is not None and not found:
            wrong.append(f"{path}: {name} is exempt, and nothing is wrong with it: say done")
        elif state == "todo" and finished:
            wrong.append(f"{path}: {name} is still to do: {items()[name]}")
    return wrong


# -- what a look tells, one sentence for each thing that is not so


def _fields(cls: type[CredentialBase]) -> Iterator[str]:
    for name, info in cls.model_fields.items():
        if name not in CredentialBase.model_fields and name != "type" and not (info.title and info.description):
            yield f"{cls.__name__}.{name} has no title or no description"
    form = cls.form_schema()["properties"]
    for name, prop in form.items():
        if re.search(r"(^|_)(key|secret|token|password)$", name) and not prop.get("writeOnly"):
            yield f"{cls.__name__}.{name} is shown: make it an ApiKey or a SecretStr"


def _environment(cls: type[CredentialBase]) -> Iterator[str]:
    required = [name for name, info in cls.model_fields.items() if info.is_required() and name != "type"]
    yield from (f"{cls.__name__}.env has no variable for {name}" for name in required if not cls.env.get(name))
    if not cls.env:
        yield f"{cls.__name__}.env is empty"


def _check(cls: type[CredentialBase]) -> Iterator[str]:
    if cls.check is CredentialBase.check and cls._probes is CredentialBase._probes:
        yield f"{cls.__name__} has neither _probes nor a check of its own"


def _parameters(cls: type[CredentialBase]) -> Iterator[str]:
    from modeldeck._cards.enforce import base_schema

    for model in cls.get_tts_model_classes():
        schema = base_schema(model.Parameters)
        if schema.get("additionalProperties") is not False:
            yield f"{model.__name__}.Parameters takes any name: extra='forbid'"
        for name, prop in schema["properties"].items():
            if not prop.get("description") or not model.Parameters.model_fields[name].title:
                yield f"{model.__name__}.Parameters.{name} has no title or no description"


def _cards(cls: type[CredentialBase]) -> Iterator[str]:
    from modeldeck._cards.findings import check_cards
    from modeldeck.tts.ownership import owner_of

    owners = [owner_of(model) for model in cls.get_tts_model_classes()]
    if not cls.list_tts_models():
        yield f"{cls.__name__} lists no model"
    yield from map(str, check_cards(owners, None, unowned=owners[0]).findings if owners else ())


def _sources(cls: type[CredentialBase]) -> Iterator[str]:
    for card in cls.list_tts_models():
        if not (card.source and card.verified):
            yield f"{card.name} does not say its source and when it was verified"


def _wire(cls: type[CredentialBase]) -> Iterator[str]:
    found = _wires(cls)
    if not found:
        yield f"{cls.__module__.rpartition('.')[0]} has no wire"
    for module in found:
        loaded = sorted(_imported(module) & _IO)
        yield from (f"{module.__name__} imports {name}" for name in loaded)


def _live(cls: type[CredentialBase]) -> Iterator[str]:
    days = {module.__name__: getattr(module, "VERIFIED_LIVE", None) for module in _wires(cls)}
    if not any(days.values()):
        yield "no wire says VERIFIED_LIVE with a day"


def _emulator(cls: type[CredentialBase]) -> Iterator[str]:
    from modeldeck.sandbox.known import known_emulators

    if cls.provider_name() not in known_emulators():
        yield f"the sandbox serves no {cls.provider_name()}"


def _registered(cls: type[CredentialBase]) -> Iterator[str]:
    from modeldeck.credential.factory import CredentialFactory

    if CredentialFactory.get_credential_class(cls.provider_name()) is not cls:
        yield f"the factory has no {cls.provider_name()}; entry points count once the package is installed"


_LOOKS: Mapping[str, Callable[[type[CredentialBase]], Iterable[str]]] = {
    "fields": _fields,
    "environment": _environment,
    "check": _check,
    "parameters": _parameters,
    "cards": _cards,
    "sources": _sources,
    "wire": _wire,
    "live": _live,
    "emulator": _emulator,
    "registered": _registered,
}


def _wires(cls: type[CredentialBase]) -> list[ModuleType]:
    """`wire.py` beside the credential, or the modules of the package `wire`."""
    package = cls.__module__.rpartition(".")[0]
    try:
        wire = import_module(f"{package}.wire")
    except ModuleNotFoundError:
        return []
    inner = [import_module(f"{wire.__name__}.{one.name}") for one in iter_modules(getattr(wire, "__path__", ()))]
    return inner or [wire]


def _imported(module: ModuleType) -> set[str]:
    """The packages that a module names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
