"""The database's schema: brought up to date when a store is opened, by one process at a time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store.errors import StoreError

HEAD = "0001"  # of migrations/versions
_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6D6F6465  # of PostgreSQL's advisory locks; SQLite's transaction is a lock already


async def migrate(connection: AsyncConnection, shown: str) -> None:
    """Part of the transaction: all of it or nothing. Raises StoreError for a newer database."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    version = await connection.run_sync(_version)
    if version != HEAD:
        await connection.run_sync(_upgrade, version, shown)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection, version: str | None, shown: str) -> None:
    from alembic import command  # most of a second, which only who has something to migrate pays
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"the store {shown} was written by a newer modeldeck (schema {version}, this one knows up to {HEAD}): "
            "update modeldeck here"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
