"""What the generators share: the shipped deck, and settling what is written with what would be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modeldeck import tts
from modeldeck._cards.locate import module_name
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.tts import TTSModelBase, TTSModelCard

ROOT = Path(__file__).resolve().parent.parent


def settle(files: Mapping[Path, str], *, check: bool, existing: Iterable[Path] = ()) -> int:
    """Make the tree equal to `files` and return an exit code; with `check`, only name the differences.

    `existing`: the files of the folders that belong to the generator; those not in `files` are extra.
    """
    verb = {"missing": "wrote", "stale": "wrote", "extra": "removed"}
    findings = [*_differences(files), *(("extra", path) for path in sorted(set(existing) - files.keys()))]
    for kind, path in findings:
        if not check and kind == "extra":
            path.unlink()
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8", newline="\n")
        print(f"{kind if check else verb[kind]}: {path.relative_to(ROOT)}")
    if findings and check:
        print("`make fix` writes what is compared here.", file=sys.stderr)
    return int(bool(findings) and check)


def _differences(files: Mapping[Path, str]) -> Iterable[tuple[str, Path]]:
    for path, text in sorted(files.items()):
        if not path.is_file():
            yield "missing", path
        elif path.read_bytes() != text.encode():
            yield "stale", path


def shipped() -> list[type[CredentialBase]]:
    """The credential classes of this package, without those that an entry point added."""
    classes = CredentialFactory.credential_classes()
    return [cls for cls in classes if cls.__module__.startswith("modeldeck.")]


def shipped_tts_cards(credential: type[CredentialBase]) -> Iterator[TTSModelCard]:
    """The shipped cards alone; any that is wrong raises."""
    os.environ.pop("MODELDECK_CARDS_PATH", None)
    for model_class in credential.get_tts_model_classes():
        yield from model_class.list_models(strict=True)


def card_modules() -> Iterator[tuple[str, str, list[type[TTSModelBase[Any]]]]]:
    """Each module of a provider that has cards, with its classes: (provider, module, classes)."""
    for credential in shipped():
        modules: dict[str, list[type[TTSModelBase[Any]]]] = {}
        for model_class in credential.get_tts_model_classes():
            modules.setdefault(module_name(model_class.__module__), []).append(model_class)
        for module, classes in modules.items():
            yield credential.provider_name(), module, classes


def every_tts_class(credential: type[CredentialBase]) -> list[type[TTSModelBase[Any]]]:
    """The classes that the credential lists and their other names, by the door."""
    provider = credential.provider_name()
    exported = (getattr(tts, name) for name in sorted(vars(tts)["__all__"]))
    models = [one for one in exported if isinstance(one, type) and issubclass(one, TTSModelBase)]
    return [one for one in models if one.provider == provider]
