"""Our client's wires against the emulator, over sockets."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from modeldeck.providers.dashscope.wire import realtime, speech, tasks
from modeldeck.providers.dashscope.wire.characters import counted
from modeldeck.providers.dashscope.wire.errors import SERVICE
from modeldeck.sandbox import Sandbox
from modeldeck.tts.hook import Audio, Cleared, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, TTSUsage, WordTiming
from modeldeck.tts.wav import Samples

KEY = {"authorization": "Bearer sk-test"}
COSY = {"voice": "longanyang", "format": "pcm", "sample_rate": 24000}
TEXT = "你好，世界。再见"
PER_CHARACTER = round(0.06 * 24000)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def numbers(events: list[Any]) -> list[int]:
    data = b"".join(event.data for event in events if isinstance(event, Audio))
    assert len(data) % 2 == 0
    return list(array("H", data))


def counting(count: int, first: int = 0) -> list[int]:
    return [(first + number) % 65536 for number in range(count)]


async def spoken(box: Sandbox, model: str = "qwen3-tts-flash", text: str = TEXT, **parameters: Any) -> list[Any]:
    """What a whole call over HTTP gives."""
    body = speech.body(model, text, {"voice": "Cherry", **parameters})
    answer, events = speech.SpeechAnswer(), list[Any]()
    async with (
        httpx.AsyncClient(trust_env=False, headers=KEY) as client,
        client.stream("POST", box.url + speech.PATH, json=body, headers=speech.HEADERS) as response,
    ):
        if response.status_code != 200:
            raise SERVICE.http_error(response.status_code, await response.aread(), response.headers)
        try:
            async for data in response.aiter_bytes():
                events += answer.feed(data)
        except httpx.TransportError:
            raise answer.broken() from None
    return events + answer.end()


def dial(box: Sandbox, path: str, headers: dict[str, str] = KEY) -> connect:
    url = box.url.replace("http", "ws", 1) + path
    return connect(url, additional_headers=headers, compression=None, max_size=None, proxy=None)


async def heard(socket: ClientConnection, one: Any, until: Callable[[list[Any]], bool]) -> list[Any]:
    """The events of a realtime or a run-task client."""
    events: list[Any] = []
    while not until(events):
        try:
            events += one.receive(await socket.recv())
        except websockets.ConnectionClosed as closed:
            raise one.closed(closed.rcvd and closed.rcvd.code, closed.rcvd.reason if closed.rcvd else "") from None
    return events


def ended(events: list[Any]) -> bool:
    return UtteranceEnd() in events


async def session(
    box: Sandbox, model: str, *texts: str, **parameters: Any
) -> tuple[realtime.RealtimeClient, list[Any]]:
    one = realtime.RealtimeClient(model, {"voice": "Cherry", **parameters})
    async with dial(box, realtime.path(model)) as socket:
        for frame in (one.update(), *map(one.append, texts), one.finish()):
            await socket.send(frame)
        return one, await heard(socket, one, lambda _: one.finished)


async def task(box: Sandbox, *texts: str, model: str = "cosyvoice-v3-flash", **parameters: Any) -> list[Any]:
    one = tasks.TaskClient(model, {**COSY, **parameters})
    async with dial(box, tasks.PATH) as socket:
        return await one_task(socket, one, *texts)


async def one_task(socket: ClientConnection, one: tasks.TaskClient, *texts: str) -> list[Any]:
    await socket.send(one.run())
    await heard(socket, one, lambda _: one.ready)
    for text in texts:
        for frame in one.text(text):
            await socket.send(frame)
    await socket.send(one.finish())
    return await heard(socket, one, ended)


# -- what goes well


@pytest.mark.parametrize("model", ["qwen3-tts-flash", "qwen-tts", "qwen3-tts-flash!tiny", "qwen3-tts-flash!odd"])
async def test_http(box: Sandbox, model: str) -> None:
    events = await spoken(box, model)
    assert numbers(events) == counting(len(TEXT) * PER_CHARACTER)
    usage = events[-1]
    assert isinstance(usage, TTSUsage)
    assert (usage.characters == counted(TEXT)) is (model != "qwen-tts")
    assert (usage.output_tokens > 0) is (model == "qwen-tts")


async def test_http_whole_and_its_download(box: Sandbox) -> None:
    body = speech.body("qwen3-tts-flash", TEXT, {"voice": "Cherry"})
    async with httpx.AsyncClient(trust_env=False, headers=KEY) as client:
        response = await client.post(box.url + speech.PATH + "/", json=body)
        answer = speech.SpeechAnswer()
        identity, download, usage = answer.feed(response.content) + answer.end()
        assert isinstance(identity, Identity)
        assert identity.request_id == response.headers["x-request-id"]
        assert usage == TTSUsage(characters=counted(TEXT))
        assert isinstance(download, speech.Download)
        samples = Samples(speech.FORMAT)
        data = samples.feed((await client.get(download.url)).content)
        assert numbers([Audio(data, samples.format)]) == counting(len(TEXT) * PER_CHARACTER)
        assert (await client.get(box.url + "/dashscope-result/none.wav")).status_code == 404


async def test_realtime_in_both_modes(box: Sandbox) -> None:
    for mode in ("server_commit", "commit"):
        one, events = await session(
            box, "qwen3-tts-flash-realtime", "你好，", "世界。再", "见", mode=mode, sample_rate=16000
        )
        assert numbers(events) == counting(len(TEXT) * round(0.06 * 16000))
        assert [event for event in events if isinstance(event, TTSUsage)][-1].characters == counted(TEXT)
        assert (one.ignored, one.format) == (0, AudioFormat("pcm_s16le", 16000))


async def test_realtime_several_utterances_in_one_session(box: Sandbox) -> None:
    one = realtime.RealtimeClient("qwen3-tts-flash-realtime", {"voice": "Cherry", "mode": "commit"})
    first = 0
    async with dial(box, realtime.path(one.model) + "&x=1") as socket:
        await socket.send(one.update())
        for text in ("One.", "Two."):
            await socket.send(one.append(text))
            await socket.send(one.commit())
            assert numbers(await heard(socket, one, ended)) == counting(4 * PER_CHARACTER, first)
            first += 4 * PER_CHARACTER
            assert one.idle
        await socket.send(one.append("unsaid"))
        await socket.send(one.clear())
        assert await heard(socket, one, bool) == [Cleared(6)]


@pytest.mark.parametrize(("format", "magic"), [("wav", b"RIFF"), ("mp3", b"\xff"), ("opus", b"OggS")])
async def test_files(box: Sandbox, format: str, magic: bytes) -> None:
    _, live = await session(box, "qwen3-tts-flash-realtime", TEXT, format=format, sample_rate=24000)
    for events in (live, await task(box, TEXT, format=format)):
        data = b"".join(event.data for event in events if isinstance(event, Audio))
        assert data.startswith(magic)
        assert data.count(b"RIFF") == (format == "wav")


async def test_cosyvoice_tasks_on_one_socket(box: Sandbox) -> None:
    one = tasks.TaskClient("cosyvoice-v3-flash", {**COSY, "word_timestamp_enabled": True})
    first = 0
    async with dial(box, tasks.PATH + "/") as socket:
        for _ in range(2):
            events = await one_task(socket, one, "你好，世", "界。Good", " day")
            assert numbers(events) == counting(14 * PER_CHARACTER, first)
            first += 14 * PER_CHARACTER
            words = [event for event in events if isinstance(event, WordTiming)]
            assert [(word.text, word.begin_index) for word in words] == [
                ("你", 0),
                ("好", 1),
                ("世", 3),
                ("界", 4),
                ("Good", 6),
                ("day", 11),
            ]
            assert [round(word.start / 0.06) for word in words] == [word.begin_index for word in words]
            assert TTSUsage(characters=18) in events
    assert one.ignored == 0


async def test_cosyvoice_cancel_leaves_the_socket_usable(box: Sandbox) -> None:
    one = tasks.TaskClient("cosyvoice-v3-flash", COSY)
    async with dial(box, tasks.PATH) as socket:
        await socket.send(one.run())
        await heard(socket, one, lambda _: one.ready)
        await socket.send(one.text("x" * 500 + ".")[0])
        await heard(socket, one, bool)
        finish = json.loads(one.finish())
        finish["payload"]["input"]["directive"] = "cancel"
        await socket.send(json.dumps(finish))
        assert len(numbers(await heard(socket, one, lambda _: one.state == "idle"))) < 500 * PER_CHARACTER
        assert len(numbers(await one_task(socket, one, "好"))) == PER_CHARACTER


async def test_cosyvoice_flush_speaks_what_is_incomplete(box: Sandbox) -> None:
    one = tasks.TaskClient("cosyvoice-v3-flash", COSY)
    async with dial(box, tasks.PATH) as socket:
        await socket.send(one.run())
        await heard(socket, one, lambda _: one.ready)
        await socket.send(one.text("Well")[0])
        await socket.send(one.flush())
        assert await heard(socket, one, bool)


async def test_sambert(box: Sandbox) -> None:
    settings = {"format": "pcm", "word_timestamp_enabled": True}
    one = tasks.TaskClient("sambert-zhichu-v1", settings, duplex=False)
    async with dial(box, tasks.PATH) as socket:
        await socket.send(one.run(TEXT))
        events = await heard(socket, one, ended)
    assert numbers(events) == counting(len(TEXT) * round(0.06 * 16000))
    words = [event for event in events if isinstance(event, WordTiming)]
    assert [(word.text, word.begin_index) for word in words] == [(TEXT[at], at) for at in (0, 1, 3, 4, 6, 7)]


@pytest.mark.parametrize("end", ["", "/"])
async def test_models_are_listed(box: Sandbox, end: str) -> None:
    async with httpx.AsyncClient(trust_env=False, headers=KEY, base_url=box.url) as client:
        native = (await client.get("/api/v1/models" + end)).json()
        compatible = (await client.get("/compatible-mode/v1/models" + end)).json()
    names = [model["model"] for model in native["output"]["models"]]
    assert {"qwen3-tts-flash", "qwen3-tts-flash-realtime", "cosyvoice-v2"} <= set(names)
    assert names == [model["id"] for model in compatible["data"]]


# -- what goes wrong


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk-invalid"}])
async def test_the_key_comes_first(box: Sandbox, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(trust_env=False, headers=headers, base_url=box.url) as client:
        answers = [await client.post(speech.PATH, content=b"{")]
        answers += [await client.get("/api/v1/models"), await client.get("/compatible-mode/v1/models")]
    for answer in answers:
        raised = SERVICE.http_error(answer.status_code, answer.content, answer.headers)
        assert isinstance(raised, AuthenticationError)
        assert raised.request_id
    for path in (realtime.path("x!status=503"), tasks.PATH):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with dial(box, path, headers):
                pass
        response = refused.value.response
        assert isinstance(SERVICE.handshake_error(response.status_code, response.body or b"", {}), AuthenticationError)


STATUSES = [
    (400, ProviderError),
    (401, AuthenticationError),
    (404, ModelNotFoundError),
    (429, RateLimitError),
    (500, ProviderError),
    (503, ProviderError),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_statuses(box: Sandbox, status: int, error: type[ModelDeckError]) -> None:
    fault = f"!status={status};retry-after=7"
    with pytest.raises(error) as raised:
        await spoken(box, "qwen3-tts-flash" + fault)
    assert (raised.value.status, raised.value.retry_after) == (status, 7.0)
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with dial(box, realtime.path("qwen3-tts-flash-realtime" + fault)):
            pass
    response = refused.value.response
    told = SERVICE.handshake_error(response.status_code, response.body or b"", dict(response.headers.raw_items()))
    assert (type(told), told.code) == (error, raised.value.code)
    with pytest.raises(error):
        await task(box, "x", model="cosyvoice-v3-flash" + fault)


FAULTS = [
    ("error", ProviderError),
    ("error;after=1", ProviderError),
    ("error=Arrearage;after=1", QuotaError),
    ("error=Throttling.RateQuota", RateLimitError),
    ("no_finish", ConnectionFailedError),
    ("garbage;after=1", ProtocolError),
    ("cut;after=1", ConnectionFailedError),
]


@pytest.mark.parametrize(
    ("fault", "error"), [*FAULTS, ("truncated_base64;after=1", ProtocolError), ("wrong_order", ProtocolError)]
)
async def test_faults_of_http(box: Sandbox, fault: str, error: type[ModelDeckError]) -> None:
    with pytest.raises(error):
        await spoken(box, f"qwen3-tts-flash!{fault}")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        *FAULTS,
        ("truncated_base64;after=1", ProtocolError),
        ("wrong_order", ProtocolError),
        ("close;after=1;reason=To many requests", RateLimitError),
        ("close=1007;after=1;reason=Invalid payload data", ProviderError),
    ],
)
async def test_faults_of_realtime(box: Sandbox, fault: str, error: type[ModelDeckError]) -> None:
    with pytest.raises(error):
        await session(box, f"qwen3-tts-flash-realtime!{fault}", TEXT)


@pytest.mark.parametrize(("fault", "error"), [*FAULTS, ("close;after=1", ProviderError)])
async def test_faults_of_tasks(box: Sandbox, fault: str, error: type[ModelDeckError]) -> None:
    with pytest.raises(error):
        await task(box, TEXT, model=f"cosyvoice-v3-flash!{fault}")


async def test_order_of_binary_frames_is_the_order_of_audio(box: Sandbox) -> None:
    events = await task(box, TEXT, model="cosyvoice-v3-flash!wrong_order")
    assert numbers(events) == counting(len(TEXT) * PER_CHARACTER)


async def test_models_and_voices_that_are_not_there(box: Sandbox) -> None:
    with pytest.raises(ModelNotFoundError):
        await spoken(box, "nobody")
    with pytest.raises(ProviderError, match="voice"):
        await spoken(box, voice="nobody")
    with pytest.raises(ProviderError, match="'nobody' is not supported"):
        await session(box, "qwen3-tts-flash-realtime", "x", voice="nobody")
    with pytest.raises(ProviderError, match="411"):
        await session(box, "qwen3-tts-vc-realtime-2026-01-15", "x")
    with pytest.raises(ModelNotFoundError):
        await task(box, "x", model="qwen3-tts-flash-realtime")
    with pytest.raises(ProviderError, match="418"):
        await task(box, "x", voice="longxiaochun")
    one = realtime.RealtimeClient("nobody", {"voice": "Cherry"})
    async with dial(box, realtime.path("nobody")) as socket:
        with pytest.raises(ModelNotFoundError, match="'nobody'"):
            await heard(socket, one, lambda _: False)


async def test_a_wrong_fault_in_a_run_task_is_told(box: Sandbox) -> None:
    with pytest.raises(ProviderError, match="1008"):
        await task(box, "x", model="cosyvoice-v3-flash!nonsense")


async def test_a_hundred_clients_that_leave_at_once(box: Sandbox) -> None:
    async def leave(number: int) -> None:
        one = tasks.TaskClient("cosyvoice-v3-flash", COSY)
        async with dial(box, tasks.PATH) as socket:
            await socket.send(one.run())
            await heard(socket, one, lambda _: one.ready)
            await socket.send(one.text("x" * number + ".")[0])

    await asyncio.gather(*map(leave, range(100)))
    assert len(numbers(await task(box, "好"))) == PER_CHARACTER
