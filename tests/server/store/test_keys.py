"""Master keys: where they come from, what happens when they are wrong, lost or changed."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, update

from modeldeck.errors import CredentialError
from modeldeck.server.store import MasterKeyError, Store
from modeldeck.server.store.tables import credentials

KEY = "sk-0123456789"
KEYRING = """
import json, os, pathlib
from . import errors
def _entries():
    file = pathlib.Path(os.environ["KEYRING_FILE"])
    if not file.parent.exists():
        raise errors.NoKeyringError("no backend")
    if file.name == "locked":
        raise errors.KeyringLocked("canary")
    return json.loads(file.read_text()) if file.exists() else {}
def get_password(service, user):
    return _entries().get(f"{service} {user}")
def set_password(service, user, text):
    entries = {**_entries(), f"{service} {user}": text}
    pathlib.Path(os.environ["KEYRING_FILE"]).write_text(json.dumps(entries))
"""
KEYRING_ERRORS = """
class KeyringError(Exception): pass
class NoKeyringError(KeyringError, RuntimeError): pass
class KeyringLocked(KeyringError): pass
"""


def openai(name: str = "mine", key: str = KEY) -> dict[str, Any]:
    return {"type": "openai_credential", "name": name, "api_key": key}


def made_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture(autouse=True)
def _no_key(_clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is given; the keyring of whoever runs the tests is left alone."""
    monkeypatch.delenv("MODELDECK_MASTER_KEY")
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring with the interface of the package `keyring` 25, which keeps its entries in this file."""
    package = tmp_path / "packages" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(KEYRING)
    (package / "errors.py").write_text(KEYRING_ERRORS)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "keyring")
    file = tmp_path / "ring" / "entries"
    file.parent.mkdir()
    monkeypatch.setenv("KEYRING_FILE", str(file))
    return file


async def filled(url: str) -> str:
    """The id of a credential of `ann`."""
    async with Store(url) as store:
        await store.add_user("ann")
        return (await store.create("ann", openai())).id


async def states(url: str) -> list[str]:
    async with Store(url) as store:
        return [one.state for one in await store.list("ann")]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def in_file(file: Path) -> list[str]:
    return file.with_name("deck.db.key").read_text().split()


# -- the first start


async def test_the_files_are_for_nobody_else(file: Path, sqlite_url: str) -> None:
    before = os.umask(0)
    try:
        async with Store(sqlite_url) as store:
            await store.add_user("ann")
            await store.create("ann", openai())
            found = {path.name: mode(path) for path in file.parent.iterdir()}
    finally:
        os.umask(before)
    assert found == dict.fromkeys(("deck.db", "deck.db-wal", "deck.db-shm", "deck.db.key"), 0o600)
    assert mode(file.parent) == 0o700


async def test_files_that_others_may_read_are_closed_to_them(file: Path, sqlite_url: str) -> None:
    await filled(sqlite_url)
    for path in file.parent.iterdir():
        path.chmod(0o644)
    assert await states(sqlite_url) == ["ok"]
    assert {mode(path) for path in file.parent.iterdir()} == {0o600}


async def test_many_who_start_at_once_make_one_key(file: Path, sqlite_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from modeldeck.server.store import Store\n"
        "async def main():\n"
        "    async with Store(sys.argv[1]) as store:\n"
        "        await store.add_user(sys.argv[2])\n"
        "        await store.create(sys.argv[2], {'type': 'openai_credential', 'api_key': 'sk-' + sys.argv[2]})\n"
        "asyncio.run(main())\n"
    )
    names = [f"user{index}" for index in range(6)]
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, sqlite_url, name) for name in names]
    assert [await one.wait() for one in started] == [0] * 6
    assert len(in_file(file)) == 1
    async with Store(sqlite_url) as store:
        for name in names:
            (found,) = await store.list(name)
            assert found.data is not None
            assert found.data["api_key"] == f"sk-{name}"


async def test_a_named_file_is_made_once_and_missed_later(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "secrets" / "key"
    named.parent.mkdir()
    monkeypatch.setenv("MODELDECK_MASTER_KEY_FILE", str(named))
    await filled(sqlite_url)
    assert mode(named) == 0o600
    assert await states(sqlite_url) == ["ok"]
    named.unlink()
    with pytest.raises(MasterKeyError, match="is not there"):
        await states(sqlite_url)


async def test_postgresql_without_a_key_says_what_to_set(postgresql_url: str) -> None:
    with pytest.raises(MasterKeyError, match="MODELDECK_MASTER_KEY"):
        await Store(postgresql_url).open()


@pytest.mark.parametrize("text", ["canary", "Y2FuYXJ5", "é" * 43, f"{base64.b64encode(bytes(32)).decode()} canary"])
async def test_a_key_that_is_none_is_not_quoted(sqlite_url: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELDECK_MASTER_KEY", text)
    with pytest.raises(MasterKeyError, match="32 bytes") as raised:
        await Store(sqlite_url).open()
    assert "canary" not in repr(raised.value)
    assert "Y2Fu" not in repr(raised.value)


async def test_base64_for_urls_is_a_key_too(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"\xfb\xff" * 16
    monkeypatch.setenv("MODELDECK_MASTER_KEY", base64.b64encode(raw).decode())
    await filled(sqlite_url)
    monkeypatch.setenv("MODELDECK_MASTER_KEY", base64.urlsafe_b64encode(raw).decode().rstrip("="))
    assert await states(sqlite_url) == ["ok"]


# -- the keyring


async def test_the_keyring_comes_before_a_file(file: Path, sqlite_url: str, keyring: Path) -> None:
    await filled(sqlite_url)
    assert keyring.exists()
    assert not file.with_name("deck.db.key").exists()
    before = keyring.read_text()
    async with Store(sqlite_url) as store:
        await store.rotate()
    assert keyring.read_text() != before
    assert await states(sqlite_url) == ["ok"]


async def test_a_file_that_is_there_stays_in_use(
    sqlite_url: str, keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYRING_FILE", "/nowhere/entries")
    await filled(sqlite_url)
    monkeypatch.setenv("KEYRING_FILE", str(keyring))
    assert await states(sqlite_url) == ["ok"]
    assert not keyring.exists()


async def test_a_locked_keyring_is_waited_for(
    file: Path, sqlite_url: str, keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(sqlite_url)
    monkeypatch.setenv("KEYRING_FILE", str(keyring.with_name("locked")))
    with pytest.raises(MasterKeyError, match="does not answer") as raised:
        await states(sqlite_url)
    assert "canary" not in str(raised.value)
    assert not file.with_name("deck.db.key").exists()
    monkeypatch.setenv("KEYRING_FILE", str(keyring))
    assert await states(sqlite_url) == ["ok"]


async def test_a_first_start_with_a_locked_keyring_makes_a_file(
    file: Path, sqlite_url: str, keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYRING_FILE", str(keyring.with_name("locked")))
    await filled(sqlite_url)
    assert len(in_file(file)) == 1


# -- the wrong key


async def test_a_lost_key_asks_for_the_secrets_again_and_breaks_nothing_else(
    file: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost = await filled(sqlite_url)
    file.with_name("deck.db.key").unlink()
    async with Store(sqlite_url) as store:
        assert "1 credentials need the master key" in caplog.text
        good = await store.create("ann", openai("good"))
        found = await store.get("ann", lost)
        assert (found.state, found.data, found.name, found.shown["api_key"]) == (
            "needs_reentry",
            None,
            "mine",
            "*" * 10,
        )
        assert [one.state for one in await store.list("ann")] == ["needs_reentry", "ok"]
        with pytest.raises(CredentialError, match="is a mask"):
            await store.update("ann", lost, found.shown)
        again = await store.update("ann", lost, {**found.shown, "api_key": "sk-again-1"})
        assert again.data is not None
        assert again.data["api_key"] == "sk-again-1"
        await store.delete("ann", good.id)
    assert await states(sqlite_url) == ["ok"]


@pytest.mark.parametrize("column", ["sealed", "id"])
async def test_what_was_tampered_with_does_not_open(file: Path, sqlite_url: str, column: str) -> None:
    first = await filled(sqlite_url)
    async with Store(sqlite_url) as store:
        second = (await store.create("ann", openai("other", "sk-other-11"))).id
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        sealed = connection.execute(select(credentials.c.sealed).where(credentials.c.id == second)).scalar_one()
        if column == "sealed":  # another record's secret
            connection.execute(update(credentials).where(credentials.c.id == first).values(sealed=sealed))
        else:  # another name for the same
            moved = {f"/other{pointer}": text for pointer, text in sealed.items()}
            connection.execute(update(credentials).where(credentials.c.id == first).values(sealed=moved))
    engine.dispose()
    assert await states(sqlite_url) == ["needs_reentry", "ok"]


# -- rotation


async def test_a_rotation_changes_the_key_and_no_record(file: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        await store.add_user("ann")
        before = [await store.create("ann", openai(f"n{index}", f"sk-{index:09}")) for index in range(250)]
        (old,) = in_file(file)
        done = await store.rotate()
        assert (done.encrypted, done.undecryptable, done.resumed) == (250, 0, False)
        assert await store.list("ann") == before
    (new,) = in_file(file)
    assert new != old
    assert mode(file.with_name("deck.db.key")) == 0o600
    async with Store(sqlite_url) as store:
        assert await store.list("ann") == before


async def test_another_process_learns_of_a_rotation(file: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url) as one, Store(sqlite_url) as other:
        await one.add_user("ann")
        made = await one.create("ann", openai())
        await one.rotate()
        assert await other.get("ann", made.id) == made
        written = await other.create("ann", openai("later"))
        await one.rotate()
        await other.update("ann", written.id, openai("latest"))
    assert len(in_file(file)) == 1
    assert await states(sqlite_url) == ["ok", "ok"]


async def test_what_a_kill_left_is_finished(file: Path, sqlite_url: str) -> None:
    """As after the new key was kept, and nothing else."""
    await filled(sqlite_url)
    key = file.with_name("deck.db.key")
    (old,) = in_file(file)
    new = made_key()
    key.write_text(f"{new}\n{old}\n")
    key.with_name("deck.db.key.0123456789abcdef").write_text(new)
    async with Store(sqlite_url) as store:
        done = await store.rotate()
        assert (done.encrypted, done.resumed) == (1, True)
    assert in_file(file) == [new]
    assert sorted(path.name for path in file.parent.iterdir()) == ["deck.db", "deck.db.key"]
    assert await states(sqlite_url) == ["ok"]


async def test_several_who_rotate_at_once(file: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url) as one, Store(sqlite_url) as other:
        await one.add_user("ann")
        made = [await one.create("ann", openai(f"n{index}")) for index in range(120)]
        await asyncio.gather(one.rotate(), other.rotate(), one.rotate())
        assert await other.list("ann") == made
    assert len(in_file(file)) == 1
    assert set(await states(sqlite_url)) == {"ok"}


async def test_the_operators_key_is_the_operators_to_change(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = made_key(), made_key()
    monkeypatch.setenv("MODELDECK_MASTER_KEY", old)
    made = await filled(url)
    async with Store(url) as store:
        with pytest.raises(MasterKeyError, match="put a new key in front"):
            await store.rotate()
    async with Store(url) as stale:
        monkeypatch.setenv("MODELDECK_MASTER_KEY", f"{new},{old}")
        async with Store(url) as store:
            assert (await store.rotate()).encrypted == 1
            assert (await store.get("ann", made)).state == "ok"
            with pytest.raises(MasterKeyError, match="in front"):
                await store.rotate()
        monkeypatch.setenv("MODELDECK_MASTER_KEY", old)
        with pytest.raises(MasterKeyError, match="retired"):
            await stale.create("ann", openai())
    monkeypatch.setenv("MODELDECK_MASTER_KEY", new)
    assert await states(url) == ["ok"]


async def test_what_cannot_be_decrypted_does_not_stop_a_rotation(
    file: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(sqlite_url)
    file.with_name("deck.db.key").unlink()
    async with Store(sqlite_url) as store:
        await store.create("ann", openai("good"))
        done = await store.rotate()
        assert (done.encrypted, done.undecryptable) == (1, 1)
        assert [one.state for one in await store.list("ann")] == ["needs_reentry", "ok"]


def test_the_command_rotates_and_says_so(file: Path, sqlite_url: str) -> None:
    asyncio.run(filled(sqlite_url))
    before = in_file(file)
    program = [sys.executable, "-m", "modeldeck", "credentials", "rotate-key", "--store", sqlite_url]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 credentials are encrypted with the key " in done.stderr
    assert not set(before) & set(in_file(file))
    assert asyncio.run(states(sqlite_url)) == ["ok"]


async def test_logs_name_no_key(file: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await filled(sqlite_url)
    keys = in_file(file)
    async with Store(sqlite_url) as store:
        await store.rotate()
    for key in (*keys, *in_file(file)):
        assert key not in caplog.text
