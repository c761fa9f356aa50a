"""Every fault with every class, in every way that it is used."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import trustme

from modeldeck import Call, Observer, Retry, Timeouts, Transport
from modeldeck.errors import ModelDeckError, ModelNotFoundError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_error, check_order, expect, numbers, pcm
from modeldeck.testing.cases import each_cell, each_row, over
from modeldeck.testing.expectations import GOOD, UNSEEN, Column, Fails, Outcome, Place
from modeldeck.testing.rows import TEXT, Got, Row, Way, options, pushed, session, streamed, ways, whole
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole, units

LONG = 20.0
SHORT = 0.05  # seconds, of the time-out that is to pass
HUGE = 5_000_000  # samples of the sandbox's huge chunk
_PATIENCE = 10.0


class Retries(Observer):
    def __init__(self) -> None:
        self.errors: list[ModelDeckError] = []

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None:
        self.errors.append(error)


@asynccontextmanager
async def served(box: Sandbox, place: Place) -> AsyncGenerator[str]:
    """The URL of a service that has that problem."""
    match place:
        case "sandbox":
            yield box.url
        case "tls on a plain port":
            yield box.url.replace("http:", "https:")
        case "refused":
            with socket.socket() as nobody:
                nobody.bind(("127.0.0.1", 0))
                yield f"http://127.0.0.1:{nobody.getsockname()[1]}"
        case "untrusted certificate":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
            server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
            async with server:
                yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def repeatable(suite: Suite) -> Iterator[tuple[Column, Row, Way]]:
    """Faults after which another attempt makes sense."""
    for column in suite.columns:
        for row in suite.table:
            expected = column.of(row)
            again = isinstance(expected, Fails) and expected.retryable and not expected.audio
            if column.place == "sandbox" and again:
                yield from ((column, row, way) for way in ways(row))


class Faults(Suite):
    @each_cell
    @over("column", lambda suite: suite.columns)
    async def test_every_attempt_has_the_fault(
        self, box: Sandbox, no_pauses: None, column: Column, row: Row, way: Way
    ) -> None:
        watched, got = Retries(), Got()
        async with self.nothing_left(box), served(box, column.place) as url:
            error = await called(url, column, row, way, got, watched)
            expected = await self.outcome(box, column, row, error)
            if isinstance(expected, Fails):
                check_error(error, row, expected, column.id)
            else:
                expect(
                    error is None,
                    f"{row.name} failed with {error!r} ({row.id}, {way.__name__}), although {column.id!r} is nothing "
                    "that makes the speech wrong: read what the service says and go on",
                )
        check_audio(column, row, way, got, expected)
        check_attempts(column, row, expected, watched.errors, error)
        if way in (whole, streamed) and not row.socket:
            check_requests(column, row, box, len(watched.errors))

    @over("column row way", repeatable, "no fault of it passes")
    async def test_the_first_attempt_has_the_fault(
        self, box: Sandbox, no_pauses: None, column: Column, row: Row, way: Way
    ) -> None:
        """The second one is all that the caller sees."""
        watched, got = Retries(), Got()
        once = replace(column, asks=f"{column.asks};times=1")
        async with self.nothing_left(box):
            error = await called(box.url, once, row, way, got, watched, short=0.3)
        expect(
            error is None,
            f"{row.name} failed with {error!r} ({row.id}, {way.__name__}), although {column.id!r} befell the first "
            "attempt alone: raise an error that is `retryable` before any audio, and the base tries again",
        )
        check_whole(row, way, got)
        expected = column.of(row)
        assert isinstance(expected, Fails)
        told = [type(one) for one in watched.errors]
        kinds = expected.error if isinstance(expected.error, tuple) else (expected.error,)
        spare_met_it = told == [] and way in (session, pushed) and len(box.requests()) > 1
        never_struck = told == [] and not self.thorough and column.said(row) is None and not box.box.faults.seen.struck
        expect(
            (len(told) == 1 and issubclass(told[0], kinds)) or spare_met_it or never_struck,
            f"{row.name} tried again after {told} ({row.id}): {column.id!r} is to be one {kinds[0].__name__}",
        )

    @each_row
    async def test_a_model_that_nobody_has(self, box: Sandbox, row: Row) -> None:
        """Newer than our deck, or misspelt: the service decides."""
        error: ModelDeckError | None = None
        async with self.nothing_left(box), Transport() as transport:
            unknown = replace(row, model=f"{row.model}-9").build(box.url, transport, stream=False)
            try:
                await unknown.synthesize("Hi there.")
            except ModelDeckError as caught:
                error = caught
        expect(
            isinstance(error, ModelNotFoundError),
            f"{row.name} ends in {error!r} for a model that the service does not have ({row.id}): map what it says "
            "then to ModelNotFoundError (and let the emulator refuse names that it does not know, as the service does)",
        )
        assert error is not None
        expect(error.provider == self.provider, f"{row.name}: {error!r} has provider={error.provider!r}")
        if self.thorough:
            expect("Check" in str(error), f"{row.name}: say what to do about a model that nobody has: {error}")

    async def outcome(self, box: Sandbox, column: Column, row: Row, error: BaseException | None) -> Outcome:
        """What is expected; of a suite that does not say it, only of faults that its emulator can have."""
        expected = column.of(row)
        if self.thorough or error is not None or not isinstance(expected, Fails) or column.said(row) is not None:
            return expected
        seen = box.box.faults.seen
        if column.asks == "wrong_order" and seen.struck:
            return UNSEEN  # a wire that does not number its chunks cannot tell
        if not seen.struck and column.place == "sandbox" and not column.asks.startswith("status"):
            return GOOD
        if row.ends is None and not row.socket and column.asks.startswith(("close", "no_finish")):
            async with Transport() as transport:
                await row.build(box.url, transport, stream=False).synthesize("Hi there.")
            return expected if seen.finished else UNSEEN  # samples are all that comes
        return expected if row.ends is not False else UNSEEN


async def called(
    url: str, column: Column, row: Row, way: Way, got: Got, watched: Observer, short: float = SHORT
) -> ModelDeckError | None:
    """One call with the fault and its error, the transport opened and closed."""
    headers = {"x-modeldeck-fault": column.fault(row)} if column.asks else {}
    expected = column.of(row)
    waits = expected.waits if isinstance(expected, Fails) else ""
    first_audio, idle = (short if waits == name else LONG for name in ("first_audio", "idle"))
    transport = Transport(headers=headers, observer=watched)
    model = row.build(
        url,
        transport,
        retry=Retry(max_retries=1),
        timeouts=Timeouts(LONG, first_audio, idle),
        **options(way),
    )
    failure: ModelDeckError | None = None
    patience = asyncio.timeout(_PATIENCE)
    try:
        async with patience, transport:
            try:
                await way(model, TEXT, got)
            except ModelDeckError as error:
                failure = error
    except TimeoutError:
        pass
    except Exception as foreign:
        raise AssertionError(
            f"{row.name} let a foreign exception out ({row.id}, {way.__name__}, {column.id}): "
            f"{type(foreign).__module__}.{type(foreign).__name__}: {foreign}. Callers catch ModelDeckError: raise one "
            "of modeldeck.errors in its place (the transport does it for what goes wrong on its way)"
        ) from foreign
    expect(
        not patience.expired(),
        f"{row.name} did not end within {_PATIENCE:g} s ({row.id}, {way.__name__}, {column.id}): the base's time-outs "
        "end a call by cancelling what it awaits; never catch CancelledError, and wait for nothing outside the hook",
    )
    return failure


def check_attempts(
    column: Column, row: Row, expected: Outcome, told: list[ModelDeckError], error: ModelDeckError | None
) -> None:
    """Tried again where that makes sense, once, and never after audio."""
    __tracebackhide__ = True
    again = isinstance(expected, Fails) and expected.retryable and not expected.audio
    if not again:
        expect(
            not told,
            f"{row.name} tried again after {told!r} ({row.id}, {column.id}): once audio was delivered, or where the "
            "same call would fail again, nothing is tried twice. Leave attempts to the base",
        )
        return
    expect(
        {type(one) for one in told} == {type(error)},
        f"{row.name} did not try again after {error!r} ({row.id}, {column.id}), or not through the base (told: "
        f"{told!r}): raise errors that pass as `retryable`, and leave attempts to the base",
    )
    expect(
        len(told) <= 1 + any(getattr(one, "unheard", False) for one in told),
        f"{row.name} tried more often than it was asked to ({row.id}, {column.id}): {told!r}. Leave attempts to the "
        "base",
    )


def check_requests(column: Column, row: Row, box: Sandbox, told: int) -> None:
    """Each attempt is one of the base's."""
    __tracebackhide__ = True
    asked = Counter((one["method"], one["path"]) for one in box.requests())
    most = max(asked.values(), default=0)
    expect(
        most <= told + 1,
        f"{row.name} asked the service {most} times, and the base made {told + 1} attempts ({row.id}, {column.id}): "
        "try nothing again yourself. Raise errors that pass as `retryable`, and the base waits, tries again and tells "
        "the observer",
    )


def check_audio(column: Column, row: Row, way: Way, got: Got, expected: Outcome) -> None:
    """What came is the beginning of it, as far as the fault let it through; all of it where there is no error."""
    __tracebackhide__ = True
    if column.asks == "huge":
        _check_huge(row, way, got)
        return
    if expected is GOOD:
        check_whole(row, way, got)
    if expected is UNSEEN and column.asks != "wrong_order":  # the first chunk of each request
        check_order(row, numbers(got), [row.rate // 5] * len(units(row, way)))
    if isinstance(expected, Fails):
        _check_beginning(column, row, way, got, expected)


def _check_huge(row: Row, way: Way, got: Got) -> None:
    __tracebackhide__ = True
    known: Any = [way.__name__ in row.piecewise] if row.piecewise is not None else [False, True]
    sizes = {2 * HUGE * len(units(row, way, piecewise=piecewise)) for piecewise in known}
    found = len(pcm(got))
    expect(
        found in sizes,
        f"{row.name} delivered {found} bytes of a chunk of 10 MB ({row.id}): no message and no chunk of audio is too "
        "long",
    )


def _check_beginning(column: Column, row: Row, way: Way, got: Got, expected: Fails) -> None:
    __tracebackhide__ = True
    found = numbers(got)
    if column.asks != "wrong_order":  # the gap is seen when the late chunk comes, and not before
        check_order(row, found, units(row, way))
    if way is whole:
        expect(not found, f"{row.name} gave audio and an error for one awaited call ({row.id}, {column.id})")
        return
    wanted = expected.audio * row.rate // 5
    if expected.audio < 0:
        expect(len(found) >= row.rate // 5, _held_back(row, column, len(found), row.rate // 5))
        return
    expect(len(found) >= wanted, _held_back(row, column, len(found), wanted))
    expect(
        len(found) <= wanted,
        f"{row.name} delivered {len(found)} samples before the error of {column.id!r}, and {wanted} came ({row.id}): "
        "none after the fault may be spoken",
    )


def _held_back(row: Row, column: Column, found: int, wanted: int) -> str:
    return (
        f"{row.name} held audio back: {wanted} samples had come before {column.id!r}, and {found} were delivered "
        f"({row.id}). Yield `Audio` as it arrives, without waiting for the next chunk: the base finds `is_last`"
    )
