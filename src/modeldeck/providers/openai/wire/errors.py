"""What refusals mean: OpenAI's error codes, and how compatible servers word theirs.

Codes from https://developers.openai.com/api/docs/guides/error-codes and from live answers that others recorded
(Realtime sessions of 2026-09), read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from modeldeck._wire.frames import part, text_of
from modeldeck._wire.service import Meaning, Service, Told, object_of, read_error
from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ContentRefusedError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

_KEY_REFUSED = Meaning(
    AuthenticationError,
    "The server refuses the API key",
    "Check key, organization and project of the credential, and that base_url is the server that the key is for.",
)
_NOT_ALLOWED = Meaning(
    PermissionDeniedError,
    "The key may not do this",
    "Check in the project's settings what the key may use, and that the service is open to your region.",
)
_NO_MODEL = Meaning(
    ModelNotFoundError,
    "The server does not have this model, or not for this key",
    "Check the model's name; a Realtime model works only over the Realtime API.",
)
_NO_PATH = Meaning(
    ModelNotFoundError,
    "The server has nothing there",
    "Check base_url of the credential, which ends in /v1, and the model's name.",
)
_NO_QUOTA = Meaning(
    QuotaError, "Nothing is left to spend", "Add credit or raise the limit on the platform's billing page."
)
_TOO_FAST = Meaning(
    RateLimitError,
    "The server is getting too many requests or tokens from this account",
    "Send fewer at a time, or ask for a higher limit.",
    retryable=True,
)
_REFUSED = Meaning(ContentRefusedError, "The content filter refuses the text or its result", "Change the text.")
_TOO_LONG = Meaning(
    ProviderError, "The answer grew longer than the model may speak at once", "Send the text in shorter pieces."
)
_EXPIRED = Meaning(ConnectionFailedError, "The session has reached its greatest age", retryable=True)
_BUSY = Meaning(ProviderError, "Another response is still under way in this session", retryable=True)
_WRONG = Meaning(ProviderError, "The server refuses the request")
_BROKEN = Meaning(
    ProviderError,
    "Something went wrong on the server's side",
    "Try again; OpenAI's state is at https://status.openai.com.",
    retryable=True,
)


def read(body: bytes) -> Told:
    """OpenAI's own form, `{"error": text}`, and the `{"detail": …}` of FastAPI, which most compatible servers use."""
    told = object_of(body)
    if (message := text_of(told.get("error"))) is not None:
        return Told(None, message)
    if detail := part(told, "detail"):
        code = text_of(detail.get("error")) or text_of(detail.get("type"))
        return Told(code, text_of(detail.get("message")) or code)
    findings: Any = told.get("detail")
    if isinstance(findings, list):
        return Told(None, "; ".join(_finding(one) for one in findings))
    return Told(None, text_of(findings)) if findings else read_error(body)


def _finding(one: Any) -> str:
    """What FastAPI says of one field."""
    if not isinstance(one, dict):
        return str(one)
    found = cast("Mapping[str, Any]", one)
    places = cast("list[Any]", found.get("loc") if isinstance(found.get("loc"), list) else [])
    return f"{'.'.join(map(str, places))}: {found.get('msg')}"


SERVICE = Service(
    provider="openai",
    name="The server",
    wrong=_WRONG,
    broken=_BROKEN,
    no_path=_NO_PATH,
    codes={
        "invalid_api_key": _KEY_REFUSED,
        "invalid_organization": _KEY_REFUSED,
        "mismatched_organization": _KEY_REFUSED,
        "account_deactivated": _KEY_REFUSED,
        "authentication_error": _KEY_REFUSED,
        "unsupported_country_region_territory": _NOT_ALLOWED,
        "missing_scope": _NOT_ALLOWED,
        "permission_error": _NOT_ALLOWED,
        "model_not_found": _NO_MODEL,
        "invalid_model": _NO_MODEL,
        "missing_model": _NO_MODEL,
        "insufficient_quota": _NO_QUOTA,
        "billing_hard_limit_reached": _NO_QUOTA,
        "billing_not_active": _NO_QUOTA,
        "rate_limit_exceeded": _TOO_FAST,
        "requests": _TOO_FAST,
        "tokens": _TOO_FAST,
        "content_filter": _REFUSED,
        "content_policy_violation": _REFUSED,
        "moderation_blocked": _REFUSED,
        "max_output_tokens": _TOO_LONG,
        "session_expired": _EXPIRED,
        "conversation_already_has_active_response": _BUSY,
        "server_error": _BROKEN,
        "internal_error": _BROKEN,
        "engine_overloaded": _BROKEN,
    },
    statuses={
        401: _KEY_REFUSED,
        402: _NO_QUOTA,
        403: _NOT_ALLOWED,
        404: _NO_PATH,
        408: _BROKEN,
        409: _BROKEN,
        429: _TOO_FAST,
    },
    closes={3000: _KEY_REFUSED, 4000: _WRONG},
    read=read,
)
