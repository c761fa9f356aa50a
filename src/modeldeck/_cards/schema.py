"""The one merge: a class's parameters, a card's voices and overrides become one JSON Schema.

Pure, for every family: it knows no YAML, no class and no file. Two views of one schema come out, the form's
(`parameter_schema`) and the call's, which also has what the form hides, and the hints for the form beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from typing import Any

from modeldeck._cards.check import BOUNDS, KINDS, Violation, article, is_multiple, violations
from modeldeck._cards.form import (
    ANNOTATIONS,
    Schema,
    constants,
    resolve,
    shape_property,
    with_used_defs,
    without_null_values,
)
from modeldeck._near import did_you_mean, near_or_list, quoted, shortened

Path = tuple[str | int, ...]
REPLACING = ("type", "anyOf", "enum", "const")
_KEYWORDS = {*ANNOTATIONS, *REPLACING, *BOUNDS, "items", "hidden"}
_LISTED, _OWN = "Listed", "Own"
_NARROW = "; a card may only narrow"
_PYTHON_ONLY = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?![:=!]|<[=!A-Za-z])|\\[AZz])")


@dataclass(frozen=True)
class Voices:
    """What a card says about voices: (id, label) in its order, which one is preset, and whether others are valid."""

    listed: Sequence[tuple[str, str]] = ()
    default: str | None = None
    custom: bool = False


@dataclass(frozen=True)
class Merged:
    """`form` is what a form shows, `call` what is enforced, `ui` the hints for the form, `base` what was merged."""

    base: Schema
    form: Schema
    call: Schema
    ui: Schema
    removed: frozenset[str] = frozenset()


class MergeError(ValueError):
    """The card does not fit its class: a list of (path inside the card, what is wrong)."""

    def __init__(self, problems: list[tuple[Path, str]]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems


def merge(base: Schema, voices: Voices | None = None, overrides: Mapping[str, Any] | None = None) -> Merged:
    """Merge in order: form-shaped `base`, voices, overrides. Raises MergeError with every problem."""
    work = _Merge(base)
    work.voices(voices or Voices())
    for name, override in (overrides or {}).items():
        work.override(name, override)
    if work.problems:
        raise MergeError(work.problems)
    return work.result(voices or Voices())


class _Merge:
    def __init__(self, base: Schema) -> None:
        self.base = base
        self.defs: dict[str, Schema] = dict(base.get("$defs", {}))
        self.properties: dict[str, Schema] = dict(base["properties"])
        self.required: list[str] = list(base.get("required", ()))
        self.hidden: set[str] = set()
        self.removed: set[str] = set()
        self.problems: list[tuple[Path, str]] = []

    def problem(self, path: Path, message: str) -> None:
        self.problems.append((path, message))

    def result(self, voices: Voices) -> Merged:
        call = self._schema(self.properties)
        if self.removed and call["additionalProperties"]:  # a class that takes any name does not take these
            call["propertyNames"] = {"not": {"enum": sorted(self.removed)}}
        shown = {name: prop for name, prop in self.properties.items() if name not in self.hidden}
        form = self._schema(shown)
        return Merged(self.base, form, call, _hints(form, voices), frozenset(self.removed))

    def _schema(self, properties: dict[str, Schema]) -> Schema:
        root = {key: value for key, value in self.base.items() if key not in {"properties", "required", "$defs"}}
        root["properties"] = properties
        required = [name for name in self.required if name in properties]
        if required:
            root["required"] = required
        return with_used_defs(root, self.defs)

    def _set(self, name: str, prop: Schema) -> None:
        self.properties[name] = prop
        if "default" in prop and name in self.required:
            self.required.remove(name)

    def voices(self, voices: Voices) -> None:
        if not voices.listed and not voices.custom:
            if voices.default is not None:
                self.problem(("default_voice",), "default_voice needs voices, or custom_voices: true")
            return
        if "voice" not in self.properties:
            self.problem(("voices" if voices.listed else "custom_voices",), "this class has no voice parameter")
            return
        if voices.custom and constants(self.properties["voice"]):
            self.problem(("custom_voices",), "this class takes no voices but its own list's")
            return
        ids = [voice for voice, _ in voices.listed]
        base = self.properties["voice"]
        default = voices.default or (ids[0] if ids else None)
        if default is not None and ids and default not in ids and not voices.custom:
            hint = did_you_mean(default, ids)
            self.problem(("default_voice",), f"default_voice {quoted(default)} is not among the voices{hint}")
        for index, voice in enumerate(ids):
            for found in violations(voice, base, self.defs):
                self.problem(("voices", index), f"voice {quoted(voice)} {found.message}")
        notes: Schema = {key: base[key] for key in ("title", "description") if key in base}
        rest = {key: value for key, value in _bare(base).items() if key in BOUNDS}
        choice: Schema = {"anyOf": [{"title": _LISTED, "enum": ids}, {"title": _OWN}]} if ids else {}
        choice = choice if voices.custom else {"enum": ids}
        prop: Schema = {"type": "string", **notes, **rest}
        if default is not None:
            prop["default"] = default
        elif "voice" not in self.required:
            self.required = [name for name in self.properties if name in {*self.required, "voice"}]
        self._set("voice", {**prop, **choice})
        self._inner_voices(choice)

    def _inner_voices(self, choice: Schema) -> None:
        """An object with a `voice` and no `model`, such as one of several speakers, chooses from the same."""
        for name, definition in self.defs.items():
            inner = definition.get("properties", {})
            if "voice" in inner and "model" not in inner:
                self.defs[name] = {**definition, "properties": {**inner, "voice": {**inner["voice"], **choice}}}

    def override(self, name: str, override: Any) -> None:
        path: Path = ("parameter_overrides", name)
        if name not in self.properties:
            known = shortened(self.base["properties"])
            hint = did_you_mean(name, self.base["properties"]) or f"; this class has: {known}"
            self.problem(path, f"no parameter {quoted(name)}{hint}")
        elif override is None:
            del self.properties[name]
            self.removed.add(name)
        elif isinstance(override, dict):
            self._change(path, name, override)
        else:
            self.problem(path, f"must be a map of keywords or null, not {quoted(override)}")

    def _change(self, path: Path, name: str, override: Schema) -> None:
        before = len(self.problems)
        self._check_keywords(path, override)
        if len(self.problems) > before:
            return
        changes = {key: value for key, value in override.items() if key != "hidden"}
        prop = self._merged(path, name, self.properties[name], changes)
        if len(self.problems) == before:
            self._finish(path, name, prop, override)

    def _check_keywords(self, path: Path, override: Schema, inner: bool = False) -> None:
        """Keywords are known and their own values have the right type, in branches too."""
        for keyword, limit in override.items():
            here = (*path, keyword)
            if inner and keyword in ("hidden", "default"):
                self.problem(here, f"{keyword} is for a whole parameter")
            elif keyword not in _KEYWORDS:
                self.problem(here, f"unknown keyword {quoted(keyword)}{near_or_list(keyword, sorted(_KEYWORDS), 30)}")
            elif keyword == "items" and isinstance(limit, dict):
                self._check_keywords(here, limit, inner=True)
            elif keyword == "anyOf" and isinstance(limit, list) and limit:
                for index, branch in enumerate(limit):
                    if isinstance(branch, dict):
                        self._check_keywords((*here, index), branch, inner=True)
                    else:
                        self.problem((*here, index), f"a branch is a map of keywords, not {quoted(branch)}")
            else:
                wrong = _wrong_limit(keyword, limit)
                if wrong:
                    self.problem(here, wrong)

    def _merged(self, path: Path, name: str, base: Schema, changes: Schema) -> Schema:
        if any(key in changes for key in REPLACING):
            return self._replaced(path, name, base, changes)
        prop = deepcopy(base)
        for keyword, limit in changes.items():
            if keyword == "items":
                self._narrow_items(path, name, prop, limit)
            elif keyword not in BOUNDS:
                prop[keyword] = without_null_values(limit) if keyword == "default" else limit
            else:
                targets = list(_targets(prop, BOUNDS[keyword][0]))
                if not targets:
                    self.problem((*path, keyword), f"{keyword} does not apply to {_kind(base)}")
                for target in targets:
                    self._narrow(path, target, keyword, limit)
        return prop

    def _narrow_items(self, path: Path, name: str, prop: Schema, changes: Schema) -> None:
        targets = list(_targets(prop, "array"))
        if not targets:
            self.problem((*path, "items"), f"items does not apply to {_kind(prop)}")
        for target in targets:
            items = dict(resolve(target.get("items", {}), self.defs))
            target["items"] = self._merged((*path, "items"), name, items, changes)

    def _narrow(self, path: Path, target: Schema, keyword: str, limit: Any) -> None:
        old = target.get(keyword)
        twin = _TWINS.get(keyword)
        if old is None and twin in target:
            old, lower = target[twin], keyword.endswith("inimum")
            wider = limit < old if lower else limit > old
        else:
            wider = old is not None and WIDER[keyword](limit, old)
        if wider:
            self.problem((*path, keyword), f"{keyword} {limit} is wider than the class allows ({old}){_NARROW}")
        target[keyword] = limit

    def _replaced(self, path: Path, name: str, base: Schema, changes: Schema) -> Schema:
        """An override that brings its own type or values stands for the field; it may only admit less."""
        prop, _ = shape_property(name, deepcopy(changes), self.defs)
        if "title" not in changes:
            prop.pop("title", None)
        notes = {key: base[key] for key in ANNOTATIONS if key in base and key not in changes}
        kind = prop.get("type", base.get("type"))
        if kind is not None and "anyOf" not in prop:
            prop = {"type": kind, **prop}
        if prop.get("type") == "null" or prop.get("enum", True) == []:
            here = (*path, "enum" if "enum" in prop else "type")
            self.problem(here, "null is no value; `null` alone takes the parameter away")
            return base
        for keyword in _bare(changes):
            if keyword in BOUNDS and not _fits_any(prop, BOUNDS[keyword][0]):
                self.problem((*path, keyword), f"{keyword} does not apply to {_kind(prop)}")
        if "enum" not in prop and "const" not in prop:
            self._inherit_bounds(path, name, prop, base)
        keyword = "enum" if "enum" in prop else "const"
        for value in constants(prop):
            for found in violations(value, base, self.defs):
                self.problem((*path, keyword), f"{quoted(value)} {found.message} (the class's own rule)")
            for found in violations(value, prop, self.defs):
                self.problem((*path, keyword), f"{quoted(value)} {found.message}")
        if "default" in notes and next(violations(notes["default"], prop, self.defs), None):
            del notes["default"]  # the card took the class's default out of the allowed values
        return {**notes, **prop}

    def _inherit_bounds(self, path: Path, name: str, prop: Schema, base: Schema) -> None:
        for branch in prop.get("anyOf", [prop]):
            kind = branch.get("type")
            own = next((one for one in base.get("anyOf", [base]) if _fits(kind, one.get("type"))), None)
            if own is None or "enum" in base or "const" in base:
                if not constants(branch) or any(
                    True for value in constants(branch) for _ in violations(value, base, self.defs)
                ):
                    more = f"{kind or 'this'} is more than the class allows ({_kind(base)}){_NARROW}"
                    self.problem((*path, "type"), more)
                continue
            for keyword, limit in _bare(own).items():
                if keyword == "items" and keyword in branch:
                    inner = dict(resolve(limit, self.defs))
                    branch[keyword] = self._merged((*path, keyword), name, inner, branch[keyword])
                elif keyword in branch and keyword in WIDER:
                    self._narrow(path, {keyword: limit}, keyword, branch[keyword])
                elif keyword != "type":
                    branch.setdefault(keyword, limit)

    def _finish(self, path: Path, name: str, prop: Schema, override: Schema) -> None:
        if "default" in prop and prop["default"] is None:
            del prop["default"]
        if _leaves_nothing(prop):
            self.problem(path, "leaves no value that is allowed")
        if "default" in prop:
            for found in violations(prop["default"], prop, self.defs):
                where = (*path, "default") if "default" in override else path
                self.problem(where, f"default {quoted(prop['default'])} {found.message}{_near(prop, found)}")
        self._set(name, prop)
        if override.get("hidden"):
            if name in self.required:
                self.problem((*path, "hidden"), "a required parameter without a default cannot be hidden")
            self.hidden.add(name)


_LIMIT_KINDS = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), "integer"),
    **dict.fromkeys(("pattern", "title", "description"), "string"),
    **dict.fromkeys(("uniqueItems", "deprecated", "writeOnly", "hidden"), "boolean"),
    **dict.fromkeys(("enum", "anyOf", "examples"), "array"),
    "items": "object",
}
_TWINS = {
    "minimum": "exclusiveMinimum",
    "maximum": "exclusiveMaximum",
    "exclusiveMinimum": "minimum",
    "exclusiveMaximum": "maximum",
}
WIDER: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), lambda new, old: new < old),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), lambda new, old: new > old),
    "multipleOf": lambda new, old: not is_multiple(new, old),
    "pattern": lambda new, old: new != old,
    "uniqueItems": lambda new, old: old and not new,
}


def _bare(prop: Mapping[str, Any]) -> Schema:
    """The keywords that decide, without the notes that a form shows."""
    return {key: value for key, value in prop.items() if key not in ANNOTATIONS}


def _targets(prop: Schema, kind: str) -> Iterator[Schema]:
    """The field, or the branches of its kept `anyOf`, that a keyword for `kind` belongs to."""
    for one in [prop] if "type" in prop else prop.get("anyOf", [prop]):
        if _fits(one.get("type"), kind) or (one.get("type") is None and "enum" in one):
            yield one


def _fits(kind: Any, wanted: Any) -> bool:
    return bool(kind == wanted or (kind == "integer" and wanted == "number"))


def _fits_any(prop: Schema, wanted: str) -> bool:
    branches = prop.get("anyOf", [prop])
    return any(_fits(one.get("type"), wanted) or (one.get("type") is None and constants(one)) for one in branches)


def _wrong_limit(keyword: str, limit: Any) -> str | None:
    """What is wrong with a keyword's own value."""
    wanted = _LIMIT_KINDS.get(keyword)
    if wanted and (not KINDS[wanted](limit) or (wanted == "number" and not isfinite(limit))):
        return f"{keyword} must be {article(wanted)}, not {quoted(limit)}"
    if keyword in ("enum", "anyOf") and not limit:
        return f"{keyword} must have something in it"
    if keyword in ("minLength", "maxLength", "minItems", "maxItems") and limit < 0:
        return f"{keyword} must not be negative"
    if keyword == "multipleOf" and limit <= 0:
        return "multipleOf must be above 0"
    if keyword == "type" and (not isinstance(limit, str) or limit not in KINDS):
        return f"no JSON type: {quoted(limit)}{did_you_mean(limit, KINDS)}"
    if keyword == "pattern":
        try:
            re.compile(limit)
        except re.error as error:
            return f"no regular expression: {error}"
        if _PYTHON_ONLY.search(limit):
            return "browsers cannot read this regular expression (Python's own group or anchor)"
    return None


def _leaves_nothing(prop: Schema) -> bool:
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        if low in prop and high in prop and prop[low] > prop[high]:
            return True
    for low, high in (
        ("exclusiveMinimum", "maximum"),
        ("minimum", "exclusiveMaximum"),
        ("exclusiveMinimum", "exclusiveMaximum"),
    ):
        if low in prop and high in prop and prop[low] >= prop[high]:
            return True
    return False


def _kind(prop: Mapping[str, Any]) -> str:
    if "type" in prop:
        return str(prop["type"])
    return "anyOf" if "anyOf" in prop else "this field"


def _near(prop: Schema, found: Violation) -> str:
    return did_you_mean(prop.get("default"), [str(one) for one in found.limit]) if found.keyword == "enum" else ""


def _hints(form: Schema, voices: Voices) -> Schema:
    """`ui_schema` as react-jsonschema-form reads it."""
    hints: Schema = {"ui:order": list(form["properties"])}
    for name, prop in form["properties"].items():
        if prop.get("format") == "password":
            hints[name] = {"ui:widget": "password"}
        elif prop.get("type") in ("integer", "number") and "minimum" in prop and "maximum" in prop:
            hints[name] = {"ui:widget": "range"}
    voice = form["properties"].get("voice", {})
    labels = {one: label for one, label in voices.listed if label != one}
    if labels and "enum" in voice:
        hints["voice"] = {"ui:enumNames": [labels.get(one, one) for one in voice["enum"]]}
    elif labels and voice.get("anyOf", [{}])[0].get("title") == _LISTED:
        names = [labels.get(one, one) for one in voice["anyOf"][0]["enum"]]
        hints["voice"] = {"anyOf": [{"ui:enumNames": names}, {}]}
    return hints
