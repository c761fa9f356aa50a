"""The sandbox in a process of its own, for tests: synchronous and asynchronous ones."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import IO, Any, Literal, Self
from urllib.parse import urlsplit

from modeldeck.errors import (
    ConcurrentUseError,
    ConnectionFailedError,
    MissingExtraError,
    ModelDeckError,
    ParameterError,
    TimeoutExceededError,
)
from modeldeck.sandbox.distance import Distance, checked
from modeldeck.sandbox.faults import Fault, read_faults
from modeldeck.sandbox.records import Exchange
from modeldeck.sandbox.settings import Settings

_PATIENCE = 30.0  # seconds
_URL = re.compile(rb"http://\S+:\d+")


class SandboxProcess:
    """`with SandboxProcess() as box`, or `async with`: starts `modeldeck sandbox`, stops it at the end.

    The arguments are those of `Sandbox`, but for `emulators`. What the sandbox complains of goes to standard error. It
    ends with the process that started it, however that ends. Needs the `sandbox` extra. Raises ParameterError.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        voice: Literal["numbered", "local"] = "numbered",
        pace: float | None = None,
        distance: Distance | None = None,
        faults: Iterable[Fault | str] = (),
    ) -> None:
        self._settings = Settings(host, port, voice, pace, distance, faults)
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes]
        self.url = ""

    def start(self, *, timeout: float = _PATIENCE) -> None:
        """`timeout`: seconds until it must serve. Where it does not, or this is interrupted, nothing is left running.

        Raises TimeoutExceededError, ConcurrentUseError where it runs already, and what the command says:
        MissingExtraError, ParameterError, ConnectionFailedError.
        """
        self._await_url(self._launched(), timeout)

    def stop(self) -> None:
        """Twice is once."""
        process, self._process = self._process, None
        if process is not None:
            _ended(process)
            sys.stderr.write(self._complained())

    def environment(self) -> dict[str, str]:
        """The variables that point every credential here, and every official SDK that reads one."""
        found: dict[str, str] = self.state()["environment"]
        return found

    def state(self) -> dict[str, Any]:
        """What is served and asked for."""
        state: dict[str, Any] = self._ask("GET", "")
        return state

    def requests(self) -> list[Exchange]:
        """What clients sent, oldest first: the last thousand exchanges, at most 64 MB of them."""
        found: list[Exchange] = self._ask("GET", "requests")
        for one in found:
            one["headers"] = [(name, value) for name, value in one["headers"]]
        return found

    def forget(self) -> None:
        """Forget what clients sent."""
        self._ask("DELETE", "requests")

    def arm(self, *faults: Fault | str) -> None:
        """Arm these for all calls, in the place of those that are; none: all is well again. Raises ParameterError."""
        self._ask("PUT", "faults", [str(fault) for fault in read_faults(faults)])

    def set_distance(self, distance: Distance | None = None) -> None:
        """Of connections made from now on; None: next door. Raises ParameterError."""
        self._ask("PUT", "distance", asdict(checked(distance)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        process = self._launched()
        starting = asyncio.ensure_future(asyncio.to_thread(self._await_url, process, _PATIENCE))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            process.kill()
            await asyncio.wait([starting])
            if not starting.cancelled() and starting.exception() is None:
                self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _launched(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            raise ConcurrentUseError("this sandbox was started already; make another SandboxProcess()")
        program = [sys.executable, "-m", "modeldeck", "sandbox", "--attached", *self._settings.arguments()]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, start_new_session=True
        )
        return self._process

    def _await_url(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        assert process.stdout is not None
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(timeout, expire)
        timer.daemon = True
        try:
            timer.start()
            found = _URL.search(process.stdout.readline())
        except BaseException:
            process.kill()
            self._not_started(process)
            raise
        finally:
            timer.cancel()
        if expired.is_set():
            self._not_started(process)
            raise TimeoutExceededError(f"the sandbox did not start within {timeout:g} s")
        if found is None:
            raise self._not_started(process)
        self.url = found[0].decode()

    def _not_started(self, process: subprocess.Popen[bytes]) -> ModelDeckError:
        """Nothing is left of it but the reason."""
        code = _ended(process)
        self._process = None
        message = self._complained().strip().removeprefix("error: ") or f"the sandbox ended with exit code {code}"
        if "modeldeck[sandbox]" in message:
            return MissingExtraError(message, extra="sandbox")
        return ParameterError(message) if code == 2 else ConnectionFailedError(message, retryable=False)

    def _complained(self) -> str:
        self._complaints.seek(0)
        with self._complaints as file:
            return file.read().decode("utf-8", "replace")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        if self._process is None:
            raise ConnectionFailedError("the sandbox is not running; use `with SandboxProcess() as box`")
        try:
            with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)) as connection:
                connection.request(method, f"/_sandbox/{path}", None if body is None else json.dumps(body))
                answer = connection.getresponse()
                text = answer.read()
        except (OSError, HTTPException) as error:
            message = f"the sandbox at {self.url} does not answer: {error or type(error).__name__}"
            raise ConnectionFailedError(message, retryable=False) from error
        found: Any = json.loads(text or b"null")
        if answer.status >= 400:
            raise ParameterError(found["message"])
        return found


def _ended(process: subprocess.Popen[bytes]) -> int:
    """It ends when its standard input does; returns its exit code."""
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode
