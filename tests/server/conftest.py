from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from modeldeck.credential import CredentialFactory
from modeldeck.server import Settings
from modeldeck.server.run import Running, served

KEYS = (
    "AZURE_SPEECH_KEY",
    "DASHSCOPE_API_KEY",
    "DASHSCOPE_HTTP_BASE_URL",
    "DASHSCOPE_BASE_URL",
    "DASHSCOPE_API_REGION",
    "GEMINI_API_KEY",
    "LIVEKIT_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable of this machine but a master key of the test's own, and no type that another test has registered."""
    for name in [*KEYS, *(name for name in os.environ if name.startswith("MODELDECK_"))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("MODELDECK_MASTER_KEY", base64.b64encode(os.urandom(32)).decode())
    before = set(CredentialFactory.types())
    yield
    for name in set(CredentialFactory.types()) - before:
        CredentialFactory.unregister_credential(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(port=0, store=f"sqlite+aiosqlite:///{tmp_path}/deck.db", rate=0, refresh=0)


@pytest.fixture
async def running(settings: Settings) -> AsyncIterator[Running]:
    async with served(settings) as found:
        yield found


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """With the token of the user `local`."""
    assert running.token is not None
    async with connected(running, running.token) as found:
        yield found


def connected(running: Running, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=running.url, headers=headers, trust_env=False, timeout=30)


async def somebody(running: Running, name: str) -> httpx.AsyncClient:
    """Another user's client."""
    await running.server.store.add_user(name)
    return connected(running, await running.server.access.first_token(name))
