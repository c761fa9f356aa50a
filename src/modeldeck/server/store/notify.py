"""Who hears of changes: watchers in this process, told by the database's own order of changes.

PostgreSQL wakes this up (LISTEN/NOTIFY), SQLite is looked at; either way what has changed since the last look is
read from the table of changes, so that a lost connection loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store.database import CHANNEL, Database
from modeldeck.server.store.errors import StoreError
from modeldeck.server.store.tables import changes

_LOOK = 0.5  # seconds between two looks at a SQLite file, which other processes may write
_ALIVE = 15.0  # seconds after which a silent connection to PostgreSQL is tried
_AGAIN = 1.0
_log = logging.getLogger("modeldeck.server.store")


class Changes:
    """The ids of credentials that were made, changed, shared or deleted, each once until it is read."""

    def __init__(self, ended: Callable[[Changes], None]) -> None:
        self._ids: dict[str, None] = {}
        self._event = asyncio.Event()
        self._closed = False
        self._ended = ended

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> str:
        while not self._ids:
            if self._closed:
                raise StopAsyncIteration
            self._event.clear()
            await self._event.wait()
        found = next(iter(self._ids))
        del self._ids[found]
        return found

    def tell(self, *credential_ids: str) -> None:
        self._ids |= dict.fromkeys(credential_ids)
        self._event.set()

    async def aclose(self) -> None:
        self._closed = True
        self._event.set()
        self._ended(self)


class Feed:
    """Reads the changes after `revision` for all watchers; nothing runs before there is one."""

    def __init__(self, database: Database, revision: int) -> None:
        self._database = database
        self._revision = revision
        self._watchers: set[Changes] = set()
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        database.told = self._event.set

    def watch(self) -> Changes:
        watcher = Changes(self._watchers.discard)
        self._watchers.add(watcher)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return watcher

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for watcher in list(self._watchers):
            await watcher.aclose()

    async def _run(self) -> None:
        listening: Any = None
        try:
            while True:
                pause = _LOOK
                try:
                    if self._database.place.file is None:
                        pause = _ALIVE
                        listening = await self._listening(listening)
                    await self._tell()
                except StoreError as error:
                    _log.warning("cannot watch for changes: %s", error)
                    pause = _AGAIN
                await self._wait(pause)
        finally:
            if listening is not None:
                listening.terminate()

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):  # not wait_for: that of 3.11 may swallow a cancellation
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()

    async def _listening(self, connection: Any) -> Any:
        """A connection that is alive and listens: the same, or a new one."""
        if connection is not None and not connection.is_closed():
            try:
                await connection.execute("SELECT 1")
                return connection
            except Exception:  # whatever a dying connection raises
                connection.terminate()
        made = await self._database.place.connect()

        def woken(*_: object) -> None:
            self._event.set()

        try:
            await made.add_listener(CHANNEL, woken)
            made.add_termination_listener(woken)
        except Exception as error:  # lost already, with whatever a dying connection raises
            made.terminate()
            raise StoreError(f"the database's connection was lost ({type(error).__name__})") from None
        return made

    async def _tell(self) -> None:
        async def work(connection: AsyncConnection) -> Any:
            found = select(changes).where(changes.c.revision > self._revision).order_by(changes.c.revision)
            return (await connection.execute(found)).all()

        rows = await self._database.read(work)
        for row in rows:
            self._revision = row.revision
        for watcher in list(self._watchers):
            watcher.tell(*(row.credential_id for row in rows))
