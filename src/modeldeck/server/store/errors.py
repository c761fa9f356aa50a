"""What a store refuses, beside CredentialError (a credential that its class does not accept).

StoreError                     the store cannot be opened, reached or used
├── RecordNotFoundError        no such credential, or none that this user may see
├── NotOwnerError              the credential is shared with this user, who may use but not change it
├── RevisionConflictError      it was changed since the revision that the caller knows
├── UserNotFoundError          no such user
├── UserExistsError            the name is taken
└── MasterKeyError             no usable master key
"""

from __future__ import annotations

from modeldeck.errors import ModelDeckError


class StoreError(ModelDeckError):
    """The store cannot be opened, reached or used; never quotes a secret or a database password."""


class RecordNotFoundError(StoreError):
    """No such credential, or none that this user may see."""

    def __init__(self, record_id: str) -> None:
        shown = f" {record_id!r}" if record_id.isalnum() and len(record_id) <= 64 else ""
        super().__init__(f"no credential{shown} in the store", code="not_found")


class NotOwnerError(StoreError):
    """The credential is shared with this user, who may use but not change it."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"the credential belongs to {owner}; those it is shared with may use but not change it", code="forbidden"
        )


class RevisionConflictError(StoreError):
    """The credential was changed since the revision that the caller knows; `revision` is the one it has now."""

    def __init__(self, revision: int, expected: int) -> None:
        super().__init__(
            f"the credential is at revision {revision}, not {expected}: read it again, then change it",
            code="revision",
        )
        self.revision = revision


class UserNotFoundError(StoreError):
    """No such user."""


class UserExistsError(StoreError):
    """The name is taken."""


class MasterKeyError(StoreError):
    """No usable master key; says where one is looked for."""
