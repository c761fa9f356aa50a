"""What Azure's refusals mean: HTTP statuses of its documents (2024-09-23), close codes as its SDKs take them."""

from __future__ import annotations

from modeldeck._wire.frames import part, text_of
from modeldeck._wire.service import Meaning, Service, Told, object_of
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
    if body.lstrip()[:1] in (b"{", b"["):
        answer = object_of(body)
        return Told(message=text_of((part(answer, "error") or answer).get("message")))
    text = body.decode("utf-8", "replace")
    return Told() if text.lstrip().startswith("<") else Told(message=text)


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

# "If ... the resulting audio exceeds 10 minutes, it's truncated to 10 minutes" (documents of the REST API, 2024-09-23;
# those on quotas say it of requests and turns). The service does not tell; audio of another length was not cut.
_LONGEST = 600.0  # seconds of one request
_NEAR = 0.5


def is_cut(seconds: float | None) -> bool:
    """Whether the audio of one request ends where the service cuts it off."""
    return seconds is not None and abs(seconds - _LONGEST) <= _NEAR


def cut(request_id: str | None) -> ProviderError:
    """The error for audio that was cut off."""
    message = (
        "Azure Speech ends the audio of a request at 10 minutes, and this one has them: what follows in the text was "
        "not spoken. Split it: session() and stream() of AzureTTSModel do so by themselves, commit() in a session of "
        "AzureRealtimeTTSModel begins another request"
    )
    return ProviderError(message, provider=SERVICE.provider, request_id=request_id)
