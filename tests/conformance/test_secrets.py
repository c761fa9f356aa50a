"""The key is in the request's Authorization, and nowhere else."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from modeldeck import Call, Observer, Retry, Timeouts, Transport
from modeldeck.errors import ModelDeckError
from modeldeck.sandbox import Sandbox
from tests.conformance.expectations import COLUMNS
from tests.conformance.rows import TEXT, Row, session, streamed
from tests.conformance.table import ROWS
from tests.conformance.test_faults import served
from tests.conformance.witness import nothing_left

CANARY = "sk-canary-0f9d8e7c6b5a"
FAULTS = [column for column in COLUMNS if column.outcome is not None]


class Everything(Observer):
    def __init__(self) -> None:
        self.told: list[str] = []

    def request(self, call: Call) -> None:
        self.told.append(repr(call))

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None:
        self.told.append(repr(error))

    def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
        self.told.append(repr((call, error)))


class Logs(logging.Handler):
    """All that any library says, at DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args!r} {record.exc_text}")


@pytest.fixture
def logs() -> Iterator[list[str]]:
    handler, root = Logs(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("asyncio", "websockets", "websockets.client", "httpx", "httpcore", "uvicorn", "h11", "hpack"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(before)
    for name in ("asyncio", "websockets", "websockets.client", "httpx", "httpcore", "uvicorn", "h11", "hpack"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def shown(error: BaseException) -> str:
    """All that anybody prints or keeps of an error."""
    lines = traceback.format_exception(error)
    return "\n".join([*lines, repr(error), str(error), repr(vars(error)), str(pickle.dumps(error))])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_no_fault_brings_the_key_out(
    box: Sandbox, no_pauses: None, logs: list[str], capfd: pytest.CaptureFixture[str], row: Row
) -> None:
    found: list[str] = []
    errors = 0

    def shown_events(event: Mapping[str, Any]) -> None:
        found.append(json.dumps(event))

    for column in FAULTS:
        watched = Everything()
        headers = {"x-modeldeck-fault": column.fault(row)} if column.asks else {}
        async with (
            nothing_left(box),
            served(box, column.place) as url,
            Transport(headers=headers, observer=watched) as transport,
        ):
            model = row.build(
                url,
                transport,
                key=CANARY,
                retry=Retry(max_retries=1),
                timeouts=Timeouts(5, 0.1, 0.1, 1.0),
                on_event=shown_events,
            )
            for way in (streamed, session):
                try:
                    async with asyncio.timeout(10):
                        await way(model, f"{TEXT} {CANARY}", [])
                except ModelDeckError as error:
                    errors += 1
                    found.append(shown(error))
            found += [repr(model), repr(transport), repr(model.credential), *watched.told]
    found += [json.dumps([{**one, "frames": [], "body": ""} for one in box.requests()]), json.dumps(box.state()), *logs]
    found += capfd.readouterr()
    assert errors > len(FAULTS)
    leaks = [text for text in found if any(mark in text for mark in (CANARY, *row.provider.marks))]
    assert leaks == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_the_key_goes_only_where_it_must(box: Sandbox, row: Row) -> None:
    """One header: not the URL, not a frame, not another header; and the transport shows none of its spares' keys."""
    name, sent = row.provider.header
    async with nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport, key=CANARY, stream=False)
        await model.prewarm()
        shown_before = repr(transport) + repr(vars(transport))
        await model.synthesize("Hi there.")
        dump = repr(transport)
    assert CANARY not in dump
    assert CANARY not in shown_before
    requests = box.requests()
    assert CANARY not in json.dumps(requests)
    for one in requests:
        fields = dict(one["headers"])
        assert fields[name] == f"({len(sent(CANARY))} characters)"
        assert one["query"] in ("", row.query)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.provider.any_key], ids=lambda row: row.id)
@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-schlüssel\u20ac", "sk-nul\x00"])
async def test_a_key_that_no_header_can_carry(box: Sandbox, row: Row, key: str) -> None:
    """Found before the network, and not quoted."""
    async with nothing_left(box), Transport() as transport:
        with pytest.raises(ModelDeckError) as caught:
            await row.build(box.url, transport, key=key, stream=False).synthesize("Hi there.")
    assert key not in shown(caught.value)
    assert box.requests() == []
