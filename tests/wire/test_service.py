"""What every service's errors have in common: answers that are none of the service's."""

from __future__ import annotations

import pytest

from modeldeck._wire.service import Service, is_page
from modeldeck.errors import ProviderError
from modeldeck.providers.azure.wire.errors import SERVICE as AZURE
from modeldeck.providers.dashscope.wire.errors import SERVICE as DASHSCOPE
from modeldeck.providers.gemini.wire.errors import SERVICE as GEMINI
from modeldeck.providers.livekit.wire.errors import SERVICE as LIVEKIT
from modeldeck.providers.openai.wire.errors import SERVICE as OPENAI

PAGE = {"content-type": "text/html; charset=utf-8"}
SERVICES = [AZURE, DASHSCOPE, GEMINI, LIVEKIT, OPENAI]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.provider)
@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (200, PAGE, "a web page came"),
        (302, {"location": "https://login.test/"}, "answers otherwise"),
        (204, {}, "answers otherwise"),
    ],
)
@pytest.mark.parametrize("body", [b"<!doctype html><html>Please log in</html>", b"", b"{}"])
def test_what_is_no_refusal_is_another_server(
    service: Service, status: int, headers: dict[str, str], says: str, body: bytes
) -> None:
    for error in (service.http_error(status, body, headers), service.handshake_error(status, body, headers)):
        assert type(error) is ProviderError
        assert says in str(error)
        assert "no such service" in str(error)
        assert "base_url" in str(error)
        assert "log in</html>" not in str(error)
        assert (error.status, error.retryable, error.provider) == (status, False, service.provider)


def test_what_has_a_code_is_the_services_own() -> None:
    body = b'{"error": {"code": "insufficient_quota", "message": "Pay."}}'
    assert "Pay." in str(OPENAI.http_error(200, body, {}))


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_pages_of_proxies_with_an_errors_status_mean_the_status(status: int) -> None:
    for service in SERVICES:
        assert type(service.http_error(status, b"<html>", PAGE)) is type(service.http_error(status, b"", {}))


@pytest.mark.parametrize(
    ("kind", "page"),
    [("text/html", True), ("Application/XHTML+xml;q=1", True), ("application/json", False), ("", False)],
)
def test_a_page(kind: str, page: bool) -> None:
    assert is_page({"content-type": kind} if kind else {}) is page
