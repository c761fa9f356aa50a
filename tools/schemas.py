"""Write schemas/, the JSON Schemas of credentials, card files and every model's parameters.

Beside them, what each provider ships of these: the base schemas of its classes.

Usage: python tools/schemas.py [--check]
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from generated import ROOT, card_modules, every_tts_class, settle, shipped, shipped_tts_cards
from modeldeck._cards.enforce import computed_base
from modeldeck._cards.shipped import FILE, digest, versions
from modeldeck.credential import CredentialFactory
from modeldeck.tts.card_schema import card_file_schema

SCHEMAS = ROOT / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FIRST = ("$schema", "$id", "$ref", "title", "description", "type", "const", "enum", "default")
LAST = ("properties", "additionalProperties", "required", "anyOf", "oneOf", "allOf", "if", "then", "else", "$defs")


def ordered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same schema with its keywords in one order; that of properties, branches and enums is kept."""
    return {key: _keyword(key, schema[key]) for key in sorted(schema, key=_rank)}


def _keyword(key: str, value: Any) -> Any:
    match key, value:
        case (("const" | "enum" | "default" | "examples"), _):
            return value
        case "required", _:
            return sorted(value)
        case "$defs", _:
            return {name: ordered(value[name]) for name in sorted(value)}
        case (("properties" | "patternProperties"), _):
            return {name: ordered(part) for name, part in value.items()}
        case (("anyOf" | "oneOf" | "allOf" | "prefixItems"), _):
            return [ordered(branch) for branch in value]
        case _, dict():
            return ordered(value)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return value


def _rank(key: str) -> tuple[int, int, str]:
    if key in FIRST:
        return (0, FIRST.index(key), key)
    if key in LAST:
        return (2, LAST.index(key), key)
    return (1, 0, key)


def text(schema: Mapping[str, Any]) -> str:
    return json.dumps(ordered({"$schema": DIALECT, **schema}), indent=2, ensure_ascii=False) + "\n"


def file_name(model: str) -> str:
    return model.replace("/", "--").replace(":", "--") + ".json"


def schemas() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every path below schemas/ with what belongs there."""
    forms = {form["properties"]["type"]["const"]: form for form in CredentialFactory.list_schemas()}
    yield "card/tts.json", card_file_schema()
    for provider, module, classes in card_modules():
        names = {card.name for one in classes for card in one.list_models(strict=True)}
        yield f"card/{provider}/{module}.json", card_file_schema([one.Parameters for one in classes], names)
    for credential in shipped():
        provider = credential.provider_name()
        yield f"credential/{provider}.json", forms[f"{provider}_credential"]
        for card in shipped_tts_cards(credential):
            yield f"parameters/{card.model_type}/{file_name(card.name)}", card.parameter_schema


def bases() -> Iterator[tuple[Path, str]]:
    """The base schemas that each provider ships, so that a first listing need not ask pydantic for them."""
    for credential in shipped():
        folder = Path(inspect.getfile(credential)).parent / "_models"
        found: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for model_class in every_tts_class(credential):
            parameters = model_class.Parameters
            source = Path(inspect.getfile(parameters))
            found[parameters.__qualname__] = computed_base(parameters)
            sources[source.name] = digest(str(source))
        made = {
            "versions": versions(),
            "sources": dict(sorted(sources.items())),
            "schemas": dict(sorted(found.items())),
        }
        yield folder / FILE, json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    files = {SCHEMAS / path: text(schema) for path, schema in schemas()} | dict(bases())
    existing = (
        path for path in SCHEMAS.rglob("*") if path.is_file() and path.name != "openapi.json"
    )  # tools/openapi.py's
    return settle(files, check="--check" in sys.argv[1:], existing=existing)


if __name__ == "__main__":
    sys.exit(main())
