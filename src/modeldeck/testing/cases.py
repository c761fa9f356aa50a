"""Which cases a check of the kit has: said beside it, worked out for each suite when pytest collects it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from modeldeck.testing.expectations import Column
from modeldeck.testing.rows import Row, ways
from modeldeck.tts import TTSModelCard

if TYPE_CHECKING:
    from modeldeck.testing.suite import Suite

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "modeldeck_cases"


@dataclass(frozen=True)
class Cases:
    """`names`: of arguments, separated by blanks. `make`: their values, one or a tuple a case. `needs`: what a provider
    lacks where there are none."""

    names: str
    make: Callable[[Any], Iterable[Any]]
    needs: str


def over(names: str, make: Callable[[Suite], Iterable[Any]], needs: str = "") -> Callable[[F], F]:
    """One test for each of the values that `make` finds for a suite; several multiply."""

    def marked(function: F) -> F:
        function.__dict__.setdefault(_MARK, []).append(Cases(names, make, needs))
        return check(function)

    return marked


def check(function: F) -> F:
    """A test of the kit, which runs whatever pytest-asyncio's mode is."""
    known = any(mark.name == "asyncio" for mark in getattr(function, "pytestmark", ()))
    if not iscoroutinefunction(function) or known:
        return function
    marked: F = pytest.mark.asyncio(loop_scope="function")(function)
    return marked


def generate(suite: Suite, metafunc: pytest.Metafunc) -> None:
    for cases in getattr(metafunc.function, _MARK, ()):
        values = list(cases.make(suite))
        names = cases.names.split()
        if not values:
            reason = f"{suite.provider} has nothing for it: {cases.needs}"
            nothing = [None] * len(names) if len(names) > 1 else None
            skipped = pytest.param(*(nothing or [None]), marks=pytest.mark.skip(reason=reason), id="none")
            metafunc.parametrize(",".join(names), [skipped])
            continue
        metafunc.parametrize(",".join(names), values, ids=[_id(value) for value in values])


def _id(value: Any) -> str:
    match value:
        case tuple() | list():
            return "-".join(map(_id, value))
        case Row():
            return value.id
        case Column():
            return value.id.replace(" ", "-")
        case TTSModelCard():
            return f"{value.model_type}-{value.name.replace('/', '-')}"
        case type():
            return value.__name__
        case _ if callable(value):
            return str(value.__name__)
    return str(value)


def cells(suite: Suite) -> list[tuple[Any, ...]]:
    """Every row in each way that it is used."""
    return [(row, way) for row in suite.table for way in ways(row)]


REALTIME = "no class of it takes text while it speaks"
each_row = over("row", lambda suite: suite.table, "no class of it has a card")
each_realtime_row = over("row", lambda suite: [row for row in suite.table if row.pushes], REALTIME)
each_cell = over("row way", cells, "no class of it has a card")
