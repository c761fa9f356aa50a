"""YAML files become plain data, each parsed once per process and version; a broken one becomes a finding.

Read with libyaml where it is there. Bounds on size, depth and expanded nodes keep a hostile file harmless:
libyaml's composer is recursive and overruns the C stack at some 10⁵ levels, and an alias can stand for
millions of nodes.
"""

from __future__ import annotations

import math
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_FILES = 4096
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_scalars = yaml.constructor.SafeConstructor()
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "tag:yaml.org,2002:null": lambda node: None,
    "tag:yaml.org,2002:bool": _scalars.construct_yaml_bool,
    "tag:yaml.org,2002:int": _scalars.construct_yaml_int,
    "tag:yaml.org,2002:float": _scalars.construct_yaml_float,
    "tag:yaml.org,2002:timestamp": _scalars.construct_yaml_timestamp,
}
_STR, _MAP, _SEQ = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))


class _Loader(_Base):  # type: ignore[misc]  # its base is chosen at run time
    """SafeLoader's reading of plain scalars, with its hooks for path resolvers used to bound the depth.

    libyaml's composer calls itself for each level: some 10³ overrun the stack of a thread.
    """

    depth = 0
    nodes = 0

    def resolve(self, kind: Any, value: str, implicit: tuple[bool, bool]) -> str:
        if kind is not yaml.ScalarNode:
            return _MAP if kind is yaml.MappingNode else _SEQ
        if implicit[0]:
            for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                if pattern.match(value):
                    return str(tag)
        return _STR

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self.depth += 1
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Broken(f"has more than {MAX_NODES:,} values", parent.start_mark)
        if self.depth > MAX_DEPTH:
            raise _Broken(f"is nested more than {MAX_DEPTH} levels deep", parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a card: where (1-based; None when the file as a whole) and what."""

    path: str
    line: int | None
    column: int | None
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f":{self.line}:{self.column}" if self.line is not None else ""
        return f"{self.path}{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file: its data, or what is wrong with it. `version` changes when the file does."""

    path: str
    version: tuple[int, ...]
    data: dict[str, Any] | None
    finding: Finding | None = None


class _Mark(NamedTuple):
    """A place in a text, both from 0, as libyaml counts."""

    line: int
    column: int


class _Broken(Exception):
    def __init__(self, message: str, mark: Any = None) -> None:
        super().__init__(message)
        self.mark = mark


_files: dict[str, Loaded] = {}  # a cache by file version, bounded: no state that a caller could notice
_lock = threading.Lock()


def load(path: str) -> Loaded:
    """The file's data, parsed again only when the file has changed. Never raises."""
    try:
        status = os.stat(path)
    except OSError as error:
        with _lock:
            _files.pop(path, None)
        return Loaded(path, (), None, Finding(path, None, None, _why(error)))
    version = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode, status.st_ctime_ns)
    known = _files.get(path)
    if known is not None and known.version == version:
        return known
    with _lock:
        known = _files.get(path)  # another thread may have read it meanwhile
        if known is None or known.version != version:
            known = _files[path] = _load(path, version, status)
            if len(_files) > MAX_FILES:
                _prune()
    return known


def text_of(path: str) -> str | Finding:
    """A card's text as it stands, within the bounds; or why it cannot be had."""
    try:
        return _text(path, os.stat(path))
    except OSError as error:
        return Finding(path, None, None, _why(error))
    except _Broken as error:
        return _finding(path, "", error)


def parsed(text: str) -> dict[str, Any] | Finding:
    """The data of a text that is in no file yet, or what is wrong with it."""
    try:
        return _data(text)
    except (_Broken, yaml.YAMLError, RecursionError) as error:
        return _finding("", text, error)


def _prune() -> None:
    """Forget files that are gone, then the oldest, until a quarter of the cache is free."""
    for path in [one for one in _files if not os.path.exists(one)]:
        del _files[path]
    for path in list(_files)[: len(_files) - MAX_FILES * 3 // 4]:
        del _files[path]


def place(path: str, keys: tuple[str | int, ...]) -> tuple[int, int, int] | None:
    """(line, column, how many of `keys` are there) of the deepest of `keys` that the file has."""
    try:
        text = _text(path, os.stat(path))
        node = _composed(text)
    except (OSError, _Broken, yaml.YAMLError, RecursionError):
        return None
    mark, depth = getattr(node, "start_mark", None), 0
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == key), None)
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            mark = node.start_mark
        else:
            break
        depth += 1
    return (mark.line + 1, mark.column + 1, depth) if mark else None


def _load(path: str, version: tuple[int, ...], status: os.stat_result) -> Loaded:
    text = ""
    try:
        text = _text(path, status)
        return Loaded(path, version, _data(text))
    except OSError as error:
        return Loaded(path, version, None, Finding(path, None, None, _why(error)))
    except (_Broken, yaml.YAMLError, RecursionError) as error:
        return Loaded(path, version, None, _finding(path, text, error))


def _data(text: str) -> dict[str, Any]:
    node = _composed(text)
    if node is None:
        raise _Broken("is empty; a card has a name and a label", _Mark(0, 0))
    if not isinstance(node, yaml.MappingNode):
        raise _Broken("must be a map of keys (name: …)", node.start_mark)
    data: dict[str, Any] = _Builder().build(node)
    return data


def _finding(path: str, text: str, error: Exception) -> Finding:
    mark = getattr(error, "mark", None) or getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return Finding(path, line, column, _said(error) + _tab(text, mark))


def _text(path: str, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        raise _Broken("is a directory, not a file" if stat.S_ISDIR(status.st_mode) else "is not a regular file")
    if status.st_size > MAX_BYTES:
        raise _Broken(f"has {status.st_size:,} bytes; a card has at most {MAX_BYTES:,}")
    with open(path, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _Broken(f"has more than the {MAX_BYTES:,} bytes that a card may have")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = _Mark(before.count(b"\n"), len(before.rpartition(b"\n")[2].decode("utf-8-sig")))
        raise _Broken(f"is not UTF-8 text (byte {error.start + 1}); save it as UTF-8", place) from None
    if (at := text.find("\0")) >= 0:
        place = _Mark(text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1)
        raise _Broken("is not text (it has NUL characters)", place)
    return text


def _composed(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Builder:
    """Nodes to plain data: SafeLoader's, but with duplicate keys, other tags and endless aliases refused."""

    def __init__(self) -> None:
        self.nodes = 0

    def build(self, node: Any, depth: int = 0, key: Any = None) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Broken(f"stands for more than {MAX_NODES:,} values (aliases?)", node.start_mark)
        if depth > MAX_DEPTH:  # an alias may stand for its own parent
            raise _Broken(f"is nested more than {MAX_DEPTH} levels deep", node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == _STR else self._scalar(node, (key or node).start_mark)
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            return self._map(node, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
            return [self.build(item, depth + 1) for item in node.value]
        raise _Broken(f"tag {_short(node.tag)!r} is not allowed here", node.start_mark)

    def _scalar(self, node: Any, mark: Any) -> Any:
        if node.tag not in _SCALARS:
            raise _Broken(f"tag {_short(node.tag)!r} is not allowed here", node.start_mark)
        try:
            value = _SCALARS[node.tag](node)
        except (ValueError, OverflowError, LookupError, AttributeError) as error:
            why = f": {error}" if isinstance(error, ValueError) else ""
            raise _Broken(f"{node.value[:40]!r} is no {_short(node.tag)}{why}", node.start_mark) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _Broken(f"{node.value[:40]!r} is not a finite number; JSON has no other", mark)
        return value

    def _map(self, node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value
            if not isinstance(key, yaml.ScalarNode) or key.tag != _STR:
                hint = "use extends" if name == "<<" else "put it in quotes"
                shown = f" {name[:40]!r}" if isinstance(name, str) else ""
                raise _Broken(f"key{shown} is not a string; {hint}", key.start_mark)
            if name in result:
                raise _Broken(f"key {name!r} stands twice", key.start_mark)
            result[name] = self.build(value, depth + 1, key)
        return result


def _short(tag: str) -> str:
    return tag.removeprefix("tag:yaml.org,2002:")


def _why(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or type(error).__name__).lower()}"


def _said(error: Exception) -> str:
    if isinstance(error, _Broken):
        return str(error)
    if isinstance(error, RecursionError):
        return f"is nested more than {MAX_DEPTH} levels deep"
    said = " ".join(str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    said = said or str(error).splitlines()[0]
    return said + next((f"; {hint}" for words, hint in _HINTS.items() if words in said), "")


_HINTS = {  # what libyaml says: what it mostly means
    "mapping values are not allowed": "a text with ': ' in it belongs in quotes; keys of one map begin in one column",
    "did not find expected ',' or": "is a bracket still open?",
    "did not find expected key": "the keys of one map begin in one column",
    "block end": "the keys of one map, and the dashes of one list, begin in one column",
    "unexpected end of stream": "is a quotation mark still open?",
    "cannot start any token": "put the text in quotes",
    "could not find expected ':'": "a key is followed by a colon and a space",
    "found undefined alias": "a text that begins with * belongs in quotes",
    "unknown escape character": 'in "double quotes" a backslash stands twice; in single quotes once',
}


def _tab(text: str, mark: Any) -> str:
    """libyaml's marks point at the character that it could not use."""
    lines = text.splitlines()
    if mark is None or mark.line >= len(lines):
        return ""
    return "; YAML allows no tab here" if lines[mark.line][mark.column : mark.column + 1] == "\t" else ""
