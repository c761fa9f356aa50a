"""From a URL to a database: which kind, how it is opened, what each of its connections is set to."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from modeldeck.errors import MissingExtraError
from modeldeck.server.store.errors import StoreError

WRITING = "modeldeck_writing"
PLAIN = "modeldeck_plain"  # outside any transaction
_PATIENCE = 30  # seconds that a statement waits for another's lock
_CONNECT = 10
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


class Place:
    """Where a store is. `file`: of SQLite; None: PostgreSQL, at `dsn`."""

    def __init__(self, url: str) -> None:
        try:
            parts = make_url(url)
        except ArgumentError:
            raise StoreError("the store's URL must be sqlite+aiosqlite:///FILE or postgresql://…") from None
        backend = parts.get_backend_name()
        self.file: Path | None = None
        self.dsn = ""
        if backend == "sqlite":
            if parts.database in (None, "", ":memory:"):
                raise StoreError("the store's URL names no file: sqlite+aiosqlite:///FILE")
            self.file = Path(str(parts.database)).expanduser().absolute()
            self.shown = str(self.file)
        elif backend in ("postgresql", "postgres"):
            self.dsn = parts.set(drivername="postgresql").render_as_string(hide_password=False)
            self.shown = parts.render_as_string(hide_password=True)
        else:
            raise StoreError(f"the store's URL must be sqlite+aiosqlite:///FILE or postgresql://…, not {backend}://…")

    def engine(self) -> AsyncEngine:
        return self._postgresql() if self.file is None else self._sqlite(self.file)

    async def connect(self) -> Any:
        """A connection of asyncpg's own. Raises StoreError."""
        asyncpg = _asyncpg()
        try:
            return await asyncpg.connect(self.dsn, timeout=_CONNECT, command_timeout=2 * _PATIENCE)
        except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StoreError(f"{self.shown} cannot be reached: {_reason(error)}", retryable=True) from None

    def _postgresql(self) -> AsyncEngine:
        _asyncpg()
        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            pool_pre_ping=True,
            hide_parameters=True,
        )

    def _sqlite(self, file: Path) -> AsyncEngine:
        _prepare(file)
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{file}",
            connect_args={"timeout": _PATIENCE},
            pool_size=5,
            max_overflow=0,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _connected)
        event.listen(engine.sync_engine, "begin", _begun)
        return engine


def _connected(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin as `_begun` says
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begun(connection: Any) -> None:
    """Who will write takes the lock at once: a lock that is asked for later cannot be waited for."""
    options = connection.get_execution_options()
    if PLAIN not in options:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if WRITING in options else "BEGIN")


def _prepare(file: Path) -> None:
    """The folder and the file, for nobody else to read; SQLite gives the files beside it the same mode."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _create(file)
        if os.name == "posix":
            for name in ("", "-wal", "-shm"):
                one = file.with_name(file.name + name)
                if one.exists():
                    one.chmod(0o600)
    except OSError as error:
        raise StoreError(f"{file} cannot be opened: {error.strerror}") from None


def _create(file: Path) -> None:
    """Nobody sees it before its write-ahead log is chosen: two who choose at once would lock each other out."""
    temporary = file.with_name(f"{file.name}.{token_hex(8)}")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(temporary)) as connection:
            connection.execute(_PRAGMAS[0])
        os.link(temporary, file)
    except FileExistsError:  # another process was faster
        pass
    except OSError:  # a file system without links
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _asyncpg() -> Any:
    try:
        import asyncpg  # type: ignore[import-untyped,unused-ignore]  # pyright: ignore[reportMissingTypeStubs]
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            'a store on PostgreSQL needs its extra: pip install "modeldeck[postgres]"', extra="postgres"
        ) from error
    return asyncpg


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text or type(error).__name__
