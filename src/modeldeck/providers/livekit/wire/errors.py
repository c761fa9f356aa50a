"""What the gateway's refusals mean.

It documents none. Statuses as livekit-agents 1.8.9 treats them; the body of a 429 and its categories from
https://github.com/livekit/agents/pull/6012 and what livekit-cli's tests logged, read 2026-11-21.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modeldeck._wire.frames import text_of
from modeldeck._wire.service import Meaning, Service, Told, object_of, read_error
from modeldeck.errors import (
    AuthenticationError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

_KEY_REFUSED = Meaning(
    AuthenticationError,
    "LiveKit refuses the API key or its secret",
    "Check both, and that they are of the same LiveKit Cloud project; a clock that is minutes off spoils tokens too.",
)
_NOT_ALLOWED = Meaning(
    PermissionDeniedError,
    "LiveKit does not open its inference to the key",
    "Check the project in LiveKit Cloud: inference is not part of self-hosted LiveKit.",
)
_NO_CREDITS = Meaning(
    QuotaError,
    "The project's inference credits are used up",
    "Wait for the next billing cycle, or change the plan in LiveKit Cloud.",
)
_TOO_FAST = Meaning(
    RateLimitError,
    "LiveKit is getting too many requests from this project",
    "Send fewer at a time, or change the plan in LiveKit Cloud.",
    retryable=True,
)
_NO_MODEL = Meaning(ModelNotFoundError, "LiveKit Inference does not have this model", "Check its name: provider/model.")
_NO_PATH = Meaning(
    ProviderError, "There is no such path at this host", "Check base_url of the credential and what is in between."
)
_WRONG = Meaning(ProviderError, "LiveKit does not accept the request")
_BROKEN = Meaning(ProviderError, "LiveKit or the provider behind it failed", "Try again later.", retryable=True)


def _read(body: bytes) -> Told:
    """`{"type", "error", "category", "hint"}`, whose category says most; or the usual forms."""
    told = object_of(body)
    message = text_of(told.get("error"))
    if message is None:
        return read_error(body)
    hint = text_of(told.get("hint"))
    return Told(text_of(told.get("category")) or text_of(told.get("type")), f"{message}. {hint}" if hint else message)


SERVICE = Service(
    provider="livekit",
    name="LiveKit",
    wrong=_WRONG,
    broken=_BROKEN,
    no_path=_NO_PATH,
    codes={"MaxGatewayCredits": _NO_CREDITS, "model_not_found": _NO_MODEL},
    statuses={
        401: _KEY_REFUSED,
        403: _NOT_ALLOWED,
        404: _NO_MODEL,
        408: _BROKEN,
        429: _TOO_FAST,
        499: _BROKEN,
    },
    read=_read,
    request_id_headers=("x-livekit-request-id", "x-request-id"),
)


def frame_error(event: Mapping[str, Any], session_id: str | None) -> ModelDeckError:
    """The error for a message of type `error`; what it does not explain is worth another attempt, as its SDK has it."""
    told = {name: value for name, value in event.items() if name not in ("type", "session_id")}
    code, message = event.get("code"), text_of(event.get("message")) or text_of(event.get("error"))
    if message is None:
        message = json.dumps(told, ensure_ascii=False)
    if isinstance(code, int) and 400 <= code < 600:
        return SERVICE.error(None, message, status=code, request_id=session_id)
    name = str(code) if isinstance(code, int | str) and code else None
    if name in SERVICE.codes:
        return SERVICE.error(name, message, request_id=session_id)
    return SERVICE.made(_BROKEN, message, code=name, request_id=session_id)
