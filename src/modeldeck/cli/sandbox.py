"""`modeldeck sandbox`."""

from __future__ import annotations

import asyncio
import gc
import os
import shlex
import signal
import threading
from typing import TYPE_CHECKING, Any

import click

from modeldeck.cli.show import say_to_user
from modeldeck.sandbox.faults import NAMES, Fault

if TYPE_CHECKING:
    from modeldeck.sandbox import Sandbox

PORT = 8642
_DESCRIPTORS = 65536


def _listed() -> str:
    """The faults, as they are when only their name is given."""
    lines = [f"  {Fault(name)!s:<22} {meaning}" for name, (meaning, _, _, _) in NAMES.items()]
    keys = ";after=N (audio chunks first)  ;times=N (calls)  ;id=NAME (sets askers apart)  ;retry-after=S (of a status)"
    return "\n".join(["\b", "Faults, with the value that each has unless given:", *lines, f"  and {keys}"])


@click.command(short_help="Serve the providers' wires on this machine, without a key.", epilog=_listed())
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any free one.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; others than this are seen by others."
)
@click.option(
    "--rtt", type=click.FloatRange(0, 60_000), default=0, metavar="MS", help="Round-trip time between the ends."
)
@click.option("--bandwidth", type=click.FloatRange(1), metavar="KBIT/S", help="Of a connection, each way.")
@click.option(
    "--voice",
    type=click.Choice(["numbered", "local"]),
    default="numbered",
    show_default=True,
    help="A test signal in which sample i is the number i, or real speech (needs the extras `local` and `audio`).",
)
@click.option(
    "--pace", type=click.FloatRange(0.01), metavar="X", help="X times as fast as it is heard; without it all at once."
)
@click.option(
    "--fault", "faults", metavar="SPEC", multiple=True, help="What goes wrong, in all calls. May be repeated."
)
@click.option("--print-env", is_flag=True, help="Print the variables that point credentials and SDKs here, and end.")
@click.option("--attached", is_flag=True, hidden=True, help="End with standard input.")
def sandbox(port: int, host: str, faults: tuple[str, ...], print_env: bool, attached: bool, **settings: Any) -> None:
    """Serve the providers' wires (HTTP, SSE, WebSocket) on this machine. It answers with a test signal.

    Credentials and official SDKs find it by variables: eval "$(modeldeck sandbox --print-env)"

    Faults are asked for in all calls with --fault; in one call with the header
    x-modeldeck-fault, the query modeldeck_fault= or the end of the model's name in the request
    (qwen3-tts-flash!cut;after=3).
    """
    if print_env:
        _print_environment(host, port)
        return
    _many_descriptors()
    try:
        asyncio.run(_served(host, port, faults, attached, **settings))
    except KeyboardInterrupt:  # which ends it, as it says
        pass


async def _served(
    host: str,
    port: int,
    faults: tuple[str, ...],
    attached: bool,
    *,
    rtt: float,
    bandwidth: float | None,
    voice: Any,
    pace: float | None,
) -> None:
    from modeldeck.cli.wires import meetings
    from modeldeck.sandbox import Distance, Sandbox

    distance = Distance(rtt / 1000, None if bandwidth is None else bandwidth * 1000)
    end = asyncio.Event()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # a collection among a thousand sessions would hold them all up for 100 ms
    async with Sandbox(host=host, port=port, voice=voice, pace=pace, distance=distance, faults=faults) as box:
        _end_when(end, attached)
        lines = [f"modeldeck sandbox: {box.url}  (Ctrl-C ends it)", *box.about(), *meetings(box.state()["serves"])]
        lines += [f"In all calls: {fault}: {NAMES[fault.name][0]}" for fault in box.box.faults.armed]
        place = _place(host, int(box.url.rpartition(":")[2]))
        click.echo("\n".join([*lines, f'To use it: eval "$(modeldeck sandbox --print-env{place})"']))
        _say_problems(box)
        await end.wait()


def _end_when(end: asyncio.Event, attached: bool) -> None:
    """Terminated, or (`attached`) nobody at standard input any more; Ctrl-C comes as KeyboardInterrupt."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, end.set)
    except NotImplementedError:  # Windows, where it ends at once
        pass
    if attached:

        def watch() -> None:
            while os.read(0, 4096):
                pass
            try:
                loop.call_soon_threadsafe(end.set)
            except RuntimeError:  # it has ended already
                pass

        threading.Thread(target=watch, daemon=True).start()


def _print_environment(host: str, port: int) -> None:
    from modeldeck.sandbox.host import Sandbox

    if not port:
        raise click.UsageError("--print-env needs to know the port: --port N")
    box = Sandbox(host=host, port=port)
    for name, value in box.environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")
    for line in box.about():
        click.echo(f"# {line}")
    _say_problems(box)


def _say_problems(box: Sandbox) -> None:
    """Tell of packages' emulators that were left out."""
    for problem in box.problems:
        say_to_user(f"warning: {problem}")


def _place(host: str, port: int) -> str:
    parts = [] if host == "127.0.0.1" else ["--host", host]
    parts += [] if port == PORT else ["--port", str(port)]
    return "".join(f" {shlex.quote(part)}" for part in parts)


def _many_descriptors() -> None:
    """A connection needs one; the usual limit is 1024."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
