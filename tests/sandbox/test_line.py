"""Every fault, over HTTP and over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from modeldeck.sandbox.voice import HUGE, numbered
from tests.sandbox.conftest import KEY, Client, events, spoken

WHOLE = numbered(0, 11 * 1440)  # "hello there"


def audio(found: list[dict[str, Any]]) -> list[bytes]:
    return [base64.b64decode(event["audio"]) for event in found if "audio" in event]


async def test_nothing_goes_wrong_unasked(client: Client) -> None:
    answer = await client.post()
    found = events(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["x-request-id"] == "1"
    assert "content-length" not in answer.headers
    assert (found[0], found[-1]) == ({"model": "m"}, {"finished": True})
    assert b"".join(audio(found)) == WHOLE
    async with client.talk() as socket:
        for begin in (0, 11):
            await socket.send("hello there")
            chunks, frames = await spoken(socket)
            assert b"".join(chunks) == numbered(begin * 1440, 11 * 1440)
            assert frames == ['{"begin": true}', '{"end": true}', '{"finished": true}']


async def test_it_is_asked_for_by_header_query_and_model(client: Client) -> None:
    fault = "status=418;retry-after=7"
    asked = [
        await client.post(headers={**KEY, "x-modeldeck-fault": fault}),
        await client.post(params={"modeldeck_fault": fault}),
        await client.post(f"m!{fault}"),
    ]
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in asked] == [(418, "7")] * 3
    client.box.arm("status=503")
    assert (await client.post()).status_code == 503
    client.box.arm()
    assert (await client.post()).status_code == 200


async def test_a_status_refuses_the_handshake(client: Client) -> None:
    ways: tuple[dict[str, Any], ...] = (
        {"query": "?modeldeck_fault=status=429;retry-after=1"},
        {"additional_headers": {"x-modeldeck-fault": "status=429;retry-after=1"}},
    )
    for way in ways:
        with pytest.raises(InvalidStatus) as caught:
            await client.talk(**way).__aenter__()
        assert (caught.value.response.status_code, caught.value.response.headers["retry-after"]) == (429, "1")


async def test_a_cut_of_a_connection_that_the_client_has_closed_is_nothing(client: Client) -> None:
    async with client.talk():
        (peer,) = client.box._peers
    await peer.lost.wait()
    while peer.transport.get_extra_info("socket").fileno() >= 0:
        await asyncio.sleep(0)
    peer.reset()


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_a_cut_is_a_reset_after_so_many_chunks(client: Client, after: int) -> None:
    received = bytearray()
    with pytest.raises(httpx.ReadError):
        await _read(client, f"m!cut;after={after}", received)
    assert b"".join(audio(events(received.decode()))) == WHOLE[: after * 9600]
    assert (not received) == (after == 0)
    chunks: list[str | bytes] = []
    async with client.talk(f"?modeldeck_fault=cut;after={after}") as socket:
        await socket.send("hello there")
        with pytest.raises(ConnectionClosedError) as caught:
            await _receive(socket, chunks)
    assert isinstance(caught.value.__cause__, ConnectionResetError)
    assert [chunk for chunk in chunks if isinstance(chunk, bytes)] == [
        WHOLE[at * 9600 : (at + 1) * 9600] for at in range(after)
    ]


async def test_silence_keeps_the_connection_and_answers_pings(client: Client) -> None:
    async with client.talk("?modeldeck_fault=silence;after=1") as socket:
        await socket.send("hello there")
        assert await socket.recv() == '{"begin": true}'
        assert await socket.recv() == WHOLE[:9600]
        await socket.send("and this is read")
        await (await socket.ping())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.05)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("m!silence", timeout=0.2)


async def test_the_websocket_is_closed_with_a_code(client: Client) -> None:
    async with client.talk("?modeldeck_fault=close=1011;after=1;reason=To%20many%20requests.") as socket:
        await socket.send("hello there")
        with pytest.raises(ConnectionClosedError):
            await spoken(socket)
    assert (socket.close_code, socket.close_reason) == (1011, "To many requests.")
    found = events((await client.post("m!close;after=1")).text)
    assert found[1:] == [{"audio": base64.b64encode(WHOLE[:9600]).decode()}]


async def test_garbage_is_one_frame_that_is_no_json(client: Client) -> None:
    text = (await client.post("m!garbage;after=2")).text
    frames = [part.removeprefix("data:") for part in text.split("\n\n") if part]
    assert [_is_json(frame) for frame in frames] == [True] * 3 + [False] + [True] * (len(frames) - 4)
    async with client.talk("?modeldeck_fault=garbage") as socket:
        await socket.send("hello there")
        assert await socket.recv() == "{#begin#: true}"


async def test_one_chunk_of_base64_is_truncated(client: Client) -> None:
    found = events((await client.post("m!truncated_base64;after=1")).text)
    texts = [event["audio"] for event in found if "audio" in event]
    assert [len(text) % 4 for text in texts] == [0, 3, 0, 0]


async def test_wrong_order_sends_a_chunk_after_the_event_that_should_follow(client: Client) -> None:
    async with client.talk("?modeldeck_fault=wrong_order;after=3") as socket:
        await socket.send("hello there")
        frames = [await socket.recv() for _ in range(7)]
    assert frames[-3:] == ['{"end": true}', WHOLE[3 * 9600 :], '{"finished": true}']
    found = events((await client.post("m!wrong_order")).text)
    assert [next(iter(event)) for event in found] == ["model", "audio", "audio", "audio", "end", "audio", "finished"]
    assert base64.b64decode(found[-2]["audio"]) == WHOLE[9600:19200]


async def test_an_error_is_the_emulators_own(client: Client) -> None:
    assert events((await client.post("m!error=Throttling")).text)[1:] == [{"error": "Throttling"}]


async def test_no_finish_ends_properly_without_the_terminal_frame(client: Client) -> None:
    answer = await client.post("m!no_finish")
    assert events(answer.text)[-1] == {"end": True}
    async with client.talk("?modeldeck_fault=no_finish") as socket:
        await socket.send("hello there")
        with pytest.raises(ConnectionClosedOK):
            await spoken(socket)
    assert socket.close_code == 1000


async def test_slow_is_each_chunk_late(client: Client) -> None:
    found = await client.post("m!slow=0.01")
    assert b"".join(audio(events(found.text))) == WHOLE
    assert found.elapsed.total_seconds() >= 0.04


@pytest.mark.parametrize("fault", ["tiny", "odd", "huge"])
async def test_sizes_change_no_sample(client: Client, fault: str) -> None:
    async with client.talk(f"?modeldeck_fault={fault}") as socket:
        await socket.send("hello there")
        chunks, _ = await spoken(socket)
    whole = b"".join(chunks)
    assert whole == numbered(0, len(whole) // 2)
    assert len(whole) == (HUGE if fault == "huge" else len(WHOLE))


async def test_each_call_of_a_socket_has_its_own_fault(client: Client) -> None:
    async with client.talk() as socket:
        for name, code in (("a", None), ("b!close=1007;times=1;id=7", 1007)):
            await socket.send(f"model={name}")
            await socket.send("hello there")
            if code is None:
                await spoken(socket)
            else:
                with pytest.raises(ConnectionClosedError):
                    await spoken(socket)
                assert socket.close_code == code


@pytest.mark.parametrize("way", ["m!cot", "m!after=3"])
async def test_a_wrong_fault_is_said_to_who_asks(client: Client, way: str) -> None:
    answer = await client.post(way)
    assert answer.status_code == 400
    assert answer.json()["code"] == "InvalidParameter"
    assert "fault" in answer.json()["message"]
    with pytest.raises(InvalidStatus) as caught:
        await client.talk("?modeldeck_fault=cot").__aenter__()
    assert "did you mean 'cut'?" in json.loads(caught.value.response.body)["message"]
    async with client.talk() as socket:
        await socket.send(f"model={way}")
        with pytest.raises(ConnectionClosedError):
            await socket.recv()
    assert socket.close_code == 1008
    assert "fault" in (socket.close_reason or "")


async def test_who_leaves_in_the_middle_leaves_nothing_behind(client: Client) -> None:
    async with client.stream("m!silence;after=1") as answer:
        async for _ in answer.aiter_bytes():
            break
    async with client.talk("?modeldeck_fault=silence;after=1") as socket:
        await socket.send("hello there")
        await socket.recv()
        socket.transport.abort()
    await client.emptied()


async def _read(client: Client, model: str, into: bytearray) -> None:
    async with client.stream(model) as answer:
        async for data in answer.aiter_bytes():
            into += data


async def _receive(socket: ClientConnection, into: list[str | bytes]) -> None:
    while True:
        into.append(await socket.recv())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
