"""`credentials check` and `doctor --live`: the diagnosis, and its exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

KEY = "sk-good"
VARIABLES = ("DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_COMPATIBLE_BASE_URL", "DASHSCOPE_BASE_URL", "DASHSCOPE_WORKSPACE_ID")


class Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.headers["Authorization"] == f"Bearer {KEY}"
        body = b'{"data":[]}' if good else b'{"error":{"code":"invalid_api_key","message":"no"}}'
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Models)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_from_the_environment(deck, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"{url}/api/v1")
    assert deck("credentials", "check").code == 0
    outcome = deck("credentials", "check", "dashscope", "local", "--json")
    assert outcome.code == 0
    assert [(one["credential"], one["grade"]) for one in json.loads(outcome.out)] == [
        ("dashscope", "ok"),
        ("local", "ok"),
    ]
    live = {one["check"]: one["status"] for one in json.loads(deck("doctor", "--live", "--json").out)}
    assert live["dashscope live"] == "ok"


def test_one_that_is_half_set_hides_no_other(deck, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", url)
    monkeypatch.setenv("LIVEKIT_API_SECRET", "canary-secret")
    outcome = deck("credentials", "check", "--json")
    assert outcome.code == 1
    assert [(one["credential"], one["grade"]) for one in json.loads(outcome.out)] == [("dashscope", "ok")]
    assert "LIVEKIT_API_KEY" in outcome.err
    doctor = deck("doctor", "--live", "--json")
    assert doctor.code == 1
    found = {one["check"]: one["status"] for one in json.loads(doctor.out)}
    assert (found["livekit"], found["dashscope live"]) == ("broken", "ok")
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    outcome = deck("credentials", "check")
    assert (outcome.code, outcome.out) == (1, "")
    assert "LIVEKIT_API_KEY" in outcome.err
    assert "canary" not in outcome.err


def test_a_refused_key(deck, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary")
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", url)
    outcome = deck("credentials", "check", "dashscope")
    assert outcome.code == 1
    assert outcome.out.splitlines()[1].split()[:2] == ["dashscope", "key_rejected"]
    assert outcome.err.startswith("dashscope: DashScope refuses the API key")
    doctor = deck("doctor", "--live", "--json")
    assert doctor.code == 1
    assert {one["check"]: one["status"] for one in json.loads(doctor.out)}["dashscope live"] == "broken"
    assert "canary" not in outcome.out + outcome.err + doctor.out + doctor.err


def test_from_a_file(deck, url: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"type": "dashscope_credential", "api_key": KEY, "base_url": url}))
    assert deck("credentials", "check", str(file)).code == 0
    file.write_text(f'["{KEY}"')
    outcome = deck("credentials", "check", str(file))
    assert outcome.code == 1
    assert "this is no JSON map" in outcome.err
    assert KEY not in outcome.err


def test_nothing_to_check(deck) -> None:
    outcome = deck("credentials", "check")
    assert outcome.code == 1
    assert "no key" in outcome.err
    assert deck("doctor", "--live", "--json").code == 0


def test_an_unknown_name_has_a_near_miss(deck) -> None:
    outcome = deck("credentials", "check", "dashscop")
    assert outcome.code == 1
    assert "dashscope" in outcome.err
