"""What can be watched of a call: raw events, milestones, ids; and what can be set for one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from modeldeck import Call, Observer, Timeouts, Transport
from modeldeck.errors import ModelDeckError, TimeoutExceededError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import TTSResponse
from modeldeck.tts.realtime import RealtimeTTSModelBase
from tests.conformance.rows import TEXT, Got, Row, Way, options, session
from tests.conformance.table import CELLS, NAMES, REALTIME, ROWS
from tests.conformance.witness import nothing_left, numbers


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


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
async def test_milestones_in_order(box: Sandbox, row: Row, way: Way) -> None:
    watched, got = Milestones(), Got()
    async with nothing_left(box), Transport(observer=watched) as transport:
        await way(row.build(box.url, transport, **options(way)), TEXT, got)
    assert watched.seen == ["request", *rounds(row, way), "end"]
    assert watched.error is None
    assert len({call.id for call in watched.calls}) == 1
    call = watched.calls[0]
    kind = "session" if way.__name__ in ("session", "pushed") else "synthesize"
    assert (call.provider, call.model, call.family, call.kind) == (row.provider.name, row.model, "tts", kind)
    assert call.characters == (len(TEXT) if kind == "synthesize" else None)


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
async def test_milestones_of_retries_and_of_the_error(box: Sandbox, no_pauses: None, row: Row, way: Way) -> None:
    watched = Milestones()
    async with nothing_left(box), Transport(observer=watched, headers={"x-modeldeck-fault": "error"}) as transport:
        model = row.build(box.url, transport, **options(way))
        with pytest.raises(ModelDeckError) as caught:
            await way(model, TEXT, Got())
    assert watched.error is caught.value
    retries = model.retry.max_retries
    assert watched.seen == ["request", *["connected", "retry"] * retries, "connected", "end"]
    assert len({call.id for call in watched.calls}) == 1


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_milestones_of_an_interrupt(box: Sandbox, row: Row) -> None:
    watched = Milestones()
    async with (
        nothing_left(box),
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
    assert watched.seen == ["request", *once, "interrupted", *once, "end"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_an_observer_that_raises_breaks_nothing(box: Sandbox, row: Row) -> None:
    class Broken(Observer):
        def request(self, call: Call) -> None:
            raise ValueError("broken")

        def first_audio(self, call: Call, seconds: float) -> None:
            raise ValueError("broken")

        def end(self, call: Call, error: BaseException | None, seconds: float) -> None:
            raise ValueError("broken")

    async with nothing_left(box), Transport(observer=Broken()) as transport:
        model = row.build(box.url, transport, stream=False)
        with pytest.warns(RuntimeWarning, match="Broken"):
            await model.synthesize("Hi there.")
        response = await model.synthesize("Hi there.")  # it has been said once
    assert len(numbers([response])) == row.samples("Hi there.")


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
async def test_raw_events_with_the_key_masked(box: Sandbox, row: Row, way: Way) -> None:
    """Text, voice or whatever the service repeats: where it is the key, it is not shown."""
    key, events, got = "sk-canary-7f3a", list[Mapping[str, Any]](), Got()
    text = f"Echo {key} twice."
    async with nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport, key=key, on_event=events.append, **options(way))
        await way(model, text, got)
    assert key not in json.dumps(events)
    row.provider.events(row, events)


@pytest.mark.parametrize("row", [row for row in ROWS if row.raw], ids=lambda row: row.id)
async def test_an_on_event_that_raises_breaks_nothing(box: Sandbox, row: Row) -> None:
    def broken(event: Mapping[str, Any]) -> None:
        raise ValueError("sk-conformance is my key")

    async with nothing_left(box), Transport() as transport:
        with pytest.warns(RuntimeWarning, match="on_event raised ValueError") as caught:
            response = await row.build(box.url, transport, stream=False, on_event=broken).synthesize("Hi there.")
    assert len(numbers([response])) == row.samples("Hi there.")
    assert not any("sk-conformance" in str(one.message) for one in caught)


@pytest.mark.parametrize("row", [row for row in ROWS if row.ids], ids=lambda row: row.id)
async def test_session_and_response_ids(box: Sandbox, row: Row) -> None:
    assert row.ids is not None
    async with nothing_left(box), Transport() as transport:
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


@pytest.mark.parametrize(("row", "way"), CELLS, ids=NAMES)
async def test_usage_and_request_id(box: Sandbox, row: Row, way: Way) -> None:
    got = Got()
    async with nothing_left(box), Transport() as transport:
        await way(row.build(box.url, transport, **options(way)), TEXT, got)
    last: TTSResponse = got[-1]
    assert last.usage is not None
    match row.billed:
        case "characters":
            assert last.usage.characters == len(TEXT)
        case "tokens":
            assert last.usage.output_tokens > 0
    assert last.usage.time > 0
    assert (last.metadata or {}).get(row.known_by)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_extra_goes_into_the_request_last(box: Sandbox, row: Row) -> None:
    """The model's, then the call's."""
    of_model, of_call = row.provider.extras
    async with nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport, extra=of_model, stream=False)
        await model.synthesize("Hi there.", extra=of_call)
    (one,) = [one for one in box.requests() if one["frames"] or one["body"]]
    found = row.provider.extra(one)
    expected = {**of_model, **of_call}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_time_outs_of_one_call(box: Sandbox, row: Row) -> None:
    silent = {"x-modeldeck-fault": "silence"}
    async with nothing_left(box), Transport(headers=silent) as transport:
        model = row.build(box.url, transport, stream=False)
        for timeouts in (Timeouts(total=0.1), Timeouts(first_audio=0.1, total=0.15)):
            async with asyncio.timeout(5):
                with pytest.raises(TimeoutExceededError, match=r"first_audio=0\.1|total=0\.1"):
                    await model.synthesize(TEXT, timeouts=timeouts)
    assert model.timeouts == Timeouts()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_two_credentials_never_mix(box: Sandbox, row: Row) -> None:
    """One transport, two keys, one of them bad, all at once: each fares as its own key does."""
    async with nothing_left(box), Transport() as transport:
        good = row.build(box.url, transport, stream=False, key="sk-good-one")
        other = row.build(box.url, transport, stream=False, key="sk-another")
        bad = row.build(box.url, transport, stream=False, key="sk-invalid")
        for _ in range(3):
            calls = [model.synthesize("Hi there.") for model in (good, bad, other, bad, good)]
            found = await asyncio.gather(*(_awaited(call) for call in calls), return_exceptions=True)
            kinds = [type(one).__name__ for one in found]
            assert kinds == ["TTSResponse", "AuthenticationError", "TTSResponse", "AuthenticationError", "TTSResponse"]
        name, sent = row.provider.header
        for key in ("sk-good-one", "sk-another"):
            await row.build(box.url, transport, key=key).prewarm()
        box.forget()
        await other.synthesize("Hi there.")
    lengths = {dict(one["headers"])[name] for one in box.requests()}
    assert lengths <= {f"({len(sent('sk-another'))} characters)"}


async def _awaited(call: Any) -> TTSResponse:
    response: TTSResponse = await call
    return response


# -- cold start


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_cold_start_holds_the_first_text_back(box: Sandbox, row: Row) -> None:
    """Characters and words, both; Chinese characters are words. Later text goes out at once."""
    async with nothing_left(box), Transport() as transport:
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
    assert len(numbers(parts)) == row.samples("你好。今天天气很好。再见短")
    sent = [piece for text in ("你好。今天天气很好。", "再见", "短") for piece in row.pieces(text)]
    assert [text for one in box.requests() for text in row.provider.texts(one) if text] == sent
