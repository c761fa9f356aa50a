"""Our server: the model list beside AgentScope's server, first audio beside direct use, five hundred open streams.

As a script it is a process of the measurement: `serve <url of a sandbox>`, `load <url> <token> <path> <etag or ->`,
`first <url> <token> <url of a sandbox> <rounds>`, `streams <url> <token> <process>`; it answers in JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modeldeck.sandbox import SandboxProcess
from tests.benchmarks.machine import percentile
from tests.benchmarks.measure import OURS, PEER_PYTHON, ROOT, Line, Samples, Target, asked, clean_environment

PEER_SCRIPT = Path(__file__).with_name("peer_server.py")
LISTED = "/tts-model/?provider=openai_credential"  # AgentScope's own path, which ours has too
CONNECTIONS, SECONDS, PASSES = 32, 3.0, 3
ROUNDS = 200
STREAMS, STARTS = 500, 5.0  # how many, and over how many seconds they begin
TEXT = "It is lit."
LONG = "The lamp above the harbour wall had been lit for an hour. " * 5  # 17 s of audio
KEY = "sk-benchmark"
MODELS = {"DashScope": "dashscope/qwen3-tts-flash", "local voice": "local/espeak-ng"}
SECOND = 2 * 24000  # bytes
Fetch = Callable[[], Awaitable[float]]


def lines() -> list[Line]:
    with SandboxProcess() as box, _serving(box.url) as ours:
        found = [*_listing(ours), *_first_audio(ours, box.url)]
    with SandboxProcess(pace=1.0) as box, _serving(box.url) as ours:
        return [*found, *_streams(ours)]


def _listing(ours: dict[str, Any]) -> list[Line]:
    url, token = ours["url"], ours["token"]
    every = "/api/v1/models?limit=1000"
    with _peer() as peer:
        whole = [_load(url, token, every) for _ in range(PASSES)]
        known = [_load(url, token, every, whole[0]["etag"]) for _ in range(PASSES)]
        same, theirs = [], []
        for _ in range(PASSES):
            same.append(_load(url, token, LISTED))
            theirs.append(_load(peer, "none", LISTED))
    size = f"{whole[0]['bytes'] / 1000:.0f} kB"
    sizes = [f"{one[0]['bytes'] / 1000:.1f} kB" for one in (same, theirs)]
    rate = "requests per second"
    return [
        Line(f"the whole list of models, {size}, {rate}", _rates(whole)),
        Line(f"the same where the client has it (304), {rate}", _rates(known)),
        Line(
            f"{LISTED}, {sizes[0]}, {rate}",
            _rates(same),
            f"AgentScope's server, {sizes[1]}",
            _rates(theirs),
        ),
    ]


def _load(url: str, token: str, path: str, etag: str = "-") -> dict[str, Any]:
    found: dict[str, Any] = asked(OURS, "-m", "tests.benchmarks.server", "load", url, token, path, etag)
    return found


def _rates(said: list[dict[str, Any]]) -> Samples:
    return Samples([one["rate"] for one in said], "/s")


def _first_audio(ours: dict[str, Any], sandbox: str) -> list[Line]:
    said = asked(OURS, "-m", "tests.benchmarks.server", "first", ours["url"], ours["token"], sandbox, str(ROUNDS))
    found = []
    for name in MODELS:
        through, direct = Samples(said[name]["through"]), Samples(said[name]["direct"])
        more = [one - other for one, other in zip(through.values, direct.values, strict=True)]
        found.append(Line(f"first audio of {name} through the server", through, "the library itself", direct))
        found.append(Line(f"first audio of {name}: what the server adds", Samples(more), target=Target("<=", 0.01)))
    return found


def _streams(ours: dict[str, Any]) -> list[Line]:
    script = (OURS, "-m", "tests.benchmarks.server", "streams", ours["url"], ours["token"], str(ours["process"]))
    said = asked(*script)
    what, flat = f"{STREAMS} open streams at the pace of speech", Target("<=", 10)
    return [
        Line(f"{what}: memory of the server, each", Samples([said["each"]], "kB")),
        Line(f"{what}: its growth while all are open", Samples([said["growth"]], "MB")),
        Line(f"{what}: how much more {STREAMS} others take after them", Samples([said["again"]], "MB"), target=flat),
        Line(f"{what}: first audio, median", Samples([said["first"]])),
        Line(f"{what}: first audio, 99th percentile", Samples([said["first_p99"]])),
        Line(f"{what}: CPU of the server per second of audio", Samples([said["cpu"]])),
    ]


# -- servers


@contextmanager
def _serving(sandbox: str) -> Generator[dict[str, Any]]:
    """Our server in a process of its own, with a credential that leads to the sandbox."""
    program = [OURS, "-m", "tests.benchmarks.server", "serve", sandbox]
    with tempfile.TemporaryDirectory() as folder:
        own = {"XDG_DATA_HOME": folder, "MODELDECK_MASTER_KEY": base64.b64encode(os.urandom(32)).decode()}
        environment = {**clean_environment(), **own}
        pipe = subprocess.PIPE
        with subprocess.Popen(program, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment) as process:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
            process.communicate(timeout=30)


async def _serve(sandbox: str) -> None:
    import logging

    from modeldeck.server import Settings
    from modeldeck.server.run import served

    logging.getLogger("modeldeck").setLevel(logging.WARNING)
    async with served(Settings(port=0, rate=0)) as running:
        data = {"type": "dashscope_credential", "api_key": KEY, "base_url": sandbox}
        await running.server.credentials.create("local", data)
        _say({"url": running.url, "token": running.token, "process": os.getpid()})
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def _peer() -> Generator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [PEER_PYTHON, PEER_SCRIPT, str(port), folder], stderr=subprocess.DEVNULL, env=clean_environment()
        ) as process,
    ):
        try:
            asyncio.run(_answers(port, process))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def _answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it accepts connections."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if process.poll() is not None:
                break
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError("AgentScope's server does not start: its environment needs agentscope[service,storage-sql]")


# -- clients, of as little as there can be


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nX-User-ID: local\r\n"

    @classmethod
    async def to(cls, url: str, token: str) -> Client:
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port), token)

    def ask(self, method: str, path: str, body: bytes = b"", etag: str = "-") -> None:
        more = f"If-None-Match: {etag}\r\n" if etag != "-" else ""
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}{more}{length}\r\n".encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.casefold(): value.strip() for name, _, value in fields}

    async def body(self, length: int) -> bytes:
        return await self._reader.readexactly(length)

    async def chunk(self) -> bytes:
        """Of a chunked body; empty at the end."""
        size = int(await self._reader.readline(), 16)
        data = await self._reader.readexactly(size + 2)
        return data[:-2]

    def close(self) -> None:
        self._writer.transport.abort()


async def _loaded(url: str, token: str, path: str, etag: str) -> dict[str, Any]:
    """Requests per second of `CONNECTIONS` clients that ask again and again."""
    counted, size, found, end = 0, 0, "", 0.0

    async def one() -> None:
        nonlocal counted, size, found
        client = await Client.to(url, token)
        while time.perf_counter() < end:
            client.ask("GET", path, etag=etag)
            status, headers = await client.head()
            assert status == (200 if etag == "-" else 304), status
            size, found = int(headers.get("content-length", 0)), headers.get("etag", "")
            await client.body(size if status == 200 else 0)
            counted += 1
        client.close()

    for seconds in (0.5, SECONDS):  # the first to warm up
        counted, start = 0, time.perf_counter()
        end = start + seconds
        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
        rate = counted / (time.perf_counter() - start)
    return {"rate": rate, "bytes": size, "etag": found}


async def _firsts(url: str, token: str, sandbox: str, rounds: int) -> dict[str, Any]:
    """Seconds to first audio, in turn, over connections that are there."""
    from modeldeck import Transport
    from modeldeck.credential import DashScopeCredential
    from modeldeck.tts import tts_model

    found: dict[str, Any] = {}
    async with Transport() as transport:
        client = await Client.to(url, token)
        for name, reference in MODELS.items():
            own = DashScopeCredential(api_key=KEY, base_url=sandbox) if name == "DashScope" else None
            model = tts_model(reference, credential=own, transport=transport)

            async def direct(model: Any = model) -> float:
                start = time.perf_counter()
                async with aclosing(model.synthesize(TEXT)) as parts:
                    await anext(parts)
                    first = time.perf_counter() - start
                    async for _ in parts:
                        pass
                return first

            async def through(reference: str = reference) -> float:
                start = time.perf_counter()
                client.ask("POST", "/v1/audio/speech", _body(reference, TEXT, "wav"))
                status, _ = await client.head()
                assert status == 200, status
                await client.chunk()
                first = time.perf_counter() - start
                while await client.chunk():
                    pass
                return first

            found[name] = await _in_turn({"direct": direct, "through": through}, rounds)
        client.close()
    return found


async def _in_turn(sides: dict[str, Fetch], rounds: int) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 20):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            sample = await sides[name]()
            if number >= 20:
                samples[name].append(sample)
    return samples


def _body(model: str, text: str, format: str) -> bytes:
    return json.dumps({"model": model, "input": text, "response_format": format, "voice": "default"}).encode()


async def _crowd(url: str, token: str, process: int) -> dict[str, float]:
    """Kilobytes of the server: before, when the last stream has begun, and at the most; seconds."""
    firsts: list[float] = []
    begun, over, audio = 0, 0, 0
    before, opened, most = _resident(process), 0.0, 0.0

    async def watch() -> None:
        nonlocal opened, most
        while over < STREAMS:
            most = max(most, _resident(process))
            if begun == STREAMS:
                opened = opened or most
            await asyncio.sleep(0.05)

    async def one(number: int) -> None:
        nonlocal begun, over, audio
        await asyncio.sleep(STARTS * number / STREAMS)
        client = await Client.to(url, token)
        start = time.perf_counter()
        client.ask("POST", "/v1/audio/speech", _body(MODELS["DashScope"], LONG, "pcm"))
        status, _ = await client.head()
        assert status == 200, status
        audio += len(await client.chunk())
        firsts.append(time.perf_counter() - start)
        begun += 1
        while chunk := await client.chunk():
            audio += len(chunk)
        over += 1
        client.close()

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(one(number) for number in range(STREAMS)))
    await watching
    return {
        "before": before,
        "opened": opened,
        "most": most,
        "audio": audio / SECOND,
        "first": percentile(firsts, 0.5),
        "first_p99": percentile(firsts, 0.99),
    }


async def _crowds(url: str, token: str, process: int) -> dict[str, float]:
    from tests.benchmarks.machine import process_seconds

    cpu = process_seconds(process)
    first = await _crowd(url, token, process)
    cpu = process_seconds(process) - cpu
    second = await _crowd(url, token, process)
    return {
        "each": (first["most"] - first["before"]) / STREAMS,
        "growth": (first["most"] - first["opened"]) / 1000,
        "again": (second["most"] - first["most"]) / 1000,
        "first": first["first"],
        "first_p99": first["first_p99"],
        "cpu": cpu / first["audio"],
    }


def _resident(process: int) -> float:
    """Kilobytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    match sys.argv[1:]:
        case ["serve", sandbox]:
            asyncio.run(_serve(sandbox))
        case ["load", url, token, path, etag]:
            _say(asyncio.run(_loaded(url, token, path, etag)))
        case ["first", url, token, sandbox, rounds]:
            _say(asyncio.run(_firsts(url, token, sandbox, int(rounds))))
        case ["streams", url, token, process]:
            _say(asyncio.run(_crowds(url, token, int(process))))
        case _:
            sys.exit(2)


if __name__ == "__main__":
    main()
