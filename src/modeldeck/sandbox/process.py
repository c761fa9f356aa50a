"""The sandbox in a process of its own, for tests: synchronous and asynchronous ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection
from types import TracebackType
from typing import IO, Any, Literal, Self
from urllib.parse import urlsplit

from modeldeck.errors import ConnectionFailedError, MissingExtraError, ParameterError

_PATIENCE = 30  # seconds
_URL = re.compile(rb"http://\S+:\d+")


class SandboxProcess:
    """`with SandboxProcess() as box`, or `async with`: starts `modeldeck sandbox`, stops it at the end.

    The arguments are those of the command. What the sandbox complains of goes to standard error. It ends with the
    process that started it, however that ends. Needs the `sandbox` extra.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        voice: Literal["numbered", "local"] = "numbered",
        pace: float | None = None,
        rtt: float = 0.0,
        bandwidth: float | None = None,
        faults: Iterable[str] = (),
    ) -> None:
        """`rtt` in seconds, `bandwidth` in bits per second."""
        self._arguments = ["--port", str(port), "--voice", voice, "--rtt", str(rtt * 1000)]
        self._arguments += [] if pace is None else ["--pace", str(pace)]
        self._arguments += [] if bandwidth is None else ["--bandwidth", str(bandwidth / 1000)]
        for fault in faults:
            self._arguments += ["--fault", fault]
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Raises what the command says: MissingExtraError, ParameterError, ConnectionFailedError."""
        program = [sys.executable, "-m", "modeldeck", "sandbox", "--attached", *self._arguments]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, start_new_session=True
        )
        assert self._process.stdout is not None
        found = _URL.search(self._process.stdout.readline())
        if found is None:
            raise self._not_started()
        self.url = found[0].decode()

    def stop(self) -> None:
        """Twice is once."""
        process, self._process = self._process, None
        if process is not None:
            self._ended(process)
            sys.stderr.write(self._complained())

    def environment(self) -> dict[str, str]:
        """The variables that point every credential here, and every official SDK that reads one."""
        found: dict[str, str] = self.state()["environment"]
        return found

    def state(self) -> dict[str, Any]:
        """What is served and asked for."""
        state: dict[str, Any] = self._ask("GET", "")
        return state

    def requests(self) -> list[dict[str, Any]]:
        """What clients sent, oldest first; see `records.Exchange`."""
        found: list[dict[str, Any]] = self._ask("GET", "requests")
        return found

    def forget(self) -> None:
        """Forget what clients sent."""
        self._ask("DELETE", "requests")

    def arm(self, *faults: str) -> None:
        """Arm these for all calls, in the place of those that are; none: all is well again. Raises ParameterError."""
        self._ask("PUT", "faults", list(faults))

    def set_distance(self, rtt: float = 0.0, bandwidth: float | None = None) -> None:
        """The distance of connections made from now on: seconds, bits per second."""
        self._ask("PUT", "distance", {"rtt": rtt, "bandwidth": bandwidth})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        import asyncio  # not for those who only import the pytest plugin

        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import asyncio

        await asyncio.to_thread(self.stop)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        if self._process is None:
            raise ConnectionFailedError("the sandbox is not running; use `with SandboxProcess() as box`")
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)) as connection:
            connection.request(method, f"/_sandbox/{path}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
        found: Any = json.loads(text or b"null")
        if answer.status >= 400:
            raise ParameterError(found["error"])
        return found

    def _complained(self) -> str:
        assert self._complaints is not None
        self._complaints.seek(0)
        with self._complaints as file:
            return file.read().decode("utf-8", "replace")

    def _not_started(self) -> Exception:
        assert self._process is not None
        code = self._ended(self._process)
        self._process = None
        message = self._complained().strip().removeprefix("error: ") or f"the sandbox ended with exit code {code}"
        if "modeldeck[sandbox]" in message:
            return MissingExtraError(message, extra="sandbox")
        return ParameterError(message) if code == 2 else ConnectionFailedError(message, retryable=False)

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        """It ends when its standard input does; returns its exit code."""
        try:
            process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        return process.returncode
