"""`modeldeck cards new`, `format` and `schema`: writing cards."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modeldeck._near import near_or_list
from modeldeck.cli.catalogue import as_json
from modeldeck.cli.show import count, one_line, print_json, say_to_user
from modeldeck.errors import ModelNotFoundError

if TYPE_CHECKING:
    from modeldeck._cards.deck import Owner
    from modeldeck._cards.load import Finding


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--provider", metavar="NAME", required=True, help="Whose model it is: openai, dashscope, …")
@click.option("--module", metavar="NAME", help="The provider's module: tts, realtime_tts, …")
@click.option("--extends", metavar="CARD", help="Inherit from this card: a shipped one, or one of the same folder.")
@click.option("--label", metavar="TEXT", help="What people see; NAME when left out.")
@click.option("--voice", "voices", metavar="ID", multiple=True, help="A voice of the model; may be repeated.")
@click.option(
    "--into",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where cards are kept; else the last of MODELDECK_CARDS_PATH, else ./models_cards.",
)
def new(
    name: str,
    provider: str,
    module: str | None,
    extends: str | None,
    label: str | None,
    voices: tuple[str, ...],
    into: str | None,
) -> int:
    """Write a card for the model NAME, to be filled in: DIR/<provider>/<module>/NAME.yaml.

    It is valid as it is; what is not known yet stands in it as comments. Its first line names a JSON Schema with
    which editors complete and check it: schemas/card of a checkout, else one written to DIR/.schemas.
    """
    from modeldeck._cards.locate import overlay_directories
    from modeldeck.cli.cards import check_all
    from modeldeck.tts.card_text import new_card

    owners = _owners_for(provider, module, extends)
    cls = owners[0].cls
    own = _module(owners[0])
    top = Path(into or (overlay_directories() or ["models_cards"])[-1])
    folder = _folder(top, owners)
    path = folder / f"{name.replace('/', '--').replace(':', '--')}.yaml"
    if os.path.lexists(path):
        raise click.ClickException(f"{path} is there already; nothing was written. Edit it, or choose another name")
    schema, missing = _schema_beside(folder, owners)
    text = new_card(
        name,
        cls.Parameters,  # type: ignore[attr-defined]
        label=label,
        extends=extends,
        realtime=None if any(one.realtime(None) for one in owners) else True,
        voices=voices,
        schema=schema,
        reference=f"{owners[0].provider}/{own}",
    )
    _write_new(path, text)
    checked = check_all([str(path)], owners[0].provider, own)
    if checked.errors:
        path.unlink()
        for finding in checked.findings:
            say_to_user(f"{finding.path}:{finding.line}:{finding.column}: {finding.message}")
        raise click.ClickException("nothing was written")
    click.echo(str(path))
    if missing is not None:
        _write_schema(missing, owners)
        say_to_user(f"{missing} is what its first line names: the schema for editors.")
    _say_how_to_use_it(path, owners)
    return 0


@click.command(name="format")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if anything would change.")
@as_json
def format_(paths: tuple[str, ...], check: bool, as_json: bool) -> int:
    """Put the cards in each PATH (file, folder, or - for standard input) into their one form.

    Keys in one order, a voice a line, short values on one line; comments, quotes and anchors stay. Without PATH, the
    cards in MODELDECK_CARDS_PATH. What cannot be read is named and left as it is, and the exit code is 1.
    """
    from modeldeck._cards.findings import yaml_files
    from modeldeck._cards.locate import ENVIRONMENT, overlay_directories

    if paths == ("-",):
        return _format_stdin(check)
    wanted = list(paths) or overlay_directories()
    if not wanted:
        raise click.UsageError(f"name a file or folder of cards, or set {ENVIRONMENT}")
    files, findings = yaml_files(wanted)
    changed: list[str] = []
    for file in files:
        outcome = _formatted(file)
        if not isinstance(outcome, tuple):
            findings.append(outcome)
        elif outcome[0] != outcome[1]:
            changed.append(file)
            if not check:
                _replace(file, outcome[1])
    if as_json:
        print_json({"cards": len(files), "changed": changed, "findings": [asdict(one) for one in findings]})
    else:
        for finding in findings:
            click.echo(one_line(str(finding)))
        for file in changed:
            click.echo(one_line(f"{'would change' if check else 'changed'}: {file}"))
        say_to_user(f"{count(len(files), 'card')}, {len(changed)} {'would change' if check else 'changed'}")
    return 1 if findings or (check and changed) else 0


@click.command()
@click.argument("module", metavar="[PROVIDER/MODULE]", required=False)
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it always does.")
def schema(module: str | None) -> None:
    """Print the JSON Schema of a card's file, for editors.

    With PROVIDER/MODULE, such as openai/tts, also of what a card may say about each parameter of that module's
    classes. A card names the file in its first line: # yaml-language-server: $schema=…
    """
    from modeldeck.tts.card_schema import card_file_schema

    if module is None:
        print_json(card_file_schema())
        return
    provider, _, name = module.partition("/")
    print_json(_schema_of(_owners_for(provider, name or None, None)))


# -- whose card


def _owners_for(provider: str, module: str | None, extends: str | None) -> list[Owner[Any]]:
    """The classes of one module of the provider: the named one, the extended card's, or the only one there is."""
    from modeldeck.cli.cards import named_owners

    own = named_owners(provider, None)
    modules = list(dict.fromkeys(map(_module, own)))
    if module is None and extends is not None:
        module = next((_module(one) for one in own if extends in one.deck().by_name), None)
    if module is None and len(modules) > 1:
        raise click.UsageError(f"{own[0].provider} has the modules {', '.join(modules)}; say which one")
    module = module or modules[0]
    if module not in modules:
        raise ModelNotFoundError(f"{own[0].provider} has no module {module!r}{near_or_list(module, modules)}")
    return [one for one in own if _module(one) == module]


def _module(owner: Owner[Any]) -> str:
    from modeldeck._cards.locate import module_name

    return module_name(owner.cls.__module__)


def _folder(top: Path, owners: list[Owner[Any]]) -> Path:
    """`top/<provider>/<module>`, or `top` itself where it is such a folder or the class's own."""
    from modeldeck._cards.findings import owners_of

    module = _module(owners[0])
    own = (top.parent.name, top.name) == ("_models", module)  # of a package that has no card yet
    return top if own or owners_of(str(top), owners) else top / owners[0].provider / module


# -- the schema that its first line names


def _schema_of(owners: list[Owner[Any]]) -> dict[str, Any]:
    from modeldeck.tts.card_schema import card_file_schema

    names = {card.name for one in owners for card in one.deck().cards}
    return card_file_schema([one.cls.Parameters for one in owners], names)  # type: ignore[attr-defined]


def _schema_beside(folder: Path, owners: list[Owner[Any]]) -> tuple[str, Path | None]:
    """The schema's path from the card, and the file to be written where the folders above have none."""
    name = f"{owners[0].provider}/{_module(owners[0])}.json"
    here = folder.resolve()
    for above in here.parents:
        if (published := above / "schemas" / "card" / name).is_file():
            return _relative(published, here), None
    inside = (here.parent.name, here.name) == (owners[0].provider, _module(owners[0]))
    file = (here.parent.parent if inside else here) / ".schemas" / name
    return _relative(file, here), file


def _write_schema(file: Path, owners: list[Owner[Any]]) -> None:
    import json

    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(_schema_of(owners), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


# -- files


def _write_new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _replace(path: str, text: str) -> None:
    """The file's new text, all at once; a link stays a link."""
    real = Path(os.path.realpath(path))
    beside = real.with_name(f".{real.name}.new")
    beside.write_text(text, "utf-8", newline="\n")
    beside.chmod(real.stat().st_mode & 0o7777)
    beside.replace(real)


def _formatted(path: str) -> tuple[str, str] | Finding:
    """The file's text as it is and as it should be, or why that cannot be said."""
    from modeldeck._cards.format import FormatError
    from modeldeck._cards.load import Finding, text_of
    from modeldeck.tts.card_text import format_card

    text = text_of(path)
    if isinstance(text, Finding):
        return text
    try:
        return text, format_card(text)
    except FormatError as error:
        return Finding(path, error.line, error.column, str(error))


def _format_stdin(check: bool) -> int:
    from modeldeck._cards.format import FormatError
    from modeldeck.tts.card_text import format_card

    text = sys.stdin.read()
    try:
        made = format_card(text)
    except FormatError as error:
        raise click.ClickException(f"-:{error.line}:{error.column}: {error}") from None
    if check:
        return int(made != text)
    click.echo(made, nl=False)
    return 0


def _say_how_to_use_it(path: Path, owners: list[Owner[Any]]) -> None:
    from modeldeck._cards.locate import ENVIRONMENT, overlay_directories, shipped_folder

    folder = path.parent.resolve()
    top = folder.parent.parent
    ships = {os.path.realpath(found) for one in owners if (found := shipped_folder(one.cls))}
    if str(folder) not in ships and str(top) not in map(os.path.realpath, overlay_directories()):
        say_to_user(f"To list it: export {ENVIRONMENT}={top}")
    say_to_user(f"When it is filled in: modeldeck cards check {path}")
