"""`modeldeck credentials`: which types there are, and what their forms ask for."""

from __future__ import annotations

from typing import Any

import click

from modeldeck import credential
from modeldeck._near import did_you_mean
from modeldeck.cli import catalogue
from modeldeck.cli.show import print_json, print_table
from modeldeck.errors import CredentialError


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
