"""Gemini TTS: verbatim texts as a stream of events (3.8), prompts answered all at once (2.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modeldeck.credential import GeminiCredential
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.sandbox.emulators import gemini
from modeldeck.testing.expectations import GOOD, RESET, SLOW, UNREADABLE, Fails
from modeldeck.testing.rows import Events, Exchange, Row
from modeldeck.tts import GeminiTTSModel
from tests.conformance.shipped import Shipped, row

BROKEN = Fails(ProviderError, says=("Gemini failed", "Try again"), retryable=True)
FAILURE = replace(BROKEN, status=500, code="InternalError", request_id=None)
TOO_MANY = Fails(
    RateLimitError, says=("Too many requests", "Wait"), retryable=True, status=429, code="RESOURCE_EXHAUSTED"
)


ROWS = [
    row(
        id="gemini-3.8",
        wire="stream",
        made_of=GeminiTTSModel,
        model="gemini-3.8-flash-tts",
        socket=False,
        sentences=True,
        wav={"format": "wav"},
        query="alt=sse",
        trips=2,  # TCP, request
        known_by="response_id",
        billed="tokens",
    ),
    row(
        id="gemini-2.5",
        wire="whole",
        streams=False,
        made_of=GeminiTTSModel,
        model="gemini-2.5-flash-preview-tts",
        socket=False,
        sentences=True,
        trips=2,
        known_by="response_id",
        billed="tokens",
    ),
]


class TestGemini(Shipped):
    credential = GeminiCredential
    emulator = gemini
    exempt = {"delivery": "chooses the endpoint", "dialect": "chooses how the text is put"}
    rows = ROWS
    title = "Gemini"
    extras = ({"seed": 1, "labels": {"a": "1"}}, {"seed": 2})
    header = "x-goog-api-key"
    refusals = {
        400: Fails(ProviderError, says=("refuses the request",), status=400, code="INVALID_ARGUMENT"),
        401: Fails(AuthenticationError, says=("refuses the API key", "AI Studio"), status=401, code="UNAUTHENTICATED"),
        403: Fails(
            PermissionDeniedError, says=("does not open this", "AI Studio"), status=403, code="PERMISSION_DENIED"
        ),
        404: Fails(ModelNotFoundError, says=("no such model", "Check the model's name"), status=404, code="NOT_FOUND"),
        429: TOO_MANY,
        500: replace(BROKEN, status=500, code="INTERNAL"),
        503: replace(BROKEN, status=503, code="UNAVAILABLE"),
    }
    failure = FAILURE
    throttled = "RESOURCE_EXHAUSTED"
    differences = {
        # Only audio after the end is seen to be out of its place.
        "wrong order": {
            "stream": Fails(ProtocolError, says=("{title} sent", "after its end"), request_id=None, audio=-1),
            "whole": UNREADABLE,
        },
        "throttled in mid-stream": {"stream": replace(TOO_MANY, request_id=True, audio=1), "whole": GOOD},
        # One JSON, which is read when it is there; in the midst of it there is nothing but base64.
        "cut in mid-stream": {"whole": RESET},
        "silence after the first byte": {"whole": replace(SLOW, waits="first_audio")},
        "closed with 1011": {"whole": UNREADABLE},
        "closed with 1007": {"whole": UNREADABLE},
        "close without a finish": {"whole": UNREADABLE},
        "garbage in mid-stream": {"whole": GOOD},
        "truncated base64 in mid-stream": {"whole": GOOD},
        "error frame in mid-stream": {"whole": GOOD},
    }

    def make(self, key: str, url: str) -> GeminiCredential:
        return GeminiCredential(api_key=key, base_url=url)

    def sent(self, key: str) -> str:
        return key

    def texts(self, exchange: Exchange) -> list[str]:
        if not exchange["body"]:
            return []
        return [part["text"] for content in json.loads(exchange["body"])["contents"] for part in content["parts"]]

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        request = json.loads(exchange["body"])
        return {**request, **request["generationConfig"]}

    def events(self, row: Row, told: Events) -> None:
        assert told[-1]["candidates"][0]["finishReason"] == "STOP"
        assert (len(told) > 1) is (row.wire == "stream")
