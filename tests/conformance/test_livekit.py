"""LiveKit Inference: sentences over a WebSocket."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modeldeck.credential import LiveKitCredential
from modeldeck.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.livekit.wire.token import access_token
from modeldeck.sandbox.emulators import livekit
from modeldeck.testing.expectations import UNSEEN, Fails
from modeldeck.testing.rows import EVERY_WAY, Events, Exchange, Row, sentences_of
from modeldeck.tts import LiveKitTTSModel
from tests.conformance.shipped import Shipped, row

BROKEN = Fails(ProviderError, says=("LiveKit or the provider behind it failed", "again later"), retryable=True)

TOO_MANY = Fails(RateLimitError, says=("too many requests", "Send fewer"), retryable=True, status=429)


def secret(key: str) -> str:
    """The one that the sandbox knows."""
    return f"{key}-secret-of-the-sandbox"


def pieces(text: str) -> list[str]:
    """Whole sentences without the space between them, and without those that have no word."""
    return [sentence.strip() for sentence in sentences_of(text)]


ROWS = [
    row(
        id="livekit",
        wire="livekit",
        made_of=LiveKitTTSModel,
        model="cartesia/sonic-3",
        goes_on=True,
        piecewise=EVERY_WAY,
        pieces=pieces,
        timed={"add_timestamps": True},
        query="model=cartesia/sonic-3",
        trips=3,  # TCP, handshake, settings and text
        connections=(2, 0),
        prepared=True,
        known_by="session_id",
        billed="",
    )
]


class TestLiveKit(Shipped):
    credential = LiveKitCredential
    emulator = livekit
    rows = ROWS
    title = "LiveKit"
    marks = ("eyJhbGciOi",)  # how the parts of a token begin
    any_key = True  # it signs a token
    refusals = {
        400: Fails(ProviderError, says=("does not accept",), status=400),
        401: Fails(AuthenticationError, says=("refuses the API key", "clock"), status=401),
        403: Fails(PermissionDeniedError, says=("does not open its inference", "Check the project"), status=403),
        404: Fails(ProviderError, says=("no such path", "Check base_url"), status=404),
        429: replace(TOO_MANY, code="inference_quota_exceeded"),
        500: replace(BROKEN, status=500),
        503: replace(BROKEN, status=503),
    }
    failure = replace(BROKEN, code="InternalError", request_id=True)
    throttled = "429"
    differences = {
        # Nothing tells a chunk's place: what comes after `done` is lost to the turn, and refused by the next.
        "wrong order": {"livekit": UNSEEN},
        # A message says it by a status.
        "throttled in mid-stream": {"livekit": replace(TOO_MANY, request_id=True, audio=1)},
    }

    def make(self, key: str, url: str) -> LiveKitCredential:
        return LiveKitCredential(api_key=key, api_secret=secret(key), base_url=url)

    def sent(self, key: str) -> str:
        return f"Bearer {access_token(key, secret(key), time.time())}"

    def texts(self, exchange: Exchange) -> list[str]:
        told = [json.loads(frame) for frame in exchange["frames"]]
        return [frame["transcript"].removesuffix(" ") for frame in told if frame["type"] == "input_transcript"]

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(exchange["frames"][0])["extra"]
        return found

    def events(self, row: Row, told: Events) -> None:
        names = [event["type"] for event in told]
        assert names[0] == "session.created"
        assert names[-1] == "done"
        assert "output_audio" in names
