"""Qwen-TTS over HTTP and WebSocket, CosyVoice and Sambert."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modeldeck.credential import DashScopeCredential
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.sandbox.emulators import dashscope
from modeldeck.testing.expectations import GOOD, UNREADABLE, Fails
from modeldeck.testing.rows import EVERY_WAY, Events, Exchange, Row
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
)
from tests.conformance.shipped import Shipped, row

BROKEN = Fails(ProviderError, says=("DashScope failed", "again later"), retryable=True, request_id=True)
TOO_MANY = Fails(
    RateLimitError,
    says=("too many requests", "Send fewer"),
    retryable=True,
    status=429,
    code="Throttling.RateQuota",
    request_id=True,
)


def frames(exchange: Exchange) -> list[Any]:
    return [json.loads(frame) for frame in ([exchange["body"]] if exchange["body"] else exchange["frames"])]


SPOKEN_OUT_OF_TURN = Fails(ProtocolError, says=("{title} sent", "audio"), request_id=None, audio=-1)

WAV = {"format": "wav"}
COSY: dict[str, Any] = {
    "wire": "tasks",
    "model": "cosyvoice-v3-flash",
    "parameters": {"format": "pcm"},
    "rate": 22050,
    "goes_on": True,
    "piecewise": EVERY_WAY,
    "wav": WAV,
    "timed": {"word_timestamp_enabled": True},
}
REALTIME: dict[str, Any] = {
    "wire": "realtime",
    "made_of": DashScopeRealtimeTTSModel,
    "model": "qwen3-tts-flash-realtime",
    "wav": WAV,
    "query": "model=qwen3-tts-flash-realtime",
    "trips": 3,  # TCP, handshake, settings and text
    "known_by": "session_id",
    "ids": ("sess_", "resp_"),
}
ROWS = [
    row(
        id="dashscope-qwen",
        wire="http",
        made_of=DashScopeTTSModel,
        model="qwen3-tts-flash",
        socket=False,
        sentences=True,
        trips=2,  # TCP, request
    ),
    row(id="dashscope-qwen-realtime", piecewise=EVERY_WAY, connections=(2, 1), **REALTIME),
    row(id="dashscope-qwen-realtime-commit", parameters={"mode": "commit"}, connections=(1, 0), **REALTIME),
    row(
        id="dashscope-cosyvoice-realtime",
        made_of=DashScopeCosyVoiceRealtimeTTSModel,
        takes_back=False,
        trips=4,  # TCP, handshake, run-task, text
        connections=(2, 0),
        prepared=True,
        native={"x.opus": "opus", "x": "mp3"},
        asked=lambda exchange: frames(exchange)[0]["payload"]["parameters"]["format"],
        **COSY,
    ),
    row(id="dashscope-cosyvoice", made_of=DashScopeCosyVoiceTTSModel, sentences=True, **COSY),
    row(
        id="dashscope-sambert",
        made_of=DashScopeCosyVoiceTTSModel,
        sentences=True,
        **{**COSY, "model": "sambert-zhichu-v1", "rate": 48000, "timed": None},
    ),
]


class TestDashScope(Shipped):
    credential = DashScopeCredential
    emulator = dashscope
    exempt = {
        "realtime": "chooses how the class speaks",
        "dashscope-sambert.format": "a task must name one",
        "sambert-beth-v1.format": "a task must name one",
        "sambert-beth-v1.sample_rate": "a task must name one",
    }
    unlisted = (DashScopeCosyVoiceTTSModel,)
    rows = ROWS
    title = "DashScope"
    refusals = {
        400: Fails(ProviderError, says=("does not accept",), status=400, code="InvalidParameter", request_id=True),
        401: Fails(
            AuthenticationError,
            says=("refuses the API key", "region"),
            status=401,
            code="InvalidApiKey",
            request_id=True,
        ),
        403: Fails(
            PermissionDeniedError,
            says=("does not open this model", "console"),
            status=403,
            code="AccessDenied",
            request_id=True,
        ),
        404: Fails(
            ModelNotFoundError,
            says=("does not have this model", "Check its name"),
            status=404,
            code="ModelNotFound",
            request_id=True,
        ),
        429: TOO_MANY,
        500: replace(BROKEN, status=500, code="InternalError"),
        503: replace(BROKEN, status=503, code="ModelUnavailable"),
    }
    failure = replace(BROKEN, code="InternalError")
    throttled = "Throttling.RateQuota"
    throttled_close = (1011, "Too many requests in route. Please try again later.")
    differences = {
        # Its utterance ended with response.done.
        "close without a finish": {"dashscope-qwen-realtime-commit": GOOD},
        # Its next text frame is the sentence's end.
        "garbage in mid-stream": {"dashscope-sambert": replace(UNREADABLE, audio=-1)},
        # Audio of a task is binary.
        "truncated base64": {"tasks": GOOD},
        "truncated base64 in mid-stream": {"tasks": GOOD},
        # Of a task only an event is overtaken, the bytes keep their order.
        "wrong order": {"realtime": SPOKEN_OUT_OF_TURN, "tasks": GOOD},
        # An event over HTTP has its status.
        "error frame at once": {"http": replace(BROKEN, status=500, code="InternalError")},
        "error frame in mid-stream": {"http": replace(BROKEN, status=500, code="InternalError", audio=1)},
        "throttled in mid-stream": {"http": replace(TOO_MANY, audio=1)},
    }

    def make(self, key: str, url: str) -> DashScopeCredential:
        return DashScopeCredential(api_key=key, base_url=url)

    def texts(self, exchange: Exchange) -> list[str]:
        found: list[str] = []
        for said in frames(exchange):
            if "payload" in said:
                found.append(said["payload"]["input"].get("text") or "")
            elif said.get("type", "").endswith("append"):
                found.append(said["text"])
            elif "input" in said:
                found.append(said["input"]["text"])
        return found

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        said = frames(exchange)[0]
        found: Mapping[str, Any] = said["session"] if "session" in said else (said.get("payload") or said)["parameters"]
        return found

    def events(self, row: Row, told: Events) -> None:
        match row.wire:
            case "realtime":
                names = [event["type"] for event in told]
                assert names[:2] == ["session.created", "session.updated"]
                assert names.count("response.audio.delta") >= 2
            case "tasks":
                names = [event["header"]["event"] for event in told]
                assert names[-1] == "task-finished"
                assert "result-generated" in names
            case _:
                assert told[-1]["output"]["finish_reason"] == "stop"
        if row.id == "dashscope-cosyvoice-realtime":
            assert any("***" in json.dumps(event) for event in told)  # the sentence's text, as the service repeats it
