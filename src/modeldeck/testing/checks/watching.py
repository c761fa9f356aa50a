"""What can be watched of a call: raw events, milestones, ids; and what can be set for one."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import pytest

from modeldeck import Call, Observer, Timeouts, Transport
from modeldeck.errors import ModelDeckError, TimeoutExceededError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_count, expect
from modeldeck.testing.cases import each_cell, each_realtime_row, each_row, over
from modeldeck.testing.rows import TEXT, Got, Row, Way, options, session
from modeldeck.testing.suite import Suite
from modeldeck.tts import TTSResponse
from modeldeck.tts.realtime import RealtimeTTSModelBase

_WATCH = (
    "give `watch=request.watch` on to the transport's `exchange` or `lend`; a class with a library of its own says so: "
    'exempt = {"watch": "why"}'
)
_IDS = ("request_id", "response_id", "session_id")


class Milestones(Observer):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.calls: list[Call] = []
        self.error: BaseException | None = None

    def _note(self, name: str, call: Call) -> None:
        self.seen.append(name)
        self.calls.append(call)

    def request(self, call: Call) -> None:
        self._note("request", call)

    def connected(self, call: Call, seconds: float, reused: bool) -> None:
        assert seconds >= 0
        self._note("connected", call)

    def first_audio(self, call: Call, seconds: float) -> None:
        assert seconds > 0
        self._note("first audio", call)

    def retry(self, call: Call, error: ModelDeckError, pause: float) -> None:
        self._note("retry", call)

    def interrupted(self, call: Call, played: float | None) -> None:
        self._note("interrupted", call)

    def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
        assert seconds > 0
        self.error = error
        self._note("end", call)


def rounds(row: Row, way: Way) -> list[str]:
    """A session of sentences makes two requests of TEXT."""
    return ["connected", "first audio"] + (["connected"] if row.sentences and way is session else [])


class Watching(Suite):
    @each_cell
    async def test_milestones_in_order(self, box: Sandbox, row: Row, way: Way) -> None:
        watched, got = Milestones(), Got()
        async with self.nothing_left(box), Transport(observer=watched) as transport:
            await way(row.build(box.url, transport, **options(way)), TEXT, got)
        self.check_milestones(row, watched, ["request", *rounds(row, way), "end"])
        expect(
            watched.error is None, f"{row.name}: the observer was told of {watched.error!r} in a good call ({row.id})"
        )
        call = watched.calls[0]
        kind = "session" if way.__name__ in ("session", "pushed") else "synthesize"
        assert (call.provider, call.model, call.family, call.kind) == (self.provider, row.model, "tts", kind)
        assert call.characters == (len(TEXT) if kind == "synthesize" else None)

    @each_cell
    async def test_milestones_of_retries_and_of_the_error(
        self, box: Sandbox, no_pauses: None, row: Row, way: Way
    ) -> None:
        """Refused in a handshake a WebSocket is not connected; where the service has an error of its own, it is."""
        watched = Milestones()
        headers = {"x-modeldeck-fault": "error" if self.thorough else "status=500"}
        async with self.nothing_left(box), Transport(observer=watched, headers=headers) as transport:
            model = row.build(box.url, transport, **options(way))
            with pytest.raises(ModelDeckError) as caught:
                await way(model, TEXT, Got())
        expect(watched.error is caught.value, f"{row.name}: the observer was told of {watched.error!r} ({row.id})")
        once = ["connected"] if self.thorough or not row.socket else []
        retries = [*once, "retry"] * model.retry.max_retries
        self.check_milestones(row, watched, ["request", *retries, *once, "end"])

    @each_realtime_row
    async def test_milestones_of_an_interrupt(self, box: Sandbox, row: Row) -> None:
        watched = Milestones()
        async with (
            self.nothing_left(box),
            Transport(observer=watched) as transport,
            row.build(box.url, transport).session() as talk,
        ):
            await talk.send(TEXT)
            await talk.flush()
            await anext(talk)
            await talk.interrupt(0.1)
            await talk.send(TEXT)
            await talk.flush()
            await anext(talk)
        once = ["connected", "first audio"]
        self.check_milestones(row, watched, ["request", *once, "interrupted", *once, "end"])

    def check_milestones(self, row: Row, watched: Milestones, wanted: list[str]) -> None:
        __tracebackhide__ = True
        seen = watched.seen
        if "watch" in self.exempt or (not self.thorough and row.socket and "retry" in wanted):
            seen, wanted = ([one for one in names if one != "connected"] for names in (seen, wanted))
        expect(seen == wanted, f"{row.name}: an observer saw {seen}, not {wanted} ({row.id}): {_WATCH}")
        calls = len({call.id for call in watched.calls})
        expect(calls == 1, f"{row.name}: an observer was told of {calls} calls, and there was one ({row.id}): {_WATCH}")

    @each_row
    async def test_an_observer_that_raises_breaks_nothing(self, box: Sandbox, row: Row) -> None:
        class Broken(Observer):
            def request(self, call: Call) -> None:
                raise ValueError("broken")

            def first_audio(self, call: Call, seconds: float) -> None:
                raise ValueError("broken")

            def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
                raise ValueError("broken")

        async with self.nothing_left(box), Transport(observer=Broken()) as transport:
            model = row.build(box.url, transport, stream=False)
            with pytest.warns(RuntimeWarning, match="Broken"):
                await model.synthesize("Hi there.")
            response = await model.synthesize("Hi there.")  # it has been said once
        check_count(row, [response], row.samples("Hi there."), "With an observer that raises")

    @each_cell
    async def test_raw_events_with_the_key_masked(self, box: Sandbox, row: Row, way: Way) -> None:
        """Text, voice or whatever the service repeats: where it is the key, it is not shown."""
        key, events, got = self.key("canary-7f3a"), list[Mapping[str, Any]](), Got()
        text = f"Echo {key} twice."
        async with self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport, key=key, on_event=events.append, **options(way))
            await way(model, text, got)
        expect(
            key not in json.dumps(events),
            f"{row.name} shows the key to `on_event` ({row.id}): give raw events to `request.on_event` alone, which "
            "masks it",
        )
        self.events(row, events)

    @over("row", lambda suite: [row for row in suite.table if row.raw is not False], "its wires carry audio alone")
    async def test_an_on_event_that_raises_breaks_nothing(self, box: Sandbox, row: Row) -> None:
        key, asked = self.key("on-event"), list[Mapping[str, Any]]()

        def broken(event: Mapping[str, Any]) -> None:
            asked.append(event)
            raise ValueError(f"{key} is my key")

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            async with self.nothing_left(box), Transport() as transport:
                model = row.build(box.url, transport, key=key, stream=False, on_event=broken)
                response = await model.synthesize("Hi there.")
        check_count(row, [response], row.samples("Hi there."), "With an `on_event` that raises")
        said = [str(one.message) for one in caught]
        told = any("on_event raised ValueError" in one for one in said)
        expect(
            told or (row.raw is None and not asked),
            f"{row.name} does not tell of its raw events, or not through `request.on_event`, which survives what it "
            f"calls ({row.id}); a wire that carries audio alone is said with raw=False",
        )
        expect(
            not any(key in one for one in said), f"{row.name}: the warning of an `on_event` shows the key ({row.id})"
        )

    @over("row", lambda suite: [row for row in suite.table if row.ids], "`ids` of no Row says how they begin")
    async def test_session_and_response_ids(self, box: Sandbox, row: Row) -> None:
        assert row.ids is not None
        async with self.nothing_left(box), Transport() as transport:
            made = row.build(box.url, transport)
            assert isinstance(made, RealtimeTTSModelBase)
            async with made as model:
                assert (model.session_id, model.last_response_id, model.first_audio_delay) == (None, None, None)
                await model.push("Hello. ")
                last = [part async for part in model.synthesize("And more.")][-1]
                assert (model.session_id or "").startswith(row.ids[0])
                assert (model.last_response_id or "").startswith(row.ids[1])
                assert model.first_audio_delay is not None
                assert model.first_audio_delay > 0
                told = last.metadata or {}
                assert (told["session_id"], told["response_id"]) == (model.session_id, model.last_response_id)
                assert last.first_audio == model.first_audio_delay
                before = model.last_response_id
                [_ async for _ in model.synthesize("Again.")]
                assert model.last_response_id != before

    @each_cell
    async def test_usage_and_request_id(self, box: Sandbox, row: Row, way: Way) -> None:
        got = Got()
        async with self.nothing_left(box), Transport() as transport:
            await way(row.build(box.url, transport, **options(way)), TEXT, got)
        last: TTSResponse = got[-1]
        expect(last.usage is not None, f"{row.name}: the last response has no usage ({row.id}): leave it to the base")
        assert last.usage is not None
        if row.billed == "characters":
            expect(
                last.usage.characters == len(TEXT), f"{row.name} counts {last.usage.characters} characters ({row.id})"
            )
        if row.billed == "tokens":
            expect(
                last.usage.output_tokens > 0, f"{row.name} counts no tokens ({row.id}): yield the service's `TTSUsage`"
            )
        assert last.usage.time > 0
        told, names = last.metadata or {}, (row.known_by,) if row.known_by else _IDS
        expect(
            any(told.get(name) for name in names) or not self.request_ids,
            f"{row.name} lost the request's id ({row.id}; metadata {told}): yield `Identity(request_id=…)` with the "
            "answer's header or first frame; a service that has none is said with `request_ids = False` in the suite",
        )

    @over("row", lambda suite: suite.table if suite.extras else [], "`extras` of the suite is empty")
    async def test_extra_goes_into_the_request_last(self, box: Sandbox, row: Row) -> None:
        """The model's, then the call's."""
        of_model, of_call = self.extras
        async with self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport, extra=of_model, stream=False)
            await model.synthesize("Hi there.", extra=of_call)
        (one,) = [one for one in box.requests() if one["frames"] or one["body"] or not self.thorough]
        found = self.extra(one)
        for name, value in {**of_model, **of_call}.items():
            sent = json.dumps([one["body"], one["frames"], one["query"]])  # of a form or a query: escaped
            there = found.get(name) == value if found else any(f"{value}" in had for had in (sent, unquote_plus(sent)))
            expect(
                there,
                f"{row.name} does not send what `extra=` brings ({name}={value!r}, {row.id}): merge `request.extra` "
                "into the request last; where it is sent and cannot be seen here, `extra(exchange)` of the suite says "
                "where it is; a service that takes nothing besides is said with `extras = ()`",
            )

    @each_row
    async def test_time_outs_of_one_call(self, box: Sandbox, row: Row) -> None:
        silent = {"x-modeldeck-fault": "silence"}
        async with self.nothing_left(box), Transport(headers=silent) as transport:
            model = row.build(box.url, transport, stream=False)
            for timeouts in (Timeouts(total=0.1), Timeouts(first_audio=0.1, total=0.15)):
                late = False
                try:
                    async with asyncio.timeout(5) as patience:
                        with pytest.raises(TimeoutExceededError, match=r"first_audio=0\.1|total=0\.1"):
                            await model.synthesize(TEXT, timeouts=timeouts)
                    late = patience.expired()
                except TimeoutError:
                    late = True
                if late:
                    raise AssertionError(
                        f"{row.name} waits for ever ({row.id}), although {timeouts} is over: never catch "
                        "CancelledError, by which the base ends a call, and wait for nothing outside the hook"
                    )
        assert model.timeouts == Timeouts()

    @each_realtime_row
    async def test_cold_start_holds_the_first_text_back(self, box: Sandbox, row: Row) -> None:
        """Characters and words, both; Chinese characters are words. Later text goes out at once."""
        async with self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport, cold_start_length=6, cold_start_words=4)
            async with model.session() as talk:
                for piece in ("你好", "。", "今天", "天气很好。", "再见"):
                    await talk.send(piece)
                    await asyncio.sleep(0)
                await talk.flush()
                parts = [part async for part in talk.utterance()]
                await talk.send("短")
                await talk.flush()
                parts += [part async for part in talk.utterance()]
        check_count(row, parts, row.samples("你好。今天天气很好。再见短"), "With a cold start")
        wanted = [piece for text in ("你好。今天天气很好。", "再见", "短") for piece in row.pieces(text)]
        found = [self.texts(one) for one in box.requests()]
        sent = None if None in found else [text for texts in found for text in texts or () if text]
        expect(
            sent is None or sent == wanted,
            f"{row.name} sent {sent}, and was given {wanted} ({row.id}): send each `Text` of the inbox on by itself, "
            "at once",
        )
