"""What each fault must end in: the columns of the matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    ServiceError,
    TimeoutExceededError,
)

if TYPE_CHECKING:
    from modeldeck.testing.rows import Row

Place = Literal["sandbox", "refused", "tls on a plain port", "untrusted certificate"]


class _Any:
    """Equal to everything: what a provider need not say."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return "ANY"


ANY: Any = _Any()


@dataclass(frozen=True)
class Fails:
    """The error of a call. `says`: parts of its message, for a person who has to do something; `{title}` is the
    provider's. What is `ANY` is not looked at.

    `audio`: chunks of 0.2 s that come before it, -1 some. `request_id`: whether it has one, None is either way (the
    client names a task itself). `waits`: the time-out that ends it, made short. Retryable errors without audio are
    tried again, the rest is not.
    """

    error: type[ModelDeckError] | tuple[type[ModelDeckError], ...]
    says: tuple[str, ...] = ()
    retryable: bool = False
    status: int | None = None
    code: str | None = None
    request_id: bool | None = False
    retry_after: float | None = None
    audio: int = 0
    waits: Literal["", "first_audio", "idle"] = ""


GOOD = None
"""The call succeeds, every sample in its place."""
UNSEEN: Literal["unseen"] = "unseen"
"""The call succeeds with what the service sent: nothing on the wire tells that it is wrong."""
Outcome = Fails | Literal["unseen"] | None
Expected: TypeAlias = "Outcome | Callable[[Row], Outcome]"


@dataclass(frozen=True)
class Column:
    """One fault. `asks`: the sandbox's specification; `{throttled}` and `{throttled_close}` are the provider's.

    Where a row ends in something else, its suite says so in `differences`.
    """

    id: str
    outcome: Expected
    asks: str = ""
    place: Place = "sandbox"

    def of(self, row: Row) -> Outcome:
        said = self.said(row)
        outcome: Any = self.outcome if said is None else row.suite.differences[self.id][said]
        found: Any = outcome(row) if callable(outcome) else outcome
        if not isinstance(found, Fails):
            ended: Outcome = found
            return ended
        return _said(found, row, shared=said is None)

    def said(self, row: Row) -> str | None:
        """Under which name the suite says what a row ends in, if it says it: its id, its wire, or nothing for all."""
        different = row.suite.differences.get(self.id, {})
        return next((name for name in (row.id, row.wire, "") if name in different), None)

    def fault(self, row: Row) -> str:
        code, reason = row.suite.throttled_close or (1011, "")
        throttled_close = f"close={code};reason={reason}" if reason else f"close={code}"
        return self.asks.format(throttled=row.suite.throttled, throttled_close=throttled_close)


def _said(found: Fails, row: Row, *, shared: bool) -> Fails:
    """As that suite must word it. `shared`: the table's own; of these only a thorough suite is held to every word."""
    suite = row.suite
    own = {fails.says for fails in (*suite.refusals.values(), suite.failure)}
    if shared and not suite.thorough:
        says = found.says if found.says in own else ()
        open_: dict[str, Any] = {name: ANY for name in ("status", "code") if getattr(found, name) is None}
        request_id = True if found.request_id and suite.request_ids else None
        return replace(found, says=says, request_id=request_id, **open_)
    return replace(found, says=tuple(part.format(title=suite.title) for part in found.says))


_SERVICE = Fails(ServiceError, code=ANY, request_id=True)
REFUSALS: Mapping[int, Fails] = {
    400: replace(_SERVICE, error=ProviderError, status=400),
    401: replace(_SERVICE, error=AuthenticationError, status=401),
    403: replace(_SERVICE, error=PermissionDeniedError, status=403),
    404: replace(_SERVICE, error=(ModelNotFoundError, ProviderError), status=404),
    429: replace(_SERVICE, error=RateLimitError, retryable=True, status=429),
    500: replace(_SERVICE, error=ProviderError, retryable=True, status=500),
    503: replace(_SERVICE, error=ProviderError, retryable=True, status=503),
}
"""By HTTP status, in a handshake too; what a suite says in `refusals` goes before."""
FAILURE = replace(_SERVICE, error=ProviderError, retryable=True, status=ANY)
"""The service reports an error of its own while it speaks."""


def refusal(number: int, **changes: Any) -> Expected:
    """As the provider words that HTTP status."""
    return lambda row: replace(row.suite.refusal(number), **changes)


def failure(**changes: Any) -> Expected:
    """The provider's error frame."""
    return lambda row: replace(row.suite.failure, **changes)


def loosely(strict: Expected, loose: Expected) -> Expected:
    """What a thorough suite must end in, and what any other."""

    def outcome(row: Row) -> Outcome:
        expected = strict if row.suite.thorough else loose
        return expected(row) if callable(expected) else expected

    return outcome


def failed_or_broken_off(row: Row) -> Outcome:
    """The provider's error frame after audio; over HTTP there may be no place for one, and the answer breaks off."""
    found = replace(row.suite.failure, audio=1)
    if row.socket or not isinstance(found.error, type):
        return found
    return replace(found, error=(found.error, ConnectionFailedError), code=ANY, request_id=None)


def by_wire(socket: Expected, http: Expected) -> Expected:
    def outcome(row: Row) -> Outcome:
        expected = socket if row.socket else http
        return expected(row) if callable(expected) else expected

    return outcome


def throttled_close(row: Row) -> Outcome:
    if row.suite.throttled_close is None:
        return replace(FAILED, request_id=None)
    code, _ = row.suite.throttled_close
    return replace(row.suite.refusal(429), status=None, code=str(code), request_id=None)


LOST = Fails(ConnectionFailedError, retryable=True)
RESET = replace(LOST, says=("reset",))
BROKEN_OFF = replace(LOST, says=("broke off",))
CLOSED = replace(LOST, says=("closed the connection", "before the speech was complete"), request_id=True)
UNREADABLE = Fails(ProtocolError, says=("{title} sent", "no JSON"))
HALF = Fails(ProtocolError, says=("no whole base64",))
FAILED = Fails(ProviderError, says=("closed the connection (1011",), retryable=True, code="1011", request_id=True)
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
    *[Column(str(status), refusal(status), f"status={status}") for status in (400, 401, 403, 404, 429)],
    Column("429 with Retry-After", refusal(429, retry_after=1.5), "status=429;retry-after=1.5"),
    *[Column(str(status), refusal(status), f"status={status}") for status in (500, 503)],
    # -- the connection
    Column("cut before the first byte", by_wire(replace(CLOSED, code="1006", request_id=None), RESET), "cut"),
    Column("cut in mid-stream", by_wire(replace(CLOSED, code="1006", audio=1), replace(RESET, audio=1)), "cut;after=1"),
    Column("silence before the first byte", replace(SLOW, waits="first_audio"), "silence"),
    Column("silence after the first byte", replace(SLOW, waits="idle", audio=1), "silence;after=1"),
    Column(
        "closed with 1011",
        by_wire(
            replace(FAILED, audio=1),
            replace(BROKEN_OFF, request_id=True, audio=1),
        ),
        "close=1011;after=1",
    ),
    Column(
        "closed with 1007",
        by_wire(
            Fails(ProviderError, says=("1007 Invalid payload data",), code="1007", request_id=True, audio=1),
            replace(BROKEN_OFF, request_id=True, audio=1),
        ),
        "close=1007;after=1;reason=Invalid payload data",
    ),
    Column(
        "throttled WebSocket",
        by_wire(throttled_close, BROKEN_OFF),
        "{throttled_close}",
    ),
    Column(
        "close without a finish",
        by_wire(replace(CLOSED, code="1000", audio=-1), replace(BROKEN_OFF, request_id=True, audio=-1)),
        "no_finish",
    ),
    # -- what is said
    Column("garbage at once", UNREADABLE, "garbage"),
    Column("garbage in mid-stream", replace(UNREADABLE, audio=1), "garbage;after=1"),
    Column("truncated base64", HALF, "truncated_base64"),
    Column("truncated base64 in mid-stream", replace(HALF, audio=1), "truncated_base64;after=1"),
    Column(
        "wrong order",
        loosely(
            Fails(ProtocolError, says=("{title} sent",), request_id=True, audio=1),
            Fails(ProtocolError, request_id=None, audio=-1),
        ),
        "wrong_order",
    ),
    Column("error frame at once", failure(), "error"),
    Column("error frame in mid-stream", loosely(failure(audio=1), failed_or_broken_off), "error;after=1"),
    Column("throttled in mid-stream", refusal(429, status=None, audio=1), "error={throttled};after=1"),
    # -- the audio
    Column("chunks of 1 byte", GOOD, "tiny"),
    Column("a chunk of 10 MB", GOOD, "huge"),
    Column("odd number of bytes", GOOD, "odd"),
]
