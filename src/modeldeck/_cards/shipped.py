"""Base schemas of the built-in classes, worked out when the package was made.

pydantic takes milliseconds to write a class's JSON Schema, which is most of a first listing. The file names the
digest of each source it was made from, pydantic's version and that of the form shape: after a change of any of
them it counts no more, and `make fix` writes it anew.
"""

from __future__ import annotations

import json
import os
import sys
from functools import lru_cache
from hashlib import sha256
from typing import Any

import pydantic

from modeldeck._cards import form

FILE = "parameters.json"
_HOUSE = "modeldeck.providers."


def shipped_base(parameters: type) -> dict[str, Any] | None:
    """The class's base schema in form shape as it was shipped; None when there is none that still holds."""
    source = getattr(sys.modules.get(parameters.__module__), "__file__", None)
    if not parameters.__module__.startswith(_HOUSE) or not source:
        return None
    schemas: dict[str, dict[str, Any]] = _schemas(os.path.join(os.path.dirname(source), "_models", FILE), source)
    return schemas.get(parameters.__qualname__)


@lru_cache(64)
def _schemas(path: str, source: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            made = json.load(file)
        current = made["versions"] == versions() and made["sources"].get(os.path.basename(source)) == digest(source)
        return made["schemas"] if current else {}
    except (OSError, ValueError, KeyError):
        return {}


def versions() -> dict[str, str]:
    """Of what makes a schema of a class."""
    return {"pydantic": pydantic.VERSION, "form": str(form.VERSION)}


def digest(source: str) -> str:
    """Of the file's lines, however they end."""
    with open(source, encoding="utf-8") as file:
        return sha256(file.read().encode()).hexdigest()
