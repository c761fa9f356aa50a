"""The local voice; AgentScope has none."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.measure import OURS, Line, Samples, Target, asked


def lines() -> list[Line]:
    return [*_first_audio(), *_crowd(), *_chapter(), *_beside(), *_cpu()]


def _said(measurement: str, rounds: int = 0) -> dict[str, Any]:
    said: dict[str, Any] = asked(OURS, "-m", "tests.benchmarks.voice", measurement, str(rounds))
    return said


def _first_audio() -> list[Line]:
    found: list[Line] = []
    for state, taken in _said("first", 15).items():
        samples = {name: Samples(values) for name, values in taken.items()}
        short = next(iter(samples))
        for name, one in samples.items():
            what = f"first audio, {'worker starts' if state == 'cold' else 'worker runs'}: {name}"
            same_opening = name.endswith("characters")
            if name == short:
                found.append(Line(what, one))
            else:
                found.append(Line(what, one, short, samples[short], target=Target("<=", 1.5) if same_opening else None))
    return found


def _crowd() -> list[Line]:
    said = _said("crowd", 7)
    late = "how late a timer rings, 100 syntheses at once"
    return [
        Line("100 syntheses at once, 6 s of audio each", Samples(said["seconds"])),
        Line(f"{late}: 99th percentile", Samples(said["busy p99"]), target=Target("<=", 0.01)),
        Line(f"{late}: worst", Samples(said["busy worst"])),
        Line("how late it rings in an idle loop: worst", Samples(said["idle worst"])),
    ]


def _chapter() -> list[Line]:
    said = [_said("chapter") for _ in range(3)]
    what = f"a chapter of 30,000 characters, {said[0]['audio']:.0f} MB of audio"
    found = [Line(f"{what}, as fast as it comes", Samples([one["seconds"] for one in said]))]
    for name in ("caller", "worker"):
        if name in said[0]:  # where there is /proc
            growth = Samples([one[name] for one in said], "MB")
            found.append(Line(f"growth of the {name}'s memory after a tenth of it", growth, target=Target("<=", 1.0)))
    return found


def _beside() -> list[Line]:
    said = _said("beside", 20)
    what = 'first audio of "Hello" while a chapter is taken as fast as it comes'
    return [
        Line(what, Samples(said["beside"]), target=Target("<=", 0.05)),
        Line('first audio of "Hello" alone', Samples(said["alone"])),
    ]


def _cpu() -> list[Line]:
    return [Line("CPU time per second of audio, caller and worker", Samples(_said("cpu", 5)["cpu"]))]
