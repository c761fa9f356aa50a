"""One stored credential: the row as it is kept, the record as it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

from modeldeck.credential import CredentialFactory
from modeldeck.server.store import secrets
from modeldeck.server.store.keys import MasterKey
from modeldeck.server.store.ring import Ring


@dataclass(frozen=True, slots=True)
class Record:
    """`data`: what `CredentialFactory.from_dict` takes, secrets in clear; None when they cannot be decrypted.

    `shown`: the same with masks for secrets, always there. A type whose provider is not installed keeps both, but
    `from_dict` refuses it. `shared_with`: all of them for the owner, at most themselves for others.
    """

    id: str
    owner: str
    type: str
    name: str
    data: dict[str, Any] | None = field(repr=False)
    shown: dict[str, Any] = field(repr=False)
    shared_with: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    revision: int

    @property
    def state(self) -> Literal["ok", "needs_reentry"]:
        return "ok" if self.data is not None else "needs_reentry"


@dataclass(frozen=True, slots=True)
class Parts:
    """A credential taken apart, its secrets not yet encrypted."""

    type: str
    plain: dict[str, Any]
    secrets: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, record_id: str, data: Mapping[str, Any]) -> Parts:
        """Raises CredentialError for what is no credential, a mask in a secret's place among it."""
        credential = CredentialFactory.from_dict({**data, "id": record_id})
        plain, found = secrets.split(credential)
        return cls(plain.pop("type"), plain, found)

    def columns(self, record_id: str, key: MasterKey) -> dict[str, Any]:
        sealed = secrets.seal(key, record_id, self.secrets)
        return {"type": self.type, "plain": self.plain, "sealed": sealed, "key_id": key.id if sealed else None}


async def opened(row: Row[Any], ring: Ring, shared_with: tuple[str, ...]) -> Record:
    shown: dict[str, Any] = {**row.plain, "type": row.type}
    data: dict[str, Any] | None = shown
    if row.key_id is not None:
        key = await ring.find(row.key_id)
        clear = secrets.unseal(key, row.id, row.sealed) if key is not None else None
        data = secrets.join(shown, clear) if clear is not None else None
    return Record(
        id=row.id,
        owner=row.owner,
        type=row.type,
        name=str(shown.get("name", "")),
        data=data,
        shown=shown,
        shared_with=shared_with,
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
    )
