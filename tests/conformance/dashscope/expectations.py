"""What each fault must end in: the columns of the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
)
from tests.conformance.dashscope.rows import Row

Place = Literal["sandbox", "refused", "tls on a plain port", "untrusted certificate"]


@dataclass(frozen=True)
class Fails:
    """The error of a call. `says`: parts of its message, for a person who has to do something.

    `audio`: chunks of 0.2 s that come before it, -1 some. `request_id`: whether it has one, None is either way (the
    client names a task itself). Retryable errors without audio are tried again, the rest is not.
    """

    error: type[ModelDeckError]
    says: tuple[str, ...] = ()
    retryable: bool = False
    status: int | None = None
    code: str | None = None
    request_id: bool | None = False
    retry_after: float | None = None
    audio: int = 0


GOOD = None
"""The call succeeds, every sample in its place."""
Outcome = Fails | None


@dataclass(frozen=True)
class Column:
    """One fault. `asks`: the sandbox's specification; `otherwise`: where a row ends in something else.

    `waits`: the time-out that ends it, made short.
    """

    id: str
    outcome: Outcome
    asks: str = ""
    place: Place = "sandbox"
    otherwise: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])
    waits: Literal["", "first_audio", "idle"] = ""

    def of(self, row: Row) -> Outcome:
        return self.otherwise.get(row.id, self.otherwise.get(row.wire, self.outcome))


LOST = Fails(ConnectionFailedError, retryable=True)
RESET = replace(LOST, says=("reset",))
CLOSED = replace(LOST, says=("closed the connection", "before the speech was complete"), request_id=True)
UNREADABLE = Fails(ProtocolError, says=("DashScope sent", "no JSON"))
HALF = Fails(ProtocolError, says=("no whole base64",))
BROKEN = Fails(ProviderError, says=("DashScope failed", "again later"), retryable=True, request_id=True)
TOO_MANY = Fails(
    RateLimitError,
    says=("too many requests", "Send fewer"),
    retryable=True,
    status=429,
    code="Throttling.RateQuota",
    request_id=True,
)
SLOW = Fails(TimeoutExceededError, retryable=True)

COLUMNS = [
    Column("no fault", GOOD),
    # -- no connection
    Column("refused", replace(LOST, says=("refused the connection", "check the address")), place="refused"),
    Column(
        "tls on a plain port",
        Fails(ConnectionFailedError, says=("TLS", "https"), code="tls"),
        place="tls on a plain port",
    ),
    Column(
        "untrusted certificate",
        Fails(ConnectionFailedError, says=("certificate", "SSL_CERT_FILE"), code="tls"),
        place="untrusted certificate",
    ),
    # -- refusals: the same over HTTP and in a WebSocket's handshake
    Column(
        "400",
        Fails(ProviderError, says=("does not accept",), status=400, code="InvalidParameter", request_id=True),
        "status=400",
    ),
    Column(
        "401",
        Fails(
            AuthenticationError,
            says=("refuses the API key", "region"),
            status=401,
            code="InvalidApiKey",
            request_id=True,
        ),
        "status=401",
    ),
    Column(
        "403",
        Fails(
            PermissionDeniedError,
            says=("does not open this model", "console"),
            status=403,
            code="AccessDenied",
            request_id=True,
        ),
        "status=403",
    ),
    Column(
        "404",
        Fails(
            ModelNotFoundError,
            says=("does not have this model", "Check its name"),
            status=404,
            code="ModelNotFound",
            request_id=True,
        ),
        "status=404",
    ),
    Column("429", TOO_MANY, "status=429"),
    Column("429 with Retry-After", replace(TOO_MANY, retry_after=1.5), "status=429;retry-after=1.5"),
    Column("500", replace(BROKEN, status=500, code="InternalError"), "status=500"),
    Column("503", replace(BROKEN, status=503, code="ModelUnavailable"), "status=503"),
    # -- the connection
    Column(
        "cut before the first byte", replace(CLOSED, code="1006", request_id=None), "cut", otherwise={"http": RESET}
    ),
    Column(
        "cut in mid-stream",
        replace(CLOSED, code="1006", audio=1),
        "cut;after=1",
        otherwise={"http": replace(RESET, audio=1)},
    ),
    Column("silence before the first byte", replace(SLOW, says=("first_audio",)), "silence", waits="first_audio"),
    Column("silence after the first byte", replace(SLOW, says=("idle",), audio=1), "silence;after=1", waits="idle"),
    Column(
        "closed with 1011",
        Fails(
            ProviderError,
            says=("closed the connection (1011",),
            retryable=True,
            code="1011",
            request_id=True,
            audio=1,
        ),
        "close=1011;after=1",
        otherwise={"http": replace(LOST, says=("broke off",), request_id=True, audio=1)},
    ),
    Column(
        "closed with 1007",
        Fails(ProviderError, says=("1007 Invalid payload data",), code="1007", request_id=True, audio=1),
        "close=1007;after=1;reason=Invalid payload data",
        otherwise={"http": replace(LOST, says=("broke off",), request_id=True, audio=1)},
    ),
    Column(
        "throttled WebSocket",
        replace(TOO_MANY, status=None, code="1011", request_id=None),
        "close=1011;reason=Too many requests in route. Please try again later.",
        otherwise={"http": replace(LOST, says=("broke off",))},
    ),
    Column(
        "close without a finish",
        replace(CLOSED, code="1000", audio=-1),
        "no_finish",
        otherwise={
            "http": replace(LOST, says=("broke off",), request_id=True, audio=-1),
            "qwen-realtime-commit": GOOD,  # its utterance ended with response.done
        },
    ),
    # -- what is said
    Column("garbage at once", UNREADABLE, "garbage"),
    Column(
        "garbage in mid-stream",
        replace(UNREADABLE, audio=1),
        "garbage;after=1",
        otherwise={"sambert": replace(UNREADABLE, audio=-1)},  # its next text frame is the sentence's end
    ),
    Column("truncated base64", HALF, "truncated_base64", otherwise={"tasks": GOOD}),  # whose audio is binary
    Column(
        "truncated base64 in mid-stream",
        replace(HALF, audio=1),
        "truncated_base64;after=1",
        otherwise={"tasks": GOOD},
    ),
    Column(
        "wrong order",
        Fails(ProtocolError, says=("DashScope sent",), request_id=True, audio=1),
        "wrong_order",
        otherwise={
            "realtime": Fails(ProtocolError, says=("DashScope sent", "audio"), request_id=None, audio=-1),
            "tasks": GOOD,  # only an event is overtaken, the bytes keep their order
        },
    ),
    Column(
        "error frame at once",
        replace(BROKEN, code="InternalError"),
        "error",
        otherwise={"http": replace(BROKEN, status=500, code="InternalError")},
    ),
    Column(
        "error frame in mid-stream",
        replace(BROKEN, code="InternalError", audio=1),
        "error;after=1",
        otherwise={"http": replace(BROKEN, status=500, code="InternalError", audio=1)},
    ),
    Column(
        "throttled in mid-stream",
        replace(TOO_MANY, status=None, audio=1),
        "error=Throttling.RateQuota;after=1",
        otherwise={"http": replace(TOO_MANY, audio=1)},
    ),
    # -- the audio
    Column("chunks of 1 byte", GOOD, "tiny"),
    Column("a chunk of 10 MB", GOOD, "huge"),
    Column("odd number of bytes", GOOD, "odd"),
]
