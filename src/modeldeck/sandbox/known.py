"""Which emulators there are: those of modeldeck's own providers, and what packages install."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from modeldeck.sandbox import emulators as shipped

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from modeldeck.sandbox.box import Box

ENTRY_POINTS = "modeldeck.emulators"
_NEEDED = ("routes", "environment", "about")
T = TypeVar("T")


class Emulator(Protocol):
    """A module `emulators/<provider>.py`, or one that a package names in the entry point `modeldeck.emulators`."""

    def routes(self, box: Box) -> list[BaseRoute]:
        """What is served."""
        ...

    def environment(self, url: str) -> dict[str, str]:
        """The variables that point credentials and official SDKs here, and a key that is good here."""
        ...

    def about(self, url: str) -> list[str]:
        """Lines for people: the wires, and how to point at them what reads no variable."""
        ...


class Emulators:
    """By provider. What is wrong with one that a package installs is in `problems`, by name; the others serve on.

    `given`: the ones to take in the place of all that there are; what they raise is raised.
    """

    def __init__(self, given: Mapping[str, Emulator] | None = None) -> None:
        self.problems: list[str] = []
        self._foreign: dict[str, str] = {}
        self.by_name: dict[str, Emulator] = dict(given) if given is not None else _shipped()
        if given is None:
            for point in entry_points(group=ENTRY_POINTS):
                self._add(point)

    def each(self, ask: Callable[[Emulator], T]) -> Iterable[T]:
        """What each says; who raises is reported and left out from then on."""
        for name, emulator in list(self.by_name.items()):
            try:
                found = ask(emulator)
            except Exception as error:
                if name not in self._foreign:
                    raise
                self._report(self._foreign[name], error)
                del self.by_name[name]
            else:
                yield found

    def _add(self, point: EntryPoint) -> None:
        package = point.dist.name if point.dist else "?"
        place = f"{package}: entry point {point.name} = {point.value}"
        try:
            found: Any = point.load()
            if missing := [name for name in _NEEDED if not callable(getattr(found, name, None))]:
                raise TypeError(f"an emulator is a module with routes, environment and about; {missing[0]} is missing")
            if point.name in self.by_name:
                raise ValueError(f"there is an emulator of that name already: {self.by_name[point.name]!r}")
        except (Exception, SystemExit) as error:  # whatever a third party's import raises
            self._report(place, error)
            return
        self.by_name[point.name] = found
        self._foreign[point.name] = place

    def _report(self, place: str, error: BaseException) -> None:
        self.problems.append(f"{place}: {type(error).__name__}: {error}")


def known_emulators() -> dict[str, Emulator]:
    """By provider, without those that cannot be had."""
    return Emulators().by_name


def _shipped() -> dict[str, Emulator]:
    names = sorted(module.name for module in iter_modules(shipped.__path__))
    return {name: cast("Emulator", import_module(f"{shipped.__name__}.{name}")) for name in names}
