"""Where entries are kept: in memory, in a folder, or wherever somebody else's class puts bytes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from modeldeck.errors import ParameterError
from modeldeck.tts.cache.entry import Broken, Entry, decoded, encoded

_SUFFIX = ".speech"
_PART = ".part"
_STALE = 600.0  # seconds after which a part was left by a process that died
_SLACK = 16  # a folder is looked through again after a sixteenth of its size was written
_SALT = 32  # bytes


@runtime_checkable
class SpeechStore(Protocol):
    """A place of your own for `TTSCache`: Redis, S3, ... Keys are 64 hexadecimal digits; bounds are yours.

    Bytes that come back cut or changed are noticed and removed. What a method raises costs the entry, not the call.
    """

    async def read(self, key: str) -> bytes | None: ...

    async def write(self, key: str, data: bytes) -> None: ...

    async def remove(self, key: str) -> None: ...


class Entries(Protocol):
    """What `TTSCache` works with."""

    salt: bytes

    async def get(self, key: str) -> Entry | None: ...

    async def put(self, key: str, entry: Entry) -> None: ...

    async def remove(self, key: str) -> None: ...

    async def clear(self) -> None: ...


class Memory:
    """Entries of this process; what was not asked for the longest goes first. Threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self.salt = secrets.token_bytes(_SALT)
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    async def get(self, key: str) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    async def put(self, key: str, entry: Entry) -> None:
        with self._lock:
            self._drop(key)
            self._entries[key] = entry
            self._size += _cost(entry)
            while self._size > self._max_bytes:
                self._drop(next(iter(self._entries)))

    async def remove(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    async def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._size = 0

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= _cost(entry)


def _cost(entry: Entry) -> int:
    return entry.size + 200 * len(entry.events) + 500


class Foreign:
    """Entries in a store of somebody else's."""

    def __init__(self, store: SpeechStore) -> None:
        self.salt = secrets.token_bytes(_SALT)
        self._store = store

    async def get(self, key: str) -> Entry | None:
        data = await self._store.read(key)
        if data is None:
            return None
        try:
            return decoded(data, key)
        except Broken:
            await self._store.remove(key)
            return None

    async def put(self, key: str, entry: Entry) -> None:
        await self._store.write(key, encoded(entry, key))

    async def remove(self, key: str) -> None:
        await self._store.remove(key)

    async def clear(self) -> None:
        raise NotImplementedError


class Folder:
    """A file for each entry, in a folder that processes may share: files 0600, folders 0700.

    A file is written beside its place and renamed into it, so that nobody sees a part of one, whenever the process
    dies. What the machine's own end tears has a wrong length or digest: it is removed when it is asked for. The time
    of a file is that of its last use; what was not used the longest goes first, once the folder is full.
    """

    def __init__(self, folder: str | os.PathLike[str], max_bytes: int) -> None:
        """Raises ParameterError when the folder cannot be made or used."""
        self._folder = Path(folder)
        self._max_bytes = max_bytes
        self._size: int | None = None  # of all files, as far as it is known; None: look
        self._written = 0  # since it was looked through
        self._lock = threading.Lock()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.salt = _salt(self._folder / "salt")
        except OSError as error:
            message = f"the cache's folder {os.fspath(folder)!r} cannot be used: {error.strerror or error}"
            raise ParameterError(message, parameter="cache") from error

    async def get(self, key: str) -> Entry | None:
        """Whether there is one is asked at once: a miss is not to wait for a thread as well."""
        path = self._path(key)
        return await asyncio.to_thread(self._get, key, path) if _is_there(path) else None

    async def put(self, key: str, entry: Entry) -> None:
        await asyncio.to_thread(self._put, key, entry)

    async def remove(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def clear(self) -> None:
        await asyncio.to_thread(self._cleared)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{_SUFFIX}"

    def _get(self, key: str, path: Path) -> Entry | None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            entry = decoded(data, key)
        except Broken:
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return entry

    def _put(self, key: str, entry: Entry) -> None:
        data, path = encoded(entry, key), self._path(key)
        _written(path, data)
        with self._lock:
            self._written += len(data)
            if self._size is not None:
                self._size += len(data)
            if self._size is None or self._size > self._max_bytes or self._written > self._max_bytes // _SLACK:
                self._look()

    def _look(self) -> None:
        """Through the folder, in which other processes write too; what is too much goes."""
        self._written, self._size = 0, 0
        found: list[tuple[float, int, str]] = []
        for name, used, size in self._files():
            if name.endswith(_SUFFIX):
                found.append((used, size, name))
                self._size += size
            elif time.time() - used > _STALE:
                _removed(name)
        for _, size, name in sorted(found):
            if self._size <= self._max_bytes:
                break
            _removed(name)
            self._size -= size

    def _files(self) -> Iterator[tuple[str, float, int]]:
        """Entries and parts: name, time of the last use, bytes."""
        for folder in self._folder.iterdir():
            if len(folder.name) != 2 or not folder.is_dir():
                continue
            with os.scandir(folder) as files:
                for file in files:
                    try:
                        stat = file.stat(follow_symlinks=False)
                    except FileNotFoundError:  # another process was faster
                        continue
                    if file.name.endswith((_SUFFIX, _PART)):
                        yield file.path, stat.st_mtime, stat.st_size

    def _cleared(self) -> None:
        with self._lock:
            for name, _, _ in self._files():
                if name.endswith(_SUFFIX):
                    _removed(name)
            self._size = None


def _is_there(path: Path) -> bool:
    return os.path.exists(path)


def _removed(name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name)


def _written(path: Path, data: bytes) -> None:
    """The file appears whole, or not at all; not forced onto the disk, for a torn one is noticed."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(6)}{_PART}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except BaseException:
        _removed(os.fspath(part))
        raise


def _salt(path: Path) -> bytes:
    """The folder's own; made by whoever comes first."""
    for _ in range(2):
        try:
            salt = path.read_bytes()
        except FileNotFoundError:
            salt = b""
        if len(salt) == _SALT:
            return salt
        _written(path, secrets.token_bytes(_SALT))
    return path.read_bytes()
