"""What refusals mean: OpenAI's codes, and how compatible servers word theirs."""

from __future__ import annotations

import json

import pytest

from modeldeck import errors
from modeldeck.providers.openai.wire.errors import SERVICE

CODES = [
    (401, "invalid_api_key", errors.AuthenticationError, False),
    (401, None, errors.AuthenticationError, False),
    (403, "unsupported_country_region_territory", errors.PermissionDeniedError, False),
    (403, None, errors.PermissionDeniedError, False),
    (404, "model_not_found", errors.ModelNotFoundError, False),
    (404, None, errors.ModelNotFoundError, False),
    (400, None, errors.ProviderError, False),
    (422, None, errors.ProviderError, False),
    (409, None, errors.ProviderError, True),
    (429, "rate_limit_exceeded", errors.RateLimitError, True),
    (429, None, errors.RateLimitError, True),
    (429, "insufficient_quota", errors.QuotaError, False),
    (400, "content_policy_violation", errors.ContentRefusedError, False),
    (500, "server_error", errors.ProviderError, True),
    (503, None, errors.ProviderError, True),
]


@pytest.mark.parametrize(("status", "code", "error", "retryable"), CODES)
def test_codes(status: int, code: str | None, error: type[errors.ModelDeckError], retryable: bool) -> None:
    body = {"error": {"message": "what it says", "type": "invalid_request_error", "param": None, "code": code}}
    made = SERVICE.http_error(status, json.dumps(body).encode(), {"x-request-id": "req_1", "retry-after-ms": "250"})
    assert type(made) is error
    assert (made.retryable, made.status, made.request_id, made.retry_after) == (retryable, status, "req_1", 0.25)
    assert made.provider == "openai"
    assert "what it says" in str(made)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        # Kokoro-FastAPI
        (
            {"detail": {"error": "validation_error", "message": "no voice x", "type": "invalid_request_error"}},
            "validation_error",
            "no voice x",
        ),
        ({"detail": {"error": "server_error"}}, "server_error", "server_error"),
        ({"detail": "Not Found"}, None, "Not Found"),
        (
            {"detail": [{"loc": ["body", "input"], "msg": "Field required", "type": "missing"}]},
            None,
            "body.input: Field",
        ),
        ({"detail": ["odd"]}, None, "odd"),
        ({"error": "model is loading"}, None, "model is loading"),
        ({"message": "no", "code": 7}, "7", "no"),
        ({"detail": None}, None, "The server refuses the request"),
        ([], None, "The server refuses the request"),
        ("text", None, "The server refuses the request"),
    ],
)
def test_other_servers(body: object, code: str | None, says: str) -> None:
    made = SERVICE.http_error(400, json.dumps(body).encode(), {})
    assert (made.code, made.status) == (code, 400)
    assert says in str(made)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_json(body: bytes) -> None:
    assert type(SERVICE.http_error(502, body, {})) is errors.ProviderError


@pytest.mark.parametrize(
    ("code", "reason", "error", "retryable"),
    [
        (3000, "invalid_request_error.invalid_api_key", errors.AuthenticationError, False),
        (4000, "invalid_request_error.invalid_model", errors.ProviderError, False),
        (1001, "Your session hit the maximum duration of 60 minutes.", errors.ConnectionFailedError, True),
        (1011, "", errors.ProviderError, True),
        (1006, "", errors.ConnectionFailedError, True),
    ],
)
def test_close_codes(code: int, reason: str, error: type[errors.ModelDeckError], retryable: bool) -> None:
    made = SERVICE.close_error(code, reason)
    assert (type(made), made.retryable) == (error, retryable)


def test_a_handshake_without_a_path() -> None:
    made = SERVICE.handshake_error(404, b'{"detail":"Not Found"}', {})
    assert "base_url" in str(made)
