"""Users, and the tokens that say who asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from modeldeck.server.store.database import Database
from modeldeck.server.store.errors import StoreError, UserExistsError, UserNotFoundError
from modeldeck.server.store.tables import credentials, shares, tokens, users

Kind = Literal["token", "session"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")
_USED = timedelta(minutes=1)  # that a token is in use is written this often


@dataclass(frozen=True, slots=True)
class Token:
    """Of which only the SHA-256 is kept."""

    user: str
    kind: Kind
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Accounts:
    """The part of a store that knows who may ask."""

    @property
    def _database(self) -> Database:
        raise NotImplementedError

    async def users(self) -> list[str]:
        async def work(connection: AsyncConnection) -> list[str]:
            return list((await connection.execute(select(users.c.name).order_by(users.c.name))).scalars())

        return await self._database.read(work)

    async def add_user(self, name: str) -> None:
        """Raises UserExistsError, and StoreError for what is no name."""
        if not NAME.match(name):
            raise StoreError("a user's name is of letters, digits and . _ @ -, 64 at most, the first no sign")

        async def work(connection: AsyncConnection) -> None:
            if await _is_there(connection, name):
                raise UserExistsError(f"there is a user {name!r} already", code="conflict")
            await connection.execute(insert(users).values(name=name, created_at=datetime.now(UTC)))

        await self._database.write(work)

    async def remove_user(self, name: str) -> None:
        """With their tokens and credentials. Raises UserNotFoundError."""

        async def work(connection: AsyncConnection) -> None:
            await _must_be_there(connection, name)
            owned = select(credentials.c.id).where(credentials.c.owner == name)
            seen = select(shares.c.credential_id).where(shares.c.user == name)
            touched = {*(await connection.execute(owned)).scalars(), *(await connection.execute(seen)).scalars()}
            await connection.execute(delete(users).where(users.c.name == name))
            await self._database.changed(connection, *touched)

        await self._database.write(work)

    async def add_token(
        self,
        user: str,
        token_hash: str,
        *,
        kind: Kind = "token",
        name: str = "",
        expires_at: datetime | None = None,
    ) -> None:
        """`token_hash`: SHA-256 in hexadecimal. Raises UserNotFoundError. Clears away what has expired."""
        now = datetime.now(UTC)
        row = {"hash": token_hash, "user": user, "kind": kind, "name": name, "created_at": now}

        async def work(connection: AsyncConnection) -> None:
            await _must_be_there(connection, user)
            await connection.execute(delete(tokens).where(tokens.c.expires_at <= now))
            await connection.execute(insert(tokens).values(**row, expires_at=expires_at))

        await self._database.write(work)

    async def remove_token(self, token_hash: str) -> None:
        """A no-op when it is not there."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(tokens).where(tokens.c.hash == token_hash))

        await self._database.write(work)

    async def remove_tokens(self, user: str) -> int:
        """All of a user's, sessions too; how many. Raises UserNotFoundError."""

        async def work(connection: AsyncConnection) -> int:
            await _must_be_there(connection, user)
            return (await connection.execute(delete(tokens).where(tokens.c.user == user))).rowcount

        return await self._database.write(work)

    async def tokens(self, user: str | None = None) -> list[Token]:
        """Oldest first, sessions of browsers among them; None: of all users."""

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            chosen = _tokens.where(_valid(datetime.now(UTC))).order_by(tokens.c.created_at)
            found = chosen if user is None else chosen.where(tokens.c.user == user)
            return (await connection.execute(found)).all()

        return [Token(*row) for row in await self._database.read(work)]

    async def has_token(self, user: str | None = None) -> bool:
        """Whether that user, or anybody, has a token that is no session."""

        async def work(connection: AsyncConnection) -> bool:
            found = exists().where(tokens.c.kind == "token", _valid(datetime.now(UTC)))
            chosen = found if user is None else found.where(tokens.c.user == user)
            return bool((await connection.execute(select(chosen))).scalar_one())

        return await self._database.read(work)

    async def user_of_token(self, token_hash: str) -> Token | None:
        """None when it is unknown or has expired."""
        now = datetime.now(UTC)

        async def work(connection: AsyncConnection) -> Any:
            found = _tokens.where(tokens.c.hash == token_hash, _valid(now))
            return (await connection.execute(found)).one_or_none()

        async def used(connection: AsyncConnection) -> None:
            await connection.execute(update(tokens).where(tokens.c.hash == token_hash).values(last_used_at=now))

        row = await self._database.read(work)
        if row is None:
            return None
        token = Token(*row)
        if token.last_used_at is None or now - token.last_used_at > _USED:
            await self._database.write(used)
        return token


_tokens = select(
    tokens.c.user,
    tokens.c.kind,
    tokens.c.name,
    tokens.c.created_at,
    tokens.c.expires_at,
    tokens.c.last_used_at,
)


def _valid(now: datetime) -> ColumnElement[bool]:
    return or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


async def _is_there(connection: AsyncConnection, name: str) -> bool:
    if not NAME.match(name):
        return False
    return (await connection.execute(select(users.c.name).where(users.c.name == name))).one_or_none() is not None


async def _must_be_there(connection: AsyncConnection, name: str) -> None:
    if not await _is_there(connection, name):
        raise UserNotFoundError(f"there is no user {name!r}", code="unknown_user")
