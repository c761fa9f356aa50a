"""The tables. Each change here needs a migration: a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """Aware and in UTC, on SQLite too, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAME = String(64)
ID = String(64)
_USER = "users.name"

metadata = MetaData()

# One row, which every write locks first: so changes are numbered in the order in which they commit.
meta = Table(
    "meta",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("store_id", ID, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("created_at", Moment, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256, hexadecimal
    Column("user", NAME, ForeignKey(_USER, ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # token, session
    Column("name", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", NAME, ForeignKey(_USER, ondelete="CASCADE"), nullable=False, index=True),
    Column("type", String(200), nullable=False),
    Column("plain", JSON, nullable=False),  # the fields, with a mask where a secret was
    Column("sealed", JSON, nullable=False),  # JSON pointer -> what was there, encrypted
    Column("key_id", String(32), index=True),  # NULL: nothing is sealed
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

shares = Table(
    "shares",
    metadata,
    Column("credential_id", ID, ForeignKey("credentials.id", ondelete="CASCADE"), primary_key=True),
    Column("user", NAME, ForeignKey(_USER, ondelete="CASCADE"), primary_key=True, index=True),
)

# The revision at which each credential last changed; a deleted one stays here.
changes = Table(
    "changes",
    metadata,
    Column("credential_id", ID, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Index("ix_changes_revision", "revision"),
)

# Master keys that nothing may be encrypted with any more.
retired_keys = Table(
    "retired_keys",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("retired_at", Moment, nullable=False),
)
