"""The judge of the property tests: enforcement accepts what jsonschema accepts, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from modeldeck._cards.enforce import Rules, effective
from modeldeck.errors import ParameterError


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """`$` as ECMA 262 means it; Python's also matches before a last line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Judge: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def pruned(value: Any, node: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    """`value` without explicit nulls under declared keys; free dicts keep theirs."""
    node = _object_of(value, node, defs)
    declared = node.get("properties")
    if isinstance(value, dict) and declared is not None:
        kept = {key: one for key, one in value.items() if one is not None or key not in declared}
        return {key: pruned(one, declared.get(key, {}), defs) for key, one in kept.items()}
    if isinstance(value, list):
        return [pruned(one, node.get("items", {}), defs) for one in value]
    return value


def _object_of(value: Any, node: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in node:
        return _object_of(value, defs[node["$ref"].removeprefix("#/$defs/")], defs)
    branches = [_object_of(value, one, defs) for one in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    objects = [one for one in branches if "properties" in one]
    if not objects or not isinstance(value, dict):
        return next((one for one in branches if isinstance(value, list) and "items" in one), node)
    tagged = [one for one in objects if _tags(one).items() <= _flat(value).items() and _tags(one)]
    return tagged[0] if tagged else objects[0] if len(objects) == 1 else node


def _tags(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: prop["const"] for key, prop in node["properties"].items() if "const" in prop}


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if isinstance(one, str | int | float | bool)}


def covers(out: Any, given: Any) -> bool:
    """Everything of `given` is in `out`, unchanged; objects may have got defaults."""
    if isinstance(given, dict):
        return isinstance(out, dict) and all(key in out and covers(out[key], one) for key, one in given.items())
    if isinstance(given, list):
        return isinstance(out, list) and len(out) == len(given) and all(map(covers, out, given))
    return isinstance(out, bool) == isinstance(given, bool) and bool(out == given)


def agree(rules: Rules, given: dict[str, Any], *, between: bool = False) -> bool:
    """Whether `given` is accepted; fails when enforcement and jsonschema do not say the same.

    `between`: the class has rules between fields, so it may refuse more, without naming a field.
    """
    schema = rules.call
    bare = pruned(given, schema, schema.get("$defs", {}))
    wanted = Judge(schema).is_valid(bare)
    refusal: ParameterError | None = None
    out: dict[str, Any] = {}
    try:
        out = effective(rules, given)
    except ParameterError as error:
        refusal = error
    if refusal is not None:
        assert not wanted or (between and refusal.parameter is None), f"refused {given!r}: {refusal}"
        return False
    assert wanted, f"accepted {given!r}, which breaks {next(Judge(schema).iter_errors(bare)).message}"
    assert covers(out, bare), f"{given!r} came out as {out!r}"
    added = out.keys() - bare.keys()
    assert all(out[name] == schema["properties"][name]["default"] for name in added), (given, out)
    assert Judge(schema).is_valid(out)
    return True
