"""The process, the command, the pytest fixture."""

from __future__ import annotations

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
from modeldeck.errors import ConnectionFailedError, MissingExtraError, ParameterError
from modeldeck.sandbox import SandboxProcess

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


def test_it_starts_tells_and_ends() -> None:
    with SandboxProcess(rtt=0.001, bandwidth=1e9, pace=2.0, faults=["cut;after=3"]) as box:
        state = box.state()
        assert (state["url"], state["faults"]) == (box.url, ["cut;after=3"])
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
        box.arm("cut", "odd")
        box.set_distance(0.001, 1e6)
        state = box.state()
        assert (state["faults"], state["distance"]["rtt"]) == (["cut;after=0", "odd;after=0"], 0.001)
        with pytest.raises(ParameterError, match="did you mean 'cut'"):
            box.arm("cot")
        assert box.requests() == []
        connection = HTTPConnection(urlsplit(box.url).netloc, timeout=30)
        connection.request("GET", "/nothing")
        assert connection.getresponse().status == 404
        connection.close()
        assert [one["path"] for one in box.requests()] == ["/nothing"]
        box.forget()
        assert box.requests() == []


def test_what_keeps_it_from_starting_is_said() -> None:
    with SandboxProcess() as box:
        port = int(box.url.rpartition(":")[2])
        with pytest.raises(ConnectionFailedError, match="Address already in use"):
            SandboxProcess(port=port).start()
    with pytest.raises(ParameterError, match="did you mean 'cut'"):
        SandboxProcess(faults=["cot"]).start()


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


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 0, "")])
def test_the_command_says_where_it_is_and_stops_cleanly(number: int, code: int, said: str) -> None:
    process = subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.match(r"modeldeck sandbox: (http://127\.0\.0\.1:\d+)  \(Ctrl-C ends it\)\n", first)
    assert found is not None
    assert answers(found[1])
    process.send_signal(number)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints.strip()) == (code, said)


def test_a_taken_port_and_a_wrong_fault_are_one_line() -> None:
    with SandboxProcess() as box:
        port = box.url.rpartition(":")[2]
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    message = f"the sandbox cannot listen on 127.0.0.1 port {port}: Address already in use; choose another one"
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


def test_the_fixture_serves(modeldeck_sandbox: SandboxProcess) -> None:
    assert answers(modeldeck_sandbox.url)
