"""Several processes on one database: migrations, and who hears of what."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from modeldeck.server.store import Changes, Store, StoreError, schema
from modeldeck.server.store.tables import metadata

DATA = {"type": "openai_credential", "api_key": "sk-0123456789"}


async def heard(changes: Changes, *ids: str) -> None:
    """Until all of these have come, which they do within a second."""
    missing = set(ids)
    async with asyncio.timeout(1):
        while missing:
            missing.discard(await anext(changes))


# -- changes


async def test_replicas_hear_of_each_others_changes_within_a_second(url: str) -> None:
    async with Store(url) as one, Store(url) as other:
        await one.add_user("ann")
        await one.add_user("bob")
        near, far = one.watch(), other.watch()
        made = await one.create("ann", DATA)
        await heard(far, made.id)
        await heard(near, made.id)
        assert await other.get("ann", made.id) == made
        await other.share("ann", made.id, ["bob"])
        await heard(near, made.id)
        await other.update("ann", made.id, DATA)
        await heard(near, made.id)
        await one.delete("ann", made.id)
        await heard(far, made.id)
        assert await other.revision() == await one.revision() == 4


async def test_removing_a_user_tells_of_their_credentials(url: str) -> None:
    async with Store(url) as one, Store(url) as other:
        await one.add_user("ann")
        made = [(await one.create("ann", DATA)).id for _ in range(3)]
        far = other.watch()
        await one.remove_user("ann")
        await heard(far, *made)


async def test_a_slow_watcher_gets_each_change_once_and_the_end(url: str) -> None:
    async with Store(url) as store:
        await store.add_user("ann")
        watcher, other = store.watch(), store.watch()
        made = await store.create("ann", DATA)
        await heard(watcher, made.id)
        for _ in range(20):
            await store.update("ann", made.id, DATA)
        last = await store.create("ann", DATA)
        await heard(watcher, last.id)
        await watcher.aclose()
        assert [one async for one in watcher] in ([], [made.id])
    assert {one async for one in other} == {made.id, last.id}


async def test_a_lost_connection_loses_no_change(postgresql_url: str) -> None:
    async with Store(postgresql_url) as one, Store(postgresql_url) as other:
        await one.add_user("ann")
        far = other.watch()
        await heard(far, (await one.create("ann", DATA)).id)
        connection = await asyncpg.connect(postgresql_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        made = await one.create("ann", DATA)
        async with asyncio.timeout(20):
            while await anext(far) != made.id:
                pass


# -- migrations


async def test_one_migration_wins(url: str) -> None:
    program = (
        "import asyncio, logging, sys\n"
        "from modeldeck.server.store import Store\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        "async def main():\n"
        "    async with Store(sys.argv[1]) as store:\n"
        "        await store.add_user(sys.argv[2])\n"
        "asyncio.run(main())\n"
    )
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, url, f"user{index}", stdout=asyncio.subprocess.PIPE
        )
        for index in range(4)
    ]
    said = [(await one.communicate())[0].decode() for one in started]
    assert [one.returncode for one in started] == [0] * 4
    assert sum(text.count("Running upgrade") for text in said) == 1
    async with Store(url) as store:
        assert await store.users() == [f"user{index}" for index in range(4)]


async def test_two_in_one_process_may_open_at_once(url: str) -> None:
    stores = [Store(url) for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.add_user(f"u{index}") for index, store in enumerate(stores)))
    assert len(await stores[0].users()) == 4
    await asyncio.gather(*(store.aclose() for store in stores))


async def test_a_newer_database_is_refused_and_stays_as_it_is(url: str) -> None:
    async with Store(url) as store:
        await store.add_user("ann")
        await store._database.write(_set_version("9999"))
    with pytest.raises(StoreError, match="newer modeldeck"):
        await Store(url).open()
    with pytest.raises(StoreError, match="update modeldeck"):
        await Store(url).open()


async def test_the_migrations_make_the_tables_of_the_code(file: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url):
        pass
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, {"compare_type": True}), metadata)
    engine.dispose()
    assert found == []


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


async def test_a_file_that_is_no_database_is_refused(file: Path, sqlite_url: str) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is a text, and not a database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        await Store(sqlite_url).open()


def _set_version(version: str) -> Any:
    async def work(connection: Any) -> None:
        await connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})

    return work
