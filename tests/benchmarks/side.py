"""One side of a comparison, a process of its own: it does what lines on its standard input say, and answers in JSON.

`stream`: one more stream. `crowd <number>`: so many at once. Of the standard library alone: the official SDKs live in
environments of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any

SETTLE = 0.005  # seconds for what a client does when its stream is over
WARMING = 20, 1.0  # streams, and seconds: whichever are over first

Heard = Callable[[bytes], None]
Speak = Callable[[Heard], Awaitable[None]]  # says the text; every part of the audio is told as it arrives
Lane = AbstractAsyncContextManager[Speak]  # what one stream after the other goes over
Client = Callable[[str], AbstractAsyncContextManager[Callable[[], Lane]]]


def shared(speak: Speak) -> Callable[[], Lane]:
    """For clients that find the connections of streams at once themselves."""
    return lambda: nullcontext(speak)


async def heard(speak: Speak) -> float:
    """Seconds to the first audio; the rest is taken too."""
    first = 0.0
    start = time.perf_counter()

    def hear(data: bytes) -> None:
        nonlocal first
        if data and not first:
            first = time.perf_counter() - start

    await speak(hear)
    if not first:
        raise RuntimeError("no audio")
    return first


async def stream(speak: Speak) -> dict[str, float]:
    """CPU seconds are those of all threads."""
    cpu = time.process_time()
    first = await heard(speak)
    await asyncio.sleep(SETTLE)
    return {"first": first, "cpu": time.process_time() - cpu}


async def crowd(lane: Callable[[], Lane], number: int) -> dict[str, float]:
    """So many streams at once; `resident` kilobytes and `threads` at the most."""
    most, threads, over = 0.0, 0, False

    async def watch() -> None:
        nonlocal most, threads
        while not over:
            most, threads = max(most, resident()), max(threads, len(os.listdir("/proc/self/task")))
            await asyncio.sleep(0.02)

    async def one() -> None:
        async with lane() as speak:
            await heard(speak)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(one() for _ in range(number)))
    over = True
    await watching
    return {"resident": most, "threads": threads}


def resident() -> float:
    """Kilobytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


async def _commands() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _warmed(speak: Speak) -> None:
    """After the imports and whatever else only a process's first calls pay."""
    streams, seconds = WARMING
    end = time.perf_counter() + seconds
    for _ in range(streams):
        await stream(speak)
        if time.perf_counter() > end:
            return


async def _served(client: Client, url: str) -> None:
    commands = await _commands()
    async with AsyncExitStack() as stack:
        lane = await stack.enter_async_context(client(url))
        speak = await stack.enter_async_context(lane())
        await _warmed(speak)
        gc.collect()
        gc.freeze()  # as servers do: what was imported is kept out of garbage collections
        say({"resident": resident()})
        async for line in commands:
            match line.split():
                case [b"stream"]:
                    say(await stream(speak))
                case [b"crowd", number]:
                    say(await crowd(lane, int(number)))
        os._exit(0)  # nothing is left to be done, and a native library might have trouble with it


def say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def serve(clients: Mapping[str, Client]) -> None:
    """The script: `<name of the client> <url>`."""
    _, name, url = sys.argv
    asyncio.run(_served(clients[name], url))
