"""Gemini's refusals in our tree of errors."""

from __future__ import annotations

import json

import pytest

from modeldeck.errors import (
    AuthenticationError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from modeldeck.providers.gemini.wire.errors import SERVICE
from modeldeck.providers.gemini.wire.facts import Rejection
from tests.wire.gemini import golden


def refused(status: int, body: str, **headers: str) -> ModelDeckError:
    return SERVICE.http_error(status, body.encode(), headers)


def told(status: int, code: str, message: str = "") -> str:
    return json.dumps({"error": {"code": status, "message": message, "status": code}})


def test_golden_refusals() -> None:
    wrong = refused(400, golden.WRONG_KEY)
    assert type(wrong) is AuthenticationError
    assert wrong.code == "INVALID_ARGUMENT.API_KEY_INVALID"
    throttled = refused(429, golden.THROTTLED)
    assert (type(throttled), throttled.retryable, throttled.retry_after) == (RateLimitError, True, 57.238747106)
    assert refused(429, golden.THROTTLED, **{"retry-after": "3"}).retry_after == 3
    spent = refused(429, golden.SPENT)
    assert (type(spent), spent.retryable) == (QuotaError, False)
    assert "read aloud" in str(refused(400, golden.NO_TRANSCRIPT))


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", "Voice name X is not supported", ProviderError, False),
        (400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", AuthenticationError, False),
        (400, "FAILED_PRECONDITION", "User location is not supported.", PermissionDeniedError, False),
        (401, "UNAUTHENTICATED", "", AuthenticationError, False),
        (403, "PERMISSION_DENIED", "", PermissionDeniedError, False),
        (404, "NOT_FOUND", "models/x is not found", ModelNotFoundError, False),
        (429, "RESOURCE_EXHAUSTED", "", RateLimitError, True),
        (500, "INTERNAL", "", ProviderError, True),
        (503, "UNAVAILABLE", "", ProviderError, True),
        (504, "DEADLINE_EXCEEDED", "", ProviderError, True),
    ],
)
def test_statuses(status: int, code: str, message: str, kind: type[ModelDeckError], retryable: bool) -> None:
    for body in (told(status, code, message), f"[{told(status, code, message)}]"):
        error = refused(status, body)
        assert (type(error), error.retryable, error.status) == (kind, retryable, status)
        assert error.provider == "gemini"


@pytest.mark.parametrize("body", ["", "{}", "[]", "[1]", "<html>", '{"error": "no"}', '{"error": {"details": [1]}}'])
def test_bodies_of_others(body: str) -> None:
    assert type(refused(502, body)) is ProviderError
    assert type(refused(401, body)) is AuthenticationError


def test_the_servers_side() -> None:
    error = refused(429, json.dumps(Rejection(429, "slow down", retry_after=1.5).body()))
    assert (type(error), error.retry_after) == (RateLimitError, 1.5)
    assert (
        json.loads(golden.WRONG_KEY)
        == Rejection(400, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID").body()
    )


def test_a_key_in_a_message_is_masked() -> None:
    assert "AIzaSyA1234567890" not in str(refused(400, told(400, "INVALID_ARGUMENT", "key AIzaSyA1234567890 is bad")))
