"""A real PostgreSQL for tests: the one that MODELDECK_TEST_POSTGRES names, else a server of our own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

VARIABLE = "MODELDECK_TEST_POSTGRES"
DATABASE = "modeldeck_tests"
MISSING = f"no PostgreSQL here: install the server (Debian: apt-get install postgresql), or set {VARIABLE} to a URL"


class Postgres:
    """`url`: of a database in which databases may be made."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def emptied(self) -> str:
        """The URL of the database for tests, with nothing in it and nobody connected."""
        base, _, query = self.url.partition("?")
        url = f"{base.rpartition('/')[0]}/{DATABASE}" + (f"?{query}" if query else "")
        connection = await asyncpg.connect(self.url)
        try:
            if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
            others = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1"
            await connection.execute(others, DATABASE)
        finally:
            await connection.close()
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        finally:
            await connection.close()
        return url


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, newest first where there are several."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    return next((one for one in folders if (one / "initdb").exists()), None)


@contextmanager
def running() -> Iterator[Postgres | None]:
    """None where there is none."""
    given, folder = os.environ.get(VARIABLE), binaries()
    if given:
        yield Postgres(given)
    elif folder is None:
        yield None
    else:
        temporary = tempfile.TemporaryDirectory(prefix="modeldeck-pg-", ignore_cleanup_errors=True)
        with temporary as place, _started(folder, Path(place)) as url:
            yield Postgres(url)


@contextmanager
def _started(folder: Path, place: Path) -> Iterator[str]:
    who = _unprivileged(place)
    data, log = place / "data", place / "log"
    options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off -c max_connections=200"

    def run(name: str, *arguments: str) -> None:
        program = [str(folder / name), *arguments]
        done = subprocess.run(program, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **who)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr} {log.read_text() if log.exists() else ''}")

    run("initdb", "-D", str(data), "-U", "modeldeck", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "start", "-w", "-D", str(data), "-l", str(log), "-o", options)
    try:
        yield f"postgresql://modeldeck@/postgres?host={place}"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(data))


def _unprivileged(place: Path) -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    if os.geteuid():
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(place, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
