"""Where the server keeps users, their tokens and their credentials: one SQLite file, or PostgreSQL."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.server.store.accounts import Token as Token
    from modeldeck.server.store.errors import MasterKeyError as MasterKeyError
    from modeldeck.server.store.errors import NotOwnerError as NotOwnerError
    from modeldeck.server.store.errors import RecordNotFoundError as RecordNotFoundError
    from modeldeck.server.store.errors import RevisionConflictError as RevisionConflictError
    from modeldeck.server.store.errors import StoreError as StoreError
    from modeldeck.server.store.errors import UserExistsError as UserExistsError
    from modeldeck.server.store.errors import UserNotFoundError as UserNotFoundError
    from modeldeck.server.store.notify import Changes as Changes
    from modeldeck.server.store.records import Record as Record
    from modeldeck.server.store.rotation import Rotation as Rotation
    from modeldeck.server.store.store import Store as Store
