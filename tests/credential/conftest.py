from __future__ import annotations

from collections.abc import Iterator

import pytest

from modeldeck.credential import CredentialFactory

VARIABLES = (
    "DASHSCOPE_API_KEY",
    "DASHSCOPE_API_REGION",
    "DASHSCOPE_HTTP_BASE_URL",
    "DASHSCOPE_COMPATIBLE_BASE_URL",
    "DASHSCOPE_BASE_URL",
    "DASHSCOPE_WEBSOCKET_BASE_URL",
    "DASHSCOPE_REGION",
    "DASHSCOPE_WORKSPACE_ID",
    "DASHSCOPE_WORKSPACE",
    "MODELDECK_CARDS_PATH",
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of this machine, and no type that another test has registered."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    before = set(CredentialFactory.types())
    yield
    for name in set(CredentialFactory.types()) - before:
        CredentialFactory.unregister_credential(name)
    assert set(CredentialFactory.types()) == before
