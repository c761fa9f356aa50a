"""`modeldeck provider`: a provider of your own, from nothing."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from modeldeck import credential
from modeldeck._near import quoted
from modeldeck.cli.show import say_to_user
from modeldeck.errors import ParameterError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*\Z")
_TITLE = re.compile(r"[^\W_][\w .&+()'-]*\Z")  # fit for Python, TOML, YAML and Markdown alike
_MOST = {"name": 30, "title": 40}  # characters
_ALWAYS: frozenset[str] = frozenset()
_HTTP, _REALTIME = frozenset({"http"}), frozenset({"realtime"})
# template: (where it goes, for which kinds)
_FILES: dict[str, tuple[str, frozenset[str]]] = {
    "pyproject.toml": ("pyproject.toml", _ALWAYS),
    "README.md": ("README.md", _ALWAYS),
    "checklist.yaml": ("checklist.yaml", _ALWAYS),
    "__init__.py": ("src/${package}/__init__.py", _ALWAYS),
    "py.typed": ("src/${package}/py.typed", _ALWAYS),
    "credential.py": ("src/${package}/credential.py", _ALWAYS),
    "wire.py": ("src/${package}/wire.py", _ALWAYS),
    "tts.py": ("src/${package}/tts.py", _HTTP),
    "realtime_tts.py": ("src/${package}/realtime_tts.py", _REALTIME),
    "tts.yaml": ("src/${package}/_models/tts/${dashed}-1.yaml", _HTTP),
    "realtime_tts.yaml": ("src/${package}/_models/realtime_tts/${dashed}-1-live.yaml", _REALTIME),
    "emulator.py": ("src/${package}/emulator.py", _ALWAYS),
    "test_provider.py": ("tests/test_${name}.py", _ALWAYS),
    "test_speech.py": ("tests/test_speech.py", _HTTP),
    "test_live.py": ("tests/test_live.py", _REALTIME),
}


@click.group(short_help="A provider of your own: the guide, and a skeleton that works.")
def provider() -> None:
    """A provider of your own, as a package that is installed beside modeldeck."""


@provider.command()
def guide() -> None:
    """Print how a provider is made, and the checklist."""
    click.echo(files("modeldeck.providers").joinpath("README.md").read_text(encoding="utf-8"), nl=False)


@provider.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="DIR", help="The folder to make.  [default: NAME-modeldeck]"
)
@click.option("--title", metavar="TEXT", help="What people call the service.  [default: NAME in capitals]")
@click.option(
    "--kind",
    type=click.Choice(["http", "realtime", "both"]),
    default="http",
    show_default=True,
    help="Whole texts over HTTP, text as it is written over a WebSocket, or a class of each.",
)
def new(name: str, into: Path | None, title: str | None, kind: str) -> None:
    """Write a package with the provider NAME: credential, class, wire, card, emulator and tests, which pass.

    It speaks to an invented service until you make it speak to yours; its README says in which order.
    """
    check_name(name)
    title = title if title is not None else " ".join(map(str.capitalize, re.split("[_-]", name)))
    if not _TITLE.match(title) or len(title) > _MOST["title"]:
        advice = f"letters, digits, spaces and . & + ( ) ' -, at most {_MOST['title']} characters"
        raise ParameterError(f"title {quoted(title)}: {advice}", parameter="title")
    folder = into if into is not None else Path(f"{name}-modeldeck")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"{folder} is there already; name another folder with --into", parameter="into")
    for path, text in skeleton(name, title, kind):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
        click.echo(folder / path)
    say_to_user(f"Next: cd {folder} && pip install -e . --group dev && pytest. README.md says how it becomes yours.")


def check_name(name: str) -> None:
    """Raises ParameterError with what to do."""
    if not _NAME.match(name) or len(name) > _MOST["name"]:
        near = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[: _MOST["name"]].strip("-")
        hint = f"; try {near}" if _NAME.match(near) else ""
        rule = f"small letters, digits and - or _ between them, at most {_MOST['name']} characters"
        raise ParameterError(f"NAME {quoted(name)}: {rule}{hint}", parameter="name")
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or module in ("modeldeck", "test"):
        raise ParameterError(f"NAME {name}: Python has this name for itself; try {name}-speech", parameter="name")
    known = credential.CredentialFactory.get_credential_class(module)
    if known is not None:
        where = f"{known.__module__}:{known.__qualname__}"
        what = f"NAME {name}: there is a provider of this name already ({where})"
        raise ParameterError(
            f"{what}; try {name}-mine, or, for more models of it, a card: see models_cards/README.md", parameter="name"
        )


def skeleton(name: str, title: str, kind: str) -> Iterator[tuple[str, str]]:
    """Every file's path and text. `kind`: http, realtime or both."""
    kinds = frozenset({"http", "realtime"}) if kind == "both" else frozenset({kind})
    module = name.replace("-", "_")
    facts = {
        "name": module,
        "dashed": module.replace("_", "-"),
        "Name": "".join(map(str.capitalize, module.split("_"))),
        "NAME": module.upper(),
        "title": title,
        "package": f"{module}_modeldeck",
        "distribution": f"{module.replace('_', '-')}-modeldeck",
        "today": date.today().isoformat(),
    }
    templates = files("modeldeck.cli").joinpath("skeleton")
    for template, (path, wanted) in _FILES.items():
        if wanted <= kinds:
            text = templates.joinpath(f"{template}.tmpl").read_text(encoding="utf-8")
            yield Template(path).substitute(facts), rendered(text, kinds, facts)
    yield from ((f"schemas/card/{module}/{one}.json", _card_schema()) for one in _modules(kinds))


def _modules(kinds: frozenset[str]) -> list[str]:
    return [name for name, kind in (("tts", "http"), ("realtime_tts", "realtime")) if kind in kinds]


def _card_schema() -> str:
    """What every card may say; `modeldeck cards schema` knows the parameters too, once there is a class."""
    from modeldeck.tts.card_schema import card_file_schema

    return json.dumps(card_file_schema(), indent=2, ensure_ascii=False) + "\n"


def rendered(text: str, kinds: frozenset[str], facts: Mapping[str, str]) -> str:
    """Without the lines of other kinds: what follows `#: KIND` is of that kind alone, up to the next such line."""
    words = {*kinds, "end", "both" if len(kinds) > 1 else f"{next(iter(kinds))}-alone"}
    shown, lines = True, list[str]()
    for line in text.splitlines(keepends=True):
        if line.startswith("#: "):
            shown = line[3:].strip() in words
        elif shown:
            lines.append(line)
    whole = "".join(lines).rstrip("\n")
    return Template(f"{whole}\n" if whole else "").substitute(facts)
