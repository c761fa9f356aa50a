"""Transactions: each runs to its end, even when who asked for it goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store.errors import StoreError
from modeldeck.server.store.place import PLAIN, WRITING, Place
from modeldeck.server.store.tables import changes, meta

CHANNEL = "modeldeck_changes"
T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]


class Database:
    """`read` and `write` raise StoreError for whatever the database says."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.told: Callable[[], None] = lambda: None  # called after a write that has changed something
        self._engine = place.engine()
        self._writing = self._engine.execution_options(**{WRITING: True})
        # SQLite has one writer; here they stand in a row, where its own wait is a matter of luck.
        self._turn = asyncio.Lock() if place.file is not None else nullcontext()
        self._running: set[asyncio.Task[Any]] = set()

    async def read(self, work: Work[T]) -> T:
        async def reading() -> T:
            async with self._engine.connect() as connection:
                return await work(connection)

        return await self._whole(reading())

    async def write(self, work: Work[T], *, alone: bool = True) -> T:
        """`alone`: no other writer meanwhile, on no machine; not so before the tables are there."""

        async def writing() -> T:
            async with self._turn, self._writing.begin() as connection:
                if alone and self.place.file is None:
                    await connection.execute(select(meta.c.revision).with_for_update())
                result = await work(connection)
            self.told()
            return result

        return await self._whole(writing())

    async def changed(self, connection: AsyncConnection, *credential_ids: str) -> None:
        """Number the change and note what it touched: part of the transaction."""
        numbered = update(meta).values(revision=meta.c.revision + 1).returning(meta.c.revision)
        revision = (await connection.execute(numbered)).scalar_one()
        if credential_ids:
            await connection.execute(delete(changes).where(changes.c.credential_id.in_(credential_ids)))
            rows = [{"credential_id": one, "revision": revision} for one in credential_ids]
            await connection.execute(insert(changes), rows)
        if self.place.file is None:
            await connection.execute(select(func.pg_notify(CHANNEL, str(revision))))

    async def empty_log(self) -> None:
        """What was overwritten is in SQLite's write-ahead log until that starts anew."""

        async def work() -> None:
            async with self._engine.execution_options(**{PLAIN: True}).connect() as connection:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

        await self._whole(work())

    async def aclose(self) -> None:
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """A connection that is cancelled in mid-statement is of no use to the next."""
        task = asyncio.create_task(_translated(work, self.place.shown))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # who asked may be gone


async def _translated(work: Coroutine[Any, Any, T], shown: str) -> T:
    try:
        return await work
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        reason = str(said).partition("\n")[0] or type(said).__name__
        raise StoreError(f"the store {shown} failed: {reason}", code="unavailable", retryable=True) from None
