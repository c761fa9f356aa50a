from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from modeldeck.server.store import Store
from tests import postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Postgres]:
    with postgres.running() as found:
        if found is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(postgres.MISSING)
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "deck.db"


@pytest.fixture
def sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql: postgres.Postgres) -> str:
    return asyncio.run(postgresql.emptied())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """With the users ann, bob and eve."""
    async with Store(url) as found:
        for name in ("ann", "bob", "eve"):
            await found.add_user(name)
        yield found
