"""One form for a card's YAML text: its keys in order, a voice a line, short values on one line, every comment kept.

Works on the parser's events and the text between them, so that quotes, anchors and comments stay as they were written.
A comment above a key belongs to that key and goes with it, which round-trip loaders cannot say: they tie it to the key
before. What comes out is read again, and refused if it says anything else than what went in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from modeldeck._cards.load import Finding, parsed

WIDTH = 120
_BREAKS_FLOW = frozenset(",[]{}?")
Kind = Literal["scalar", "map", "seq"]
_NONE: frozenset[str] = frozenset()
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FormatError(ValueError):
    """The text cannot be put in order, and why; `line` and `column` from 1 where they are known."""

    def __init__(self, message: str, line: int | None = 1, column: int | None = 1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass
class _Comment:
    index: int
    line: int
    column: int
    own: bool  # alone on its line
    text: str


@dataclass
class _Node:
    """A value as it was written. `raw`: to be kept as it is, for it holds a comment or has lines of its own."""

    kind: Kind
    line: int
    column: int
    start: int
    end: int = 0
    last: int = 0  # the line it ends on
    head: str = ""  # its anchor and tag
    text: str = ""  # of a scalar or alias
    name: str = ""  # what a scalar stands for
    flow: bool = True
    raw: str | None = None
    entries: list[_Entry] = field(default_factory=list["_Entry"])


@dataclass
class _Entry:
    """A child of a map or list, with the comments above it, behind it, and at the end of what is in it."""

    key: _Node | None
    value: _Node
    lead: list[str] = field(default_factory=list[str])
    trail: str = ""
    tail: list[str] = field(default_factory=list[str])

    @property
    def first(self) -> _Node:
        return self.key or self.value


def formatted(text: str, order: Sequence[str], *, lists: Sequence[str] = (), maps: Sequence[str] = ()) -> str:
    """The card in its one form. Raises FormatError where that would change what it says.

    `order`: the keys of the card; others come last. `lists`: keys whose items stand one a line as soon as one is a map.
    `maps`: keys whose entries stand one a line.
    """
    before = parsed(text)
    if isinstance(before, Finding):
        raise FormatError(before.message, before.line, before.column)
    comments = list(_comments(text))
    root = _tree(text)
    whose = _Comments(comments)
    whose.attach(root, len(text), text)
    tail = whose.before(len(text) + 1)
    rank = {key: index for index, key in enumerate(order)}
    if root.entries:
        header, root.entries[0].lead = root.entries[0].lead, []
        root.entries.sort(key=lambda entry: rank.get(entry.first.name, len(rank)))
        root.entries[0].lead = header + root.entries[0].lead
    lines = [*_block(root, "", frozenset(lists), frozenset(maps)), *tail]
    made = "\n".join(lines) + "\n"
    if parsed(made) != before or _texts(_comments(made)) != _texts(comments):
        raise FormatError("cannot be put in order without changing what it says (anchors, aliases, indentation?)")
    return made


def _texts(comments: Iterable[_Comment]) -> list[str]:
    return sorted(one.text for one in comments)


# -- the text as a tree


def _tree(text: str) -> _Node:
    events = _events(text)
    for event in events:
        if isinstance(event, yaml.MappingStartEvent):
            return _read(event, events, text)
    raise FormatError("must be a map of keys")


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_Loader))


def _read(event: Any, events: Iterator[Any], text: str) -> _Node:
    start, end = event.start_mark, event.end_mark
    node = _Node("scalar", start.line, start.column, start.index, end.index, end.line)
    match event:
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            node.kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
            node.flow = bool(event.flow_style)
            node.head = _head(event)
            for inner in events:
                if type(inner) in _ENDS:
                    node.end, node.last = inner.end_mark.index, inner.end_mark.line
                    break
                key = _read(inner, events, text) if node.kind == "map" else None
                node.entries.append(_Entry(key, _read(next(events) if key else inner, events, text)))
        case _:
            node.text = text[start.index : end.index] or "null"
            node.name = getattr(event, "value", "")
            plain = isinstance(event, yaml.ScalarEvent) and not event.style and not _head(event)
            if "\n" in node.text.rstrip("\n"):
                node.raw = node.text.rstrip("\n")
                if plain:  # folded over lines
                    node.raw, node.text = None, json.dumps(event.value, ensure_ascii=False)
            elif plain and (_BREAKS_FLOW & set(node.text) or ":" in (node.text[0], node.text[-1])):
                node.flow = False
    return node


def _head(event: Any) -> str:
    if getattr(event, "tag", None):
        mark = event.start_mark
        raise FormatError(f"has a tag ({event.tag}), which a card never needs", mark.line + 1, mark.column + 1)
    return f"&{event.anchor} " if event.anchor and not isinstance(event, yaml.AliasEvent) else ""


def _span(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _comments(text: str) -> Iterator[_Comment]:
    """Every comment: what begins with # outside of the scalars."""
    spans = [_span(event) for event in _events(text) if isinstance(event, yaml.ScalarEvent)]
    at, skip = 0, 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        for column, character in enumerate(line):
            index = at + column
            while skip < len(spans) and spans[skip][1] <= index:
                skip += 1
            inside = skip < len(spans) and spans[skip][0] <= index
            if character == "#" and not inside and (column == 0 or line[column - 1].isspace()):
                yield _Comment(index, number, column, not line[:column].strip(), line[column:].strip())
                break
        at += len(line)


# -- whose comments


class _Comments:
    """The comments of a text, each given out once, in their order."""

    def __init__(self, comments: Sequence[_Comment]) -> None:
        self.waiting = list(reversed(comments))

    def before(self, end: int, *, line: int | None = None, right_of: int = -1) -> list[str]:
        """The next ones before `end`, as long as they stand on `line` and right of a column."""
        taken: list[str] = []
        while self.waiting:
            one = self.waiting[-1]
            if one.index >= end or line not in (None, one.line) or one.column <= right_of:
                break
            taken.append(self.waiting.pop().text)
        return taken

    def attach(self, node: _Node, limit: int, text: str) -> None:
        """Give each comment before `limit` to the entry that it is about."""
        for index, entry in enumerate(node.entries):
            after = node.entries[index + 1].first.start if index + 1 < len(node.entries) else limit
            value, inside = entry.value, entry.value.entries
            entry.lead = self.before(entry.first.start)
            if inside and not value.flow:
                entry.trail = " ".join(self.before(inside[0].first.start, line=entry.first.line))
                self.attach(value, after, text)
                entry.tail = self.before(after, right_of=entry.first.column)
            else:
                if self.before(value.end):
                    value.raw = text[value.start : value.end]
                entry.trail = " ".join(self.before(after, line=value.last))


# -- the tree as text


def _block(
    node: _Node, indent: str, lists: frozenset[str], maps: frozenset[str], *, long: bool = False
) -> Iterator[str]:
    """An entry a line or more; with `long`, one line each, however long, unless a list in it would fill two."""
    for entry in node.entries:
        yield from (indent + comment for comment in entry.lead)
        one_line = long and _is_flow(entry.value) and not any(map(_is_wide, entry.value.entries))
        lines = [f"{indent}- {_flow(entry.value)}"] if one_line else list(_entry(entry, indent, lists, maps))
        if entry.trail:
            at = 0 if len(lines) > 1 and entry.value.raw is None and not lines[0].endswith("[") else -1
            lines[at] = f"{lines[at]}  {entry.trail}"
        yield from lines
        yield from (f"{indent}  {comment}" for comment in entry.tail)


def _entry(entry: _Entry, indent: str, lists: frozenset[str], maps: frozenset[str]) -> Iterator[str]:
    value, name = entry.value, entry.first.name
    start, head = f"{indent}{entry.key.text}:" if entry.key else f"{indent}-", f" {value.head}".rstrip()
    inner = f"{indent}  "
    if value.raw is not None or value.kind == "scalar":
        yield f"{start} {value.raw if value.raw is not None else value.text}"
    elif name in lists and value.kind == "seq" and any(one.value.kind != "scalar" for one in value.entries):
        yield start + head
        yield from _block(value, inner, _NONE, _NONE, long=True)
    elif _is_flow(value) and (not value.entries or name not in maps) and len(f"{start} {_flow(value)}") <= WIDTH:
        yield f"{start} {_flow(value)}"
    elif value.kind == "seq" and _is_flow(value) and all(one.value.kind == "scalar" for one in value.entries):
        yield f"{start}{head} ["
        yield from _filled([_flow(one.value) for one in value.entries], inner)
        yield f"{indent}]"
    elif entry.key is None and value.kind == "map" and not head and not value.entries[0].lead:
        first, *rest = _block(value, inner, _NONE, _NONE)
        yield from (f"{start} {first.lstrip(' ')}", *rest)
    else:
        yield start + head
        yield from _block(value, inner, _NONE, _NONE)


def _is_flow(node: _Node) -> bool:
    """It can stand on one line: nothing in it has a comment or lines of its own."""
    return node.raw is None and not any(
        one.lead or one.trail or one.tail or not _is_flow(one.value) for one in node.entries
    )


def _is_wide(entry: _Entry) -> bool:
    return entry.value.kind == "seq" and len(_flow(entry.value)) > 2 * WIDTH


def _flow(node: _Node) -> str:
    match node.kind:
        case "map":
            return node.head + "{" + ", ".join(f"{_flow(one.first)}: {_flow(one.value)}" for one in node.entries) + "}"
        case "seq":
            return node.head + "[" + ", ".join(_flow(one.value) for one in node.entries) + "]"
        case "scalar":
            return node.text if node.flow else json.dumps(node.text, ensure_ascii=False)


def _filled(items: Sequence[str], indent: str) -> Iterator[str]:
    line = indent
    for item in items:
        if len(line) + len(item) + 1 > WIDTH and line.strip():
            yield line.rstrip(" ")
            line = indent
        line += f"{item}, "
    yield line.rstrip(" ")
