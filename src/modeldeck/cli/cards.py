"""`modeldeck cards`: are the cards right?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from modeldeck._near import did_you_mean
from modeldeck.cli import authoring
from modeldeck.cli.catalogue import as_json, credentials
from modeldeck.cli.show import count, one_line, print_json, say_to_user
from modeldeck.errors import ModelDeckError, ModelNotFoundError

if TYPE_CHECKING:
    from modeldeck._cards.deck import Owner
    from modeldeck._cards.findings import Checked


@click.group(short_help="Model cards: the YAML files behind the models.")
def cards() -> None:
    """Model cards: the YAML files behind the models."""


@cards.command()
@click.argument("dirs", metavar="[DIR]...", nargs=-1, type=click.Path())
@click.option("--provider", metavar="NAME", help="The cards in DIR are for this provider.")
@click.option("--module", metavar="NAME", help="…and for its classes in this module: tts, realtime_tts, …")
@as_json
def check(dirs: tuple[str, ...], provider: str | None, module: str | None, as_json: bool) -> int:
    """Check the cards in each DIR (or file), or else every shipped card and those in MODELDECK_CARDS_PATH.

    Lists all that is wrong, with file, line and column, and exits with 1 if there is anything. In a DIR,
    <provider>/<module>/x.yaml says which class a card is for; for other layouts say --provider. Cards that
    belong to no class are checked for their own keys alone, and a warning says so.
    """
    if not dirs and (provider or module):
        raise click.UsageError("--provider and --module say what the cards in DIR are for; name a DIR")
    if module and not provider:
        raise click.UsageError("--module needs --provider")
    checked = check_all(list(dirs) or None, provider, module)
    if as_json:
        print_json({"cards": checked.cards, "findings": [asdict(finding) for finding in checked.findings]})
        return 1 if checked.errors else 0
    for finding in checked.findings:
        label = "" if finding.severity == "error" else "warning: "
        where = f":{finding.line}:{finding.column}" if finding.line is not None else ""
        click.echo(one_line(f"{finding.path}{where}: {label}{finding.message}"))
    others = len(checked.findings) - checked.errors
    said = (
        f"{count(checked.cards, 'card')} checked: {count(checked.errors, 'error') if checked.errors else 'no errors'}"
    )
    say_to_user(said + (f", {count(others, 'warning')}" if others else ""))
    return 1 if checked.errors else 0


for _command in (authoring.new, authoring.format_, authoring.schema):
    cards.add_command(_command)


def check_all(dirs: list[str] | None = None, provider: str | None = None, module: str | None = None) -> Checked:
    """`check_cards` over every class that there is; a class that cannot be loaded is an error too."""
    from modeldeck._cards.findings import check_cards

    owners, problems = _owners()
    named = None if provider is None else _named(owners, provider, module)
    checked = check_cards(owners, dirs, unowned=_unowned(), named=named)
    if dirs is None:
        from modeldeck._cards.load import Finding

        checked.add(Finding(path, None, None, message) for path, message in problems)
    return checked


def _owners() -> tuple[list[Owner[Any]], list[tuple[str, str]]]:
    """Every model class as its deck sees it, and (module, message) of those that cannot be had."""
    from modeldeck.tts.ownership import owner_of

    found: list[Owner[Any]] = []
    problems: list[tuple[str, str]] = []
    for one in credentials(None):
        try:
            found += map(owner_of, one.get_tts_model_classes())
        except ModelDeckError as error:
            problems.append((one.__module__, str(error)))
        except Exception as error:  # a third party's module
            problems.append((one.__module__, f"{type(error).__name__}: {error}"))
    return found, problems


def named_owners(provider: str, module: str | None) -> list[Owner[Any]]:
    """One provider's model classes as their decks see them. Raises ModelNotFoundError."""
    return _named(_owners()[0], provider, module)


def _named(owners: list[Owner[Any]], provider: str, module: str | None) -> list[Owner[Any]]:
    """The owners that --provider and --module mean. Raises ModelNotFoundError."""
    name = credentials(provider)[0].provider_name()
    own = [one for one in owners if one.provider == name]
    found = [one for one in own if module in (None, *one.modules)]
    if not found:
        modules = sorted({part for one in own for part in one.modules})
        what = f"no module {module!r}{did_you_mean(module, modules)}" if modules else "no text to speech"
        raise ModelNotFoundError(f"{name} has {what}" + (f"; there are: {', '.join(modules)}" if modules else ""))
    return found


def _unowned() -> Owner[Any]:
    """Reads a card that no class is known for: its own keys, and nothing that a class would have to say."""
    from pydantic import BaseModel

    from modeldeck._cards.deck import Owner
    from modeldeck.tts.card import build_card

    class Unowned(BaseModel):
        voice: str = ""

    def build(data: dict[str, Any], path: str) -> Any:
        overrides = data.get("parameter_overrides")
        if isinstance(overrides, dict) and all(isinstance(one, dict | None) for one in overrides.values()):
            data = {**data, "parameter_overrides": {}}
        return build_card(data, path, Unowned)

    return Owner(Unowned, "tts_model", "", (), lambda _: True, lambda: (), build, lambda card: card)
