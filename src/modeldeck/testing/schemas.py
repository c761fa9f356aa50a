"""What a schema must be, besides right: whole, and strict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from modeldeck.testing.advice import expect

NOTES = {"title", "description", "default", "examples", "deprecated", "writeOnly", "$schema", "format"}
LOGIC = {"type", "enum", "const", "anyOf", "oneOf", "$ref", "$defs"}
FOR_TYPE = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("items", "minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("properties", "required", "additionalProperties", "minProperties", "propertyNames"), "object"),
}


def strict_findings(node: Mapping[str, Any], kind: Any = None, where: str = "") -> Iterator[str]:
    """What ajv's strict mode refuses: unknown or misplaced keywords, two types at once, a lost `required`."""
    yield from (f"{where}: unknown {key}" for key in node.keys() - NOTES - LOGIC - FOR_TYPE.keys())
    own: Any = node.get("type", kind)
    if isinstance(own, list):
        yield f"{where}: several types"
    for key in node.keys() & FOR_TYPE.keys():
        if own != FOR_TYPE[key] and not (own == "integer" and FOR_TYPE[key] == "number"):
            yield f"{where}: {key} without type {FOR_TYPE[key]}"
    yield from (f"{where}: requires lost {name}" for name in node.get("required", ()) if name not in node["properties"])
    for key in ("anyOf", "oneOf"):
        for index, branch in enumerate(node.get(key, ())):
            yield from strict_findings(branch, own, f"{where}/{key}/{index}")
    for key in ("properties", "$defs"):
        for name, one in node.get(key, {}).items():
            yield from strict_findings(one, None, f"{where}/{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from strict_findings(node[key], None, f"{where}/{key}")


def self_contained(node: Any, defs: Mapping[str, Any]) -> bool:
    if isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        return (not name or name in defs) and all(self_contained(one, defs) for one in node.values())
    return all(self_contained(one, defs) for one in node) if isinstance(node, list) else True


def check_schema(schema: Mapping[str, Any], what: str = "a schema") -> None:
    """It is JSON Schema 2020-12, strict as ajv would have it, self-contained, and has nothing that is not used."""
    __tracebackhide__ = True
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise AssertionError(f"{what} is no JSON Schema: {error.message}") from None
    findings = list(strict_findings(schema))
    expect(not findings, f"{what} is refused by strict validators (ajv): {'; '.join(findings)}")
    expect(self_contained(schema, schema.get("$defs", {})), f"{what} points at a definition that it does not have")
    unused = [name for name in schema.get("$defs", {}) if f"#/$defs/{name}" not in str(schema)]
    expect(not unused, f"{what} has definitions that nothing uses: {unused}")
