"""What DashScope's refusals mean: its error catalogue as data.

Codes from the service's error-code page, 2026-05-30; the texts vary with language, so only codes are looked at (and
the one reason of a throttled WebSocket, which has no code).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ContentRefusedError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

PROVIDER = "dashscope"
_LONGEST = 500  # characters of the service's own message
_KEY = re.compile(r"\b(sk|st)-[\w*-]{4,}")


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[ModelDeckError]
    says: str
    todo: str = ""
    retryable: bool = False


_KEY_REFUSED = _Meaning(
    AuthenticationError,
    "DashScope refuses the API key",
    "A key works only in the region it was made in, and a coding or token plan's key (sk-sp-) only on that plan's "
    "host: check key, region and base_url of the credential.",
)
_NOT_ALLOWED = _Meaning(
    PermissionDeniedError,
    "DashScope does not open this model to the key",
    "Check in the Model Studio console what the key and its workspace may use, and in which region.",
)
_NOT_BOUGHT = _Meaning(
    PermissionDeniedError,
    "The account has not activated Model Studio or this model",
    "Activate it in the Model Studio console.",
)
_WORKSPACE = _Meaning(
    PermissionDeniedError, "DashScope does not know the workspace", "Check workspace_id of the credential."
)
_FREE_QUOTA = _Meaning(
    QuotaError,
    "The free quota of this model is used up",
    "Switch off 'free tier only' in the Model Studio console, or take another model.",
)
_NO_QUOTA = _Meaning(
    QuotaError,
    "A quota of the account is used up",
    "Ask for more in the Model Studio console; for stored voices, delete some.",
)
_UNPAID = _Meaning(QuotaError, "The account is in arrears or has bought nothing to use", "Settle the bill or recharge.")
_TOO_FAST = _Meaning(
    RateLimitError,
    "DashScope is getting too many requests from this account",
    "Send fewer at a time, or ask for a higher limit in the Model Studio console.",
    retryable=True,
)
_REFUSED = _Meaning(
    ContentRefusedError, "DashScope's content filter refuses the text or its result", "Change the text."
)
_NO_MODEL = _Meaning(
    ModelNotFoundError,
    "DashScope does not have this model",
    "Check its name, and whether the credential's region (or base_url) offers it.",
)
_NO_PATH = _Meaning(
    ProviderError, "There is no such path at this host", "Check base_url of the credential and what is in between."
)
_WRONG = _Meaning(ProviderError, "DashScope does not accept the request")
_NO_VOICE = _Meaning(
    ProviderError,
    "DashScope does not have this voice for this model",
    "Check the voice; a cloned or designed one works only with the model that it was made for.",
)
_BROKEN = _Meaning(ProviderError, "DashScope failed", "Try again later.", retryable=True)

# A dotted code that is not here is looked up without its last part. What is absent goes by HTTP status.
_CODES: dict[str, _Meaning] = {
    "InvalidApiKey": _KEY_REFUSED,
    "invalid_api_key": _KEY_REFUSED,
    "NOT AUTHORIZED": _KEY_REFUSED,
    "AccessDenied": _NOT_ALLOWED,
    "access_denied": _NOT_ALLOWED,
    "AccessDenied.Unpurchased": _NOT_BOUGHT,
    "Model.AccessDenied": _NOT_ALLOWED,
    "App.AccessDenied": _NOT_ALLOWED,
    "Workspace.AccessDenied": _WORKSPACE,
    "WorkSpaceNotFound": _WORKSPACE,
    "AllocationQuota.FreeTierOnly": _FREE_QUOTA,
    "Arrearage": _UNPAID,
    "CommodityNotPurchased": _UNPAID,
    "PrepaidBillOverdue": _UNPAID,
    "PostpaidBillOverdue": _UNPAID,
    "Throttling": _TOO_FAST,
    "Throttling.AllocationQuota": _NO_QUOTA,
    "insufficient_quota": _NO_QUOTA,
    "LimitRequests": _TOO_FAST,
    "limit_requests": _TOO_FAST,
    "limit_burst_rate": _TOO_FAST,
    "DataInspectionFailed": _REFUSED,
    "data_inspection_failed": _REFUSED,
    "InvalidParameter.DataInspection": _REFUSED,
    "ModelNotFound": _NO_MODEL,
    "model_not_found": _NO_MODEL,
    "model_not_supported": _NO_MODEL,
    "InvalidParameter": _WRONG,
    "invalid_request_error": _WRONG,
    "invalid_value": _WRONG,
    "invalid_parameter_error": _WRONG,
    "BadRequest": _WRONG,
    "BadRequest.VoiceNotFound": _NO_VOICE,
    "UnsupportedOperation": _WRONG,
    "CLIENT_ERROR": _WRONG,
    "Conflict": _WRONG,
    "InternalError": _BROKEN,
    "internal_error": _BROKEN,
    "SystemError": _BROKEN,
    "ModelServiceFailed": _BROKEN,
    "ModelServingError": _BROKEN,
    "ModelUnavailable": _BROKEN,
    "RequestTimeOut": _BROKEN,
    "ResponseTimeout": _BROKEN,
}
_STATUSES: dict[int, _Meaning] = {
    401: _KEY_REFUSED,
    402: _UNPAID,
    403: _NOT_ALLOWED,
    404: _NO_MODEL,
    408: _BROKEN,
    429: _TOO_FAST,
}


def service_error(
    code: str | None,
    message: str | None,
    *,
    status: int | None = None,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> ModelDeckError:
    """The error for what the service says in an answer, an event or a frame."""
    return _made(
        _by_code(code) or _by_status(status),
        message,
        code=code or None,
        status=status,
        request_id=request_id,
        retry_after=retry_after,
    )


def http_error(status: int, body: bytes, headers: Mapping[str, str]) -> ModelDeckError:
    """The error for an answer that is not 2xx. `body` may be empty, `{}`, or a proxy's page."""
    code, message, request_id = _told(body)
    return service_error(
        code,
        message,
        status=status,
        request_id=request_id or headers.get("x-request-id"),
        retry_after=_seconds(headers),
    )


def handshake_error(status: int, body: bytes, headers: Mapping[str, str]) -> ModelDeckError:
    """The error for a refused WebSocket; the model's name plays no part yet, so a 404 is about the path."""
    code, message, request_id = _told(body)
    if status == 404 and code is None:
        return _made(_NO_PATH, message, status=status, request_id=request_id or headers.get("x-request-id"))
    return http_error(status, body, headers)


def close_error(code: int | None, reason: str, request_id: str | None = None) -> ModelDeckError:
    """The error for a connection that ends before the speech does; `request_id`: of the session or task."""
    why = " ".join(part for part in (str(code or ""), _clean(reason)) if part) or "without a close frame"
    early = f"DashScope closed the connection ({why}) before the speech was complete"
    details: dict[str, Any] = {"provider": PROVIDER, "code": str(code) if code else None, "request_id": request_id}
    match code:
        case 1011 if "too many requests" in reason.lower() or "to many requests" in reason.lower():  # its own spelling
            return RateLimitError(f"{_TOO_FAST.says} ({why}). {_TOO_FAST.todo}", **details)
        case 1011:
            return ProviderError(early, retryable=True, **details)
        case 1002 | 1003 | 1007 | 1008 | 1009:
            return ProviderError(early, **details)
        case _:
            return ConnectionFailedError(early, **details)


def unreadable(what: str, *, request_id: str | None = None) -> ProtocolError:
    """The error for an answer that would make the result wrong if it were ignored."""
    return ProtocolError(f"DashScope sent {what}", provider=PROVIDER, request_id=request_id)


def no_audio(request_id: str | None) -> ProviderError:
    """The error for speech that ends without any audio."""
    message = (
        "DashScope finished without any audio: a cloned voice may still be in deployment, or the text has no words"
    )
    return ProviderError(message, provider=PROVIDER, request_id=request_id)


def _made(
    meaning: _Meaning,
    message: str | None,
    *,
    code: str | None = None,
    status: int | None = None,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> ModelDeckError:
    told = _clean(message or "")
    sentences = (f"{meaning.says}: {told}" if told else meaning.says, meaning.todo)
    text = " ".join(one if one.endswith((".", "!", "?", "。")) else f"{one}." for one in sentences if one)
    known = (("HTTP", status), ("code", code), ("request", request_id))
    marks = ", ".join(f"{name} {value}" for name, value in known if value is not None)
    return meaning.error(
        f"{text} ({marks})" if marks else text,
        provider=PROVIDER,
        retryable=meaning.retryable,
        retry_after=retry_after,
        status=status,
        code=code,
        request_id=request_id,
    )


def _by_code(code: str | None) -> _Meaning | None:
    while code:
        if meaning := _CODES.get(code):
            return meaning
        code = code.rpartition(".")[0]
    return None


def _by_status(status: int | None) -> _Meaning:
    if status is not None and status >= 500:
        return _BROKEN
    return _STATUSES.get(status or 0, _WRONG)


def _told(body: bytes) -> tuple[str | None, str | None, str | None]:
    """Code, message and request id of a native or an OpenAI-compatible error."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None, None, None
    if not isinstance(answer, dict):
        return None, None, None
    outer = cast("dict[str, Any]", answer)
    inner = outer.get("error")
    told = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
    return (
        _text(told.get("code")) or _text(told.get("type")),
        _text(told.get("message")),
        _text(outer.get("request_id")) or _text(outer.get("id")),
    )


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value else None


def _clean(message: str) -> str:
    """On one line, not too long, and without what looks like a key."""
    line = _KEY.sub(r"\1-…", " ".join(message.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`; a date in its place is not understood."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
