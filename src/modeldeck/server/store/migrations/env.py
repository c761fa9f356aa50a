"""Alembic's entry: runs in the connection and the transaction that `schema.migrate` holds."""

from __future__ import annotations

from alembic import context

from modeldeck.server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
