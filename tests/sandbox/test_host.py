"""The server: control, records, keys, the end."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from inspect import signature
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection, Request
from websockets.exceptions import ConnectionClosedError

from modeldeck.errors import ConcurrentUseError, ConnectionFailedError, ParameterError
from modeldeck.sandbox import Fault, Sandbox, SandboxProcess, records
from modeldeck.sandbox.box import Box, bearer
from modeldeck.sandbox.known import known_emulators
from modeldeck.sandbox.records import MOST_BYTES, MOST_EXCHANGES
from tests.sandbox import echo
from tests.sandbox.conftest import KEY, Client, spoken

SECRETS = dict.fromkeys(("x-api-key", "x-goog-api-key", "xi-api-key", "proxy-authorization", "cookie"), "canary-1")


async def control(box: Sandbox, method: str, path: str, **options) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, f"{box.url}/_sandbox/{path}", **options)


async def test_state_says_what_is_served_and_asked_for(box: Sandbox) -> None:
    answer = (await control(box, "GET", "")).json()
    assert answer == {
        "url": box.url,
        "serves": ["echo"],
        "problems": [],
        "connections": 1,
        "requests": 0,
        "faults": [],
        "distance": {"rtt": 0.0, "bandwidth": None},
        "environment": {"ECHO_URL": f"{box.url}/echo", "ECHO_KEY": "sk-sandbox"},
    }


async def test_requests_and_frames_are_recorded_without_secrets(client: Client) -> None:
    await client.post(
        text="天气", headers={**KEY, **SECRETS, "x-other": "kept"}, params={"key": "canary-1", "a": "b=c"}
    )
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
    for name in ("authorization", *SECRETS):
        assert dict(http["headers"])[name].endswith(" characters)")
    assert http["query"] == "key=(8 characters)&a=b%3Dc"
    assert (websocket["kind"], websocket["query"], websocket["status"]) == ("websocket", "a=1", 101)
    assert websocket["frames"] == ["one", 7, "two"]
    assert "canary" not in answer.text
    assert [{**one, "headers": list(map(list, one["headers"]))} for one in client.box.requests()] == [http, websocket]
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


async def test_a_body_is_recorded_as_it_was(client: Client) -> None:
    text = "a" + "字" * 100_000
    await client.post("m!status", text=text)
    (kept,) = client.box.requests()
    assert json.loads(kept["body"])["text"] == text
    client.box.forget()
    await client.post("m!status", text="x" * MOST_BYTES)
    (kept,) = client.box.requests()
    assert kept["lost"] > 0
    assert len(kept["body"].encode()) + kept["lost"] == int(dict(kept["headers"])["content-length"])


async def test_all_records_together_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    most, size = 4 << 20, MOST_BYTES - 1000
    monkeypatch.setattr(records, "MOST_IN_ALL", most)
    async with client.talk() as socket:
        for _ in range(6):
            await client.post("m!status", text="x" * size)
        await socket.send("hello")
        await spoken(socket)
    assert [(one["kind"], len(one["body"]) > size) for one in client.box.requests()] == [("http", True)] * 4
    assert client.box.state()["requests"] == 7


async def test_faults_are_armed_from_outside(client: Client) -> None:
    answer = await control(client.box, "PUT", "faults", json=["status=500;times=1", "status=429"])
    assert answer.json()["faults"] == ["status=500;times=1", "status=429"]
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
        ("distance", '{"rtt": 1, "bandwith": 1}', "did you mean 'bandwidth'?"),
        ("distance", "1", '{"rtt": seconds'),
        ("distance", '{"rtt": NaN}', "from 0 to 60"),
    ],
)
async def test_control_says_what_is_wrong(box: Sandbox, path: str, body: str, said: str) -> None:
    answer = await control(box, "PUT", path, content=body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


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
        ("Basic sk-1", "missing"),
        ("Bearer 1", "invalid"),
    ],
)
def test_which_keys_are_good(header: str | None, problem: str | None) -> None:
    headers = [] if header is None else [(b"authorization", header.encode())]
    assert Box().key_problem(bearer(HTTPConnection({"type": "http", "headers": headers}))) == problem


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


async def test_a_place_that_cannot_be_is_a_clear_error(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    places = {
        ("127.0.0.1", port): "Address already in use; choose another port",
        ("192.0.2.1", 0): "that host is not this machine; choose another host",  # of TEST-NET-1
        ("no..name", 0): "there is no such host; choose another host",
    }
    for (host, number), said in places.items():
        with pytest.raises(ConnectionFailedError) as caught:
            async with Sandbox(host=host, port=number, emulators={"echo": echo}):
                pass
        assert str(caught.value) == f"the sandbox cannot listen on {host} port {number}: {said}"


async def test_a_second_start_is_an_error(box: Sandbox) -> None:
    with pytest.raises(ConcurrentUseError, match=f"runs already, at {box.url}"):
        async with box:
            pass
    assert (await control(box, "GET", "")).status_code == 200


@pytest.mark.parametrize("made", [Sandbox, SandboxProcess])
def test_wrong_arguments_are_refused_at_once(made: type[Sandbox | SandboxProcess]) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"faults": ["cot"]}, "did you mean 'cut'"),
        ({"faults": "cut"}, "a list"),
        ({"voice": "nubmered"}, "did you mean 'numbered'"),
        ({"pace": 0}, "pace: times as fast"),
        ({"port": 65536}, "port: a whole number"),
        ({"host": ""}, "host: a name"),
        ({"distance": 0.1}, "a Distance"),
    ]
    for arguments, said in wrong:
        with pytest.raises(ParameterError, match=said):
            made(**arguments)


def test_both_kinds_are_made_and_used_alike() -> None:
    here, process = signature(Sandbox).parameters.values(), signature(SandboxProcess).parameters.values()
    assert [one for one in here if one.name != "emulators"] == list(process)
    for name in ("arm", "set_distance", "requests", "forget", "state", "environment"):
        assert signature(getattr(Sandbox, name)) == signature(getattr(SandboxProcess, name))


async def test_a_reason_that_is_too_long_is_cut(client: Client) -> None:
    async with client.talk() as socket:
        await socket.send("model=m!" + "错" * 60)
        with pytest.raises(ConnectionClosedError) as caught:
            await socket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008
    assert caught.value.rcvd.reason.startswith("fault '错错")


def test_faults_and_specifications_are_alike() -> None:
    assert Sandbox(faults=["cut", Fault("odd")]).state()["faults"] == ["cut", "odd"]


def test_every_emulator_says_what_it_serves() -> None:
    for emulator in known_emulators().values():
        url = "http://127.0.0.1:1"
        assert emulator.routes(Box())
        assert any(url.partition("//")[2] in line for line in emulator.about(url))
        assert emulator.environment(url)


def test_a_request_without_a_fault_has_none() -> None:
    scope = {"type": "http", "headers": [], "query_string": b"", "state": {"peer": None}}
    assert Box().refusal(Request(scope), "m") is None
