"""Encrypting everything with another master key.

Safe to kill at any moment and to start again: (1) the new key is kept beside the old one, (2) the old one is retired,
from when on no process encrypts with it, (3) the credentials are encrypted anew, some at a time, (4) when none is left
the old key goes, where it was modeldeck that kept it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store import secrets
from modeldeck.server.store.database import Database
from modeldeck.server.store.errors import MasterKeyError
from modeldeck.server.store.keys import MasterKey, new_key
from modeldeck.server.store.ring import Ring
from modeldeck.server.store.tables import credentials, retired_keys

_BATCH = 100  # credentials in one transaction, while which nobody else writes


@dataclass(frozen=True, slots=True)
class Rotation:
    """`resumed`: an earlier one had not come to its end. `undecryptable`: credentials that no key here opens."""

    key_id: str
    encrypted: int
    undecryptable: int
    resumed: bool


async def rotate(database: Database, ring: Ring) -> Rotation:
    """Raises MasterKeyError where the operator has to bring the new key."""

    async def begin(connection: AsyncConnection) -> tuple[MasterKey, list[str], bool]:
        keys = await ring.reload()
        if not keys:
            raise MasterKeyError(f"{ring.source.place} holds no key at the moment")
        resumed = await _is_pending(connection, ring, keys)
        if not resumed:
            keys = [new_key(), *keys]
            await ring.replace(keys)
        target, older = keys[0], [key.id for key in keys[1:]]
        await _retire(connection, target.id, older)
        return target, older, resumed

    async def some(connection: AsyncConnection) -> tuple[int, str | None]:
        return await _encrypt_some(connection, ring, target, older, after)

    async def end(connection: AsyncConnection) -> int:
        if ring.source.own and (await ring.reload())[:1] == [target]:
            await ring.replace([target])
        left = select(func.count()).where(credentials.c.key_id != target.id)
        return (await connection.execute(left)).scalar_one()

    target, older, resumed = await database.write(begin)
    encrypted, after = 0, ""
    while True:
        done, last = await database.write(some)
        encrypted += done
        if last is None:
            return Rotation(target.id, encrypted, await database.write(end), resumed)
        after = last


async def _is_pending(connection: AsyncConnection, ring: Ring, keys: Sequence[MasterKey]) -> bool:
    """Whether the first key is one that has not taken over from the others yet."""
    older = {key.id for key in keys[1:]}
    if not older:
        return False
    retired = set((await connection.execute(select(retired_keys.c.key_id))).scalars())
    return ring.source.own or not older <= retired or await _any_with(connection, sorted(older))


async def _any_with(connection: AsyncConnection, key_ids: Sequence[str]) -> bool:
    return bool((await connection.execute(select(exists().where(credentials.c.key_id.in_(key_ids))))).scalar_one())


async def _retire(connection: AsyncConnection, target: str, older: Sequence[str]) -> None:
    await connection.execute(delete(retired_keys).where(retired_keys.c.key_id.in_([target, *older])))
    now = datetime.now(UTC)
    await connection.execute(insert(retired_keys), [{"key_id": one, "retired_at": now} for one in older])


async def _encrypt_some(
    connection: AsyncConnection, ring: Ring, target: MasterKey, older: Sequence[str], after: str
) -> tuple[int, str | None]:
    """How many, and the last one's id while there may be more; what does not decrypt is left as it is."""
    chosen = select(credentials.c.id, credentials.c.sealed, credentials.c.key_id)
    chosen = chosen.where(credentials.c.key_id.in_(older), credentials.c.id > after)
    rows = (await connection.execute(chosen.order_by(credentials.c.id).limit(_BATCH))).all()
    done = 0
    for row in rows:
        key = ring.held(row.key_id)
        clear = secrets.unseal(key, row.id, row.sealed) if key is not None else None
        if clear is not None:
            sealed = secrets.seal(target, row.id, clear)
            changed = update(credentials).where(credentials.c.id == row.id)
            await connection.execute(changed.values(sealed=sealed, key_id=target.id))
            done += 1
    return done, rows[-1].id if rows else None
