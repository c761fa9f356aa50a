"""The store: users, their tokens, their credentials."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store import records, rotation
from modeldeck.server.store.accounts import NAME, Accounts
from modeldeck.server.store.database import Database
from modeldeck.server.store.errors import (
    NotOwnerError,
    RecordNotFoundError,
    RevisionConflictError,
    StoreError,
    UserNotFoundError,
)
from modeldeck.server.store.keys import key_source
from modeldeck.server.store.notify import Changes, Feed
from modeldeck.server.store.place import Place
from modeldeck.server.store.records import Parts, Record
from modeldeck.server.store.ring import Ring
from modeldeck.server.store.rotation import Rotation
from modeldeck.server.store.schema import migrate
from modeldeck.server.store.tables import credentials, meta, shares, users

_ID = re.compile(r"[0-9a-f]{32}\Z")
_Seen = tuple[Row[Any], tuple[str, ...]]  # with the names it is shared with
_log = logging.getLogger("modeldeck.server.store")


class Store(Accounts):
    """At `url`: sqlite+aiosqlite:///FILE or postgresql://…; the master key is found as `keys` says.

    Whatever the database says is raised as StoreError. A call that is cancelled still takes place as a whole.
    Secrets leave it only in `Record.data`.
    """

    def __init__(self, url: str) -> None:
        self._place = Place(url)
        self._opened: tuple[Database, Ring, Feed] | None = None

    async def open(self) -> None:
        """Make or migrate the database and load the master key. Raises StoreError, MissingExtraError."""
        if self._opened is not None:
            raise StoreError("the store is open already")
        database = Database(self._place)
        try:
            ring, revision = await database.write(self._prepare, alone=False)
        except BaseException:
            await database.aclose()
            raise
        self._opened = database, ring, Feed(database, revision)
        await self._warn_of_unknown_keys()

    async def aclose(self) -> None:
        """Ends its watchers; a no-op when it is not open."""
        if self._opened is not None:
            (database, _, feed), self._opened = self._opened, None
            await feed.aclose()
            await database.aclose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # -- credentials: `user` is who asks, and sees their own and what is shared with them

    async def list(self, user: str) -> Sequence[Record]:
        """Oldest first."""

        async def work(connection: AsyncConnection) -> tuple[Sequence[Row[Any]], dict[str, tuple[str, ...]]]:
            shared = select(shares.c.credential_id).where(shares.c.user == user)
            seen = or_(credentials.c.owner == user, credentials.c.id.in_(shared))
            chosen = select(credentials).where(seen).order_by(credentials.c.created_at, credentials.c.id)
            rows = (await connection.execute(chosen)).all()
            return rows, await _shared_with(connection, [row.id for row in rows])

        rows, names = await self._database.read(work)
        return [await self._record(row, names.get(row.id, ()), user) for row in rows]

    async def get(self, user: str, id: str) -> Record:
        """Raises RecordNotFoundError."""

        async def work(connection: AsyncConnection) -> _Seen:
            return await _visible(connection, user, id)

        return await self._record(*await self._database.read(work), user)

    async def create(self, user: str, data: Mapping[str, Any]) -> Record:
        """`data`: the fields of a credential with its `type`; an `id` is not looked at.

        Raises CredentialError for what is no credential, UserNotFoundError.
        """
        id, now = uuid4().hex, datetime.now(UTC)
        parts = Parts.of(id, data)

        async def work(connection: AsyncConnection) -> _Seen:
            await _must_be_users(connection, {user})
            key = await self._ring.for_writing(connection)
            row = {"id": id, "owner": user, "revision": 1, "created_at": now, "updated_at": now}
            await connection.execute(insert(credentials).values(**row, **parts.columns(id, key)))
            await self._database.changed(connection, id)
            return await _visible(connection, user, id)

        return await self._record(*await self._database.write(work), user)

    async def update(self, user: str, id: str, data: Mapping[str, Any], *, if_revision: int | None = None) -> Record:
        """Put `data`, the whole credential, in its place; `if_revision`: only if it still is at that one.

        Raises CredentialError, RecordNotFoundError, NotOwnerError, RevisionConflictError.
        """
        parts = Parts.of(id, data)

        async def work(connection: AsyncConnection) -> _Seen:
            row = await _own(connection, user, id, if_revision)
            key = await self._ring.for_writing(connection)
            values = {"revision": row.revision + 1, "updated_at": datetime.now(UTC), **parts.columns(id, key)}
            await connection.execute(update(credentials).where(credentials.c.id == id).values(**values))
            await self._database.changed(connection, id)
            return await _visible(connection, user, id)

        return await self._record(*await self._database.write(work), user)

    async def delete(self, user: str, id: str, *, if_revision: int | None = None) -> None:
        """Raises RecordNotFoundError, NotOwnerError, RevisionConflictError."""

        async def work(connection: AsyncConnection) -> None:
            await _own(connection, user, id, if_revision)
            await connection.execute(delete(credentials).where(credentials.c.id == id))
            await self._database.changed(connection, id)

        await self._database.write(work)

    async def share(self, user: str, id: str, users: Iterable[str]) -> Record:
        """With these users and no others. Raises RecordNotFoundError, NotOwnerError, UserNotFoundError."""
        names = sorted({*users} - {user})

        async def work(connection: AsyncConnection) -> _Seen:
            row = await _own(connection, user, id, None)
            await _must_be_users(connection, names)
            await connection.execute(delete(shares).where(shares.c.credential_id == id))
            if names:
                await connection.execute(insert(shares), [{"credential_id": id, "user": name} for name in names])
            values = {"revision": row.revision + 1, "updated_at": datetime.now(UTC)}
            await connection.execute(update(credentials).where(credentials.c.id == id).values(**values))
            await self._database.changed(connection, id)
            return await _visible(connection, user, id)

        return await self._record(*await self._database.write(work), user)

    # -- the whole of it

    async def revision(self) -> int:
        """Grows with every change of credentials, by whichever process."""

        async def work(connection: AsyncConnection) -> int:
            found: int = (await connection.execute(select(meta.c.revision))).scalar_one()
            return found

        return await self._database.read(work)

    def watch(self) -> Changes:
        """The ids of credentials that change from now on, by whichever process; one may come once too often.

        Ends when the store is closed; close it (`aclose`) when nobody reads it any more.
        """
        return self._parts[2].watch()

    async def rotate(self) -> Rotation:
        """Encrypt everything with a new master key, or go on with what was interrupted. Raises MasterKeyError."""
        done = await rotation.rotate(self._database, self._ring)
        if self._place.file is not None:
            await self._database.empty_log()
        return done

    # -- inside

    @property
    def _parts(self) -> tuple[Database, Ring, Feed]:
        if self._opened is None:
            raise StoreError("the store is not open")
        return self._opened

    @property
    def _database(self) -> Database:
        return self._parts[0]

    @property
    def _ring(self) -> Ring:
        return self._parts[1]

    async def _prepare(self, connection: AsyncConnection) -> tuple[Ring, int]:
        await migrate(connection, self._place.shown)
        row = (await connection.execute(select(meta))).one()
        some = (await connection.execute(select(exists().where(credentials.c.key_id.is_not(None))))).scalar_one()
        ring = Ring(await asyncio.to_thread(key_source, self._place.file, row.store_id))
        await ring.open(first=not some)
        return ring, row.revision

    async def _warn_of_unknown_keys(self) -> None:
        async def work(connection: AsyncConnection) -> Sequence[Row[str | None, int]]:
            counted = select(credentials.c.key_id, func.count()).group_by(credentials.c.key_id)
            return (await connection.execute(counted)).all()

        for key_id, count in await self._database.read(work):
            if key_id is not None and self._ring.held(key_id) is None:
                _log.warning(
                    "%d credentials need the master key %s, which %s does not hold: enter their secrets again",
                    count,
                    key_id,
                    self._ring.source.place,
                )

    async def _record(self, row: Row[Any], shared_with: tuple[str, ...], user: str) -> Record:
        seen = shared_with if row.owner == user else tuple(name for name in shared_with if name == user)
        return await records.opened(row, self._ring, seen)


async def _shared_with(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    chosen = select(shares).where(shares.c.credential_id.in_(ids)).order_by(shares.c.user)
    for row in await connection.execute(chosen):
        found[row.credential_id] += (row.user,)
    return found


async def _visible(connection: AsyncConnection, user: str, id: str) -> _Seen:
    if not _ID.match(id):  # PostgreSQL refuses some texts
        raise RecordNotFoundError(id)
    row = (await connection.execute(select(credentials).where(credentials.c.id == id))).one_or_none()
    names = (await _shared_with(connection, [id])).get(id, ())
    if row is None or (row.owner != user and user not in names):
        raise RecordNotFoundError(id)
    return row, names


async def _own(connection: AsyncConnection, user: str, id: str, if_revision: int | None) -> Row[Any]:
    row, _ = await _visible(connection, user, id)
    if row.owner != user:
        raise NotOwnerError(row.owner)
    if if_revision is not None and if_revision != row.revision:
        raise RevisionConflictError(row.revision, if_revision)
    return row


async def _must_be_users(connection: AsyncConnection, names: Iterable[str]) -> None:
    usable = [name for name in names if NAME.match(name)]
    found = (await connection.execute(select(users.c.name).where(users.c.name.in_(usable)))).scalars()
    missing = sorted({*names} - {*found})
    if missing:
        raise UserNotFoundError(f"there is no user {', '.join(map(repr, missing))}", code="unknown_user")
