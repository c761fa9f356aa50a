"""What must be true afterwards: every sample in its place, and nothing left."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import warnings
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import (
    check_last,
    check_offsets,
    check_order,
    check_rate,
    check_sizes,
    counted,
    expect,
    numbers,
)
from modeldeck.testing.rows import SENTENCES, Row, Way, session
from modeldeck.tts import TTSResponse

_HOUSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_THE_CLIENT = tuple(os.path.join(_HOUSE, name) for name in ("sandbox", "testing"))
PATIENCE = 10.0  # seconds until nobody is connected any more
_DESCRIPTORS = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"


def units(row: Row, way: Way, sentences: Sequence[str] = SENTENCES, *, piecewise: bool = False) -> list[int]:
    """Samples of each request that speaks `sentences`; `piecewise`: of each sentence anyway."""
    if piecewise or (row.sentences and way is session):
        return [row.samples(sentence) for sentence in sentences]
    return [row.samples("".join(sentences))]


def check_whole(
    row: Row,
    way: Way,
    parts: Sequence[TTSResponse],
    sentences: Sequence[str] = SENTENCES,
    *,
    used: bool | None = False,
) -> None:
    """All of it, in order, once, at the rate that is said; the last response says that it is the last."""
    __tracebackhide__ = True
    found, expected = numbers(parts), units(row, way, sentences)
    check_order(row, found, expected, used=used)
    expect(len(found) == sum(expected), counted(row, len(found), sum(expected)))
    check_last(row, parts)
    check_offsets(row, parts)
    check_rate(row, parts)
    check_sizes(row, parts)


def descriptors() -> Counter[str]:
    """Open ones of this process, by what they are; nothing where nobody can tell."""
    found: Counter[str] = Counter()
    for name in os.listdir(_DESCRIPTORS) if os.path.isdir(_DESCRIPTORS) else ():
        try:
            found[os.readlink(f"{_DESCRIPTORS}/{name}").partition(":[")[0]] += 1
        except OSError:  # the folder's own descriptor
            continue
    return found


def code_of(task: asyncio.Task[Any]) -> str:
    """The file of what it runs."""
    code = getattr(task.get_coro(), "cr_code", None) or getattr(task.get_coro(), "ag_code", None)
    return code.co_filename if code is not None else ""


def our_tasks(others: Sequence[str] = ()) -> list[asyncio.Task[Any]]:
    """Tasks of modeldeck's and of the `others` (folders of a provider's package), the sandbox's apart."""
    found: list[asyncio.Task[Any]] = []
    for task in asyncio.all_tasks():
        file = code_of(task)
        if file.startswith((_HOUSE, *others)) and not file.startswith(_NOT_THE_CLIENT):
            found.append(task)
    return found


async def quiet(box: Sandbox, before: set[asyncio.Task[Any]]) -> None:
    """Until the sandbox has nobody connected any more, and has noticed."""
    for peer in list(box._peers):
        await peer.lost.wait()
    if rest := asyncio.all_tasks() - before:
        await asyncio.wait(rest)


def what_is_there() -> tuple[Counter[str], set[asyncio.Task[Any]], list[str]]:
    """Descriptors, tasks, threads; the loop's own for looking up names are not counted."""
    threads = [one.name for one in threading.enumerate() if not one.name.startswith("asyncio_")]
    return descriptors(), asyncio.all_tasks(), threads


@asynccontextmanager
async def nothing_left(box: Sandbox, others: Sequence[str] = ()) -> AsyncGenerator[None]:
    """Around the life of a transport: no task, descriptor or thread stays. `others`: as of `our_tasks`."""
    __tracebackhide__ = True
    before = what_is_there()
    with unclosed() as dropped:
        yield
    expect(not dropped, f"{'; '.join(dropped)}: close in `finally` what you open, also when the call is cancelled")
    left = our_tasks(others)
    expect(left == [], f"{_tasks(left)} still run when the transport is closed: {_CANCEL}")
    try:
        async with asyncio.timeout(PATIENCE):
            await quiet(box, before[1])
    except TimeoutError:
        raise AssertionError(_still(box, before)) from None
    for _ in range(100):
        if what_is_there() == before:
            break
        await asyncio.sleep(0)
    expect(what_is_there() == before, _still(box, before))


@contextmanager
def unclosed() -> Generator[list[str]]:
    """Sockets and files that were dropped while they were open, and closed only because nobody had them any more."""
    said: list[str] = []
    usual = sys.unraisablehook

    def unraisable(problem: Any) -> None:
        if isinstance(problem.exc_value, ResourceWarning):
            said.append(str(problem.exc_value))
        else:
            usual(problem)

    sys.unraisablehook = unraisable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            yield said
    finally:
        sys.unraisablehook = usual


_CANCEL = "start none outside a TaskGroup, or cancel and await it in `finally`"


def _still(box: Sandbox, before: tuple[Counter[str], set[asyncio.Task[Any]], list[str]]) -> str:
    """What is there that was not there before, and what to do."""
    now = what_is_there()
    said: list[str] = []
    if threads := list((Counter(now[2]) - Counter(before[2])).elements()):
        said.append(
            f"threads ({', '.join(threads)}): start none; where a library needs one, end and join it in `finally`"
        )
    if tasks := now[1] - before[1] - {asyncio.current_task()}:
        said.append(f"{_tasks(list(tasks))}: {_CANCEL}")
    if box._peers:
        said.append(
            f"{len(box._peers)} connections to the service: take them from the transport in `async with`, and end what "
            "you open yourself in `finally`, also when the call is cancelled"
        )
    if opened := now[0] - before[0]:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in opened.items())
        said.append(f"open descriptors ({kinds}): close in `finally` what you open, also when the call is cancelled")
    return "this is left when the call is over and the transport closed: " + "; ".join(said or [f"{before} != {now}"])


def _tasks(tasks: Sequence[asyncio.Task[Any]]) -> str:
    names = [getattr(task.get_coro(), "__qualname__", repr(task)) for task in tasks]
    return f"tasks ({', '.join(names)})"
