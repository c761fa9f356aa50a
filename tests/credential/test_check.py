"""`check()`: what a provider's answers, and its silence, say about a credential. Real sockets throughout."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from typing import Literal

import pytest
import trustme

from modeldeck import Call, Observer, Transport
from modeldeck._transport.limits import Timeouts
from modeldeck.credential import (
    CredentialBase,
    DashScopeCredential,
    Diagnosis,
    GeminiCredential,
    LocalCredential,
    OpenAICredential,
    probe,
)
from modeldeck.errors import ModelDeckError
from modeldeck.providers.dashscope import credential as dashscope
from tests.credential.servers import Server, listening, refusal, serving

KEY = "sk-CANARY-5d1c70"


def key_at(server: Server) -> DashScopeCredential:
    return DashScopeCredential(api_key=KEY, base_url=server.url)


async def checked(server: Server) -> Diagnosis:
    async with serving(server):
        return await key_at(server).check()


async def test_a_good_key() -> None:
    server = Server(headers={"x-request-id": "req-7"})
    async with serving(server):
        found = await DashScopeCredential(api_key=KEY, base_url=f"{server.url}/x/api/v1", workspace_id="ws-1").check()
    assert (found.grade, found.ok, found.status, found.request_id, found.advice) == ("ok", True, 200, "req-7", "")
    assert found.latency is not None
    assert found.latency > 0
    assert str(found).startswith(f"ok: {server.url.removeprefix('http://')} takes the key (")
    (line, headers), *more = server.asked
    assert line == "GET /x/compatible-mode/v1/models HTTP/1.1"
    assert (headers["authorization"], headers["x-dashscope-workspace"]) == (f"Bearer {KEY}", "ws-1")
    assert not more


@pytest.mark.parametrize(
    ("status", "body", "grade", "code"),
    [
        (401, refusal("invalid_api_key", f"Incorrect API key provided: {KEY}"), "key_rejected", "invalid_api_key"),
        (401, b"", "key_rejected", None),
        (403, refusal("Workspace.AccessDenied", "no"), "permission", "Workspace.AccessDenied"),
        (429, refusal("PostpaidBillOverdue", "pay"), "quota", "PostpaidBillOverdue"),
        (429, refusal("Throttling.RateQuota", "slowly"), "quota", "Throttling.RateQuota"),
        (500, b"<html>", "unknown", None),
        (404, b"", "unknown", None),
        (302, b"", "unknown", None),
        (200, b"<html>Please log in to this Wi-Fi</html>", "unknown", None),
    ],
)
async def test_what_an_answer_means(status: int, body: bytes, grade: str, code: str | None) -> None:
    found = await checked(Server(status=status, body=body, headers={"location": "https://elsewhere"}))
    assert (found.grade, found.status, found.code, found.ok) == (grade, status, code, False)
    assert found.advice
    assert found.latency is not None
    assert "CANARY" not in f"{found}{found!r}"


async def regions(stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, **keys: str) -> dict[str, Server]:
    servers: dict[str, Server] = {}
    for region in dashscope._HOSTS:
        server = Server(keys=frozenset({keys.get(region.replace("-", "_"), "sk-nobody")}))
        servers[region] = await stack.enter_async_context(serving(server))
    monkeypatch.setattr(dashscope, "_HOSTS", {region: server.url for region, server in servers.items()})
    return servers


async def test_a_key_of_another_region(monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack:
        servers = await regions(stack, monkeypatch, cn_beijing="sk-b", ap_southeast_1=KEY)
        found = await DashScopeCredential(api_key=KEY).check()
        assert (found.grade, found.region, found.status) == ("wrong_region", "ap-southeast-1", 401)
        assert found.message == "the key is not of cn-beijing, it is of ap-southeast-1"
        assert "region" in found.advice
        assert [len(server.asked) for server in servers.values()] == [1, 1, 1, 1]
        found = await DashScopeCredential(api_key=KEY, region="ap-southeast-1").check()
        assert (found.grade, found.region) == ("ok", "ap-southeast-1")
        assert len(servers["us-east-1"].asked) == 1


async def test_a_key_of_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack:
        servers = await regions(stack, monkeypatch)
        servers["us-east-1"].keys, servers["us-east-1"].status = frozenset(), 503  # that says nothing of the key
        assert (await DashScopeCredential(api_key=KEY).check()).grade == "key_rejected"


async def test_with_a_base_url_no_other_host_sees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack:
        servers = await regions(stack, monkeypatch, us_east_1=KEY)
        own = await stack.enter_async_context(serving(Server(keys=frozenset({"sk-other"}))))
        assert (await key_at(own).check()).grade == "key_rejected"
        assert not any(server.asked for server in servers.values())


@pytest.mark.parametrize(
    ("make", "body"),
    [(OpenAICredential, b'{"object":"list","data":[]}'), (GeminiCredential, b'{"models":[{"name":"models/x"}]}')],
)
async def test_a_list_of_models_is_what_says_yes(make: type[OpenAICredential | GeminiCredential], body: bytes) -> None:
    for said, grade in ((body, "ok"), (b"{}", "unknown"), (b'{"status":"healthy"}', "unknown"), (b"[]", "unknown")):
        server = Server(body=said)
        async with serving(server):
            assert (await make(api_key=KEY, base_url=server.url).check()).grade == grade
    server = Server(status=404, body=b"<html>no</html>")
    async with serving(server):
        found = await make(api_key=KEY, base_url=server.url).check()
    assert (found.grade, "Check base_url" in found.advice) == ("unknown", True)


async def test_nobody_there() -> None:
    async with serving(Server()) as server:
        pass
    found = await key_at(server).check()
    assert (found.grade, found.status, found.latency) == ("unreachable", None, None)
    assert "refused" in found.advice


async def test_somebody_hangs_up() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with listening(hang_up) as port:
        found = await DashScopeCredential(api_key=KEY, base_url=f"http://127.0.0.1:{port}").check()
    assert found.grade == "unreachable"


async def test_somebody_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_PATIENCE", Timeouts(first_audio=0.2))
    over = asyncio.Event()

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with listening(stay) as port:
        found = await DashScopeCredential(api_key=KEY, base_url=f"http://127.0.0.1:{port}").check()
        over.set()
    assert (found.grade, found.advice) == ("unreachable", "No answer within 0.2 s; check the network and the proxy")


async def test_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with serving(Server(), context) as server:
        found = await key_at(server).check()
        assert found.grade == "tls"
        assert "certificate" in found.advice
        async with Transport(ssl_context=trusting) as transport:
            assert (await key_at(server).check(transport)).ok


async def test_tls_at_a_plain_port() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with listening(plain) as port:
        found = await DashScopeCredential(api_key=KEY, base_url=f"https://127.0.0.1:{port}").check()
    assert found.grade == "tls"


class Heard(Observer):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def request(self, call: Call) -> None:
        self.calls.append(f"{call.kind} {call.provider}")

    def end(self, call: Call, error: ModelDeckError | None, seconds: float) -> None:
        self.calls.append(type(error).__name__)


async def test_it_is_watched() -> None:
    heard = Heard()
    async with Transport(observer=heard) as transport, serving(Server(keys=frozenset({"sk-other"}))) as server:
        await key_at(server).check(transport)
    assert heard.calls == ["check dashscope", "AuthenticationError"]


async def test_a_check_can_be_cancelled() -> None:
    there = asyncio.Event()

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.set()
        await reader.read()  # until the other end has gone
        writer.close()

    async with listening(stay) as port:
        task = asyncio.create_task(DashScopeCredential(api_key=KEY, base_url=f"http://127.0.0.1:{port}").check())
        await there.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_local_voice() -> None:
    found = await LocalCredential().check()
    assert found.ok
    assert found.message.startswith("eSpeak NG speaks ")


class Silent(CredentialBase):
    type: Literal["silent_credential"] = "silent_credential"


async def test_a_provider_that_cannot_be_asked() -> None:
    assert (await Silent().check()).grade == "unknown"
