"""The errors that nearly every service has, in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modeldeck._wire.service import Meaning, Service, Told, read_error
from modeldeck.errors import (
    AuthenticationError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)


def usual_service(
    provider: str,
    name: str,
    *,
    codes: Mapping[str, Meaning | int] | None = None,
    statuses: Mapping[int, Meaning] | None = None,
    read: Callable[[bytes], Told] = read_error,
    request_id_headers: tuple[str, ...] = ("x-request-id",),
) -> Service:
    """A catalogue by HTTP status; `name` is what people call the service.

    `codes`: the service's own, each with its meaning or the HTTP status that means the same. `statuses`: what it means
    otherwise. `read` understands the body of a refusal.
    """
    meanings = {**_usual(name), **(statuses or {})}
    wrong, broken = meanings[400], meanings[500]
    by_status = {status: meaning for status, meaning in meanings.items() if status not in (400, 500)}

    def meaning(of: Meaning | int) -> Meaning:
        return of if isinstance(of, Meaning) else meanings.get(of, broken if of >= 500 else wrong)

    return Service(
        provider=provider,
        name=name,
        wrong=wrong,
        broken=broken,
        no_path=Meaning(
            ProviderError, "There is no such path at this host", "Check base_url of the credential and what is between."
        ),
        codes={code: meaning(of) for code, of in (codes or {}).items()},
        statuses=by_status,
        read=read,
        request_id_headers=request_id_headers,
    )


def _usual(name: str) -> Mapping[int, Meaning]:
    busy = Meaning(ProviderError, f"{name} is overloaded or out of order", "Try again later.", retryable=True)
    return {
        400: Meaning(ProviderError, f"{name} does not accept the request"),
        401: Meaning(AuthenticationError, f"{name} refuses the API key", "Check it, and where it is valid."),
        402: Meaning(QuotaError, f"Nothing is left to spend at {name}", "Look at the account's plan and balance."),
        403: Meaning(PermissionDeniedError, f"{name} does not let this key do that", "Look at the key's permissions."),
        404: Meaning(ModelNotFoundError, f"{name} does not have this model", "Check its name, and the key's access."),
        408: busy,
        429: Meaning(
            RateLimitError, f"{name} is getting too many requests", "Send fewer, or raise the limit.", retryable=True
        ),
        500: busy,
    }
