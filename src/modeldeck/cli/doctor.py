"""`modeldeck doctor`: what is here, what is broken, what to do."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modeldeck import __version__, credential, tts
from modeldeck._near import shortened
from modeldeck.cli import wires
from modeldeck.cli.catalogue import as_json
from modeldeck.cli.credentials import diagnoses, from_environment
from modeldeck.cli.show import print_json, print_table, say_to_user
from modeldeck.errors import CredentialError, MissingExtraError, ModelDeckError

if TYPE_CHECKING:
    from modeldeck.tts import TTSModelCard, Voice

_EXTRA = re.compile(r"\s*(?P<package>[\w.-]+).*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


@dataclass(frozen=True, slots=True)
class Result:
    """One thing looked at. `absent` is optional and not there; only `broken` counts as a failure."""

    check: str
    status: Literal["ok", "absent", "broken"]
    message: str


@click.command(short_help="Check this installation and say what to do.")
@click.option("--live", is_flag=True, help="Also ask the providers, at no cost, whether the environment's keys work.")
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="With --live: speak a short sentence with each class (it is billed) and write down what the services say.",
)
@as_json
def doctor(live: bool, record: Path | None, as_json: bool) -> int:
    """Check this installation and say what to do. Uses the network only with --live, prints no value of the
    environment.

    Exits with 1 when something is broken; what is optional and not installed is not broken.

    A recording is a file of JSON lines per class: the raw events, with ids, addresses and secrets masked and audio
    shortened. Read it before you give it away.
    """
    if record is not None and not live:
        raise click.UsageError("--record needs --live")
    results: list[Result] = []
    checks = [_here, _extras, _credentials, _environment, _cards, _sandbox, _local_voice]
    checks += [_live, _wires] if live else []
    checks += [partial(_recorded, record)] if record is not None else []
    for check in checks:
        results += check()
    broken = sum(result.status == "broken" for result in results)
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        print_table(("Check", "Status", "Message"), [(one.check, one.status, one.message) for one in results])
        say_to_user(f"{broken} broken" if broken else "Nothing is broken.")
    return 1 if broken else 0


def _here() -> Iterator[Result]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Result("python", "ok", f"{version} at {sys.executable}")
    yield Result("modeldeck", "ok", f"{__version__} at {os.path.dirname(os.path.dirname(__file__))}")


def _extras() -> Iterator[Result]:
    try:
        requirements = metadata.requires("modeldeck") or []
    except metadata.PackageNotFoundError:
        yield Result("extras", "broken", "modeldeck runs from its sources; pip install it to have its extras")
        return
    for requirement in requirements:
        match = _EXTRA.match(requirement)
        if match is None or match["extra"] == "all":
            continue
        check = f"extra {match['extra']}"
        try:
            yield Result(check, "ok", f"{match['package']} {metadata.version(match['package'])}")
        except metadata.PackageNotFoundError:
            yield Result(check, "absent", f'pip install "modeldeck[{match["extra"]}]" (brings {match["package"]})')


def _credentials() -> Iterator[Result]:
    factory = credential.CredentialFactory
    factory.list_schemas()  # finds the classes without a form
    yield Result("credentials", "ok", ", ".join(sorted(factory.types())))
    for problem in factory.problems():
        yield Result("credentials", "broken", problem)


def _environment() -> Iterator[Result]:
    """Which keys are set, by name, and whether a credential can be made with them."""
    for cls in credential.CredentialFactory.credential_classes():
        names = [name for alternatives in cls.env.values() for name in alternatives]
        present = [name for name in names if os.environ.get(name)]
        check = cls.provider_name()
        if present:
            try:
                cls.from_env()
                yield Result(check, "ok", f"{', '.join(present)} set")
            except CredentialError as error:
                yield Result(check, "broken", str(error))
        elif names:
            required = [name for name in cls.env if cls.model_fields[name].is_required()]
            groups = [" or ".join(cls.env[name]) for name in required or cls.env]
            yield Result(check, "absent", f"set {(', and ' if required else ' or ').join(groups)} to use it")


def _told(_: CredentialError) -> None:
    """By `_environment`."""


def _live() -> Iterator[Result]:
    chosen = from_environment(_told)
    for provider, found in zip(chosen, asyncio.run(diagnoses(chosen.values())), strict=True):
        yield Result(f"{provider} live", "ok" if found.ok else "broken", str(found))


def _wires() -> Iterator[Result]:
    """Whether what we speak has been seen to agree with the real services."""
    for cls in credential.CredentialFactory.credential_classes():
        for wire, day in wires.verified(cls).items():
            said = f"verified against the real service on {day}" if day else "never met the real service"
            yield Result(f"{cls.provider_name()} wire {wire}", "ok" if day else "absent", said)


def _recorded(folder: Path) -> Iterator[Result]:
    for provider, key in from_environment(_told).items():
        for cls in key.get_tts_model_classes():
            path = folder / f"{cls.type}.jsonl"
            try:
                told = wires.record(cls, key, path)
                yield Result(f"{provider} {path.name}", "ok", f"{told} events, masked, in {path}")
            except (ModelDeckError, OSError) as error:
                yield Result(f"{provider} {path.name}", "broken", key.hide(str(error)))


def _cards() -> Iterator[Result]:
    from modeldeck.cli.cards import check_all

    checked = check_all()
    if checked.errors:
        message = f"{checked.errors} findings in {checked.cards} cards: `modeldeck cards check` lists them"
        yield Result("cards", "broken", message)
    else:
        yield Result("cards", "ok", f"{checked.cards} cards, no findings")


def _sandbox() -> Iterator[Result]:
    """Whose wires it serves; packages bring some of their own."""
    try:
        from modeldeck.sandbox.host import Sandbox

        box = Sandbox()
    except MissingExtraError:  # `_extras` has told of it
        return
    box.about()
    box.environment()
    yield Result("sandbox", "ok", ", ".join(box.state()["serves"]))
    for problem in box.problems:
        yield Result("sandbox", "broken", problem)


def _local_voice() -> Iterator[Result]:
    check = "local voice"
    model = tts.LocalTTSModel(stream=False)

    async def tried() -> tuple[list[Voice], float | None]:
        voices = await model.list_voices()
        spoken = await model.synthesize("Hello")
        return voices, spoken.first_audio

    try:
        voices, first_audio = asyncio.run(tried())
        card = tts.LocalTTSModel.card(model.model)
    except MissingExtraError as error:
        yield Result(check, "absent", str(error))
    except (ModelDeckError, OSError) as error:
        yield Result(check, "broken", str(error))
    else:
        languages = [voice.id for voice in voices if voice.languages]
        variants = [voice.id for voice in voices if not voice.languages]
        speed = f"; speaks after {first_audio * 1000:.0f} ms" if first_audio is not None else ""
        yield Result(check, "ok", f"{len(languages)} languages, {len(variants)} variants{speed}")
        yield _agreement(card, languages, variants)


def _agreement(card: TTSModelCard, languages: list[str], variants: list[str]) -> Result:
    """The card against the engine: every language of the engine is listed, every listed voice is there."""
    listed = [voice.id for voice in card.voices]
    gone = [one for one in listed if not _has(one, languages, variants)]
    new = sorted(set(languages) - set(listed))
    check = "local card"
    if not gone and not new:
        return Result(check, "ok", f"{len(listed)} voices, as the engine has them")
    parts = [_differing("unknown to the engine", gone), _differing("not on the card", new)]
    return Result(check, "broken", "; ".join(part for part in parts if part))


def _has(voice: str, languages: Iterable[str], variants: Iterable[str]) -> bool:
    language, plus, variant = voice.partition("+")
    return language in languages and (not plus or variant in variants)


def _differing(what: str, voices: list[str]) -> str:
    return f"{len(voices)} voices are {what}: {shortened(voices)}" if voices else ""
