"""Enforcement: what a caller set becomes what the provider gets, or a ParameterError.

Explicit None is taken out, defaults are filled, the `Parameters` class decides, then the card's delta. The
outcome equals validating against the call schema, in microseconds and without a JSON Schema library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from modeldeck._cards.check import Violation, has_tag, violations
from modeldeck._cards.form import Schema, form_shape, resolve
from modeldeck._cards.shipped import shipped_base
from modeldeck._near import near_or_list, nearest, quoted, shortened
from modeldeck.errors import Finding, ParameterError

if TYPE_CHECKING:
    from modeldeck._cards.schema import Merged

_bases: WeakKeyDictionary[type[BaseModel], Schema] = WeakKeyDictionary()  # derived, so safe to share


def base_schema(parameters: type[BaseModel]) -> Schema:
    """The class's schema in form shape, worked out once; not to be changed."""
    schema = _bases.get(parameters)
    if schema is None:
        schema = _bases[parameters] = shipped_base(parameters) or computed_base(parameters)
    return schema


def computed_base(parameters: type[BaseModel]) -> Schema:
    """The class's schema in form shape, from pydantic."""
    return form_shape(parameters.model_json_schema(by_alias=False), allow_extra=_allows_extra(parameters))


@dataclass(frozen=True)
class Rules:
    """What may be set: a class, the merge of its card (None: the class alone), and whose rules these are."""

    parameters: type[BaseModel]
    merged: Merged | None
    subject: str

    @property
    def call(self) -> Schema:
        return self.merged.call if self.merged else base_schema(self.parameters)

    @property
    def removed(self) -> frozenset[str]:
        return self.merged.removed if self.merged else frozenset()


def as_given(rules: Rules, parameters: BaseModel | Mapping[str, Any] | None) -> dict[str, Any]:
    """What the caller set, and nothing else. Raises ParameterError for an instance of another class."""
    if parameters is None:
        return {}
    if isinstance(parameters, Mapping):
        return dict(parameters)
    if not isinstance(parameters, rules.parameters):
        wanted, got = rules.parameters.__qualname__, type(parameters).__qualname__
        raise ParameterError(f"{rules.subject}: parameters must be {wanted} or a dict, not {got}", value=got)
    try:
        return parameters.model_dump(mode="json", exclude_unset=True, warnings=False)
    except PydanticSerializationError:
        return parameters.model_dump(exclude_unset=True, warnings=False)  # what JSON cannot carry is found later


def filled(rules: Rules, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` without its Nones and what the card took away, with the schema's defaults: sent when not enforced."""
    call, defs = rules.call, rules.call.get("$defs", {})
    kept = [name for name in given if name not in rules.removed]
    plain = {name: given[name] if type(given[name]) in _PLAIN else _jsonable(given[name]) for name in kept}
    result: dict[str, Any] = _fill(_prune(plain, call, defs), plain, call, defs)
    return result


_PLAIN = (str, bool, int, float, type(None))


def _jsonable(value: Any) -> Any:
    """Enum members, instances of nested classes and the like as JSON has them; what it cannot have is found later."""
    try:
        return to_jsonable_python(value)
    except (PydanticSerializationError, ValueError):
        return value


def effective(rules: Rules, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that reach the provider. Raises ParameterError with every finding."""
    try:
        return _effective(rules, given)
    except RecursionError:
        name = next((key for key, value in given.items() if _endless(value)), "")
        message = f"{name or 'a value'} contains itself, or is nested too deep"
        raise _refusal(rules, [_Finding(name, None, None, message)]) from None


def _effective(rules: Rules, given: Mapping[str, Any]) -> dict[str, Any]:
    call = rules.call
    defs: Mapping[str, Schema] = call.get("$defs", {})
    findings = list(_unknown_names(rules, given))
    data = filled(rules, given)
    _check_writable(rules, data)
    for name, prop in call["properties"].items():
        if name in data:
            findings += [_Finding.of(rules, name, one, data[name]) for one in violations(data[name], prop, defs)]
    findings += [_Finding.missing(name) for name in call.get("required", ()) if name not in data]
    if findings:
        raise _refusal(rules, findings)
    return judged_by_class(rules, data)


def _allows_extra(parameters: type[BaseModel]) -> bool:
    return parameters.model_config.get("extra") == "allow"


def _unknown_names(rules: Rules, given: Mapping[str, Any]) -> Iterator[_Finding]:
    known = rules.call["properties"]
    for name in given:
        if name in rules.removed:
            yield _Finding(str(name), None, None, f"{name} is not offered by this model")
        elif name not in known and not rules.call["additionalProperties"]:
            message = f"{name} is not a parameter{near_or_list(name, known)}"
            yield _Finding(str(name), None, None, message, nearest(name, known))


def _prune(value: Any, node: Mapping[str, Any], defs: Mapping[str, Schema]) -> Any:
    """Without explicit Nones under declared keys; free dicts and lists keep theirs."""
    node = _branch(value, resolve(node, defs), defs)
    if isinstance(value, float) and value.is_integer() and _is_whole(node):
        return int(value)  # JSON has one kind of number
    if isinstance(value, dict):
        declared, others = node.get("properties", {}), node.get("additionalProperties")
        rest = others if isinstance(others, dict) else {}
        return {
            key: _prune(inner, declared.get(key, rest), defs)
            for key, inner in value.items()
            if not (inner is None and key in declared)
        }
    if isinstance(value, list) and isinstance(node.get("items"), dict):
        return [_prune(item, node["items"], defs) for item in value]
    return value


def _is_whole(node: Mapping[str, Any]) -> bool:
    kinds = {node.get("type"), *(one.get("type") for one in node.get("anyOf", ()))}
    return "integer" in kinds and "number" not in kinds


def _fill(value: Any, given: Any, node: Mapping[str, Any], defs: Mapping[str, Schema]) -> Any:
    """With the schema's default for every declared key that nobody spoke of."""
    node = _branch(value, resolve(node, defs), defs)
    if not (isinstance(value, dict) and "properties" in node):
        return value
    spoken: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    result = dict(value)
    for key, prop in node["properties"].items():
        if key in result:
            result[key] = _fill(result[key], spoken.get(key), prop, defs)
        elif key not in spoken and prop.get("default") is not None:
            result[key] = deepcopy(prop["default"])
    return result


def _branch(value: Any, node: Mapping[str, Any], defs: Mapping[str, Schema]) -> Mapping[str, Any]:
    """For an object or a list, the branch of a choice that it belongs to: by its tag, or the only one of its kind."""
    branches = node.get("anyOf") or node.get("oneOf")
    if not branches or not isinstance(value, dict | list):
        return node
    inner = [_branch(value, resolve(one, defs), defs) for one in branches]
    kind = "array" if isinstance(value, list) else "object"
    inner = [one for one in inner if one.get("type") == kind]
    if isinstance(value, dict):
        tagged = next((one for one in inner if has_tag(value, one)), None)
        if tagged is not None:
            return tagged
    return inner[0] if len(inner) == 1 else node


def judged_by_class(rules: Rules, data: dict[str, Any]) -> dict[str, Any]:
    """The values as the `Parameters` class reads them from JSON, strictly; its rules between fields too."""
    cls = _class_for(rules, data)
    findings: list[_Finding] = []
    try:
        instance = cls.model_validate_json(to_json(data), strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        findings = [_Finding.from_pydantic(rules, one, data) for one in problems]
    except Exception as error:  # a rule that reckons with a parameter that is absent here; its text may hold a secret
        findings = [_Finding("", None, None, f"a rule of {rules.parameters.__name__} fails: {type(error).__name__}")]
    else:
        dumped = instance.model_dump(mode="json", exclude_unset=True, warnings=False)
        pruned: dict[str, Any] = _prune(dumped, rules.call, rules.call.get("$defs", {}))
        _check_writable(rules, pruned)
        return pruned
    raise _refusal(rules, findings)  # out here: the error that it comes from stays behind


def _check_writable(rules: Rules, data: Mapping[str, Any]) -> None:
    """Every value is JSON that anybody can read."""
    for name, value in data.items():
        if not _finite(value):
            seen = shown(rules, name, value)
            message = f"{name}={quoted(seen)} must be a finite number that JSON can carry"
            raise _refusal(rules, [_Finding(name, seen, None, message)])
        try:
            to_json(value)
        except (PydanticSerializationError, ValueError) as error:
            raise _unwritable(rules, name, value, error) from None


def _class_for(rules: Rules, data: Mapping[str, Any]) -> type[BaseModel]:
    """The class, or a copy of it in which may be absent what the schema does not require."""
    cls, required = rules.parameters, rules.call.get("required", ())
    gone = frozenset(
        name
        for name, info in cls.model_fields.items()
        if info.is_required() and name not in data and name not in required
    )
    return _without(cls, gone) if gone else cls


@lru_cache(256)
def _without(cls: type[BaseModel], gone: frozenset[str]) -> type[BaseModel]:
    fields: dict[str, Any] = dict.fromkeys(gone, (Any, None))
    return create_model(cls.__name__, __base__=cls, **fields)


def _endless(value: Any) -> bool:
    try:
        _finite(value)
    except RecursionError:
        return True
    return False


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return value.bit_length() <= 1024  # beyond, it is no JSON number that anybody reads
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, list | tuple) else True


def shown(rules: Rules, name: str, value: Any) -> Any:
    """The value as a message may quote it: secrets inside are masked."""
    return _masked(value, rules.call["properties"].get(name, {}), rules.call.get("$defs", {}))


def _masked(value: Any, node: Mapping[str, Any], defs: Mapping[str, Schema]) -> Any:
    node = resolve(node, defs)
    if node.get("format") == "password" or node.get("writeOnly"):
        return "***"
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    if isinstance(value, dict):
        fields = [resolve(one, defs).get("properties", {}) for one in (node, *branches)]
        known: dict[str, Any] = {key: prop for one in reversed(fields) for key, prop in one.items()}
        return {key: _masked(inner, known.get(key, {}), defs) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(item, node.get("items", {}), defs) for item in value]
    return value


def _unwritable(rules: Rules, name: str, value: Any, error: Exception) -> ParameterError:
    why = "has characters that UTF-8 cannot carry" if "utf-8" in str(error) else "is no JSON value"
    seen = shown(rules, name, value)
    return _refusal(rules, [_Finding(name, seen, None, f"{name}={quoted(seen)} {why}")])


@dataclass(frozen=True, slots=True)
class _Finding:
    parameter: str
    value: Any
    limit: Any
    message: str
    suggestion: str | None = None

    @classmethod
    def missing(cls, where: str) -> _Finding:
        return cls(where, None, None, f"{where} is missing")

    @classmethod
    def of(cls, rules: Rules, name: str, one: Violation, value: Any) -> _Finding:
        where = ".".join(map(str, (name, *one.path)))
        if one.keyword == "required":
            return cls.missing(where)
        if one.keyword == "additionalProperties":
            return cls(where, None, None, f"{where} is not known{near_or_list(one.path[-1], one.limit)}")
        value = shown(rules, name, value)
        for step in one.path:
            value = cast("Any", value)[step] if isinstance(value, dict | list) else value
        near, hint, message = None, "", one.message
        if one.keyword == "enum":
            words = [str(member) for member in one.limit]
            near = nearest(value, words)
            hint = f"; did you mean {near!r}?" if near else f": {shortened(words)}"
        elif one.keyword == "pattern":
            listed = _listed_words(rules.call["properties"].get(name, {}))
            near = nearest(value, listed)
            if listed:
                message = "is none that is known"
                hint = f"; did you mean {near!r}?" if near else ""
            else:
                hint = f" ({quoted(one.limit, 80)})"
        return cls(where, value, one.limit, f"{where}={quoted(value)} {message}{hint}", near)

    @classmethod
    def from_pydantic(cls, rules: Rules, error: Mapping[str, Any], data: Mapping[str, Any]) -> _Finding:
        """Said in the schema's words where the schema knows the rule, else in the class's own."""
        name = str(error["loc"][0]) if error["loc"] else ""
        prop = rules.call["properties"].get(name)
        if prop is not None and name in data:
            one = next(violations(data[name], prop, rules.call.get("$defs", {})), None)
            if one is not None:
                return cls.of(rules, name, one, data[name])
        where = ".".join(map(str, error["loc"]))
        if error["type"] == "missing":
            return cls.missing(where)
        message = str(error["msg"]).removeprefix("Value error, ")
        if not name:
            return cls("", None, None, message)
        value = shown(rules, name, error["input"])
        return cls(where, value, None, f"{where}={quoted(value)}: {message}")


def _listed_words(prop: Mapping[str, Any]) -> list[str]:
    """The values that a field lists though it takes others too."""
    return [str(one) for branch in prop.get("anyOf", ()) for one in branch.get("enum", ())]


def _refusal(rules: Rules, findings: list[_Finding]) -> ParameterError:
    unique = list({finding.message: finding for finding in findings}.values())
    first = unique[0]
    return ParameterError(
        f"{rules.subject}: " + "; ".join(finding.message for finding in unique),
        parameter=first.parameter or None,
        value=_own(first.value),
        limit=_own(first.limit),
        suggestion=first.suggestion,
        findings=tuple(Finding(one.message, one.parameter or None, _own(one.limit), one.suggestion) for one in unique),
    )


def _own(value: Any) -> Any:
    """A copy for the caller, who may change it: a limit is part of a schema that all share."""
    if isinstance(value, dict):
        return {key: _own(inner) for key, inner in value.items()}
    return [_own(inner) for inner in value] if isinstance(value, list) else value
