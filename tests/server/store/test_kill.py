"""Killed at random moments, in writes and in rotations: what was acknowledged is there, and readable."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from modeldeck.server.store import Store

PROGRAM = Path(__file__).with_name("busy.py")
WRITERS = ("ann", "bob")


class Ledger:
    """What the processes said: of each credential the values that it may have, None for deleted."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.rotations = 0
        self.may_be: dict[str, set[str | None]] = {}
        self.may_be_new: set[str] = set()

    def note(self, word: str, act: str, id: str, value: str) -> None:
        after = None if act == "delete" else value
        match word, act:
            case "rotated", _:
                self.rotations += 1
            case "begin", "create":
                self.may_be_new.add(value)
            case "begin", _:
                self.may_be.setdefault(id, set()).add(after)
            case _:
                self.acknowledged += 1
                self.may_be[id] = {after}
                self.may_be_new.discard(value)

    async def compare(self, url: str) -> None:
        async with Store(url) as store:
            found = {one.id: one for user in WRITERS for one in await store.list(user)}
        assert {one.state for one in found.values()} <= {"ok"}
        values = {id: str((one.data or {})["api_key"]) for id, one in found.items()}
        for id, allowed in self.may_be.items():
            assert values.pop(id, None) in allowed
        assert set(values.values()) <= self.may_be_new
        found_new = {id: {value} for id, value in values.items()}
        self.may_be |= found_new  # written, though nobody had heard of it
        self.may_be_new.clear()


async def round_of_work(url: str, ledger: Ledger, chance: random.Random) -> None:
    """Two that write and rotate, killed when together they have said so many lines."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), url, user, str(chance.randrange(1 << 30)), stdout=asyncio.subprocess.PIPE
        )
        for user in WRITERS
    ]
    left = chance.randrange(100, 280)

    async def read(process: asyncio.subprocess.Process) -> None:
        nonlocal left
        assert process.stdout is not None
        async for line in process.stdout:
            ledger.note(*json.loads(line))
            left -= 1
            if left == 0:
                for one in started:
                    one.kill()

    await asyncio.gather(*(read(one) for one in started))
    codes = [await one.wait() for one in started]
    assert codes == [-9] * 2


async def until(url: str, acknowledged: int, seed: int) -> Ledger:
    ledger, chance = Ledger(), random.Random(seed)
    while ledger.acknowledged < acknowledged or not ledger.rotations:
        await round_of_work(url, ledger, chance)
        await ledger.compare(url)
    return ledger


async def test_a_thousand_writes_and_rotations_on_sqlite(
    file: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELDECK_MASTER_KEY")
    ledger = await until(sqlite_url, 1000, 11)
    assert ledger.rotations > 1
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    async with Store(sqlite_url) as store:
        await store.rotate()
    await ledger.compare(sqlite_url)
    assert len(file.with_name("deck.db.key").read_text().split()) == 1
    assert {path.name for path in file.parent.iterdir()} == {"deck.db", "deck.db.key"}


async def test_writes_and_rotations_on_postgresql(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELDECK_MASTER_KEY")
    monkeypatch.setenv("MODELDECK_MASTER_KEY_FILE", str(tmp_path / "key"))
    assert (await until(postgresql_url, 300, 12)).rotations
    assert os.access(tmp_path / "key", os.R_OK)
