"""`--set name=value`: text from the command line becomes what the model's schema asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click


def read_settings(assignments: Sequence[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name. Whether they are allowed is the model's business."""
    given: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set {assignment!r}: write name=value")
        if name in given:
            raise click.UsageError(f"--set {name} is given twice")
        given[name] = read_value(text, schema["properties"].get(name, {}), schema.get("$defs", {}))
    return given


def read_value(text: str, prop: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    """JSON where the schema takes something else than text, else the text as it stands.

    Where it takes both, JSON wins when it fits: `1` is a number, `"1"` a text.
    """
    from modeldeck._cards.check import violations

    kinds = _kinds(prop, defs)
    if kinds == {"string"}:
        return text
    try:
        value = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text
    return text if "string" in kinds and any(True for _ in violations(value, prop, defs)) else value


def _kinds(prop: Mapping[str, Any], defs: Mapping[str, Any]) -> set[str]:
    """The JSON types that a property takes; every one where it does not say."""
    from modeldeck._cards.check import KINDS
    from modeldeck._cards.form import resolve

    node = resolve(prop, defs)
    if "type" in node:
        return {node["type"]} if isinstance(node["type"], str) else set(node["type"])
    values = [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]
    if values:
        return {kind for kind, is_kind in KINDS.items() if any(map(is_kind, values))}
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    return set[str]().union(*(_kinds(branch, defs) for branch in branches)) if branches else set(KINDS)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
