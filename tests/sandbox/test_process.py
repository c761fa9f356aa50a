"""The process, the command, the pytest fixture."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from modeldeck.cli import main
from modeldeck.errors import (
    ConcurrentUseError,
    ConnectionFailedError,
    MissingExtraError,
    ParameterError,
    TimeoutExceededError,
)
from modeldeck.sandbox import Distance, Fault, SandboxProcess, process
from modeldeck.sandbox.faults import NAMES

COMMAND = [sys.executable, "-m", "modeldeck", "sandbox"]


def answers(url: str) -> bool:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", "/_sandbox/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Watched(SandboxProcess):
    """Remembers the processes that it launched."""

    def __init__(self) -> None:
        super().__init__()
        self.launched: list[subprocess.Popen[bytes]] = []

    def _launched(self) -> subprocess.Popen[bytes]:
        process = super()._launched()
        self.launched.append(process)
        return process

    def gone(self) -> bool:
        return self._process is None and [one.returncode for one in self.launched] == [-signal.SIGKILL]


def test_it_starts_tells_and_ends() -> None:
    with SandboxProcess(distance=Distance(0.001, 1e9), pace=2.0, faults=["cut;after=3", Fault("odd")]) as box:
        state = box.state()
        assert (state["url"], state["faults"]) == (box.url, ["cut;after=3", "odd"])
        assert state["distance"] == {"rtt": 0.001, "bandwidth": 1e9}
        assert box.environment() == state["environment"]
        process = box._process
        assert process is not None
    assert process.returncode == 0
    assert not answers(box.url)
    box.stop()
    with pytest.raises(ConnectionFailedError, match="not running"):
        box.state()


async def test_it_is_told_faults_and_distance_and_says_what_was_asked() -> None:
    async with SandboxProcess() as box:
        box.arm(Fault("cut"), "odd")
        box.set_distance(Distance(0.001, 1e6))
        state = box.state()
        assert (state["faults"], state["distance"]) == (["cut", "odd"], {"rtt": 0.001, "bandwidth": 1e6})
        with pytest.raises(ParameterError, match="did you mean 'cut'"):
            box.arm("cot")
        assert box.requests() == []
        connection = HTTPConnection(urlsplit(box.url).netloc, timeout=30)
        connection.request("GET", "/nothing")
        assert connection.getresponse().status == 404
        connection.close()
        (asked,) = box.requests()
        assert asked["path"] == "/nothing"
        assert ("accept-encoding", "identity") in asked["headers"]
        box.forget()
        assert box.requests() == []


def test_what_keeps_it_from_starting_is_said() -> None:
    with SandboxProcess() as box:
        port = int(box.url.rpartition(":")[2])
        with pytest.raises(ConnectionFailedError, match="Address already in use"):
            SandboxProcess(port=port).start()


def test_a_second_start_is_an_error_and_leaves_the_first() -> None:
    with SandboxProcess() as box:
        with pytest.raises(ConcurrentUseError, match="started already"):
            box.start()
        with pytest.raises(ConcurrentUseError, match="started already"), box:
            pass
        assert answers(box.url)
        first = box.url
    with box:
        assert answers(box.url)
        assert box.url != first
    assert not answers(box.url)


def test_starting_has_a_time_out() -> None:
    box = Watched()
    with pytest.raises(TimeoutExceededError, match="did not start within 0 s"):
        box.start(timeout=0)
    assert box.gone()
    with box:
        assert answers(box.url)


def test_an_interrupted_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def search(self, line: bytes) -> None:
            raise KeyboardInterrupt

    box = Watched()
    monkeypatch.setattr(process, "_URL", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        box.start()
    assert box.gone()


async def test_a_cancelled_start_leaves_nothing() -> None:
    box = Watched()
    starting = asyncio.ensure_future(box.__aenter__())
    while not box.launched:
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert box.gone()
    async with box:
        assert answers(box.url)


def test_one_that_died_is_a_clear_error() -> None:
    with Watched() as box:
        box.launched[0].kill()
        box.launched[0].wait()
        with pytest.raises(ConnectionFailedError, match=f"the sandbox at {box.url} does not answer: "):
            box.arm("cut")


def test_it_ends_with_the_process_that_started_it() -> None:
    program = (
        "import os; from modeldeck.sandbox import SandboxProcess; box = SandboxProcess(); box.start();"
        "print(box.url, flush=True); input(); os._exit(9)"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        place = urlsplit(process.stdout.readline().strip())
        assert place.hostname is not None
        assert place.port is not None
        with socket.create_connection((place.hostname, place.port)) as connected:
            process.communicate("\n")
            assert process.returncode == 9
            assert connected.recv(1) == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_stops_cleanly(number: int) -> None:
    command = [*COMMAND, "--port", "0", "--fault", "status"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while not lines[-1].startswith("To use it: "):
        lines.append(process.stdout.readline())
    found = re.match(r"modeldeck sandbox: (http://127\.0\.0\.1:(\d+))  \(Ctrl-C ends it\)\n", lines[0])
    assert found is not None
    assert answers(found[1])
    process.send_signal(number)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    assert lines[-2:] == [
        f"In all calls: status=500: {NAMES['status'][0]}\n",
        f'To use it: eval "$(modeldeck sandbox --print-env --port {found[2]})"\n',
    ]


def test_the_help_says_what_every_fault_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--help"]) == 0
    said = capfd.readouterr().out
    for name, (meaning, _, _, _) in NAMES.items():
        assert re.search(rf"^ +{re.escape(str(Fault(name)))} +{re.escape(meaning)}$", said, re.MULTILINE)


def test_what_is_wrong_is_one_line() -> None:
    with SandboxProcess() as box:
        port = box.url.rpartition(":")[2]
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    message = f"the sandbox cannot listen on 127.0.0.1 port {port}: Address already in use; choose another port"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
    done = subprocess.run([*COMMAND, "--host", "no..name"], capture_output=True, text=True, check=False)
    message = "the sandbox cannot listen on no..name port 8642: there is no such host; choose another host"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
    done = subprocess.run([*COMMAND, "--fault", "cot"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: fault 'cot': no fault 'cot'; did you mean 'cut'?\n")


def test_print_env_is_for_a_shell(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--print-env", "--port", "4711"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert all(line.startswith(("export ", "# ")) for line in lines)
    program = f"{chr(10).join(lines)}\n{sys.executable} -c 'import os; print(os.environ[\"DASHSCOPE_HTTP_BASE_URL\"])'"
    found = subprocess.check_output(["/bin/sh", "-c", program], text=True, env={"PATH": os.environ["PATH"]})
    assert found.startswith("http://127.0.0.1:4711/")
    assert main(["sandbox", "--print-env", "--port", "0"]) == 2


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        'error: the sandbox needs its extra: pip install "modeldeck[sandbox]"\n',
    )
    with pytest.raises(MissingExtraError, match="needs its extra") as caught:
        SandboxProcess().start()
    assert caught.value.extra == "sandbox"


def test_the_plugin_loads_nothing_but_pytest() -> None:
    program = (
        "import pytest, sys; before = set(sys.modules); import modeldeck.testing.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert set(loaded) <= {
        "modeldeck",
        "modeldeck._lazy",
        "modeldeck.testing",
        "modeldeck.testing.plugin",
        "ast",
        "_ast",
    }


PROJECT = """
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from modeldeck.sandbox import Distance, Fault

seen = set()


@pytest.mark.parametrize("turn", range(3))
def test_it_is_clean(modeldeck_sandbox, turn):
    box = modeldeck_sandbox
    assert box.requests() == []
    assert box.state()["faults"] == []
    assert box.state()["distance"] == {"rtt": 0.0, "bandwidth": None}
    seen.add(box.url)
    assert len(seen) == 1
    connection = HTTPConnection(urlsplit(box.url).netloc, timeout=30)
    connection.request("GET", "/somewhere")
    assert connection.getresponse().status == 404
    connection.close()
    assert box.requests()
    box.arm(Fault("status", 500), "cut")
    box.set_distance(Distance(0.001))
    assert turn != 1, "and after a test that fails"
"""


def test_the_fixture_gives_each_test_a_clean_sandbox(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 failed, 2 passed" in done.stdout
    assert "and after a test that fails" in done.stdout
