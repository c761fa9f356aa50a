"""`modeldeck serve` as a process: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/\?code=(\S+)")


class Served:
    """The command, until its first lines are there."""

    def __init__(self, home: Path, *arguments: str, **environ: str) -> None:
        environment = {**os.environ, "XDG_DATA_HOME": str(home), **environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "modeldeck", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in environment.items() if name != "MODELDECK_CARDS_PATH"},
            cwd=home,
        )

    def lines(self, number: int) -> list[str]:
        assert self.process.stdout is not None
        return [self.process.stdout.readline() for _ in range(number)]

    def ended(self) -> tuple[int, str, str]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        out, err = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(60), out, err


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    started: list[Served] = []

    def start(*arguments: str, **environ: str) -> Served:
        started.append(Served(tmp_path, *arguments, **environ))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def get(url: str, **headers: str) -> tuple[int, str]:
    with build_opener(ProxyHandler({})).open(Request(url, headers=headers), timeout=30) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(serve: Any, number: signal.Signals) -> None:
    served = serve("--log-format", "json")
    first, about, programs = served.lines(3)
    match = LINK.search(first)
    assert match, first
    assert "once" in about
    token = programs.split()[-1]
    status, body = get(f"http://127.0.0.1:{match[1]}/api/v1/session", Authorization=f"Bearer {token}")
    assert (status, body) == (200, '{"user":"local","kind":"token"}')
    served.process.send_signal(number)
    code, out, err = served.ended()
    assert (code, out) == (0, "")
    assert all(line.startswith('{"time": ') for line in err.splitlines()), err
    assert "Traceback" not in err
    assert token not in err
    assert match[2] not in err


def test_the_second_start_makes_no_token(serve: Any, tmp_path: Path) -> None:
    for expected in (3, 2):
        served = serve()
        said = served.lines(2)
        assert LINK.search(said[0])
        served.process.send_signal(signal.SIGTERM)
        code, out, _ = served.ended()
        assert code == 0
        assert len(said + out.splitlines()) == expected
    database = tmp_path / "modeldeck" / "modeldeck.db"
    assert database.stat().st_mode & 0o777 == 0o600


def test_others_are_not_let_in_without_a_user(serve: Any) -> None:
    code, out, err = serve("--host", "0.0.0.0").ended()
    assert (code, out) == (1, "")
    assert "error: others can connect to 0.0.0.0" in err
    assert "modeldeck users add" in err


def test_a_port_that_is_taken(serve: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = serve("--port", str(taken.getsockname()[1])).ended()
    assert code == 1
    assert "choose another port" in err
    assert "Traceback" not in err


def test_a_wrong_setting_is_named(serve: Any) -> None:
    code, _, err = serve(MODELDECK_MAX_BODY="much").ended()
    assert code == 2
    assert "MODELDECK_MAX_BODY" in err


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('fastapi', 'uvicorn', 'sqlalchemy'): sys.modules[name] = None\n"
        "from modeldeck.cli import main\n"
        "sys.exit(main(['serve']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "modeldeck[server]"' in done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import modeldeck",
        "import modeldeck.server",
        "from modeldeck.cli import main; main(['--help'])",
        "from modeldeck.cli import main; main(['serve', '--help'])",
    ],
)
def test_nothing_of_the_server_is_loaded_before_it_is_wanted(code: str) -> None:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", program], text=True).split())
    assert loaded & {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "cryptography", "keyring"} == set()


def test_the_library_knows_no_server() -> None:
    program = (
        "from modeldeck.credential import CredentialFactory\n"
        "from modeldeck.tts import tts_model\n"
        "tts_model('local/espeak-ng')\n"
        "import sys\nprint(*sys.modules)"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert not [name for name in loaded if name.startswith("modeldeck.server")]
