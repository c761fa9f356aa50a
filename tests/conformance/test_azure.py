"""Azure Speech: SSML over WebSocket and HTTP, text as it is written over the second WebSocket."""

from __future__ import annotations

import json
from ast import literal_eval
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from modeldeck.credential import AzureCredential
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.sandbox.emulators import azure
from modeldeck.testing.expectations import GOOD, UNSEEN, Fails
from modeldeck.testing.rows import EVERY_WAY, Events, Exchange, Row
from modeldeck.tts import AzureRealtimeTTSModel, AzureTTSModel
from tests.conformance.shipped import Shipped, row

WRONG = Fails(ProviderError, says=("does not accept the request", "Check the voice"))
BROKEN = Fails(ProviderError, says=("Azure Speech failed", "again later"), retryable=True)
TOO_MANY = Fails(RateLimitError, says=("too many requests", "Send fewer"), retryable=True, status=429)
NO_AUDIO = Fails(ProviderError, says=("without any audio",), request_id=True)


def frames(exchange: Exchange) -> list[tuple[str, str]]:
    """Path and body of each."""
    split = [frame.partition("\r\n\r\n") for frame in exchange["frames"]]
    heads = [dict(line.split(":", 1) for line in head.split("\r\n")) for head, _, _ in split]
    return [(head["Path"].strip(), body) for head, (_, _, body) in zip(heads, split, strict=True)]


def spoken(ssml: str) -> str:
    return "".join(ElementTree.fromstring(ssml).itertext())


def as_xml(text: str) -> list[str]:
    """What XML makes of it: its line breaks are one character, controls that it cannot hold are spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return ["".join(" " if character < " " and character not in "\t\n" else character for character in text)]


WAV = {"format": "riff-24khz-16bit-mono-pcm"}
ROWS = [
    row(
        id="azure",
        wire="websocket",
        made_of=AzureTTSModel,
        model="neural",
        pieces=as_xml,
        sentences=True,
        goes_on=True,
        wav=WAV,
        timed={},
        trips=3,  # TCP, handshake, settings and text
        connections=(1, 0),
        billed="",
    ),
    row(
        id="azure-rest",
        wire="rest",
        made_of=AzureTTSModel,
        model="neural",
        pieces=as_xml,
        parameters={"wire": "rest"},
        socket=False,
        sentences=True,
        wav=WAV,
        trips=2,  # TCP, request
        raw=False,
        billed="",
    ),
    row(
        id="azure-realtime",
        wire="websocket",
        made_of=AzureRealtimeTTSModel,
        model="neural-realtime",
        goes_on=True,
        piecewise=EVERY_WAY,
        takes_back=False,
        wav=WAV,
        timed={},
        trips=3,
        connections=(2, 0),
        prepared=True,
        billed="",
    ),
]


class TestAzure(Shipped):
    credential = AzureCredential
    emulator = azure
    exempt = {
        "format": "a request must name one",
        "wire": "chooses the protocol",
        "ssml": "says what the text is",
        "visemes": "off is how they are not asked for",
    }
    rows = ROWS
    title = "Azure Speech"
    header = "ocp-apim-subscription-key"
    refusals = {
        400: replace(WRONG, status=400),
        401: Fails(AuthenticationError, says=("refuses the key", "region"), status=401),
        403: Fails(PermissionDeniedError, says=("does not let this key", "portal"), status=403),
        404: Fails(ProviderError, says=("no such path", "base_url"), status=404),
        429: TOO_MANY,
        500: replace(BROKEN, status=500),
        503: replace(BROKEN, status=503),
    }
    # It has no message for an error: it closes the connection.
    failure = Fails(
        ProviderError, says=("closed the connection (1011 InternalError",), retryable=True, code="1011", request_id=True
    )
    throttled = "TooManyRequests"
    throttled_close = (4429, "Too many requests.")
    differences = {
        "404": {"rest": Fails(ModelNotFoundError, says=("does not have this here", "Check"), status=404)},
        # A message of audio is binary, without an order and without quotation marks.
        "garbage in mid-stream": {
            "websocket": Fails(ProtocolError, says=("Azure Speech sent",), request_id=None, audio=1),
            "rest": GOOD,
        },
        "garbage at once": {"rest": GOOD},
        "truncated base64": {"websocket": GOOD, "rest": GOOD},
        "truncated base64 in mid-stream": {"websocket": GOOD, "rest": GOOD},
        "wrong order": {"websocket": GOOD, "rest": GOOD},
        "throttled in mid-stream": {
            "websocket": replace(TOO_MANY, status=None, code="4429", request_id=True, audio=1),
            "rest": GOOD,
        },
        # Over HTTP samples are all that comes: an error has no place among them, and nothing tells where they end.
        "error frame at once": {"rest": replace(BROKEN, status=500)},
        "error frame in mid-stream": {"rest": GOOD},
        "close without a finish": {"rest": GOOD},
        "closed with 1011": {"rest": UNSEEN},
        "closed with 1007": {"websocket": replace(WRONG, code="1007", request_id=True, audio=1), "rest": UNSEEN},
        "throttled WebSocket": {"rest": NO_AUDIO},
    }

    def make(self, key: str, url: str) -> AzureCredential:
        return AzureCredential(api_key=key, base_url=url)

    def sent(self, key: str) -> str:
        return key

    def texts(self, exchange: Exchange) -> list[str]:
        if exchange["kind"] == "http":
            return [spoken(exchange["body"])]
        said = frames(exchange)
        return [spoken(body) if path == "ssml" else body for path, body in said if path in ("ssml", "text.piece")]

    def extra(self, exchange: Exchange) -> Mapping[str, Any]:
        if exchange["kind"] == "http":
            return {name: literal_eval(values[-1]) for name, values in parse_qs(exchange["query"]).items()}
        context = next(json.loads(body) for path, body in frames(exchange) if path == "synthesis.context")
        found: Mapping[str, Any] = context["synthesis"]
        return found

    def events(self, row: Row, told: Events) -> None:
        names = [event["path"] for event in told]
        if row.socket:
            assert names[:2] == ["turn.start", "response"]
            assert names[-1] == "turn.end"
            assert "audio.metadata" in names
        else:
            assert names == []
