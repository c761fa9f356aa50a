"""`python -m tests.benchmarks [--json] [subject ...]`, subjects as in `SUBJECTS`; exits 0 always."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tests.benchmarks import (
    build,
    burst,
    first_audio,
    frameworks,
    imports,
    listing,
    local_voice,
    providers,
    resilience,
    server,
    sessions,
)
from tests.benchmarks.measure import PEER_PYTHON, Line, Samples

SUBJECTS: dict[str, Callable[[], list[Line]]] = {
    "import": imports.lines,
    "listing": listing.lines,
    "build": build.lines,
    "local": local_voice.lines,
    "burst": burst.lines,
    "sessions": sessions.lines,
    "first_audio": first_audio.lines,
    "providers": providers.lines,
    "resilience": resilience.lines,
    "frameworks": frameworks.lines,
    "server": server.lines,
}


def main() -> int:
    about = "modeldeck beside AgentScope 2.0.10, the providers' official SDKs and LiveKit's plugins"
    parser = argparse.ArgumentParser(prog="make bench", description=about)
    parser.add_argument("--json", action="store_true", help="for machines: every sample, in seconds")
    parser.add_argument("subject", nargs="*", help=f"{', '.join(SUBJECTS)}; all of them when none is named")
    arguments = parser.parse_args()
    if unknown := set(arguments.subject) - set(SUBJECTS):
        parser.error(f"no subject {sorted(unknown)[0]!r}; there are {', '.join(SUBJECTS)}")
    if not PEER_PYTHON.exists():
        parser.error("AgentScope's environment is not there; `make bench` makes it")
    found: dict[str, list[Line]] = {}
    for name in arguments.subject or SUBJECTS:
        start = time.perf_counter()
        found[name] = SUBJECTS[name]()
        if not arguments.json:
            print(*table(name, found[name], time.perf_counter() - start), sep="\n", flush=True)
    if arguments.json:
        json.dump({name: [plain(line) for line in lines] for name, lines in found.items()}, sys.stdout, indent=1)
    else:
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores; minimum / median / maximum of the samples.")
        print("A ratio is the median over pairs taken in turn.")
    return 0


def table(name: str, lines: list[Line], seconds: float) -> list[str]:
    """The subject as text: each line's figures, and what it is measured beside below it."""
    rows = [f"{name} ({seconds:.0f} s)"]
    for line in lines:
        rows.append(f"  {line.what:<72}{line.ours!s:>28}{'' if line.theirs else judged(line)}")
        if line.theirs is not None:
            rows.append(f"    {f'beside {line.beside}':<70}{line.theirs!s:>28}{judged(line)}")
    return [*rows, ""]


def judged(line: Line) -> str:
    """The ratio, what was promised, and whether it holds."""
    ratio = "" if line.ratio is None else f"{line.ratio:.3g} times{' faster' if line.faster else ''}"
    target = ""
    if line.target is not None:
        limit = f"{line.target.limit:g}" if line.ratio is not None else Samples([line.target.limit], line.ours.unit)
        target = f"{line.target.sign} {limit}"
    return f"  {ratio:<18}  {target:<10}  {line.verdict}".rstrip()


def plain(line: Line) -> dict[str, Any]:
    figures = {"figure": line.figure, "is_ratio": line.ratio is not None, "verdict": line.verdict or None}
    return asdict(line) | figures


if __name__ == "__main__":
    sys.exit(main())
