"""The real engine in a real process over real pipes: its worker, from start to end."""

from __future__ import annotations

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from modeldeck.errors import MissingExtraError, ProviderError, TimeoutExceededError
from modeldeck.providers.local import process as process_module
from modeldeck.providers.local import worker as wire
from modeldeck.providers.local.engine import Engine
from tests.providers.local.helpers import LONG, SECOND, Roomy, children, open_files, spoken, worker_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks into /proc and sends POSIX signals")


async def test_a_killed_worker_fails_its_piece_and_no_other() -> None:
    engine = await Roomy.running()
    failing = engine.say(LONG)
    assert await anext(failing)
    others = [asyncio.create_task(spoken(engine, f"Number {index}.")) for index in range(5)]
    await asyncio.sleep(0)
    os.kill(worker_of(engine), signal.SIGKILL)
    with pytest.raises(ProviderError, match="Killed") as caught:
        async for _ in failing:
            pass
    assert caught.value.retryable
    assert caught.value.provider == "local"
    for pcm in await asyncio.gather(*others):
        assert len(pcm) > SECOND / 4
    assert await spoken(engine, "It works again.")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGTERM])
async def test_any_end_of_the_worker_is_a_typed_error(number: signal.Signals) -> None:
    engine = await Roomy.running()
    failing = engine.say(LONG)
    await anext(failing)
    os.kill(worker_of(engine), number)
    with pytest.raises(ProviderError, match=signal.strsignal(number)):
        async for _ in failing:
            pass
    assert await spoken(engine, "It works again.")


async def test_a_worker_that_died_idle_is_replaced_unnoticed() -> None:
    engine = await Engine.running()
    await spoken(engine, "One.")
    os.kill(worker_of(engine), signal.SIGKILL)
    assert await spoken(engine, "Two.")


class Hasty(Roomy):
    stall = 0.3
    idle = 0.2


async def test_a_wedged_worker_is_killed_and_reported() -> None:
    engine = await Hasty.running()
    failing = engine.say(LONG)
    await anext(failing)
    os.kill(worker_of(engine), signal.SIGSTOP)
    waiting = asyncio.create_task(spoken(engine, "Behind it."))
    with pytest.raises(TimeoutExceededError, match="silent") as caught:
        async for _ in failing:
            pass
    assert caught.value.retryable
    assert await waiting


async def test_an_idle_worker_is_closed_and_the_next_call_starts_one() -> None:
    engine = await Hasty.running()
    await spoken(engine, "One.")
    (worker,) = engine.workers
    await worker.gone
    assert not engine.workers
    assert await spoken(engine, "Two.")


async def test_closing_early_stops_the_engine_at_once() -> None:
    engine = await Roomy.running()
    events = engine.say(LONG * 20)
    await anext(events)
    await events.aclose()
    (worker,) = engine.workers
    count = 0
    async for _ in engine.say("Next."):
        count += 1
    assert count
    assert not worker.jobs
    assert len(engine.workers) == 1


async def test_cancelling_at_any_moment_leaves_nothing() -> None:
    engine = await Engine.running()
    await spoken(engine, "Warm.")
    files = open_files()
    chance = random.Random(7)
    for _ in range(200):
        tasks = [asyncio.create_task(spoken(engine, "A sentence to be cut off somewhere. " * 5)) for _ in range(3)]
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await spoken(engine, "Still here.")
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert threading.enumerate() == [threading.main_thread()]
    assert open_files() == files
    (worker,) = engine.workers
    assert not worker.jobs


async def test_a_cancelled_first_call_does_not_take_the_others_along() -> None:
    first = asyncio.create_task(Engine.running())
    others = [asyncio.create_task(Engine.running()) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    engines = {await other for other in others}
    assert len(engines) == 1
    assert len(engines.pop().workers) == 1


def test_nothing_is_left_when_the_loop_has_ended() -> None:
    async def speak() -> None:
        engine = await Engine.running()
        await spoken(engine, "Hello.")
        task = asyncio.create_task(spoken(engine, LONG))
        await asyncio.sleep(0.01)
        assert not task.done()

    asyncio.run(speak())
    files, alive = open_files(), children()
    for _ in range(5):
        asyncio.run(speak())
    assert open_files() == files
    assert children() == alive


def test_a_second_loop_in_another_thread_has_a_worker_of_its_own() -> None:
    async def worker() -> int:
        engine = await Engine.running()
        await spoken(engine, "Hello.")
        return worker_of(engine)

    pids: list[int] = []

    async def both() -> None:
        pids.append(await worker())
        thread = threading.Thread(target=lambda: pids.append(asyncio.run(worker())))
        thread.start()
        thread.join()
        pids.append(await worker())

    asyncio.run(both())
    assert pids[0] == pids[2] != pids[1]


def test_a_forked_child_leaves_its_parents_worker_alone() -> None:
    async def child() -> int:
        return 0 if await spoken(await Engine.running(), "Child.") else 1

    async def parent() -> None:
        engine = await Engine.running()
        before = worker_of(engine)
        await spoken(engine, "Parent.")
        pid = os.fork()
        if pid == 0:
            code = 2
            try:
                code = asyncio.run(child())
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert await spoken(engine, "Parent again.")
        assert worker_of(engine) == before

    asyncio.run(parent())


def test_a_forked_child_that_goes_on_with_the_loop_gets_a_worker_of_its_own() -> None:
    async def speak() -> int:
        engine = await Engine.running()
        assert await spoken(engine, "Hello.")
        return worker_of(engine)

    with asyncio.Runner() as runner:
        before = runner.run(speak())
        pid = os.fork()
        if pid == 0:
            code = 2
            try:
                mine = runner.run(speak())
                os.kill(mine, signal.SIGKILL)
                code = int(mine == before)
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert runner.run(speak()) == before


async def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "modeldeck\[local\]".*GPL-3.0-or-later') as caught:
        await Engine.running()
    assert caught.value.extra == "local"


async def test_an_engine_that_does_not_load_is_a_typed_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(process_module, "_installation", lambda: (str(broken), str(tmp_path)))
    engine = await Engine.running()
    with pytest.raises(ProviderError, match="did not start: OSError") as caught:
        await spoken(engine, "Hello.")
    assert not caught.value.retryable


def bare_worker() -> subprocess.Popen[bytes]:
    library, data = process_module._installation()
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-u", wire.__file__, library, data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def request(number: int, text: str) -> bytes:
    payload = wire.SAY.pack(175, 50, 100, 0, wire.ALONE, 5) + b"en-us" + text.encode()
    return wire.FRAME.pack(len(payload), number, wire.SPEAK) + payload


def test_cancelling_stops_the_engine_in_mid_sentence_and_what_waits_is_not_begun() -> None:
    with bare_worker() as started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.write(request(1, LONG * 20) + request(2, LONG) + request(3, "Hello."))
        started.stdin.flush()
        heard, frames = {1: 0, 2: 0, 3: 0}, []
        while (3, wire.DONE) not in frames:
            length, number, kind = wire.FRAME.unpack(started.stdout.read(wire.FRAME.size))
            started.stdout.read(length)
            if kind == wire.CHUNK:
                heard[number] += length
            else:
                frames.append((number, kind))
            if kind == wire.BEGIN and number == 1:
                for cancelled in (2, 1):  # the waiting one first: cancelling 1 makes room for it
                    started.stdin.write(wire.FRAME.pack(0, cancelled, wire.CANCEL))
                started.stdin.flush()
        started.stdin.close()
    assert heard[1] < 600 * SECOND, "all of it would be 5000 s"
    assert heard[2] == 0
    assert heard[3] > SECOND / 4
    assert (2, wire.BEGIN) not in frames
    assert (1, wire.DONE) in frames
    assert (2, wire.DONE) in frames


def test_the_worker_ends_when_its_input_closes() -> None:
    with bare_worker() as started:
        assert started.stdin is not None
        assert started.stdout is not None
        ready = started.stdout.read(wire.FRAME.size)
        assert wire.FRAME.unpack(ready) == (0, 0, wire.READY)
        started.send_signal(signal.SIGINT)  # ignored
        started.stdin.write(request(1, LONG * 20))
        started.stdin.flush()
        assert wire.FRAME.unpack(started.stdout.read(wire.FRAME.size)) == (0, 1, wire.BEGIN)
        started.stdin.close()
        started.stdout.read()
        assert started.wait(30) == 0
        assert started.stderr is not None
        assert b"Traceback" not in started.stderr.read()


SCRIPT = """
import asyncio
from modeldeck.providers.local.engine import Chunk, Engine

async def main():
    engine = await Engine.running()
    (worker,) = engine.workers
    print(worker.process.pid, flush=True)
    while True:
        async for event in engine.say("A sentence that goes on for a while, and then some more. " * 5):
            if isinstance(event, Chunk):
                print(len(event.pcm), flush=True)
        if not FOREVER:
            break

asyncio.run(main())
"""


def script(tmp_path: Path, forever: bool) -> subprocess.Popen[str]:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).replace("FOREVER", str(forever)))
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_script_needs_no_main_guard_and_ends_cleanly(tmp_path: Path) -> None:
    with script(tmp_path, forever=False) as running:
        out, err = running.communicate(timeout=60)
    assert err == ""
    assert running.returncode == 0
    pid, *sizes = (int(line) for line in out.split())
    assert sum(sizes) > 5 * SECOND
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_script_that_is_stopped_while_speaking_leaves_no_worker(tmp_path: Path, number: signal.Signals) -> None:
    with script(tmp_path, forever=True) as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        ending = os.pidfd_open(pid)
        running.stdout.readline()
        assert os.getpgid(pid) != os.getpgid(running.pid), "signals of the terminal are not for the worker"
        os.killpg(running.pid, number)  # as the terminal does it: the whole group
        _, err = running.communicate(timeout=60)
    waiter = select.poll()
    waiter.register(ending)
    assert waiter.poll(30_000), "the worker must end"
    os.close(ending)
    assert "worker.py" not in err
    assert err.count("Traceback") <= 2  # the script's own: cancelled, then KeyboardInterrupt
    assert "ResourceWarning" not in err
