"""Users, tokens, credentials, shares."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NAME = sa.String(64)
_ID = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    meta = op.create_table(
        "meta",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(meta, [{"id": 1, "store_id": uuid4().hex, "revision": 0}])
    op.create_table(
        "users",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("user", _NAME, sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.Column("last_used_at", _MOMENT),
    )
    _create_credentials()
    op.create_table(
        "retired_keys",
        sa.Column("key_id", sa.String(32), primary_key=True),
        sa.Column("retired_at", _MOMENT, nullable=False),
    )


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("owner", _NAME, sa.ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("plain", sa.JSON, nullable=False),
        sa.Column("sealed", sa.JSON, nullable=False),
        sa.Column("key_id", sa.String(32), index=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "shares",
        sa.Column("credential_id", _ID, sa.ForeignKey("credentials.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user", _NAME, sa.ForeignKey("users.name", ondelete="CASCADE"), primary_key=True, index=True),
    )
    op.create_table(
        "changes",
        sa.Column("credential_id", _ID, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
