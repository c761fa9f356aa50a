"""When each wire met the real service, and recordings: nothing in them may tell whose they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modeldeck.cli.wires import SENTENCE, Mask, meetings, verified
from modeldeck.credential import DashScopeCredential, LocalCredential
from modeldeck.providers.dashscope.wire import realtime
from modeldeck.sandbox import SandboxProcess

CLASSES = ("dashscope_tts", "dashscope_realtime_tts", "dashscope_cosyvoice_realtime_tts")


@pytest.fixture
def environment(modeldeck_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    for name, value in modeldeck_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return modeldeck_sandbox


def test_wires_say_when_they_met_the_real_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "VERIFIED_LIVE", "2026-12-01")
    assert verified(DashScopeCredential) == {"lists": None, "realtime": "2026-12-01", "speech": None, "tasks": None}
    assert verified(LocalCredential) == {}
    (line,) = meetings(["dashscope"])
    assert line.endswith("dashscope: lists never, realtime 2026-12-01, speech never, tasks never")


def test_the_doctor_tells_it(deck, environment: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "VERIFIED_LIVE", "2026-12-01")
    outcome = deck("doctor", "--live", "--json")
    told = {one["check"]: (one["status"], one["message"]) for one in json.loads(outcome.out)}
    assert outcome.code == 0
    assert told["dashscope wire realtime"] == ("ok", "verified against the real service on 2026-12-01")
    assert told["dashscope wire speech"] == ("absent", "never met the real service")


def test_a_recording(deck, environment: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, workspace = "sk-canary-4711", "ws-canary-0815"
    monkeypatch.setenv("DASHSCOPE_API_KEY", key)
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", workspace)
    outcome = deck("doctor", "--live", "--record", str(tmp_path / "new"))
    assert outcome.code == 0, outcome.out
    for name in CLASSES:
        text = (tmp_path / "new" / f"{name}.jsonl").read_text("utf-8")
        about, *events = map(json.loads, text.splitlines())
        assert (about["text"], about["error"]) == (SENTENCE, None)
        assert len(events) > 3
        assert f"{len(events)} events" in outcome.out
        for secret in (key, workspace, environment.url.removeprefix("http://")):
            assert secret not in text
        assert all(len(word) < 200 for word in _texts(events))
    first = json.loads((tmp_path / "new" / f"{CLASSES[1]}.jsonl").read_text("utf-8").splitlines()[1])
    assert first["type"] == "session.created"
    assert first["session"]["id"].startswith("sess_masked")


def test_a_recording_of_a_failure_has_what_came_before(
    deck, environment: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.arm("no_finish")  # a cut may take with it what was sent before
    try:
        outcome = deck("doctor", "--live", "--json", "--record", str(tmp_path))
    finally:
        environment.arm()
    told = {one["check"]: one["status"] for one in json.loads(outcome.out)}
    assert outcome.code == 1
    for name in CLASSES:
        assert told[f"dashscope {name}.jsonl"] == "broken"
        about, *events = map(json.loads, (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines())
        assert about["error"] == "ConnectionFailedError"
        assert events


def test_recording_is_asked_for_with_live(deck, tmp_path: Path) -> None:
    outcome = deck("doctor", "--record", str(tmp_path / "new"))
    assert outcome.code == 2
    assert "--record needs --live" in outcome.err
    assert not (tmp_path / "new").exists()


def test_the_same_id_has_the_same_mask() -> None:
    one = "0f8fad5b-d9cb-469f-a165-70867728950e"
    mask = Mask(["ws-1234567"])
    assert mask({"request_id": one, "session": {"id": "sess_abc", "model": "m"}, "index": 3, "id": ""}) == {
        "request_id": "masked2",
        "session": {"id": "sess_masked3", "model": "m"},
        "index": 3,
        "id": "",
    }
    message = f"{one} of account 1234567890123456 in ws-1234567: see https://x.aliyuncs.com/1d/a.wav?Signature=b."
    assert mask({"message": message, "requestId": one, "uid": 1234567890123456}) == {
        "message": "masked2 of account masked4 in masked1: see https://masked.invalid/",
        "requestId": "masked2",
        "uid": "masked4",
    }
    assert mask({"delta": "QUJD" * 100, "at": 1795328434000})["delta"] == "QUJD" * 16


def _texts(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for inner in value.values() for text in _texts(inner)]
        case list():
            return [text for inner in value for text in _texts(inner)]
        case str():
            return [value]
        case _:
            return []
