"""The catalogue of refusals: which error, whether to try again, what the user reads."""

from __future__ import annotations

import json
import pickle

import pytest

from modeldeck import errors
from modeldeck.providers.dashscope.wire.errors import SERVICE

# Codes of the service's error-code page, 2026-05-30.
CODES = [
    (400, "InvalidParameter", errors.ProviderError, False),
    (400, "InvalidParameter.NotSupportEnableThinking", errors.ProviderError, False),
    (400, "invalid_value", errors.ProviderError, False),
    (400, "InvalidParameter.DataInspection", errors.ContentRefusedError, False),
    (400, "DataInspectionFailed", errors.ContentRefusedError, False),
    (400, "data_inspection_failed", errors.ContentRefusedError, False),
    (400, "Arrearage", errors.QuotaError, False),
    (400, "BadRequest.VoiceNotFound", errors.ProviderError, False),
    (400, "BadRequest.TooLarge", errors.ProviderError, False),
    (400, "InvalidURL.Timeout", errors.ProviderError, False),
    (400, "ServiceUnavailableError", errors.ProviderError, False),
    (400, "Throttling.AllocationQuota", errors.QuotaError, False),
    (401, "InvalidApiKey", errors.AuthenticationError, False),
    (401, "invalid_api_key", errors.AuthenticationError, False),
    (401, "NOT AUTHORIZED", errors.AuthenticationError, False),
    (403, "AccessDenied", errors.PermissionDeniedError, False),
    (403, "AccessDenied.Unpurchased", errors.PermissionDeniedError, False),
    (403, "Model.AccessDenied", errors.PermissionDeniedError, False),
    (403, "Workspace.AccessDenied", errors.PermissionDeniedError, False),
    (403, "AllocationQuota.FreeTierOnly", errors.QuotaError, False),
    (404, "ModelNotFound", errors.ModelNotFoundError, False),
    (404, "model_not_supported", errors.ModelNotFoundError, False),
    (404, "WorkSpaceNotFound", errors.PermissionDeniedError, False),
    (409, "Conflict", errors.ProviderError, False),
    (429, "Throttling", errors.RateLimitError, True),
    (429, "Throttling.RateQuota", errors.RateLimitError, True),
    (429, "Throttling.BurstRate", errors.RateLimitError, True),
    (429, "limit_requests", errors.RateLimitError, True),
    (429, "limit_burst_rate", errors.RateLimitError, True),
    (429, "Throttling.AllocationQuota", errors.QuotaError, False),
    (429, "insufficient_quota", errors.QuotaError, False),
    (429, "CommodityNotPurchased", errors.QuotaError, False),
    (429, "PostpaidBillOverdue", errors.QuotaError, False),
    (430, "Audio.DecoderError", errors.ProviderError, False),
    (500, "InternalError", errors.ProviderError, True),
    (500, "InternalError.Algo", errors.ProviderError, True),
    (500, "RequestTimeOut", errors.ProviderError, True),
    (500, "RetrivalFailed", errors.ProviderError, True),
    (503, "ModelServingError", errors.ProviderError, True),
    (500, "ModelServingError", errors.ProviderError, True),
    *[(400, code, errors.ProviderError, False) for code in ("invalid_request_error", "invalid_parameter_error")],
    *[(400, code, errors.ProviderError, False) for code in ("InvalidURL", "UnsupportedOperation", "ClientDisconnect")],
    *[(400, f"InvalidFile.{what}", errors.ProviderError, False) for what in ("DownloadFailed", "AudioLengthError")],
    *[(400, f"Audio.{what}Error", errors.ProviderError, False) for what in ("AudioShort", "AudioSilent", "Preprocess")],
    *[(400, f"BadRequest.{what}", errors.ProviderError, False) for what in ("EmptyInput", "IllegalInput")],
    (403, "access_denied", errors.PermissionDeniedError, False),
    (403, "App.AccessDenied", errors.PermissionDeniedError, False),
    (404, "model_not_found", errors.ModelNotFoundError, False),
    (404, "NotFound", errors.ModelNotFoundError, False),
    (429, "LimitRequests", errors.RateLimitError, True),
    (429, "PrepaidBillOverdue", errors.QuotaError, False),
    *[(500, f"InternalError.{what}", errors.ProviderError, True) for what in ("Timeout", "FileUpload", "Upload")],
    *[(500, code, errors.ProviderError, True) for code in ("internal_error", "SystemError", "ModelServiceFailed")],
    *[(500, code, errors.ProviderError, True) for code in ("ResponseTimeout", "InvokePluginFailed")],
    *[(500, code, errors.ProviderError, True) for code in ("AppProcessFailed", "RewriteFailed")],
    (503, "ModelUnavailable", errors.ProviderError, True),
]


@pytest.mark.parametrize(("status", "code", "error", "retryable"), CODES)
def test_codes(status: int, code: str, error: type[errors.ModelDeckError], retryable: bool) -> None:
    body = json.dumps({"code": code, "message": "what it says", "request_id": "r1"}).encode()
    raised = SERVICE.http_error(status, body, {})
    assert type(raised) is error
    assert (raised.retryable, raised.status, raised.code, raised.request_id) == (retryable, status, code, "r1")
    assert raised.provider == "dashscope"
    assert "what it says" in str(raised)
    assert pickle.loads(pickle.dumps(raised)).code == code


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (400, errors.ProviderError, False),
        (401, errors.AuthenticationError, False),
        (402, errors.QuotaError, False),
        (403, errors.PermissionDeniedError, False),
        (404, errors.ModelNotFoundError, False),
        (408, errors.ProviderError, True),
        (418, errors.ProviderError, False),
        (429, errors.RateLimitError, True),
        (500, errors.ProviderError, True),
        (502, errors.ProviderError, True),
        (599, errors.ProviderError, True),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>Bad Gateway</html>", b"[1]", b'{"error": null}', b"\xff"])
def test_statuses_alone(status: int, error: type[errors.ModelDeckError], retryable: bool, body: bytes) -> None:
    raised = SERVICE.http_error(status, body, {"x-request-id": "r2"})
    assert (type(raised), raised.retryable, raised.request_id) == (error, retryable, "r2")
    assert f"HTTP {status}" in str(raised)


@pytest.mark.parametrize(("status", "code", "error", "retryable"), CODES)
def test_codes_in_a_session_mean_the_same(
    status: int, code: str, error: type[errors.ModelDeckError], retryable: bool
) -> None:
    raised = SERVICE.error(code, "what it says", request_id="task")
    assert (type(raised), raised.retryable, raised.status, raised.request_id) == (error, retryable, None, "task")


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        ("InvalidParameter", "[tts:]Engine return error code: 418", "Check the voice"),
        ("CLIENT_ERROR", "[qwen-tts:]Engine return error code: 411", "Check the voice"),
        ("InvalidParameter", "Engine error [411]", "Check the voice"),
        ("InvalidParameter", "[tts:]Engine return error code: 428", "fixed Chinese sentences"),
        ("InvalidParameter", "[tts:]Engine return error code: 499", "does not accept"),
        ("InternalError", "[tts:]Engine return error code: 418", "again later"),
    ],
)
def test_the_engine_s_numbers(code: str, message: str, says: str) -> None:
    raised = SERVICE.error(code, message, request_id="task")
    assert says in str(raised)
    assert message in str(raised)
    assert (type(raised), raised.code, raised.retryable) == (errors.ProviderError, code, code == "InternalError")


def test_compatible_body() -> None:
    body = {"message": "Incorrect API key provided. ", "type": "invalid_request_error", "param": None}
    raised = SERVICE.http_error(
        401, json.dumps({"error": {**body, "code": "invalid_api_key"}, "request_id": "r"}).encode(), {}
    )
    assert isinstance(raised, errors.AuthenticationError)
    assert (raised.code, raised.request_id) == ("invalid_api_key", "r")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Fri, 31 Dec 2027 23:59:59 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert SERVICE.http_error(429, b"", headers).retry_after == seconds


def test_messages_say_what_to_do() -> None:
    for status, code, advice in [
        (401, "InvalidApiKey", "region"),
        (403, "AccessDenied.Unpurchased", "Activate"),
        (400, "Arrearage", "recharge"),
        (404, "ModelNotFound", "region"),
        (429, "Throttling.RateQuota", "Send fewer"),
        (400, "BadRequest.VoiceNotFound", "cloned"),
    ]:
        assert advice in str(SERVICE.error(code, "m", status=status)), code


def test_the_service_is_quoted_without_keys_line_breaks_or_end() -> None:
    text = str(SERVICE.error("X", "bad key sk-abcdef0123456789\nnext line " + "x" * 10_000))
    assert "sk-abcdef" not in text
    assert "bad key sk-… next line" in text
    assert len(text) < 700


def test_a_refused_handshake() -> None:
    assert isinstance(SERVICE.handshake_error(401, b"", {}), errors.AuthenticationError)
    assert isinstance(SERVICE.handshake_error(429, b"{}", {"retry-after": "3"}), errors.RateLimitError)
    assert SERVICE.handshake_error(429, b"{}", {"retry-after": "3"}).retry_after == 3.0
    missing = SERVICE.handshake_error(404, b"", {})
    assert isinstance(missing, errors.ProviderError)
    assert "base_url" in str(missing)
    assert isinstance(SERVICE.handshake_error(404, b'{"code":"ModelNotFound"}', {}), errors.ModelNotFoundError)


@pytest.mark.parametrize(
    ("code", "reason", "error", "retryable"),
    [
        (1011, "To many requests. Your requests are being throttled...", errors.RateLimitError, True),
        (1011, "", errors.ProviderError, True),
        (1007, "Invalid payload data", errors.ProviderError, False),
        (1008, "", errors.ProviderError, False),
        (1000, "", errors.ConnectionFailedError, True),
        (1001, "", errors.ConnectionFailedError, True),
        (1006, "", errors.ConnectionFailedError, True),
        (None, "", errors.ConnectionFailedError, True),
    ],
)
def test_closes(code: int | None, reason: str, error: type[errors.ModelDeckError], retryable: bool) -> None:
    raised = SERVICE.close_error(code, reason, "task")
    assert (type(raised), raised.retryable) == (error, retryable)
    assert reason in str(raised)
