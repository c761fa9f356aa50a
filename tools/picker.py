"""The web picker's own checks: the typed client against schemas/openapi.json, lint, types, unit tests."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import SOURCE, WEB, build, built, fresh, npm  # noqa: E402

CLIENT = SOURCE / "src" / "api" / "schema.ts"
OPENAPI = ROOT / "schemas" / "openapi.json"


def ready() -> None:
    """The packages of the lock file, in src/picker/node_modules."""
    lock, installed = SOURCE / "package-lock.json", SOURCE / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund", cwd=SOURCE)


def client() -> str:
    """What openapi-typescript makes of the OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "schema.ts"
        npm("exec", "--", "openapi-typescript", str(OPENAPI), "-o", str(target), cwd=SOURCE)
        return target.read_text(encoding="utf-8")


def differing() -> list[str]:
    """The files that another build makes otherwise than those that are in place."""
    if not fresh():
        build()
    with tempfile.TemporaryDirectory() as folder:
        found, there = contents(built(Path(folder))), contents(WEB)
    return sorted(name for name in found.keys() | there.keys() if found.get(name) != there.get(name))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check() -> int:
    found = []
    if not CLIENT.is_file() or CLIENT.read_text(encoding="utf-8") != client():
        found.append(f"stale: {CLIENT.relative_to(ROOT)}; `make fix` writes what is compared here")
    npm("run", "check", cwd=SOURCE)
    found += [f"differs from build to build: {name}" for name in differing()]
    for line in found:
        print(line)
    return int(bool(found))


def fix() -> int:
    CLIENT.write_text(client(), encoding="utf-8", newline="\n")
    npm("run", "fix", cwd=SOURCE)
    return 0


def main(arguments: list[str]) -> int:
    if arguments not in (["check"], ["fix"]):
        print("tools/picker.py check | fix", file=sys.stderr)
        return 2
    ready()
    return check() if arguments == ["check"] else fix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
