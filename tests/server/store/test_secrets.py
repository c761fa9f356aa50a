"""A planted secret is found nowhere: files, logs, errors, reprs."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from modeldeck.errors import ModelDeckError
from modeldeck.server.store import Store
from modeldeck.server.tokens import make_token, token_hash

CANARY = "canary-7f3a9c"
KEY = f"sk-{CANARY}"
ENCODED = [CANARY, base64.b64encode(KEY.encode()).decode()[4:-4], CANARY.encode("utf-16-le").decode("latin-1")]


def data(**fields: Any) -> dict[str, Any]:
    return {"type": "openai_credential", "name": "mine", "api_key": KEY, **fields}


def in_files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() for one in ENCODED if one.encode("latin-1") in path.read_bytes()]


async def test_not_in_the_files_of_sqlite(file: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELDECK_MASTER_KEY")
    monkeypatch.setitem(sys.modules, "keyring", None)
    async with Store(sqlite_url) as store:
        await store.add_user("ann")
        token = make_token()
        await store.add_token("ann", token_hash(token))
        made = await store.create("ann", data())
        await store.update("ann", made.id, data(name="other"))
        assert file.with_name("deck.db-wal").stat().st_size
        assert in_files(file.parent) == []
        await store.rotate()
        await store.delete("ann", made.id)
        assert in_files(file.parent) == []
        assert not any(token.encode() in path.read_bytes() for path in file.parent.iterdir())
    assert in_files(file.parent) == []


async def test_not_in_a_dump_of_postgresql(postgresql_url: str) -> None:
    from tests.postgres import binaries

    async with Store(postgresql_url) as store:
        await store.add_user("ann")
        await store.create("ann", data())
    folder = binaries()
    program = str(folder / "pg_dump") if folder else "pg_dump"
    dump = await asyncio.to_thread(subprocess.check_output, [program, postgresql_url], text=True)
    assert "openai_credential" in dump
    assert not [one for one in ENCODED if one in dump]


async def test_not_in_logs_of_any_level(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "asyncpg", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    async with Store(url) as store:
        await store.add_user("ann")
        made = await store.create("ann", data())
        await store.update("ann", made.id, data(name="other"))
        await store.share("ann", made.id, [])
        await store.list("ann")
    assert "INSERT INTO credentials" in caplog.text
    assert not [one for one in ENCODED if one in caplog.text]


async def test_not_in_reprs_and_errors(file: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        await store.add_user("ann")
        made = await store.create("ann", data())
        assert made.data is not None
        said = [repr(made), repr(store), str(made), repr(made.shown)]
        wrong: list[dict[str, Any]] = [
            data(nope=KEY),
            data(name=[KEY]),
            data(base_url=f"{KEY}://"),
            {**data(), "type": KEY},
            data(api_key=[KEY]),
            {KEY: KEY},
        ]
        for one in wrong:
            for call in (store.create("ann", one), store.update("ann", made.id, one), store.create(KEY, data())):
                with pytest.raises(ModelDeckError) as raised:
                    await call
                if raised.value.code != "unknown_user":
                    said.append("".join(traceback.format_exception(raised.value)))
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE changes"))
        engine.dispose()
        with pytest.raises(ModelDeckError) as raised:
            await store.create("ann", data())
        said.append("".join(traceback.format_exception(raised.value)))
    assert not [one for one in said for word in ENCODED if word in one.replace('"sk-canary', "")]


def test_a_token_is_printed_once_and_kept_nowhere(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}

    def deck(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "modeldeck", "users", *arguments]
        return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)

    added = deck("add", "ann")
    token = added.stdout.strip()
    assert (added.returncode, len(token.split())) == (0, 1)
    assert token not in added.stderr
    another = deck("token", "ann", "--token-name", "ci", "--expires", "30").stdout.strip()
    assert another not in ("", token)
    listed = deck("list", "--json")
    assert listed.stdout.count('"expires_at"') == 2
    for word in (token, another):
        assert word not in listed.stdout
        assert not any(word.encode() in path.read_bytes() for path in (tmp_path / "modeldeck").iterdir())

    async def owner() -> str | None:
        async with Store(f"sqlite+aiosqlite:///{tmp_path}/modeldeck/modeldeck.db") as store:
            found = await store.user_of_token(token_hash(token))
            return found.user if found else None

    assert asyncio.run(owner()) == "ann"
    assert deck("revoke", "ann").returncode == 0
    assert asyncio.run(owner()) is None
    assert "error: there is a user 'ann' already" in deck("add", "ann").stderr
    assert deck("remove", "ann", "--yes").returncode == 0
    missing = deck("token", "ann")
    assert (missing.returncode, missing.stdout, missing.stderr) == (1, "", "error: there is no user 'ann'\n")
