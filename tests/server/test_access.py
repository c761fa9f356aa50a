"""Who may ask, from where, how often and how much; and what browsers are told."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from modeldeck.errors import CredentialError, ParameterError
from modeldeck.server import logs
from modeldeck.server.access import COOKIE
from modeldeck.server.gate import known_hosts
from modeldeck.server.limits import MOST_CALLERS, Limiter
from modeldeck.server.run import Running, served
from modeldeck.server.settings import Settings, data_directory
from modeldeck.server.tokens import CODE_LIFE, Codes, make_token, token_hash
from tests.server.conftest import connected, somebody

SESSION = "/api/v1/session"


@pytest.fixture
async def browser(running: Running) -> Any:
    """After the printed link: a cookie and no token."""
    assert running.link is not None
    async with connected(running) as client:
        answer = await client.get(running.link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        yield client


def own(running: Running) -> dict[str, str]:
    return {"Origin": running.url}


async def test_nobody_gets_in_without_a_token(running: Running) -> None:
    async with connected(running) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        closed = 0
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                url = path.replace("{id}", "local")
                if "security" not in operation:
                    assert url in {SESSION, "/health", "/api/v1/health", "/api/v1/ready"}
                    continue
                answer = await client.request(method, url)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"
                closed += 1
        assert closed > 15


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic bG9jYWw6eA==", "", "Bearer é".encode()])
async def test_a_wrong_token_is_refused(running: Running, header: Any) -> None:
    async with connected(running) as client:
        assert (await client.get(SESSION, headers={"Authorization": header})).status_code == 401


async def test_a_removed_token_is_refused(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modeldeck.server.access.REMEMBERED", 0.0)
    assert running.token is not None
    async with connected(running, running.token) as client:
        assert (await client.get(SESSION)).json() == {"user": "local", "kind": "token"}
        await running.server.store.remove_token(token_hash(running.token))
        assert (await client.get(SESSION)).status_code == 401


async def test_the_link_logs_a_browser_in_once(running: Running) -> None:
    assert running.link is not None
    async with connected(running) as client:
        answer = await client.get(running.link)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Secure" not in cookie
        assert (await client.get(SESSION)).json() == {"user": "local", "kind": "cookie"}
    async with connected(running) as other:
        answer = await other.get(running.link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?code_refused=1")
        assert COOKIE not in other.cookies
        assert (await other.get("/?code=" + "x" * 500)).status_code == 422


def test_a_code_is_good_once_and_for_ten_minutes() -> None:
    now = 0.0
    codes = Codes(lambda: now)
    first, second = codes.issue("ann"), codes.issue("ann")
    assert codes.redeem("no such") is None
    assert codes.redeem(first) == "ann"
    assert codes.redeem(first) is None
    now = CODE_LIFE
    assert codes.redeem(second) is None


async def test_a_cookie_changes_things_for_our_own_pages_alone(browser: httpx.AsyncClient, running: Running) -> None:
    asked = {"ref": "local/espeak-ng", "parameters": {}}
    allowed: list[dict[str, str]] = [own(running), {"Sec-Fetch-Site": "same-origin"}]
    refused = [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ]
    for headers in allowed:
        assert (await browser.post("/api/v1/validate", json=asked, headers=headers)).status_code == 200
    for headers in refused:
        assert (await browser.post("/api/v1/validate", json=asked, headers=headers)).status_code == 403
        assert (await browser.get("/api/v1/models", headers=headers)).status_code == 200


async def test_a_session_ends(browser: httpx.AsyncClient, running: Running) -> None:
    cookie = browser.cookies[COOKIE]
    assert (await browser.delete(SESSION, headers=own(running))).status_code == 204
    assert COOKIE not in browser.cookies
    assert (await browser.get(SESSION, headers={"Cookie": f"{COOKIE}={cookie}"})).status_code == 401


async def test_a_token_for_a_cookie(running: Running) -> None:
    assert running.token is not None
    async with connected(running) as client:
        given = {"token": running.token}
        assert (await client.post(SESSION, json=given)).status_code == 403
        assert (await client.post(SESSION, json={"token": "x"}, headers=own(running))).status_code == 401
        answer = await client.post(SESSION, json=given, headers=own(running))
        assert answer.json() == {"user": "local", "kind": "cookie"}
        assert (await client.get(SESSION)).json()["kind"] == "cookie"
        session = client.cookies[COOKIE]
    async with connected(running, session) as client:  # a session is no token, and no token a session
        assert (await client.get(SESSION)).status_code == 401
    async with connected(running) as client:
        headers = {"Cookie": f"{COOKIE}={running.token}"}
        assert (await client.get(SESSION, headers=headers)).status_code == 401
        assert (await client.post(SESSION, json={"token": session}, headers=own(running))).status_code == 401


async def test_another_host_name_is_refused(client: httpx.AsyncClient, running: Running) -> None:
    port = running.url.rpartition(":")[2]
    for host in ("127.0.0.1", f"localhost:{port}", f"[::1]:{port}", "LOCALHOST"):
        assert (await client.get(SESSION, headers={"Host": host})).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[", "localhost@evil.example"):
        assert (await client.get(SESSION, headers={"Host": host})).status_code in (400, 403)


def test_which_names_a_host_may_have() -> None:
    assert known_hosts(Settings(host="0.0.0.0")) == frozenset()
    assert "deck.example" in known_hosts(Settings(host="0.0.0.0", hosts=("Deck.example",)))
    assert "evil.example" not in known_hosts(Settings(hosts=("deck.example",)))


async def test_a_websocket_is_asked_the_same(running: Running) -> None:
    url = running.url.replace("http", "ws") + "/api/v1/nothing"
    with pytest.raises(InvalidStatus):
        async with connect(url, proxy=None):
            pass
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None, additional_headers={"Host": "evil.example"}):
            pass
    assert refused.value.response.status_code in (400, 403)


async def test_a_long_body_is_refused(settings: Settings) -> None:
    async with served(replace(settings, max_body=1000)) as running, connected(running, running.token) as client:
        long = b'{"data": "' + b"x" * 2000 + b'"}'

        async def pieces() -> Any:
            for start in range(0, len(long), 100):
                yield long[start : start + 100]

        for content in (long, pieces()):
            headers = {"Content-Type": "application/json"}
            answer = await client.post("/api/v1/credentials", content=content, headers=headers)
            assert (answer.status_code, answer.json()["title"]) == (413, "Content Too Large")


async def test_too_many_requests_of_one_user(settings: Settings) -> None:
    async with served(replace(settings, rate=0.001, burst=3)) as running:
        async with connected(running, running.token) as client:
            found = [await client.get(SESSION) for _ in range(4)]
        assert [one.status_code for one in found] == [200, 200, 200, 429]
        assert int(found[-1].headers["retry-after"]) > 0
        assert found[-1].headers["content-type"] == "application/problem+json"


def test_a_bucket_fills_again() -> None:
    now = 0.0
    limiter = Limiter(2, 4, lambda: now)
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 0]
    assert limiter.wait("a") == 0.5
    assert limiter.wait("b") == 0
    now = 0.5
    assert limiter.wait("a") == 0
    assert limiter.wait("a") == 0.5
    now = 100
    assert limiter.wait("a", 4) == 0
    assert limiter.wait("a", 1) == 0.5
    for number in range(MOST_CALLERS + 10):
        limiter.wait(str(number))
    assert len(limiter._buckets) == MOST_CALLERS
    assert Limiter(0, 1).wait("a", 1e9) == 0


async def test_every_answer_has_what_browsers_should_know(client: httpx.AsyncClient) -> None:
    for path in ("/", SESSION, "/nothing", "/health", "/api/v1/models"):
        headers = (await client.get(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["script-src"] == policy["default-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


async def test_no_other_site_may_ask_unless_named(settings: Settings) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    async with served(settings) as running, connected(running) as client:
        assert "access-control-allow-origin" not in (await client.options("/api/v1/models", headers=asked)).headers
    async with served(replace(settings, origins=("https://app.example",))) as running, connected(running) as client:
        answer = await client.options("/api/v1/models", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-credentials" not in answer.headers
        other = {**asked, "Origin": "https://evil.example"}
        assert "access-control-allow-origin" not in (await client.options("/api/v1/models", headers=other)).headers


async def test_a_request_has_an_id_and_a_line_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "modeldeck.server")
    given = await client.get("/api/v1/models?q=secretword", headers={"X-Request-Id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    made = await client.get(SESSION, headers={"X-Request-Id": "no good\tone"})
    assert len(made.headers["x-request-id"]) == 32
    fields = [record.__dict__["modeldeck_fields"] for record in caplog.records if record.message == "request"]
    assert fields[0] | {"ms": 0} == {
        "method": "GET",
        "path": "/api/v1/models",
        "status": 200,
        "ms": 0,
        "user": "local",
        "address": "127.0.0.1",
        "request_id": "abc-1",
    }


def test_a_log_is_lines_of_json_or_text() -> None:
    root, ours = logging.getLogger(), logging.getLogger("modeldeck")
    before = root.handlers, root.level, ours.level
    try:
        out = io.StringIO()
        logs.configure("json", out)
        logs.write(logging.INFO, "request", path="/a\nb", status=200)
        try:
            raise ValueError("a secret text")
        except ValueError as error:
            logs.failure(error, request_id="1")
            logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=error)
            logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=error)
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [(one["level"], one["message"]) for one in lines] == [
            ("info", "request"),
            ("error", "failed"),
            ("error", "Exception in ASGI application"),
            ("error", "Task exception was never retrieved"),
        ]
        assert {one["error"] for one in lines[1:]} == {"ValueError"}
        assert "secret" not in out.getvalue()
        out = io.StringIO()
        logs.configure("text", out)
        logs.write(logging.INFO, "request", path="/a\nb", user=None)
        assert out.getvalue().endswith('request path="/a\\nb"\n')
    finally:
        root.handlers, level, own = before
        root.setLevel(level)
        ours.setLevel(own)


async def test_beyond_this_machine_a_user_is_needed(settings: Settings, tmp_path: Path) -> None:
    open_to_all = replace(settings, host="0.0.0.0")
    with pytest.raises(CredentialError, match="modeldeck users add"):
        async with served(open_to_all):
            pass
    async with served(settings) as running:
        await (await somebody(running, "ann")).aclose()
    async with served(open_to_all) as running:
        assert (running.link, running.token) == (None, None)


async def test_a_token_is_made_at_the_first_start_alone(settings: Settings) -> None:
    async with served(settings) as running:
        first = running.token
    async with served(settings) as running:
        assert running.token is None
        async with connected(running, first) as client:
            assert (await client.get(SESSION)).status_code == 200


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "MODELDECK_PORT": "0",
        "MODELDECK_STORE_URL": "postgresql://u:secret@db/deck",
        "MODELDECK_HOSTS": "a.example, b.example",
        "MODELDECK_ALLOW_PRIVATE": "no",
        "MODELDECK_RATE": "2.5",
    }
    found = Settings.from_env(variables, port=None, host="::1")
    assert (found.port, found.host, found.rate) == (0, "::1", 2.5)
    assert found.hosts == ("a.example", "b.example")
    assert found.loopback
    assert not found.private_allowed
    assert "secret" not in repr(found)
    assert Settings.from_env(variables, port=7).port == 7
    assert Settings(allow_private=None).private_allowed
    assert not Settings(hosts=("deck.example.com",)).private_allowed
    assert not Settings(host="0.0.0.0").private_allowed
    for wrong in ({"MODELDECK_PORT": "http"}, {"MODELDECK_ALLOW_PRIVATE": "perhaps"}, {"MODELDECK_LOG_FORMAT": "xml"}):
        with pytest.raises(ParameterError):
            Settings.from_env(wrong)
    for arguments in ({"port": 70000}, {"host": " "}, {"rate": -1}, {"burst": 0}, {"max_body": 0}):
        with pytest.raises(ParameterError):
            Settings(**arguments)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert data_directory() == Path("/data/modeldeck")


def test_tokens_are_long_and_their_hashes_tell_nothing() -> None:
    token = make_token()
    assert len({make_token() for _ in range(100)}) == 100
    assert token[4:12] not in token_hash(token)
    assert len(token_hash(token)) == 64
