"""What the card check says: all that listing says, and what is too dear to look at while listing.

Knows no family: which classes there are comes in as owners.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args, get_origin

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import BaseModel

from modeldeck._cards import locate
from modeldeck._cards.deck import Deck, Owner
from modeldeck._cards.enforce import base_schema
from modeldeck._cards.load import Finding, place
from modeldeck._near import did_you_mean

Owners = Sequence[Owner[Any]]


@dataclass
class Checked:
    """How many cards were looked at, and what was found; a finding of severity `warning` breaks nothing."""

    cards: int = 0
    found: dict[Finding, None] = field(default_factory=dict[Finding, None])  # in order, each once

    @property
    def findings(self) -> list[Finding]:
        return list(self.found)

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.found)

    def add(self, findings: Iterable[Finding]) -> None:
        self.found |= dict.fromkeys(findings)


def check_cards(
    owners: Owners,
    dirs: Sequence[str | os.PathLike[str]] | None = None,
    *,
    unowned: Owner[Any],
    named: Owners | None = None,
) -> Checked:
    """Check every shipped and operator's card, or, with `dirs`, the cards in those folders (and files) alone.

    A folder's own path says which class its cards are for: `<provider>/<module>`, or a class's shipped folder.
    `named` says it for all of `dirs`. Cards that belong to nobody are read as `unowned` reads them.
    """
    checked = Checked()
    if dirs is None:
        _check_shipped(checked, owners)
        return checked
    for one in dirs:
        path = os.fspath(one)
        if os.path.isdir(path) and not path.endswith(locate.SUFFIXES):
            before = len(checked.found)
            folders = list(_folders(checked, path, set()))
            if not folders and len(checked.found) == before:
                checked.add([Finding(path, None, None, "no cards here (*.yaml, *.yml)", "warning")])
            for folder in folders:
                _check_folder(checked, folder, owners_of(folder, owners) if named is None else named, unowned)
        elif os.path.lexists(path):
            folder = os.path.dirname(path) or os.curdir
            of_file = owners_of(folder, owners) if named is None else named
            _check_folder(checked, folder, of_file, unowned, only=os.path.basename(path))
        else:
            checked.add([Finding(path, None, None, "no such file or folder")])
    return checked


# -- shipped cards and the operator's, as they are used


def _check_shipped(checked: Checked, owners: Owners) -> None:
    for owner in owners:
        checked.add(_class_findings(owner))
        deck = _deck(owner)
        checked.add(map(_as_error, deck.findings))
        for card in deck.cards:
            checked.cards += 1
            checked.add(_schema_findings(card))
            checked.add(_replacement_findings(card, [owner], set()))
    for directory in locate.overlay_directories():
        read = {
            next(filter(os.path.isdir, locate.overlay_folders(directory, owner.provider, owner.modules)), None)
            for owner in owners
        }
        for folder in _folders(checked, directory, set()) if os.path.isdir(directory) else ():
            if folder not in read:
                message = f"nothing reads it: {locate.ENVIRONMENT} holds <provider>/<module>/*.yaml"
                checked.add(Finding(file, 1, 1, message) for file in locate.card_files(folder))


def _class_findings(owner: Owner[Any]) -> Iterator[Finding]:
    """What no card can mend: fields that a form cannot carry, a schema that is none."""
    parameters: Any = getattr(owner.cls, "Parameters", None)
    if parameters is None:
        return
    for name, why in unsuitable(parameters):
        yield _in_code(parameters, f"{parameters.__qualname__}.{name}: {why}")
    try:
        Draft202012Validator.check_schema(base_schema(parameters))
    except SchemaError as error:
        field_name = _parameter(error.path) or "its schema"
        yield _in_code(parameters, f"{parameters.__qualname__}.{field_name}: no JSON Schema: {error.message}")
    except Exception as error:  # whatever pydantic raises for a class that has no schema
        yield _in_code(parameters, f"{parameters.__qualname__}: no JSON Schema: {error}")


_NO_JSON = {"Decimal", "timedelta", "bytes", "SecretStr", "SecretBytes", "Secret", "set", "frozenset", "tuple"}


def unsuitable(parameters: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Fields, of nested classes too, whose type cannot go through a form and back: (name, why)."""
    seen: set[type] = set()
    waiting: list[tuple[str, type[BaseModel]]] = [("", parameters)]
    while waiting:
        prefix, cls = waiting.pop()
        if cls in seen:
            continue
        seen.add(cls)
        for name, info in cls.model_fields.items():
            if info.alias or info.validation_alias or info.serialization_alias:
                yield prefix + name, "has an alias; the name of a parameter is its one name"
            types = set(_types(info.annotation))
            bad = sorted({one.__name__ for one in types} & _NO_JSON)
            if bad:
                yield prefix + name, f"{', '.join(bad)} has no exact form in JSON"
            if any(key is not str for key in _keys(info.annotation)):
                yield prefix + name, "has keys that are no strings; JSON has no others"
            waiting += [(f"{prefix}{name}.", one) for one in types if issubclass(one, BaseModel)]


def _keys(annotation: Any) -> Iterator[Any]:
    """The types of the keys of every map inside."""
    arguments = get_args(annotation)
    if get_origin(annotation) in (dict, Mapping) and arguments:
        yield arguments[0]
    for inner in arguments:
        yield from _keys(inner)


def _types(annotation: Any) -> Iterator[type]:
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type):
        yield origin
    for inner in get_args(annotation):
        yield from _types(inner)


def _in_code(cls: type, message: str) -> Finding:
    try:
        path, line = inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):  # made in a notebook
        return Finding(cls.__module__, None, None, message)
    return Finding(path or cls.__module__, line, 1, message)


def _deck(owner: Owner[Any], folder: str | None = None) -> Deck[Any]:
    """The deck; an error of the class itself is one more finding, and hides no other class's."""
    try:
        return owner.deck(folder)
    except Exception as error:
        message = f"{owner.cls.__qualname__}: its cards cannot be checked: {type(error).__name__}: {error}"
        return Deck((), {}, (_in_code(owner.cls, message),))


# -- folders that somebody names


def _check_folder(checked: Checked, folder: str, owners: Owners, unowned: Owner[Any], only: str | None = None) -> None:
    try:
        files = [path for path in locate.card_files(folder) if only in (None, os.path.basename(path))]
    except OSError as error:
        checked.add([_unlisted(folder, error)])
        return
    if only is not None and not files:
        message = f"is no card: a card's name ends in {' or '.join(locate.SUFFIXES)}"
        checked.add([Finding(os.path.join(folder, only), None, None, message)])
    decks = [_deck(owner, folder) for owner in owners or [unowned]]
    checked.add(map(_as_error, _said_of(decks, set(files), everything=only is None)))
    for file in files:
        taken = [card for deck in decks for card in deck.cards if card.path == file]
        checked.cards += 1
        for card in taken if owners else ():
            checked.add(_schema_findings(card))
            checked.add(_replacement_findings(card, owners, {one.name for deck in decks for one in deck.cards}))
        if taken and not owners:
            message = "its own keys are right; which class it is for is not known, so nothing else was checked"
            checked.add([Finding(file, 1, 1, message, "warning")])
        elif not taken and not any(deck.findings for deck in decks):
            message = "not checked: its type is of a family that this folder has no class for"
            checked.add([Finding(file, 1, 1, message, "warning")])


def _said_of(decks: Sequence[Deck[Any]], files: set[str], *, everything: bool) -> Iterator[Finding]:
    """The findings of a folder that several classes read: what one of them takes is no other's to complain of."""
    takers = [{card.path for card in deck.cards} for deck in decks]
    for deck, own in zip(decks, takers, strict=True):
        others = set[str]().union(*takers) - own
        for finding in deck.findings:
            if finding.path not in others and (everything or finding.path in files):
                yield finding


def yaml_files(paths: Iterable[str]) -> tuple[list[str], list[Finding]]:
    """Every YAML file below the paths, each once, and what could not be listed."""
    checked, files = Checked(), dict[str, None]()
    for path in paths:
        if os.path.isdir(path) and not path.endswith(locate.SUFFIXES):
            for folder in _folders(checked, path, set()):
                files |= dict.fromkeys(locate.card_files(folder))
        elif os.path.lexists(path):
            files[path] = None
        else:
            checked.add([Finding(path, None, None, "no such file or folder")])
    return list(files), checked.findings


def owners_of(folder: str, owners: Owners) -> list[Owner[Any]]:
    here = Path(folder).resolve()
    shipped = [owner for owner in owners if (own := locate.shipped_folder(owner.cls)) and Path(own) == here]
    return shipped or [owner for owner in owners if owner.provider == here.parent.name and here.name in owner.modules]


def _folders(checked: Checked, top: str, seen: set[str]) -> Iterator[str]:
    """`top` and the folders inside that hold cards; links are followed, but never in a circle.

    A provider's own folder keeps its cards in `_models`: YAML files beside that are something else.
    """
    real = os.path.realpath(top)
    if real in seen:
        return
    seen.add(real)
    try:
        inside = sorted(os.listdir(top))
    except OSError as error:
        checked.add([_unlisted(top, error)])
        return
    if "_models" not in inside and any(name.endswith(locate.SUFFIXES) for name in inside):
        yield top
    for name in inside:
        path = os.path.join(top, name)
        if not name.startswith(".") and not name.endswith(locate.SUFFIXES) and os.path.isdir(path):
            yield from _folders(checked, path, seen)


def _unlisted(folder: str, error: OSError) -> Finding:
    return Finding(folder, None, None, f"cannot be listed: {(error.strerror or 'no access').lower()}")


def _as_error(finding: Finding) -> Finding:
    """Listing warns of a card that it leaves out; who checks wants to know."""
    return replace(finding, severity="error")


# -- what one card says of another


def _replacement_findings(card: Any, owners: Owners, here: set[str]) -> Iterator[Finding]:
    """A `replacement` that is no model of the provider: a slip, or newer than the deck."""
    wanted = getattr(card, "replacement", None)
    if not wanted or wanted in here:
        return
    everyone = {one.cls: one for owner in owners for one in (owner, *owner.siblings())}
    known = {other.name for one in everyone.values() for other in _deck(one).cards}
    if wanted not in known:
        message = f"replacement {wanted!r} is no model of this provider{did_you_mean(wanted, known)}"
        line, column, _ = place(card.path, ("replacement",)) or (1, 1, 0)
        yield Finding(card.path, line, column, message, "warning")


# -- the merged schema


def _schema_findings(card: Any) -> Iterator[Finding]:
    """What the JSON Schema library says about the card's schemas and the defaults in them."""
    for view in ("call_schema", "parameter_schema"):
        try:
            Draft202012Validator.check_schema(getattr(card, view))
        except SchemaError as error:
            yield _at(card, _parameter(error.path), f"{view} is no JSON Schema: {error.message}")
            return
    call = card.call_schema
    defs: Mapping[str, Any] = call.get("$defs", {})
    for name, prop, path in _properties(call, defs):
        if "default" in prop:
            validator = Draft202012Validator({**prop, "$defs": defs})
            for wrong in validator.iter_errors(prop["default"]):
                yield _at(card, path, f"{name}: its default is outside its own schema: {wrong.message}")


def _properties(
    call: Mapping[str, Any], defs: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], str | None]]:
    for name, prop in call["properties"].items():
        yield name, prop, name
    for owner, definition in defs.items():
        for name, prop in definition.get("properties", {}).items():
            yield f"{owner}.{name}", prop, None


def _parameter(path: Iterable[object]) -> str | None:
    steps = list(path)
    return str(steps[1]) if len(steps) > 1 and steps[0] == "properties" else None


def _at(card: Any, parameter: str | None, message: str) -> Finding:
    keys = ("parameter_overrides", parameter) if parameter else ()
    where = place(card.path, keys)
    line, column = where[:2] if where else (None, None)
    return Finding(card.path, line, column, message)
