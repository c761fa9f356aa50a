"""Which files hold the cards of a class."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

ENVIRONMENT = "MODELDECK_CARDS_PATH"
SUFFIXES = (".yaml", ".yml")
_CHECKLIST = "checklist.yaml"  # of a provider, beside its modules: no card
_found: dict[str, str] = {}  # module file -> its folder of cards: where files lie does not change under us


def card_files(folder: str) -> list[str]:
    """The cards' files of a folder by name; OSError when there is no such folder."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIXES) and name != _CHECKLIST)
    return [f"{folder}{os.sep}{name}" for name in names]


def shipped_folder(cls: type) -> str | None:
    """Where the class keeps its cards: `_models/<module>/`, else `_models/` flat, else where a parent does."""
    for owner in cls.__mro__:
        folder = _module_folder(owner.__module__)
        if folder is not None:
            return folder
    return None


def _module_folder(module: str) -> str | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file:  # a notebook, a REPL
        return None
    if file not in _found:
        models = os.path.join(os.path.dirname(os.path.abspath(file)), "_models")
        for folder in (os.path.join(models, module_name(module)), models):
            if _has_cards(folder):
                _found[file] = folder
                break
    return _found.get(file)


def module_name(module: str) -> str:
    """The last name of a module's path: the folder's name under `_models` and under `<provider>`."""
    return module.rpartition(".")[2]


def overlay_folders(directory: str, provider: str, modules: Sequence[str]) -> list[str]:
    """Where in an operator's directory the cards of a class may lie: `<provider>/<module>`."""
    return [os.path.join(directory, provider, module) for module in modules] if provider else []


def overlay_directories() -> list[str]:
    """The operator's directories from the environment, the first one first; a later one wins."""
    return [one for one in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if one]


def _has_cards(folder: str) -> bool:
    try:
        return any(name.endswith(SUFFIXES) for name in os.listdir(folder))
    except OSError:
        return False
