from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from modeldeck._transport.limits import without_pauses
from modeldeck.sandbox import Sandbox
from modeldeck.server.run import Running
from tests.server.speech.caller import Caller

KEYS = {  # a credential of each type, as the sandbox takes them
    "dashscope_credential": {"api_key": "sk-of-dashscope"},
    "azure_credential": {"api_key": "of-azure"},
    "openai_credential": {"api_key": "sk-of-openai"},
}


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as found:
        yield found


@pytest.fixture
async def caller(running: Running, client: httpx.AsyncClient, box: Sandbox) -> Caller:
    """A user with a credential of each provider, all of which lead to the sandbox."""
    for kind, fields in KEYS.items():
        data = {"type": kind, "base_url": box.url, **fields}
        answer = await client.post("/api/v1/credentials", json={"data": data})
        assert answer.status_code == 201, answer.text
    assert running.token is not None
    return Caller(running, client, box, running.token)


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retries happen at once."""
    with without_pauses():
        yield
