"""Master keys: where they are kept, how they are made, which of them encrypts.

Looked for in this order: MODELDECK_MASTER_KEY, the file that MODELDECK_MASTER_KEY_FILE names, the file beside the
database, the system's keyring where the package `keyring` is installed. Each holds one key or several (32 bytes in
base64, apart by spaces, commas or lines): the first encrypts, all decrypt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modeldeck.server.store.errors import MasterKeyError

VARIABLE = "MODELDECK_MASTER_KEY"
FILE_VARIABLE = "MODELDECK_MASTER_KEY_FILE"
_SIZE = 32  # bytes: AES-256
_HOW = "head -c 32 /dev/urandom | base64"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """`id` tells which key it is and nothing about it: the beginning of its SHA-256."""

    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return hashlib.sha256(b"modeldeck master key\0" + self.key).hexdigest()[:16]

    @property
    def text(self) -> str:
        return base64.b64encode(self.key).decode()


def new_key() -> MasterKey:
    return MasterKey(secrets.token_bytes(_SIZE))


def parsed(text: str, place: str) -> list[MasterKey]:
    """Each key once. Raises MasterKeyError, which says where and never what."""
    found: dict[str, MasterKey] = {}
    for index, word in enumerate(text.replace(",", " ").split(), 1):
        try:
            raw = base64.b64decode(word.replace("-", "+").replace("_", "/") + "=" * (-len(word) % 4), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != _SIZE:
            raise MasterKeyError(f"{place}: key {index} must be 32 bytes in base64; one is made by: {_HOW}")
        key = MasterKey(raw)
        found[key.id] = key
    return list(found.values())


class KeySource(ABC):
    """Where master keys are kept. Its methods block; they are called in a thread.

    `place` is for messages. `own`: made by modeldeck for this store alone, so that a rotation removes old keys.
    """

    place: str
    own = False

    @abstractmethod
    def load(self) -> list[MasterKey]:
        """None when nothing is there yet. Raises MasterKeyError."""

    def create(self, *, first: bool) -> list[MasterKey]:
        """Make the first key; `first`: the store holds no secret yet. What another process made meanwhile wins."""
        raise MasterKeyError(f"{self.place} holds no key; one is made by: {_HOW}")

    def replace(self, keys: Sequence[MasterKey]) -> None:
        """Raises MasterKeyError where these keys can only be changed by the operator."""
        raise MasterKeyError(
            f"{self.place} is yours to change: put a new key in front of the old one, apart by a space ({_HOW}), "
            "start every server with both, then rotate; take the old one out afterwards"
        )


class Variable(KeySource):
    place = VARIABLE

    def load(self) -> list[MasterKey]:
        return parsed(os.environ.get(VARIABLE, ""), VARIABLE)


class File(KeySource):
    """`own`: the file beside the database; else one that the operator named."""

    def __init__(self, path: Path, *, own: bool) -> None:
        self.path = path
        self.own = own
        self.place = f"{FILE_VARIABLE} ({path})" if not own else str(path)

    def load(self) -> list[MasterKey]:
        try:
            text = self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise MasterKeyError(f"{self.place} cannot be read: {type(error).__name__}") from None
        found = parsed(text, self.place)
        if not found:
            raise MasterKeyError(f"{self.place} is empty; a key is made by: {_HOW}")
        if self.own and os.name == "posix":
            self.path.chmod(0o600)
        return found

    def create(self, *, first: bool) -> list[MasterKey]:
        if not (first or self.own):
            raise MasterKeyError(f"{self.place} is not there, and the store holds secrets that need its key")
        try:
            temporary = self._written([new_key()])
            try:
                os.link(temporary, self.path)
            except FileExistsError:  # another process was faster
                pass
            except OSError:  # a file system without links
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)
            _sync(self.path.parent)
        except OSError as error:
            raise MasterKeyError(f"{self.place} cannot be written: {error.strerror}") from None
        return self.load()

    def replace(self, keys: Sequence[MasterKey]) -> None:
        try:
            self._written(keys).replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            if not self.own:
                return super().replace(keys)
            raise MasterKeyError(f"{self.place} cannot be written: {error.strerror}") from None
        return None

    def _written(self, keys: Sequence[MasterKey]) -> Path:
        """A file beside it, for nobody else to read, safely on the disk; what a killed process left goes."""
        if self.own:  # who creates or rotates holds the lock of the database beside it
            for left in self.path.parent.glob(f"{self.path.name}.*"):
                left.unlink()
        temporary = self.path.with_name(f"{self.path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("".join(f"{key.text}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        return temporary


class Keyring(KeySource):
    """The system's: Secret Service, Keychain, Credential Locker. One entry for each store."""

    place = "the system keyring"
    own = True
    _service = "modeldeck"

    def __init__(self, keyring: Any, store_id: str) -> None:
        self._keyring = keyring
        self._account = f"master key of store {store_id}"

    def load(self) -> list[MasterKey]:
        try:
            text = self._keyring.get_password(self._service, self._account)
        except self._keyring.errors.NoKeyringError:
            return []
        except self._keyring.errors.KeyringError as error:
            raise MasterKeyError(f"{self.place} does not answer: {type(error).__name__}") from None
        return parsed(text or "", self.place)

    def create(self, *, first: bool) -> list[MasterKey]:
        self.replace([new_key()])
        return self.load()

    def replace(self, keys: Sequence[MasterKey]) -> None:
        try:
            self._keyring.set_password(self._service, self._account, " ".join(key.text for key in keys))
        except self._keyring.errors.KeyringError as error:
            raise MasterKeyError(f"{self.place} takes no key: {type(error).__name__}") from None


class Beside(KeySource):
    """The first start on one machine: the keyring where there is one that works, else a file beside the database."""

    own = True

    def __init__(self, file: File, keyring: Keyring | None) -> None:
        self._file = file
        self._keyring = keyring
        self._used: File | Keyring = file
        self._silent: MasterKeyError | None = None
        self.place = file.place

    def load(self) -> list[MasterKey]:
        found = self._file.load()
        if found or self._keyring is None:
            return self._use(self._file, found)
        try:
            found = self._keyring.load()
        except MasterKeyError as error:  # a locked one
            self._silent = error
            return []
        return self._use(self._keyring if found else self._file, found)

    def create(self, *, first: bool) -> list[MasterKey]:
        if self._silent is not None and not first:
            raise self._silent  # the key may be in it
        if self._keyring is not None and self._silent is None:
            try:
                return self._use(self._keyring, self._keyring.create(first=first))
            except MasterKeyError:
                pass
        return self._use(self._file, self._file.create(first=first))

    def replace(self, keys: Sequence[MasterKey]) -> None:
        self._used.replace(keys)

    def _use(self, used: File | Keyring, found: list[MasterKey]) -> list[MasterKey]:
        self._used = used
        self.place = used.place
        return found


class Shared(KeySource):
    """A database that several machines share, and no key named: none of them may make one of its own."""

    place = f"{VARIABLE} or {FILE_VARIABLE}"

    def load(self) -> list[MasterKey]:
        raise MasterKeyError(f"a store on PostgreSQL needs the same key everywhere: set {self.place} ({_HOW})")


def key_source(database: Path | None, store_id: str) -> KeySource:
    """`database`: the SQLite file; None: a server's."""
    if os.environ.get(VARIABLE):
        return Variable()
    if os.environ.get(FILE_VARIABLE):
        return File(Path(os.environ[FILE_VARIABLE]), own=False)
    if database is None:
        return Shared()
    keyring = _keyring()
    return Beside(
        File(database.with_name(f"{database.name}.key"), own=True),
        None if keyring is None else Keyring(keyring, store_id),
    )


def _keyring() -> Any:
    try:
        import keyring  # type: ignore[import-not-found,unused-ignore]  # pyright: ignore
        import keyring.errors  # type: ignore[import-not-found,unused-ignore]  # pyright: ignore
    except Exception:  # a backend that fails to load is no keyring either
        return None
    return keyring  # pyright: ignore


def _sync(folder: Path) -> None:
    """What is renamed or linked in it survives a power failure."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
