"""OpenAI: speech as a file and as events over HTTP, and the Realtime API as a voice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modeldeck.credential import OpenAICredential
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.sandbox.emulators import openai
from modeldeck.testing.expectations import BROKEN_OFF, GOOD, LOST, UNSEEN, Fails
from modeldeck.testing.rows import Events, Exchange, Row
from modeldeck.tts import OpenAIRealtimeTTSModel, OpenAITTSModel
from tests.conformance.shipped import Shipped, row

BROKEN = Fails(
    ProviderError,
    says=("wrong on the server's side", "Try again"),
    retryable=True,
    code="server_error",
    request_id=True,
)
TOO_MANY = Fails(
    RateLimitError,
    says=("too many requests", "Send fewer"),
    retryable=True,
    status=429,
    code="rate_limit_exceeded",
    request_id=True,
)
BROKEN_IN = replace(LOST, says=("closed the connection before the answer was complete",), audio=1)
NO_AUDIO = Fails(ProviderError, says=("without any audio",), request_id=True)


PCM = {"response_format": "pcm"}
WAV = {"response_format": "wav"}
SPEECH: dict[str, Any] = {
    "made_of": OpenAITTSModel,
    "model": "gpt-4o-mini-tts",
    "socket": False,
    "sentences": True,
    "wav": WAV,
    "trips": 2,  # TCP, request
}
ROWS = [
    row(
        id="openai",
        wire="file",
        parameters=PCM,
        raw=False,
        billed="",
        native={"x.opus": "opus", "x.wav": "wav", "x.pcm": "pcm", "x": "mp3"},
        asked=lambda exchange: json.loads(exchange["body"]).get("response_format", "mp3"),
        **SPEECH,
    ),
    row(id="openai-sse", wire="sse", parameters={**PCM, "stream_format": "sse"}, billed="tokens", **SPEECH),
    row(
        id="openai-realtime",
        wire="realtime",
        made_of=OpenAIRealtimeTTSModel,
        model="gpt-realtime-2.1-mini",
        goes_on=True,
        paced=True,
        query="model=gpt-realtime-2.1-mini",
        trips=4,  # TCP, handshake, settings, text
        connections=(2, 0),
        interrupted=(2, 0),
        prepared=True,
        known_by="session_id",
        ids=("sess_", "resp_"),
        billed="tokens",
    ),
]


class TestOpenAI(Shipped):
    credential = OpenAICredential
    emulator = openai
    rows = ROWS
    title = "The server"
    extras = ({"max_output_tokens": 100, "truncation": "disabled"}, {"max_output_tokens": 200})
    refusals = {
        400: Fails(
            ProviderError, says=("refuses the request",), status=400, code="invalid_request_error", request_id=True
        ),
        401: Fails(
            AuthenticationError, says=("refuses the API key",), status=401, code="invalid_api_key", request_id=True
        ),
        403: Fails(
            PermissionDeniedError,
            says=("may not do this", "region"),
            status=403,
            code="unsupported_country_region_territory",
            request_id=True,
        ),
        404: Fails(
            ModelNotFoundError,
            says=("does not have this model", "Check the model's name"),
            status=404,
            code="model_not_found",
            request_id=True,
        ),
        429: TOO_MANY,
        500: replace(BROKEN, status=500),
        503: replace(BROKEN, status=503),
    }
    failure = BROKEN
    throttled = "rate_limit_exceeded"
    differences = {
        # Samples are all that comes: an error has no place among them, and nothing tells where they end.
        "closed with 1011": {"file": UNSEEN},
        "closed with 1007": {"file": UNSEEN},
        "throttled WebSocket": {"file": NO_AUDIO, "sse": replace(BROKEN_OFF, request_id=True)},
        "close without a finish": {"file": GOOD},
        "garbage at once": {"file": GOOD},
        "garbage in mid-stream": {"file": GOOD},
        "truncated base64": {"file": GOOD},
        "truncated base64 in mid-stream": {"file": GOOD},
        # Events of an HTTP answer bear no number.
        "wrong order": {
            "file": GOOD,
            "sse": Fails(ProtocolError, says=("{title} sent", "after its end"), request_id=None, audio=-1),
            "realtime": Fails(ProtocolError, says=("{title} sent", "audio"), request_id=None, audio=-1),
        },
        "error frame at once": {"file": replace(BROKEN, status=500)},
        "error frame in mid-stream": {"file": BROKEN_IN},
        "throttled in mid-stream": {"file": BROKEN_IN},
    }

    def make(self, key: str, url: str) -> OpenAICredential:
        return OpenAICredential(api_key=key, base_url=url)

    def texts(self, exchange: Exchange) -> list[str]:
        if exchange["kind"] == "http":
            return [json.loads(exchange["body"])["input"]]
        told = [json.loads(frame) for frame in exchange["frames"]]
        inputs = [one["response"]["input"] for one in told if one["type"] == "response.create"]
        return [content["text"] for messages in inputs for message in messages for content in message["content"]]

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        said = json.loads(exchange["body"] or exchange["frames"][0])
        found: Mapping[str, Any] = said.get("session", said)
        return found

    def events(self, row: Row, told: Events) -> None:
        names = [event["type"] for event in told]
        match row.wire:
            case "realtime":
                assert names[:2] == ["session.created", "session.updated"]
                assert "response.output_audio.delta" in names
                assert "response.done" in names
            case "sse":
                assert names[-1] == "speech.audio.done"
                assert "speech.audio.delta" in names
            case _:
                assert names == []
