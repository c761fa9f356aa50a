"""Build the wheel and the source archive, and say what is missing from them or should not be there."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IN_SDIST = (
    "pyproject.toml",
    "hatch_build.py",
    "src/picker/package-lock.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "Makefile",
    "constraints.txt",
)
CHECKLIST = "checklist.yaml"  # each provider's, for the tests of this tree
SDIST_ROOTS = {"src", "tests", "tools", "schemas", "examples", "models_cards"}


def package_files() -> set[str]:
    """Every file of the package, as a path inside the wheel."""
    source = ROOT / "src"
    return {
        path.relative_to(source).as_posix()
        for path in (source / "modeldeck").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != CHECKLIST
    }


def card_files(names: Iterable[str]) -> set[str]:
    return {name for name in names if "/_models/" in name and name.endswith((".yaml", ".yml"))}


def build(folder: Path) -> tuple[set[str], set[str]]:
    """Build both into `folder`; the names in the wheel, and those in the source archive below its root."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        in_sdist = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    return in_wheel, in_sdist


def problems(in_wheel: set[str], in_sdist: set[str]) -> list[str]:
    package = package_files()
    strange = {name for name in in_wheel - package if ".dist-info/" not in name}
    needed = {*IN_SDIST, *(f"src/{name}" for name in package)}
    top = {name.split("/")[0] for name in in_sdist if "/" in name}
    return [
        *(f"not in the wheel: {name}" for name in sorted(package - in_wheel)),
        *(f"should not be in the wheel: {name}" for name in sorted(strange)),
        *(f"not in the source archive: {name}" for name in sorted(needed - in_sdist)),
        *(f"should not be in the source archive: {name}/" for name in sorted(top - SDIST_ROOTS)),
    ]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        in_wheel, in_sdist = build(Path(folder))
    found = problems(in_wheel, in_sdist)
    for line in found:
        print(line)
    print(f"wheel: {len(card_files(in_wheel))} cards of {len(card_files(package_files()))}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
