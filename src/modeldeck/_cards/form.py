"""Form shape: the JSON Schema that pydantic writes, made fit for form libraries.

Pydantic's schema is right for validation and wrong for forms: `anyOf [X, null]` becomes a chooser between
"option 1" and "option 2", enums hide behind references, nulls are offered where nothing can be typed.
Pure: schemas in, schemas out, the input is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Schema = dict[str, Any]

VERSION = 1  # of what this module makes of a schema: raise it with every change, or shipped bases are stale
NOT_SET: Schema = {"type": "null", "title": "Not set"}
ANNOTATIONS = ("title", "description", "default", "examples", "deprecated", "writeOnly")
_KIND_TITLES = {
    "string": "Text",
    "integer": "Whole number",
    "number": "Number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Object",
    "null": "Not set",
}


def form_shape(schema: Mapping[str, Any], *, allow_extra: bool = False) -> Schema:
    """The whole schema of a class in form shape; `$defs` holds just what is still referred to."""
    root = deepcopy(dict(schema))
    defs: dict[str, Schema] = root.pop("$defs", {})
    if "$ref" in root:
        root = {**defs[_name(root["$ref"])], **{key: value for key, value in root.items() if key != "$ref"}}
    for definition in defs.values():
        _shape_object(definition, defs)
    _shape_object(root, defs)
    root["type"] = "object"
    root.setdefault("properties", {})
    for definition in defs.values():
        if "properties" in definition:  # a typo inside must not pass in silence either
            definition.setdefault("additionalProperties", False)
    root["additionalProperties"] = allow_extra
    return with_used_defs(root, defs)


def shape_property(name: str, prop: Mapping[str, Any], defs: dict[str, Schema]) -> tuple[Schema, bool]:
    """One property in form shape, and whether null was among its values."""
    node = _inline(dict(prop), defs)
    node, nullable = _without_null(node, defs)
    if not _is_not_set_choice(node):
        if node.get("default", ...) is None:
            del node["default"]
        if isinstance(node.get("default"), dict):
            node["default"] = without_null_values(node["default"])
        node = _merge_branches(node, defs)
    _tag_required(node, defs)
    node.setdefault("title", name.replace("_", " ").title())
    return node, nullable


def with_used_defs(root: Schema, defs: Mapping[str, Schema]) -> Schema:
    """`root` with those definitions that it reaches, and no others."""
    used: dict[str, Schema] = {}
    waiting = [_name(ref) for ref in _refs(root)]
    while waiting:
        name = waiting.pop()
        if name not in used and name in defs:
            used[name] = defs[name]
            waiting += [_name(ref) for ref in _refs(defs[name])]
    plain = {key: value for key, value in root.items() if key != "$defs"}
    return {**plain, "$defs": {name: defs[name] for name in defs if name in used}} if used else plain


def resolve(node: Mapping[str, Any], defs: Mapping[str, Schema]) -> Mapping[str, Any]:
    """The schema behind a reference, the node's own keywords first."""
    seen: set[str] = set()
    while "$ref" in node and node["$ref"] not in seen:
        seen.add(node["$ref"])
        own = {key: value for key, value in node.items() if key != "$ref"}
        node = {**defs[_name(node["$ref"])], **own}
    return node


def _shape_object(node: Schema, defs: dict[str, Schema]) -> None:
    required = set(node.get("required", ()))
    for name, prop in node.get("properties", {}).items():
        shaped, nullable = shape_property(name, prop, defs)
        node["properties"][name] = shaped
        if nullable or "default" in prop:
            required.discard(name)
    if "required" in node:
        node["required"] = [name for name in node["required"] if name in required]
        if not node["required"]:
            del node["required"]


def _inline(node: Schema, defs: dict[str, Schema], seen: frozenset[str] = frozenset()) -> Schema:
    """References to definitions without properties are written out, at any depth."""
    ref = node.get("$ref")
    if ref and ref not in seen and "properties" not in defs.get(_name(ref), {"properties": {}}):
        target = {key: value for key, value in defs[_name(ref)].items() if key != "title"}
        own = {key: value for key, value in node.items() if key != "$ref"}
        return _inline({**deepcopy(target), **own}, defs, seen | {ref})
    for key in ("anyOf", "oneOf", "prefixItems"):
        if key in node:
            node[key] = [_inline(dict(branch), defs, seen) for branch in node[key]]
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            node[key] = inner = _inline(dict(node[key]), defs, seen)
            if "anyOf" in inner:
                inner["anyOf"] = [_titled(branch, defs) for branch in inner["anyOf"]]
    return node


def _without_null(node: Schema, defs: dict[str, Schema]) -> tuple[Schema, bool]:
    nullable = False
    if "anyOf" in node:
        branches = []
        for branch in node["anyOf"]:
            rest, had_null = _without_null(dict(branch), defs)
            nullable = nullable or had_null
            if rest.get("type") != "null" and rest.get("enum", True):
                branches.append(rest)
            else:
                nullable = True
        if nullable and len(branches) == 1 and _needs_not_set(branches[0], defs):
            return {**node, "anyOf": [{**branches[0], "title": "Custom"}, dict(NOT_SET)]}, True
        node = {**node, "anyOf": branches}
    if None in node.get("enum", ()):
        node = {**node, "enum": [value for value in node["enum"] if value is not None]}
        nullable = True
    if isinstance(node.get("type"), list) and "null" in node["type"]:
        kinds = [kind for kind in node["type"] if kind != "null"]
        nullable = True
        if kinds == ["boolean"]:
            rest = {key: value for key, value in node.items() if key not in {"type", *ANNOTATIONS}}
            custom = {**rest, "type": "boolean", "title": "Custom"}
            notes = {key: node[key] for key in ANNOTATIONS if key in node}
            return {**notes, "anyOf": [custom, dict(NOT_SET)]}, True
        node = {**node, "type": kinds[0] if len(kinds) == 1 else kinds}
    return node, nullable


def _needs_not_set(branch: Schema, defs: Mapping[str, Schema]) -> bool:
    """Shown by default, these would be switched on by being shown: a boolean, an object, a tagged union."""
    target = resolve(branch, defs)
    if constants(target):
        return False
    return target.get("type") == "boolean" or "properties" in target or "discriminator" in target


def _is_not_set_choice(node: Schema) -> bool:
    return NOT_SET in node.get("anyOf", ())


def without_null_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null_values(inner) for key, inner in value.items() if inner is not None}
    return value


def _merge_branches(node: Schema, defs: Mapping[str, Schema]) -> Schema:
    """Fewer choices where several branches mean one input."""
    branches: list[Schema] | None = node.get("anyOf")
    if branches is None:
        return node
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    if len(branches) == 1:
        return {**branches[0], **rest}
    bare = [{key: value for key, value in branch.items() if key not in ANNOTATIONS} for branch in branches]
    kinds = [branch.get("type") for branch in bare]
    if sorted(map(str, kinds)) == ["integer", "number"]:
        bounds = [{key: value for key, value in branch.items() if key != "type"} for branch in bare]
        if bounds[0] == bounds[1]:
            return {"type": "number", **bounds[0], **rest}
    free = [branch for branch in bare if branch == {"type": "string"}]
    listed = [value for branch in bare for value in constants(branch)]
    fixed = [branch for branch in bare if constants(branch)]
    if len(free) == 1 and len(free) + len(fixed) == len(bare) and all(isinstance(one, str) for one in listed):
        return {"type": "string", "examples": listed, **rest}
    return {**rest, "anyOf": [_titled(branch, defs) for branch in branches]}


def constants(branch: Mapping[str, Any]) -> list[Any]:
    """The values that a `const` or an `enum` lists."""
    return [branch["const"]] if "const" in branch else list(branch.get("enum", ()))


def _titled(branch: Schema, defs: Mapping[str, Schema]) -> Schema:
    if "title" in branch:
        return branch
    target = resolve(branch, defs)
    values = constants(target)
    title = target.get("title") or (
        str(values[0]) if len(values) == 1 else _KIND_TITLES.get(str(target.get("type")), "Choice")
    )
    return {**branch, "title": title}


def _tag_required(node: Schema, defs: dict[str, Schema]) -> None:
    """OpenAPI's `discriminator` is no JSON Schema: the tag becomes a required property of each branch."""
    for inner in (node, *node.get("anyOf", ())):
        discriminator = inner.pop("discriminator", None)
        if discriminator is None:
            continue
        tag = discriminator["propertyName"]
        for branch in inner.get("oneOf", ()):
            target = defs[_name(branch["$ref"])] if "$ref" in branch else branch
            target["required"] = list(dict.fromkeys([*target.get("required", ()), tag]))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            _tag_required(node[key], defs)


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key not in ("$defs", "default", "examples", "enum", "const"):
                yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


def _name(ref: str) -> str:
    return ref.removeprefix("#/$defs/")
