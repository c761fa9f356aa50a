"""What Azure's refusals mean: HTTP statuses of its documents (2024-09-23), close codes as its SDKs take them."""

from __future__ import annotations

import json
from typing import Any, cast

from modeldeck._wire.frames import part, text_of
from modeldeck._wire.service import Meaning, Service, Told
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

_WRONG = Meaning(
    ProviderError,
    "Azure Speech does not accept the request",
    "Check the voice, the format and, where you write it yourself, the SSML.",
)
_BROKEN = Meaning(ProviderError, "Azure Speech failed", "Try again later.", retryable=True)
_TOO_FAST = Meaning(
    RateLimitError,
    "Azure Speech is getting too many requests from this resource",
    "Send fewer at a time, or ask for a higher quota (a free resource, F0, takes 20 a minute).",
    retryable=True,
)


def _read(body: bytes) -> Told:
    """`{"error": {"code", "message"}}` of the gateway, `{"statusCode", "message"}` before it, or plain text."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
        return Told() if text.lstrip().startswith("<") else Told(message=text)
    if not isinstance(answer, dict):
        return Told()
    told = part(cast("dict[str, Any]", answer), "error") or cast("dict[str, Any]", answer)
    return Told(message=text_of(told.get("message")))


SERVICE = Service(
    provider="azure",
    name="Azure Speech",
    wrong=_WRONG,
    broken=_BROKEN,
    no_path=Meaning(ProviderError, "There is no such path at this host", "Check region or base_url of the credential."),
    statuses={
        401: Meaning(
            AuthenticationError,
            "Azure Speech refuses the key or token",
            "A key works only for its own region or resource: check api_key with region or base_url of the "
            "credential. A token of issueToken is valid for ten minutes.",
        ),
        402: Meaning(QuotaError, "The resource has nothing left to use", "Check its pricing tier in the Azure portal."),
        403: Meaning(
            PermissionDeniedError,
            "Azure Speech does not let this key or token in",
            "Check in the Azure portal the resource's network rules and what its role may use.",
        ),
        404: Meaning(
            ModelNotFoundError,
            "Azure Speech does not have this here",
            "Check deployment_id, and region or base_url of the credential.",
        ),
        408: _BROKEN,
        429: _TOO_FAST,
    },
    closes={1007: _WRONG},
    read=_read,
    request_id_headers=("x-requestid", "apim-request-id", "x-ms-request-id"),
    throttled=lambda code, _: code == 4429,
    silent="the text may have no words in the voice's language",
)
