"""Every fault with every class, in every way that it is used."""

from __future__ import annotations

import asyncio
import pickle
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trustme

from modeldeck import Call, Observer, Retry, Timeouts, Transport
from modeldeck.errors import ModelDeckError, ModelNotFoundError
from modeldeck.sandbox import Sandbox
from tests.conformance.expectations import COLUMNS, GOOD, UNSEEN, Column, Fails, Outcome, Place
from tests.conformance.rows import TEXT, Got, Row, Way, options, pushed, session, whole
from tests.conformance.table import CELLS, NAMES, ROWS
from tests.conformance.witness import check_order, check_whole, nothing_left, numbers, pcm, units

LONG = 20.0
SHORT = 0.05  # seconds, of the time-out that is to pass
HUGE = 5_000_000  # samples of the sandbox's huge chunk


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


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id.replace(" ", "-"))
async def test_every_attempt_has_the_fault(box: Sandbox, no_pauses: None, column: Column, row: Row, way: Way) -> None:
    expected, watched, got = column.of(row), Retries(), Got()
    again = isinstance(expected, Fails) and expected.retryable and not expected.audio
    async with nothing_left(box), served(box, column.place) as url:
        error = await called(url, column, row, way, got, watched)
        if isinstance(expected, Fails):
            check_error(error, row, expected)
        else:
            assert error is None
    check_audio(column, row, way, got, expected)
    assert {type(one) for one in watched.errors} == ({type(error)} if again else set())
    assert len(watched.errors) <= 1 + any(getattr(one, "unheard", False) for one in watched.errors)


REPEATABLE = [
    (column, row, way)
    for column in COLUMNS
    for row, way in CELLS
    if column.place == "sandbox" and isinstance(it := column.of(row), Fails) and it.retryable and not it.audio
]


@pytest.mark.parametrize(
    ("column", "row", "way"),
    REPEATABLE,
    ids=[f"{column.id.replace(' ', '-')}-{row.id}-{way.__name__}" for column, row, way in REPEATABLE],
)
async def test_the_first_attempt_has_the_fault(
    box: Sandbox, no_pauses: None, column: Column, row: Row, way: Way
) -> None:
    """The second one is all that the caller sees."""
    watched, got = Retries(), Got()
    once = replace(column, asks=f"{column.asks};times=1")
    async with nothing_left(box):
        assert await called(box.url, once, row, way, got, watched, short=0.3) is None
    check_whole(row, way, got)
    expected = column.of(row)
    assert isinstance(expected, Fails)
    told = [type(one) for one in watched.errors]
    spare_met_it = told == [] and way in (session, pushed) and len(box.requests()) > 1
    assert told == [expected.error] or spare_met_it


async def called(
    url: str, column: Column, row: Row, way: Way, got: Got, watched: Observer, short: float = SHORT
) -> Exception | None:
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
    failure: Exception | None = None
    async with asyncio.timeout(LONG / 2), transport:
        try:
            await way(model, TEXT, got)
        except ModelDeckError as error:
            failure = error
    return failure


def check_error(error: Exception | None, row: Row, expected: Fails) -> None:
    assert type(error).__mro__.count(expected.error), repr(error)
    assert isinstance(error, ModelDeckError)
    for part in (*expected.says, expected.waits):
        assert part in str(error)
    found = (error.provider, error.retryable, error.status, error.code, error.retry_after)
    assert found == (row.provider.name, expected.retryable, expected.status, expected.code, expected.retry_after)
    assert expected.request_id in (None, bool(error.request_id))
    if expected.audio:
        assert "of audio had come" in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.status) == (type(error), str(error), error.status)


def check_audio(column: Column, row: Row, way: Way, got: Got, expected: Outcome) -> None:
    """What came is the beginning of it, as far as the fault let it through; all of it where there is no error."""
    if column.asks == "huge":
        found = pcm(got)
        assert len(found) == 2 * HUGE * len(units(row, way, piecewise=way.__name__ in row.piecewise))
        return
    if expected is GOOD:
        check_whole(row, way, got)
    if expected is UNSEEN and column.asks != "wrong_order":  # the first chunk of each request
        check_order(numbers(got), [row.rate // 5] * len(units(row, way)))
    if not isinstance(expected, Fails):
        return
    found_numbers = numbers(got)
    if column.asks != "wrong_order":  # the gap is seen when the late chunk comes, and not before
        check_order(found_numbers, units(row, way))
    if way is whole:
        assert found_numbers == []
    elif expected.audio >= 0:
        assert len(found_numbers) == expected.audio * row.rate // 5
    else:
        assert len(found_numbers) >= row.rate // 5


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_a_model_that_nobody_has(box: Sandbox, row: Row) -> None:
    """Newer than our deck, or misspelt: the service decides."""
    async with nothing_left(box), Transport() as transport:
        with pytest.raises(ModelNotFoundError, match=r"Check (its|the|the model's) name") as caught:
            await replace(row, model=f"{row.model}-9").build(box.url, transport, stream=False).synthesize("Hi there.")
    assert caught.value.provider == row.provider.name
