"""Doors: packages that export names without importing them.

A door's `if TYPE_CHECKING or not _lazy.install(__name__):` block is its export table: type checkers read it as
ordinary imports, `install` reads it with `ast` and serves each name at its first use (PEP 562). Where the
source cannot be read (a zip without sources), the block runs and the door imports eagerly.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def exports(module: ModuleType) -> dict[str, tuple[str, str]]:
    """The door's table: exported name -> (module, name there).

    Raises OSError, SyntaxError or ValueError when there is no readable source.
    """
    import ast  # only for the few milliseconds that a door is opened

    if module.__file__ is None:
        raise OSError("no source")
    with open(module.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    table: dict[str, tuple[str, str]] = {}
    for block in tree.body:
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test):
            for line in block.body:
                if isinstance(line, ast.ImportFrom) and line.module and not line.level:
                    table |= {name.asname or name.name: (line.module, name.name) for name in line.names}
    return table


def install(name: str) -> bool:
    """Serve the exports of the door `name` lazily; False when its source cannot be read."""
    module = sys.modules[name]
    try:
        table = exports(module)
    except (OSError, SyntaxError, ValueError):
        return False

    def __getattr__(attribute: str) -> Any:
        if attribute not in table:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        source, original = table[attribute]
        value = getattr(import_module(source), original)
        setattr(module, attribute, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(module), *table})

    module.__dict__.update(__getattr__=__getattr__, __dir__=__dir__, __all__=sorted(table))
    return True
