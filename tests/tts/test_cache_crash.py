"""A process that dies while it fills a folder, at any moment: no entry plays wrong, whoever reads it meanwhile.

`MODELDECK_KILLS`: how many processes die.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from array import array
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from modeldeck.credential import LocalCredential
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSCache, TTSModelBase

KILLS = int(os.environ.get("MODELDECK_KILLS", "8"))
FORMAT = AudioFormat("pcm_s16le", 24000)
TEXTS = [f"text {number}" for number in range(8)]


class Seconds(TTSModelBase):
    """Speaks five seconds whose samples count on from a number that is the text's own."""

    provider: ClassVar[str] = "seconds"
    type: Literal["seconds_tts"] = "seconds_tts"

    def __init__(self, folder: str | Path) -> None:
        super().__init__(LocalCredential(), "seconds", output=FORMAT, cache=TTSCache(folder, max_bytes=3 << 20))

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
        for data in spoken(request.text):
            yield Audio(data, FORMAT)


@cache
def spoken(text: str) -> list[bytes]:
    first = 1000 * TEXTS.index(text)
    data = array("H", ((first + at) % 65536 for at in range(120_000))).tobytes()
    return [data[at : at + 9600] for at in range(0, len(data), 9600)]


async def heard(model: Seconds, text: str, **kwargs: Any) -> tuple[bytes, str]:
    parts = [part async for part in model.synthesize(text, **kwargs)]
    return b"".join(part.audio for part in parts), str((parts[-1].metadata or {})["cache"])


async def fill(folder: str, seed: int) -> None:
    """Write over and over until somebody kills this process."""
    model, chance = Seconds(folder), random.Random(seed)
    os.write(1, b"%d\n" % os.getpid())
    while True:
        await heard(model, chance.choice(TEXTS), cache="renew")


async def test_a_process_that_is_killed_leaves_nothing_that_plays_wrong(tmp_path: Path) -> None:
    chance, found = random.Random(4711), {"hit": 0, "miss": 0}
    model = Seconds(tmp_path)
    with Nursery(tmp_path) as nursery:
        for number in range(KILLS):
            fillers = [await asyncio.to_thread(nursery.filler, 2 * number + one) for one in range(2)]
            for _ in range(3):  # while they write
                await _check(model, chance.choice(TEXTS), found)
            await asyncio.sleep(chance.uniform(0, 0.03))
            for filler in fillers:
                os.kill(filler, signal.SIGKILL)
            for text in TEXTS:
                await _check(model, text, found)
    print(found, len(list(tmp_path.rglob("*.part"))), "parts")
    assert found["hit"] > found["miss"]
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.speech"))
    assert size <= (3 << 20) * 18 // 16 + 250_000


class Nursery:
    """A process that has everything imported, and forks those that are to die."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", f"from {__name__} import nurse; nurse({str(folder)!r})"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def filler(self, seed: int) -> int:
        """The id of a new process, which has begun to write."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n" % seed)
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def nurse(folder: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        if not os.fork():
            asyncio.run(fill(folder, int(line)))


async def _check(model: Seconds, text: str, found: dict[str, int]) -> None:
    audio, how = await heard(model, text)
    assert audio == b"".join(spoken(text)), text
    found[how] += 1


async def test_what_a_dead_process_left_is_swept_away(tmp_path: Path) -> None:
    model = Seconds(tmp_path)
    await heard(model, TEXTS[0])
    (entry,) = tmp_path.rglob("*.speech")
    old, new = entry.with_name(".old.part"), entry.with_name(".new.part")
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    await heard(Seconds(tmp_path), TEXTS[1])
    assert not old.exists()
    assert new.exists()
