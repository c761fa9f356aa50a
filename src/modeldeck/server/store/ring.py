"""The master keys that a running store holds, and which of them may encrypt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store.errors import MasterKeyError
from modeldeck.server.store.keys import KeySource, MasterKey
from modeldeck.server.store.tables import retired_keys


class Ring:
    """Keys of one source by id. Another process may rotate: then the source is read again."""

    def __init__(self, source: KeySource) -> None:
        self.source = source
        self._keys: list[MasterKey] = []
        self._lost: set[str] = set()

    async def open(self, *, first: bool) -> None:
        """Load the keys, or make one; `first`: nothing is encrypted yet."""
        self._keys = await asyncio.to_thread(self.source.load)
        if not self._keys:
            self._keys = await asyncio.to_thread(self.source.create, first=first)

    async def find(self, key_id: str) -> MasterKey | None:
        """None: nobody here has that key."""
        found = self.held(key_id)
        if found is None and key_id not in self._lost:
            await self.reload()
            found = self.held(key_id)
            if found is None:
                self._lost.add(key_id)
        return found

    def held(self, key_id: str) -> MasterKey | None:
        return next((key for key in self._keys if key.id == key_id), None)

    async def reload(self) -> Sequence[MasterKey]:
        """What the source has now; what it had before still decrypts. The source's keys."""
        found = await asyncio.to_thread(self.source.load)
        self._keys = [*found, *(key for key in self._keys if key not in found)]
        return found

    async def replace(self, keys: Sequence[MasterKey]) -> None:
        """Keep these in the source instead. Raises MasterKeyError."""
        await asyncio.to_thread(self.source.replace, keys)
        await self.reload()

    async def for_writing(self, connection: AsyncConnection) -> MasterKey:
        """The key to encrypt with in this transaction. Raises MasterKeyError when all of them are retired."""
        rows = await connection.execute(select(retired_keys.c.key_id))
        retired = set(rows.scalars())
        for keys in (self._keys, None):
            chosen = next((key for key in keys or await self.reload() if key.id not in retired), None)
            if chosen is not None:
                return chosen
        raise MasterKeyError(
            f"the master key of {self.source.place} was retired by a rotation: start again with the new one"
        )
