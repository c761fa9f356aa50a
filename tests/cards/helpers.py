"""A third party's package in a folder of its own, and parameters classes made from fields."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, create_model

from modeldeck._cards.enforce import Rules, base_schema, effective
from modeldeck._cards.schema import Merged, Voices, merge
from modeldeck.errors import CardWarning
from modeldeck.tts import TTSModelBase, TTSModelCard

SPEECH = """
from typing import Literal

from pydantic import BaseModel, Field

from modeldeck.tts import TTSModelBase


class AcmeTTS(TTSModelBase):
    provider = "acme"
    type: Literal["acme_tts"] = "acme_tts"

    class Parameters(BaseModel):
        voice: str = Field(default="Ada", title="Voice")
        speed: float | None = Field(default=None, ge=0.5, le=2.0, title="Speed")
        effort: Literal["low", "high"] = "low"
"""
Model = type[TTSModelBase[Any]]


class House:
    """A package in `root`: its modules, its `_models`, and an operator's folder beside them."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.patch = monkeypatch
        self.package = root / "package"
        self.package.mkdir()

    def module(self, source: str = SPEECH, name: str = "speech") -> ModuleType:
        """A module of the package, imported from its file."""
        path = self.package / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        self.patch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    def model(self, source: str = SPEECH, name: str = "speech") -> Model:
        """The class `AcmeTTS` of a new module."""
        cls: Model = self.module(source, name).AcmeTTS
        return cls

    def ship(self, text: str | bytes, file: str = "one.yaml", folder: str = "_models") -> Path:
        """A card that the package brings."""
        return write(self.package / folder / file, text)

    def operate(self, text: str | bytes, file: str = "own.yaml", folder: str = "acme/speech") -> Path:
        """A card that the operator adds, and the environment that says so."""
        self.patch.setenv("MODELDECK_CARDS_PATH", str(self.root / "operator"))
        return write(self.root / "operator" / folder / file, text)


def write(path: Path, text: str | bytes) -> Path:
    """A file, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def card(name: str, *lines: str, label: str = "") -> str:
    """The YAML of a card."""
    return "\n".join([f"name: {name}", f"label: {label or name}", *lines, ""])


def listed(model: Model, custom_yaml_dir: Path | None = None) -> tuple[list[TTSModelCard], list[str]]:
    """The cards, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cards = model.list_models(custom_yaml_dir)
    assert all(issubclass(one.category, CardWarning) for one in caught)
    return cards, [str(one.message) for one in caught]


def parameters(**fields: Any) -> type[BaseModel]:
    """A class with these fields: an annotation alone is required, (annotation, default) is not."""
    made = {name: one if isinstance(one, tuple) else (one, ...) for name, one in fields.items()}
    return create_model("P", __config__=ConfigDict(extra="forbid"), **made)


def merged(cls: type[BaseModel], overrides: dict[str, Any] | None = None, voices: Voices | None = None) -> Merged:
    """The class's schema with what a card says."""
    return merge(base_schema(cls), voices, overrides)


def field(annotation: Any, default: Any = ..., **overrides: Any) -> dict[str, Any]:
    """The one field `p` in form shape, after `overrides`."""
    made = merged(parameters(p=(annotation, default)), {"p": overrides} if overrides else None)
    prop: dict[str, Any] = made.form["properties"]["p"]
    return prop


def sent(
    cls: type[BaseModel],
    given: dict[str, Any],
    overrides: dict[str, Any] | None = None,
    voices: Voices | None = None,
) -> dict[str, Any]:
    """What reaches the provider when `given` was set."""
    return effective(Rules(cls, merged(cls, overrides, voices), "m"), given)
