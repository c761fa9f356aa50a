"""Credentials of users: those in the store, and those that need no keeping."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from starlette.exceptions import HTTPException

from modeldeck.credential import CredentialBase, CredentialFactory, Diagnosis, Discovered, Discovery
from modeldeck.credential.base import credential_type
from modeldeck.errors import CredentialError, ModelDeckError
from modeldeck.server import shapes
from modeldeck.server.catalogue import title_of
from modeldeck.server.masks import check_addresses, merged, shown
from modeldeck.server.store.errors import NotOwnerError, RevisionConflictError

if TYPE_CHECKING:
    from modeldeck import Transport
    from modeldeck.server.settings import Settings
    from modeldeck.server.store import Record, Store
    from modeldeck.tts import TTSModelCard

_MOST_KNOWN = 1000  # users
_OWN_FIELDS = {"id", "name", "type"}


@dataclass(frozen=True, slots=True)
class Held:
    """A credential of somebody: as it is kept (None: built in), and as it can be used (None: it cannot, see why)."""

    record: Record | None
    credential: CredentialBase | None
    problem: str | None = None

    @property
    def id(self) -> str:
        return self.record.id if self.record is not None else self.usable().provider_name()

    def usable(self) -> CredentialBase:
        """Raises CredentialError."""
        if self.credential is None:
            raise CredentialError(self.problem or "this credential cannot be used")
        return self.credential

    def editable_by(self, user: str) -> bool:
        return self.record is not None and self.record.owner == user


class Credentials:
    """What users may do with credentials. Raises StoreError for what is not there or not theirs."""

    def __init__(self, store: Store, settings: Settings, transport: Transport) -> None:
        self._store = store
        self._private_allowed = settings.private_allowed
        self._transport = transport
        self._discovery = Discovery()
        self._known: dict[str, list[Held]] = {}
        self._changes = 0
        self._built_in: asyncio.Task[dict[str, CredentialBase]] | None = None

    async def all(self, user: str) -> list[Held]:
        """Those that are built in, then the user's and those shared with them, oldest first."""
        own = [self._held(record) for record in await self._store.list(user)]
        return [Held(None, one) for one in (await self.built_in()).values()] + own

    async def get(self, user: str, id: str) -> Held:
        found = (await self.built_in()).get(id)
        if found is not None:
            return Held(None, found)
        return self._held(await self._store.get(user, id))

    async def create(self, user: str, data: Mapping[str, Any]) -> Held:
        """Raises CredentialError for what is no credential."""
        credential = self._checked(data)
        with self._changing():
            return self._held(await self._store.create(user, kept(credential)))

    async def update(self, user: str, id: str, changes: Mapping[str, Any], if_revision: int | None = None) -> Held:
        """`changes`: see `masks.merged`. Raises CredentialError; StoreError for a revision that is not the last."""
        while True:
            held = await self._of_owner(user, id)
            assert held.record is not None
            credential = self._checked(self._completed(held, changes))
            basis = held.record.revision if if_revision is None else if_revision
            try:
                with self._changing():
                    return self._held(await self._store.update(user, id, kept(credential), if_revision=basis))
            except RevisionConflictError:
                if if_revision is not None:
                    raise

    async def delete(self, user: str, id: str, if_revision: int | None = None) -> None:
        await self._of_owner(user, id)
        with self._changing():
            await self._store.delete(user, id, if_revision=if_revision)

    async def share(self, user: str, id: str, users: list[str]) -> Held:
        await self._of_owner(user, id)
        with self._changing():
            return self._held(await self._store.share(user, id, users))

    async def check(self, user: str, id: str) -> Diagnosis:
        return await (await self.get(user, id)).usable().check(self._transport)

    async def trial(self, user: str, data: Mapping[str, Any], id: str | None) -> Diagnosis:
        """Of a form that is not kept yet; secrets that it leaves out come from a credential that is the user's own."""
        if id is not None:
            data = self._completed(await self._of_owner(user, id), data)
        return await self._checked(data).check(self._transport)

    async def discover(self, user: str, id: str, max_age: float | None) -> tuple[CredentialBase, Discovered]:
        """What the account has. Raises CredentialError; what goes wrong at the provider is in the answer."""
        credential = (await self.get(user, id)).usable()
        return credential, await self._discovery.tts_models(credential, self._transport, max_age=max_age)

    def live_card(self, credential: CredentialBase, name: str) -> TTSModelCard | None:
        """A model as the account was found to have it; None where nobody has asked."""
        return self._discovery.card(credential, name)

    async def for_type(self, user: str, type: str, id: str | None = None) -> CredentialBase:
        """What a call is made with: the named one, else the newest of that type that is the user's own.

        A shared one speaks only where it is named: nobody else decides where a user's text goes. From memory until
        something changes, here or, as `follow` hears, elsewhere. Raises CredentialError.
        """
        known = await self._remembered(user)
        if id is not None:
            held = next((one for one in known if one.id == id), None) or await self.get(user, id)
            found = held.usable()
            if credential_type(found.__class__) != type:
                raise CredentialError(f"that credential is of {found.provider_name()}, the model of another provider")
            return found
        of_type = [one for one in known if type_of(one) == type]
        fitting = [one for one in of_type if one.record is None or one.record.owner == user]
        usable = [one.credential for one in reversed(fitting) if one.credential is not None]
        if usable:
            return usable[0]
        why = "; create one (POST /api/v1/credentials)"
        if fitting:
            why = f": {fitting[-1].problem}"
        elif of_type:
            why = " of your own; name the shared one by its id (credential)"
        raise CredentialError(f"no credential for {type.removesuffix('_credential')}{why}")

    async def follow(self) -> None:
        """Forget what other processes change; until it is cancelled."""
        async for _ in self._store.watch():
            self._forget()

    async def built_in(self) -> dict[str, CredentialBase]:
        """By id: types that ask for nothing and whose own check finds them working."""
        if self._built_in is None or (self._built_in.done() and self._built_in.cancelled()):
            self._built_in = asyncio.create_task(_working())
        return await asyncio.shield(self._built_in)

    def view(self, held: Held, user: str) -> shapes.Credential:
        """As the API shows it."""
        record = held.record
        type = type_of(held)
        cls = CredentialFactory.types().get(type)
        return shapes.Credential(
            id=held.id,
            name=record.name if record is not None else title_of(held.usable().__class__),
            type=type,
            provider=type.removesuffix("_credential"),
            title=title_of(cls) if cls is not None else type,
            data=_shown(held),
            owner=record.owner if record is not None else None,
            shared_with=list(record.shared_with) if held.editable_by(user) and record is not None else [],
            editable=held.editable_by(user),
            state=_state(held),
            problem=held.problem,
            created_at=record.created_at if record is not None else None,
            updated_at=record.updated_at if record is not None else None,
            revision=record.revision if record is not None else 0,
        )

    # -- inside

    async def _remembered(self, user: str) -> list[Held]:
        known = self._known.get(user)
        if known is None:
            changes = self._changes
            known = await self.all(user)
            if changes == self._changes:  # else what was read is older than that
                self._known[user] = known
                if len(self._known) > _MOST_KNOWN:
                    del self._known[next(iter(self._known))]
        return known

    def _forget(self) -> None:
        self._changes += 1
        self._known.clear()

    @contextmanager
    def _changing(self) -> Generator[None]:
        try:
            yield
        finally:
            self._forget()

    async def _of_owner(self, user: str, id: str) -> Held:
        held = await self.get(user, id)
        if held.record is None:
            raise HTTPException(403, "what is built in cannot be changed")
        if not held.editable_by(user):
            raise NotOwnerError(held.record.owner)
        return held

    def _completed(self, held: Held, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The stored fields with the changes, which must bring the secrets that cannot be read."""
        assert held.record is not None
        if changes.get("type", held.record.type) != held.record.type:
            raise CredentialError(f"type: this is a {held.record.type}; make a new credential for another type")
        stored = held.record.data if held.record.data is not None else held.record.shown
        return merged({**stored, "type": held.record.type}, _without_id(changes))

    def _checked(self, data: Mapping[str, Any]) -> CredentialBase:
        try:
            credential = CredentialFactory.from_dict(_without_id(data))
        except RecursionError:
            raise CredentialError("the form's fields are nested too deeply") from None
        if not self._private_allowed:
            check_addresses(credential)
        return credential

    def _held(self, record: Record) -> Held:
        if record.data is None:
            return Held(record, None, "its secrets cannot be decrypted with the keys that there are: enter them again")
        try:
            return Held(record, CredentialFactory.from_dict({**record.data, "id": record.id}))
        except ModelDeckError as error:  # a type that is not installed any more, or has other fields now
            return Held(record, None, str(error))


def kept(credential: CredentialBase) -> dict[str, Any]:
    """What the store gets: the secrets in clear, no id."""
    return _without_id(credential.reveal())


def type_of(held: Held) -> str:
    return held.record.type if held.record is not None else credential_type(held.usable().__class__)


def _state(held: Held) -> Literal["ok", "needs_reentry", "unusable"]:
    if held.credential is not None:
        return "ok"
    return "unusable" if held.record is not None and held.record.data is not None else "needs_reentry"


def _shown(held: Held) -> dict[str, Any]:
    if held.credential is not None:
        return shown(held.credential)
    known = held.record.shown if held.record is not None else {}
    return {name: value for name, value in _without_id(known).items() if value is not None}


def _without_id(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "id"}


async def _working() -> dict[str, CredentialBase]:
    found: dict[str, CredentialBase] = {}
    for cls in CredentialFactory.credential_classes():
        if cls.model_fields.keys() - _OWN_FIELDS:
            continue
        try:
            credential = cls(id=cls.provider_name())
            if (await credential.check()).ok:
                found[credential.id] = credential
        except Exception:  # noqa: S112 - a third party's class that does not work is not offered
            continue
    return found
