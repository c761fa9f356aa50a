"""`modeldeck credentials`: which types there are, what their forms ask for, whether yours work."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modeldeck import credential
from modeldeck._near import did_you_mean
from modeldeck.cli import catalogue
from modeldeck.cli.show import print_json, print_table, say_to_user
from modeldeck.cli.users import in_store, of_store
from modeldeck.errors import CredentialError

if TYPE_CHECKING:
    from modeldeck.credential import CredentialBase, Diagnosis


@click.group(short_help="The types of credentials and their forms.")
def credentials() -> None:
    """The types of credentials and their forms. Nothing here shows a secret."""


@credentials.command()
@catalogue.as_json
def types(as_json: bool) -> None:
    """List the types of credentials, what they open and which environment variables hold their keys."""
    found: list[dict[str, Any]] = [
        {
            "type": f"{one.provider_name()}_credential",
            "title": one.model_config.get("title") or one.__name__,
            "families": sorted(one.models),
            "environment": [name for names in one.env.values() for name in names],
            "class": f"{one.__module__}:{one.__qualname__}",
        }
        for one in catalogue.credentials(None)
    ]
    if as_json:
        print_json(found)
        return
    rows = [(one["type"], one["title"], ", ".join(one["families"]), ", ".join(one["environment"])) for one in found]
    print_table(("Type", "Title", "Opens", "Environment"), rows)


@credentials.command()
@click.argument("type_name", metavar="[TYPE]", required=False)
@catalogue.as_json
def schema(type_name: str | None, as_json: bool) -> None:
    """Show the form of a credential TYPE, or of all: dashscope and dashscope_credential mean the same."""
    factory = credential.CredentialFactory
    if type_name is None:
        schemas = factory.list_schemas()
        catalogue.say_problems()
    else:
        found = factory.get_credential_class(type_name)
        if found is None:
            known = sorted(factory.types())
            hint = did_you_mean(type_name, known) or f"; there are: {', '.join(known)}"
            raise click.UsageError(f"no credential type {type_name!r}{hint}")
        schemas = [found.form_schema()]
    if as_json:
        print_json(schemas if type_name is None else schemas[0])
        return
    print_table(
        ("Type", "Field", "Required", "Secret", "Choices", "Description"),
        [row for one in schemas for row in _fields(one)],
    )


@credentials.command()
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1)
@catalogue.as_json
def check(names: tuple[str, ...], as_json: bool) -> int:
    """Ask the providers, at no cost, whether credentials work.

    NAME is a provider whose key is in the environment (dashscope, local, …), FILE the JSON that a form or
    reveal() gave. Without either: every provider that the environment has a key for. Exits with 1 when one of
    them does not work.
    """
    broken: list[CredentialError] = []
    chosen = {name: _named(name) for name in names} if names else from_environment(broken.append)
    for error in broken:
        say_to_user(f"error: {error}")
    if not chosen:
        if broken:
            return 1
        say_to_user("The environment has no key; `modeldeck credentials types` lists the variables.")
        return 1
    found = asyncio.run(diagnoses(chosen.values()))
    if as_json:
        print_json([{"credential": name, **asdict(one)} for name, one in zip(chosen, found, strict=True)])
    else:
        rows = [(name, one.grade, _milliseconds(one), one.message) for name, one in zip(chosen, found, strict=True)]
        print_table(("Credential", "Grade", "Latency", "Message"), rows)
        for name, one in zip(chosen, found, strict=True):
            if one.advice:
                say_to_user(f"{name}: {one.advice}")
    return 0 if all(one.ok for one in found) and not broken else 1


@credentials.command("rotate-key")
@of_store
def rotate_key(url: str | None) -> None:
    """Encrypt the stored credentials with a new master key; what was interrupted goes on.

    A server that runs need not be stopped. A key that you keep yourself (MODELDECK_MASTER_KEY) is yours to change:
    put the new one in front of the old one everywhere, run this, then take the old one out.
    """
    done = in_store(url, lambda store: store.rotate())
    say_to_user(f"{done.encrypted} credentials are encrypted with the key {done.key_id} now")
    if done.undecryptable:
        say_to_user(
            f"{done.undecryptable} credentials cannot be decrypted and stay: their secrets must be entered again"
        )
    say_to_user("Backups made before this need the old key.")


# -- shared with doctor


def from_environment(broken: Callable[[CredentialError], object]) -> dict[str, CredentialBase]:
    """A credential for each provider that has a variable set; `broken` is told of each that cannot be made."""
    found: dict[str, CredentialBase] = {}
    for cls in catalogue.credentials(None):
        if any(os.environ.get(name) for names in cls.env.values() for name in names):
            try:
                found[cls.provider_name()] = cls.from_env()
            except CredentialError as error:
                broken(error)
    return found


async def diagnoses(chosen: Iterable[CredentialBase]) -> Sequence[Diagnosis]:
    """All checked at the same time."""
    return await asyncio.gather(*(one.check() for one in chosen))


# -- inside


def _named(name: str) -> CredentialBase:
    """By provider, from the environment; or from a file, named by its path."""
    if not (name.endswith(".json") or os.sep in name):
        return credential.CredentialFactory.find(name).from_env()
    try:
        data = json.loads(Path(name).read_text(encoding="utf-8"))
    except ValueError:  # its text may hold a key
        data = None
    if not isinstance(data, dict):
        raise CredentialError(f"{name}: this is no JSON map of a credential's fields")
    return credential.CredentialFactory.from_dict(data)


def _milliseconds(found: Diagnosis) -> str:
    return "" if found.latency is None else f"{found.latency * 1000:.0f} ms"


def _fields(form: dict[str, Any]) -> list[tuple[str, ...]]:
    kind = form["properties"].get("type", {}).get("const", "")
    if not kind:
        raise CredentialError(f"{form.get('title')}: the form has no type")
    return [
        (
            kind,
            name,
            "yes" if name in form.get("required", ()) else "",
            "yes" if prop.get("writeOnly") else "",
            ", ".join(map(str, prop.get("enum", ()))),
            prop.get("description", ""),
        )
        for name, prop in form["properties"].items()
        if name != "type"
    ]
