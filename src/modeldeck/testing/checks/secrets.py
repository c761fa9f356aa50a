"""The key is where the service wants it, and nowhere else."""

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
from modeldeck.testing.advice import check_untouched, expect
from modeldeck.testing.cases import each_row, over
from modeldeck.testing.checks.credentials import secrets_of
from modeldeck.testing.checks.faults import served
from modeldeck.testing.rows import TEXT, Row, session, streamed
from modeldeck.testing.suite import Suite

CANARY = "canary-0f9d8e7c6b5a"
_LOGGERS = ("asyncio", "websockets", "websockets.client", "httpx", "httpcore", "uvicorn", "h11", "hpack")


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


def shown(error: BaseException) -> str:
    """All that anybody prints or keeps of an error."""
    lines = traceback.format_exception(error)
    return "\n".join([*lines, repr(error), str(error), repr(vars(error)), str(pickle.dumps(error))])


class Secrets(Suite):
    @pytest.fixture
    def logs(self) -> Iterator[list[str]]:
        handler, root = Logs(), logging.getLogger()
        before = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield handler.lines
        root.removeHandler(handler)
        root.setLevel(before)
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.NOTSET)

    @each_row
    async def test_no_fault_brings_the_key_out(
        self, box: Sandbox, no_pauses: None, logs: list[str], capfd: pytest.CaptureFixture[str], row: Row
    ) -> None:
        canary, found, errors = self.key(CANARY), dict[str, str](), 0
        faults = [column for column in self.columns if column.outcome is not None]
        for column in faults:
            watched, events = Everything(), list[Mapping[str, Any]]()
            headers = {"x-modeldeck-fault": column.fault(row)} if column.asks else {}
            async with (
                self.nothing_left(box),
                served(box, column.place) as url,
                Transport(headers=headers, observer=watched) as transport,
            ):
                model = row.build(
                    url,
                    transport,
                    key=canary,
                    retry=Retry(max_retries=1),
                    timeouts=Timeouts(5, 0.1, 0.1, 1.0),
                    on_event=events.append,
                )
                for way in (streamed, session):
                    try:
                        async with asyncio.timeout(10):
                            await way(model, f"{TEXT} {canary}", [])
                    except ModelDeckError as error:
                        errors += 1
                        found[f"the {type(error).__name__} of {column.id!r} or its traceback ({way.__name__})"] = shown(
                            error
                        )
                found["the model's repr"], found["the transport's repr"] = repr(model), repr(transport)
                found["the credential's repr"] = repr(model.credential)
                found[f"what an observer is told ({column.id})"] = "\n".join(watched.told)
                found[f"what `on_event` is shown ({column.id})"] = json.dumps(events)
        found["the request's line or headers"] = json.dumps(
            [{**one, "frames": [], "body": ""} for one in box.requests()]
        )
        found["logs"], found["printed text"] = "\n".join(logs), "\n".join(capfd.readouterr())
        leaks = [place for place, text in found.items() if any(mark in text for mark in (canary, *self.marks))]
        expect(not leaks, f"{row.name} brings the key out ({row.id}): it is in {', '.join(leaks[:4])}. {_HIDE}")
        expect(
            errors > (len(faults) if self.thorough else 2 * len(self.refusals_of_all())),
            f"{row.name}: only {errors} of {2 * len(faults)} faulty calls ended in an error ({row.id})",
        )

    def refusals_of_all(self) -> list[str]:
        return [column.id for column in self.columns if column.asks.startswith("status")]

    @each_row
    async def test_the_key_goes_only_where_it_must(self, box: Sandbox, row: Row) -> None:
        """One header: not the URL, not a frame, not another header; and the transport shows none of its spares' "
        "keys."""
        canary = self.key(CANARY)
        async with self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport, key=canary, stream=False)
            await model.prewarm()
            shown_before = repr(transport) + repr(vars(transport))
            await model.synthesize("Hi there.")
            dump = repr(transport)
        expect(canary not in dump + shown_before, f"the transport shows a key of {row.name} ({row.id}): {_HIDE}")
        requests = box.requests()
        expect(
            canary not in json.dumps(requests),
            f"{row.name} sends the key in a place that is no secret's ({row.id}): in the body, a frame, or a header "
            "or query whose name says nothing of a key. Send it in a header such as Authorization",
        )
        queries = [name for name, _ in secrets_of(box) if name in " ".join(one["query"] for one in requests)]
        expect(
            not queries or "key in the URL" in self.exempt,
            f"{row.name} sends the key in the URL ({row.id}, {', '.join(queries)}): addresses are logged by every "
            "server and "
            'proxy. Send it in a header; where the service takes it nowhere else: exempt = {"key in the URL": "why"}',
        )
        for one in requests:
            if self.header and (sent := self.sent(canary)) is not None:
                assert dict(one["headers"])[self.header] == f"({len(sent)} characters)"
            if row.query is not None:
                expect(one["query"] in ("", row.query), f"{row.name} asks with the query {one['query']!r} ({row.id})")

    @over("row", lambda suite: [] if suite.any_key else suite.table, "there is no key that its header cannot carry")
    @pytest.mark.parametrize("key", ["line\nbreak", "schlüssel\u20ac", "nul\x00"])
    async def test_a_key_that_no_header_can_carry(self, box: Sandbox, row: Row, key: str) -> None:
        """Found before the network, and not quoted."""
        bad = self.key(key)
        error: BaseException | None = None
        async with self.nothing_left(box), Transport() as transport:
            try:
                await row.build(box.url, transport, key=bad, stream=False).synthesize("Hi there.")
            except Exception as caught:
                error = caught
        expect(
            isinstance(error, ModelDeckError),
            f"{row.name} ends in {type(error).__name__} with a key that no header can carry ({row.id}): let the "
            "credential's field be an `ApiKey` (modeldeck.credential.fields), which refuses it; a key that is sent "
            "otherwise: any_key = True",
        )
        assert error is not None
        expect(bad not in shown(error), f"{row.name} quotes the key in {type(error).__name__} ({row.id}): {_HIDE}")
        check_untouched(row, box.requests(), "a key that no header can carry")


_HIDE = (
    "Keep secrets in `ApiKey` fields, call get_secret_value() where the header is made and keep its result nowhere; "
    "never put headers, URLs with keys or foreign messages into errors and logs"
)
