from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from modeldeck._transport.limits import without_pauses
from modeldeck.sandbox import Sandbox


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retries happen at once."""
    with without_pauses():
        yield


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
