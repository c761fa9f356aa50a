"""AgentScope's side of a burst, run by the Python of its own environment: `peer_burst.py <url> <syntheses> <text>`."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from pathlib import Path

import dashscope
from agentscope.credential import DashScopeCredential
from agentscope.tts import DashScopeTTSModel

TICK = 0.001


def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1000


async def main(url: str, size: int, text: str) -> dict[str, float]:
    dashscope.base_http_api_url = f"{url}/api/v1"
    model = DashScopeTTSModel(DashScopeCredential(api_key="sk-benchmark"))
    late: list[float] = []
    firsts: list[float] = []
    audio, most, over = 0, 0.0, False

    async def tick() -> None:
        nonlocal most
        while not over:
            begin = time.perf_counter()
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - begin - TICK)
            most = max(most, resident() - before)

    async def one(begin: float) -> None:
        nonlocal audio
        first = True
        async for part in await model.synthesize(text):
            if part.content is not None:
                if first:
                    firsts.append(time.perf_counter() - begin)
                    first = False
                audio += len(base64.b64decode(part.content.source.data))

    await one(time.perf_counter())
    firsts.clear()
    audio, before = 0, resident()
    ticker = asyncio.create_task(tick())
    await asyncio.sleep(10 * TICK)
    cpu, start = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(start) for _ in range(size)))
    cpu, over = time.process_time() - cpu, True
    count = len(os.listdir("/proc/self/task"))
    await ticker
    firsts.sort()
    return {
        "longest": max(late),
        "first_median": firsts[len(firsts) // 2],
        "first_p99": firsts[-1],
        "cpu": cpu / (audio / 48000),
        "threads": count,
        "memory": most / size,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
