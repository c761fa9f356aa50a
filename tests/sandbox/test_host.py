"""The server: control, records, keys, the end."""

from __future__ import annotations

import asyncio
import json
import logging
import signal

import httpx
import pytest
from starlette.requests import Request

from modeldeck.errors import ConnectionFailedError, ParameterError
from modeldeck.sandbox import Fault, Sandbox
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.host import known_emulators
from modeldeck.sandbox.records import MOST_BYTES, MOST_EXCHANGES
from tests.sandbox import echo
from tests.sandbox.conftest import KEY, Client, spoken


async def control(box: Sandbox, method: str, path: str, **options) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, f"{box.url}/_sandbox/{path}", **options)


async def test_state_says_what_is_served_and_asked_for(box: Sandbox) -> None:
    answer = (await control(box, "GET", "")).json()
    assert answer == {
        "url": box.url,
        "serves": ["echo"],
        "connections": 1,
        "requests": 0,
        "faults": [],
        "distance": {"rtt": 0.0, "bandwidth": None},
        "environment": {"ECHO_URL": f"{box.url}/echo", "ECHO_KEY": "sk-sandbox"},
    }


async def test_requests_and_frames_are_recorded_without_secrets(client: Client) -> None:
    await client.post(text="天气", headers={**KEY, "x-api-key": "canary-1", "x-other": "kept"})
    async with client.talk("?a=1", additional_headers={"Authorization": "Bearer sk-canary-2"}) as socket:
        await socket.send("one")
        await spoken(socket)
        await socket.send(b"1234567")
        await socket.send("two")
        await spoken(socket)
    answer = await control(client.box, "GET", "requests")
    http, websocket = answer.json()
    assert (http["kind"], http["method"], http["path"], http["status"]) == ("http", "POST", "/echo", 200)
    assert json.loads(http["body"]) == {"model": "m", "text": "天气"}
    assert ["x-other", "kept"] in http["headers"]
    assert ["authorization", "(14 characters)"] in http["headers"]
    assert (websocket["kind"], websocket["query"], websocket["status"]) == ("websocket", "a=1", 101)
    assert websocket["frames"] == ["one", 7, "two"]
    assert "canary" not in answer.text
    assert client.box.requests() == [{**one, "headers": list(map(tuple, one["headers"]))} for one in (http, websocket)]
    assert (await control(client.box, "DELETE", "requests")).status_code == 204
    assert client.box.requests() == []


async def test_records_are_bounded(client: Client) -> None:
    async with client.talk() as socket:
        for text in ("model=" + "x" * MOST_BYTES, "model=m"):
            await socket.send(text)
        await socket.send("end")
        await spoken(socket)
    (kept,) = client.box.requests()
    assert (kept["frames"], kept["lost"]) == (["model=m", "end"], MOST_BYTES + 6)
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(MOST_EXCHANGES + 1):
            await http.get(f"{client.box.url}/nothing")
    assert (len(client.box.requests()), client.box.state()["requests"]) == (MOST_EXCHANGES, MOST_EXCHANGES + 2)


async def test_faults_are_armed_from_outside(client: Client) -> None:
    answer = await control(client.box, "PUT", "faults", json=["status=500;times=1", "status=429"])
    assert answer.json()["faults"] == ["status=500;after=0;times=1", "status=429;after=0"]
    assert [(await client.post()).status_code for _ in range(3)] == [500, 429, 429]
    await control(client.box, "PUT", "faults", json=[])
    assert (await client.post()).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("faults", '["cot"]', "did you mean 'cut'?"),
        ("faults", '"cut"', "a list"),
        ("faults", "[cut]", "no JSON"),
        ("distance", '{"rtt": -1}', "from 0 to 60"),
        ("distance", '{"rtt": 1, "bandwith": 1}', "from 0 to 60"),
        ("distance", '{"rtt": NaN}', "from 0 to 60"),
    ],
)
async def test_control_says_what_is_wrong(box: Sandbox, path: str, body: str, said: str) -> None:
    answer = await control(box, "PUT", path, content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


async def test_an_unknown_path_says_what_there_is(box: Sandbox) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{box.url}/v2/nothing")
    assert answer.status_code == 404
    assert f"echo: POST {box.url}/echo" in answer.text


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Bearer sk-1", None),
        ("bearer st-1", None),
        (None, "missing"),
        ("Bearer ", "missing"),
        ("Bearer sk-invalid", "invalid"),
        ("Basic sk-1", "invalid"),
        ("Bearer 1", "invalid"),
    ],
)
def test_which_keys_are_good(header: str | None, problem: str | None) -> None:
    assert Box().key_problem(header) == problem


async def test_the_end_leaves_no_task_no_connection_and_no_handler() -> None:
    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    before, tasks, logs = handlers(), asyncio.all_tasks(), logging.getLogger("uvicorn.access").propagate
    async with Sandbox(emulators={"echo": echo}, pace=1.0) as box:
        client = Client(box)
        assert handlers() == before
        async with client.talk() as talking, client.talk() as idle, client.stream("m!silence;after=1") as answer:
            await talking.send("a long text " * 100)
            await talking.recv()
            async for _ in answer.aiter_bytes():
                break
            ending = asyncio.ensure_future(box.__aexit__(None, None, None))
            await ending
            assert box.state()["connections"] == 0
            await idle.wait_closed()
            assert idle.close_code == 1012
            box._server = await asyncio.start_server(lambda *_: None, "127.0.0.1")  # for the second end
    assert asyncio.all_tasks() == tasks
    assert logging.getLogger("uvicorn.access").propagate == logs


async def test_a_port_that_is_taken_is_a_clear_error(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    with pytest.raises(ConnectionFailedError, match=rf"cannot listen on 127.0.0.1 port {port}: Address already in use"):
        async with Sandbox(port=port, emulators={"echo": echo}):
            pass


def test_wrong_faults_are_refused_at_once() -> None:
    with pytest.raises(ParameterError, match="did you mean 'cut'"):
        Sandbox(faults=["cot"])
    assert Sandbox(faults=["cut", Fault("odd")]).state()["faults"] == ["cut;after=0", "odd;after=0"]


def test_every_emulator_says_what_it_serves() -> None:
    for emulator in known_emulators().values():
        url = "http://127.0.0.1:1"
        assert emulator.routes(Box())
        assert any(url.partition("//")[2] in line for line in emulator.about(url))
        assert emulator.environment(url)


def test_a_request_without_a_fault_has_none() -> None:
    scope = {"type": "http", "headers": [], "query_string": b"", "state": {"peer": None}}
    assert Box().refusal(Request(scope), "m") is None
