"""The cards of a class: which files count, what they inherit, which are left out and why.

A deck is built once per (class, files, versions); listing it again costs a `stat` per path and a copy per card.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from modeldeck._cards import locate
from modeldeck._cards.load import Finding, Loaded, load, place
from modeldeck._near import did_you_mean
from modeldeck._warn import warn
from modeldeck.errors import CardError, CardWarning

CARD_TYPES = ("tts_model", "chat_model", "embedding_model", "asr_model", "realtime_model")
MAX_DECKS = 32  # of one class: folders that somebody names come and go
_ORDER = {"active": 0, "deprecated": 1, "sunset": 2}


class Card(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def status(self) -> str: ...


C = TypeVar("C", bound=Card)
Problems = list[tuple[tuple[str | int, ...], str]]


class CardProblems(ValueError):
    """What is wrong with one card: (path of keys, message) each."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems


@dataclass(frozen=True)
class Owner(Generic[C]):
    """The class whose cards these are, as far as its deck must know it.

    `modules`: module names under which an operator's `<provider>/<module>/` folder may hold cards for it.
    `realtime(value)`: does this class list such a card (None: the card does not say)? `siblings()`: the classes that
    share its credential. `build(data, path)`: checked data to a card, or CardProblems. `copy`: a card of one's own.
    """

    cls: type
    family: str
    provider: str
    modules: Sequence[str]
    realtime: Callable[[bool | None], bool]
    siblings: Callable[[], Iterable[Owner[C]]]
    build: Callable[[dict[str, Any], str], C]
    copy: Callable[[C], C]
    decks: dict[Any, _Known] = field(default_factory=dict[Any, Any], repr=False)  # a cache, see above

    def cards(self, custom_dir: str | os.PathLike[str] | None, strict: bool) -> list[C]:
        """Copies of the class's cards in their order; warns of, or with `strict` raises, what was left out."""
        deck = self.deck(custom_dir)
        if deck.findings:
            _tell(deck.findings, strict, self.provider)
        return [self.copy(card) for card in deck.cards]

    def deck(self, custom_dir: str | os.PathLike[str] | None = None) -> Deck[C]:
        """The class's deck as the files stand now. Raises CardError when `custom_dir` is no folder."""
        key = os.environ.get(locate.ENVIRONMENT) if custom_dir is None else (os.fspath(custom_dir),)
        with _lock:
            known = self.decks.pop(key, None)
            if known is not None:
                self.decks[key] = known  # the last one used is the last
        if known is None or not known.holds():
            watch = _Watch()  # no lock while it is read, which may import: two threads may do the same work
            made = _read(self, None if custom_dir is None else os.fspath(custom_dir), watch)
            known = watch.known(made)
            if watch.complete:
                self._keep(key, known)
        deck: Deck[C] = known.deck
        return deck

    def _keep(self, key: Any, known: _Known) -> None:
        with _lock:
            self.decks[key] = known
            while len(self.decks) > MAX_DECKS:
                del self.decks[next(iter(self.decks))]


@dataclass(frozen=True)
class Deck(Generic[C]):
    cards: tuple[C, ...]
    by_name: Mapping[str, C]
    findings: tuple[Finding, ...]


_TICK = 50_000_000  # ns; file systems stamp folders with a clock of up to 10 ms
_version = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


@dataclass(frozen=True, slots=True)
class _Known:
    """A deck, and what it was made of: the paths that were there with their versions, and those that were not."""

    deck: Deck[Any]
    there: tuple[tuple[str, tuple[int, ...]], ...]
    absent: tuple[str, ...]

    def holds(self) -> bool:
        try:
            for path, version in self.there:
                if _version(os.stat(path)) != version:
                    return False
        except OSError:
            return False
        return not any(os.access(path, os.F_OK) for path in self.absent)


_lock = threading.Lock()  # of every `Owner.decks`; nothing is read or imported under it


def _tell(findings: Iterable[Finding], strict: bool, provider: str) -> None:
    if strict:
        raise CardError("\n".join(map(str, findings)), provider=provider or None)
    for finding in findings:
        warn(CardWarning(str(finding)))


class _Watch:
    """Remembers every path that a deck depends on, as it was before it was looked at."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[int, ...]] = {}
        self.absent: list[str] = []
        self.complete = True

    def path(self, path: str) -> str:
        try:
            status = os.stat(path)
        except OSError:
            self.absent.append(path)
            return path
        version: tuple[int, ...] = _version(status)
        if stat.S_ISDIR(status.st_mode) and time.time_ns() - status.st_mtime_ns < _TICK:
            version = ()  # the next file could come without a new time: look again
        self.there.setdefault(path, version)
        return path

    def known(self, deck: Deck[Any]) -> _Known:
        return _Known(deck, tuple(self.there.items()), tuple(self.absent))

    def files(self, folder: str) -> list[Loaded]:
        return [load(self.path(path)) for path in locate.card_files(self.path(folder))]


def _read(owner: Owner[C], custom_dir: str | None, watch: _Watch) -> Deck[C]:
    folders, missing = _folders(owner, custom_dir, watch)
    files: list[list[Loaded]] = []
    for folder in folders:
        try:
            files.append(watch.files(folder))
        except OSError as error:
            if custom_dir is not None:
                raise CardError(f"{folder}: no folder of cards ({error.strerror})") from None
            missing = (*missing, Finding(folder, None, None, f"cannot be listed: {error.strerror}", "warning"))
    bases: list[Loaded] = []
    if custom_dir is not None and any("extends" in (one.data or ()) for loaded in files for one in loaded):
        shipped = locate.shipped_folder(owner.cls)
        bases = watch.files(shipped) if shipped else []
    return _build(owner, files, missing, _by_name(bases), custom_dir is not None)


def _folders(owner: Owner[Any], custom_dir: str | None, watch: _Watch) -> tuple[list[str], tuple[Finding, ...]]:
    if custom_dir is not None:
        return [_overlay(owner, custom_dir, watch) or custom_dir], ()
    shipped = locate.shipped_folder(owner.cls)
    watch.complete = shipped is not None  # else it may appear anywhere
    folders = [shipped] if shipped else []
    missing: tuple[Finding, ...] = ()
    for directory in locate.overlay_directories():
        if not os.path.isdir(watch.path(directory)):
            message = f"is no directory ({locate.ENVIRONMENT} names it)"
            missing = (*missing, Finding(directory, None, None, message, "warning"))
            continue
        for path in locate.card_files(directory):
            message = f"nothing reads it: {locate.ENVIRONMENT} holds <provider>/<module>/*.yaml"
            missing = (*missing, Finding(path, 1, 1, message, "warning"))
        if folder := _overlay(owner, directory, watch):
            folders.append(folder)
    return folders, missing


def _overlay(owner: Owner[Any], directory: str, watch: _Watch) -> str | None:
    """`directory/<provider>/<module>`, the first that is there."""
    for folder in locate.overlay_folders(directory, owner.provider, owner.modules):
        if os.path.isdir(watch.path(folder)):
            return folder
    return None


def _build(
    owner: Owner[C],
    files: Sequence[list[Loaded]],
    missing: tuple[Finding, ...],
    shipped: Mapping[str, Loaded],
    custom: bool,
) -> Deck[C]:
    findings = list(missing)
    cards: dict[str, C] = {}
    for loaded in files:
        here = _by_name(loaded)
        seen: dict[str, str] = {}
        for one in loaded:
            made = _made(owner, one, here, shipped, custom)
            if isinstance(made, list):
                findings += made
            elif made.name in seen:
                message = f"name {made.name!r} is taken by {Path(seen[made.name]).name}"
                findings += _placed([one.path], [(("name",), message)])
            else:
                seen[made.name] = one.path
                cards[made.name] = made
        shipped = {**shipped, **here}
    ordered = sorted(cards.values(), key=order)
    return Deck(tuple(ordered), {card.name: card for card in ordered}, tuple(findings))


def _made(
    owner: Owner[C], one: Loaded, here: Mapping[str, Loaded], shipped: Mapping[str, Loaded], custom: bool
) -> C | list[Finding]:
    """The file's card; or why there is none, nothing when it is another class's business."""
    if one.data is None:
        return [one.finding] if one.finding else []
    sources = [one.path]
    try:
        data, sources = _inherit(one, here, shipped)
        refused = _not_ours(owner, data, one.path, custom)
        return owner.build(data, one.path) if refused is None else refused
    except CardProblems as error:
        return _placed(sources, error.problems)


def one_card(path: str, build: Callable[[dict[str, Any], str], C]) -> C | list[Finding]:
    """The card of one file, which may extend another of its folder; or what is wrong with it."""
    loaded = load(path)
    if loaded.data is None:
        return [loaded.finding] if loaded.finding else []
    sources = [path]
    try:
        folder = os.path.dirname(path) or os.curdir
        beside = [load(one) for one in locate.card_files(folder)] if "extends" in loaded.data else []
        data, sources = _inherit(loaded, _by_name(beside), {})
        return build(data, path)
    except CardProblems as error:
        return _placed(sources, error.problems)


def order(card: Card) -> tuple[int, str, str]:
    """Active, deprecated, sunset; then by label, then by name."""
    return _ORDER.get(card.status, 0), card.label, card.name


def _by_name(files: Iterable[Loaded]) -> dict[str, Loaded]:
    named: dict[str, Loaded] = {}
    for one in files:
        name = one.data.get("name") if one.data else None
        if isinstance(name, str):
            named.setdefault(name, one)
    return named


def _inherit(
    one: Loaded, here: Mapping[str, Loaded], shipped: Mapping[str, Loaded]
) -> tuple[dict[str, Any], list[str]]:
    """The file's data over that of the card it extends, and the files that it came from."""
    chain = [one]
    while chain[-1].data and "extends" in chain[-1].data:
        wanted = chain[-1].data["extends"]
        if not isinstance(wanted, str):
            raise CardProblems([(("extends",), f"extends must be the name of a card, not {wanted!r}")])
        base = here.get(wanted)
        if base is None or base.path == chain[-1].path:  # an operator's card may extend the one it replaces
            base = shipped.get(wanted) if base is None or shipped.get(wanted) is not base else None
        if base is None or base.data is None:
            own = here.get(wanted) is not None and here[wanted].path == chain[-1].path
            why = "a card cannot extend itself" if own else f"no card {wanted!r} to extend"
            hint = "" if own else did_you_mean(wanted, {*here, *shipped})
            raise CardProblems([(("extends",), f"{why}{hint}")])
        if base.path in (link.path for link in chain):
            names = " -> ".join(str((link.data or {}).get("name")) for link in [*chain, base])
            raise CardProblems([(("extends",), f"extends goes in a circle: {names}")])
        chain.append(base)
    merged: dict[str, Any] = {}
    for link in reversed(chain):
        merged = _over(merged, {key: value for key, value in (link.data or {}).items() if key != "extends"})
    return merged, [link.path for link in chain]


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Maps merge per key, everything else replaces."""
    merged = dict(base)
    for key, value in own.items():
        old = merged.get(key)
        merged[key] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _not_ours(owner: Owner[Any], data: Mapping[str, Any], path: str, custom: bool) -> list[Finding] | None:
    """None: the class lists this card. Else why not; nothing when it is another class's business."""
    kind = data.get("type")
    if kind is not None and kind != owner.family:
        if kind in CARD_TYPES:
            return []
        message = f"type {kind!r} is no family of models{did_you_mean(kind, CARD_TYPES)}"
        return _placed([path], [(("type",), message)])
    realtime = data.get("realtime")
    if not isinstance(realtime, bool | None) or owner.realtime(realtime):
        return None
    taker = next((one for one in owner.siblings() if one.cls is not owner.cls and one.realtime(realtime)), None)
    if taker is not None and not custom and os.path.dirname(path) in _folders(taker, None, _Watch())[0]:
        return []
    name = f"{taker.cls.__name__} would take it" if taker else "no class of this provider takes it"
    message = f"realtime: {str(realtime).lower()} is not for {owner.cls.__name__}; {name}"
    return _placed([path], [(("realtime",), message)], "warning")


def _placed(paths: Sequence[str], problems: Problems, severity: Any = "error") -> list[Finding]:
    """Findings with the line and column of the file, of those it was made from, that says most about the key."""
    findings: list[Finding] = []
    for keys, message in problems:
        places = [(path, place(path, keys)) for path in paths]
        path, best = max(places, key=lambda item: item[1][2] if item[1] else -1)
        line, column = best[:2] if best else (None, None)
        findings.append(Finding(path, line, column, message, severity))
    return findings
