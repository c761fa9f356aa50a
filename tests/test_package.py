"""What is shipped: the archives, the doors, what an import costs, what comes along, who may import whom."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from modeldeck.errors import MissingExtraError
from tools import distributions

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
HEAVY = {"pydantic", "httpx", "websockets", "yaml", "jsonschema", "asyncio"}
DATABASES = {"aiosqlite", "asyncpg", "peewee", "psycopg", "psycopg2", "pymongo", "redis", "sqlalchemy"}
FRAMEWORKS = {"LiveKitTTS": "livekit", "PipecatTTSService": "pipecat"}  # their extras are in no environment but theirs
SERVERS = {
    "aiohttp",
    "django",
    "fastapi",
    "flask",
    "gunicorn",
    "hypercorn",
    "starlette",
    "tornado",
    "uvicorn",
}
# MPL-2.0 (certifi) binds changes to its own files alone.
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "Zlib",
}
# Libraries under the LGPL that stay files of their own; soundfile (BSD) brings libsndfile (LGPL-2.1) likewise.
LINKED = {"soxr": {"LGPL-2.1-or-later"}}
CLASSIFIED = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}


def doors() -> list[str]:
    packages = (SOURCE / "modeldeck").rglob("__init__.py")
    found = (path.parent for path in packages if "_lazy.install(" in path.read_text("utf-8"))
    return sorted(".".join(folder.relative_to(SOURCE).parts) for folder in found)


def exported() -> list[tuple[str, str]]:
    return [(door, name) for door in doors() for name in importlib.import_module(door).__all__]


def loaded_by(code: str) -> set[str]:
    """`sys.modules` of a fresh process that ran `code`."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def closure(distribution: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Every distribution that installing this one here brings along, itself excluded."""
    seen: set[tuple[str, frozenset[str]]] = set()

    def visit(name: str, wanted: frozenset[str]) -> None:
        if (name, wanted) in seen:
            return
        seen.add((name, wanted))
        for line in metadata.requires(name) or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                visit(canonicalize_name(requirement.name), frozenset(requirement.extras))

    visit(distribution, extras)
    return {name for name, _ in seen} - {distribution}


def licences(distribution: str) -> set[str]:
    """Licence ids of a distribution, of which all apply; unknown words are returned as they stand."""
    about = metadata.metadata(distribution)
    if expression := about.get("License-Expression"):
        return set(expression.replace("(", " ").replace(")", " ").split()) - {"AND", "OR"}
    if classified := [line for line in about.get_all("Classifier") or () if line.startswith("License ::")]:
        return {CLASSIFIED.get(line, line) for line in classified}
    return {about.get("License") or "none named"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    return distributions.build(tmp_path_factory.mktemp("dist"))


def test_both_archives_hold_what_they_should(built: tuple[set[str], set[str]]) -> None:
    assert distributions.problems(*built) == []


def test_every_card_is_in_the_wheel(built: tuple[set[str], set[str]]) -> None:
    cards = distributions.card_files(distributions.package_files())
    assert cards
    assert distributions.card_files(built[0]) == cards


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(built: tuple[set[str], set[str]]) -> None:
    in_wheel, _ = built
    assert "modeldeck/py.typed" in in_wheel
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in in_wheel)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in in_wheel)


def test_the_version_stands_once() -> None:
    assert metadata.version("modeldeck") == importlib.import_module("modeldeck").__version__


def test_the_doors_are_known() -> None:
    assert {"modeldeck.credential", "modeldeck.message", "modeldeck.tts"} <= set(doors())


@pytest.mark.parametrize(("door", "name"), exported())
def test_a_door_opens(door: str, name: str) -> None:
    module = importlib.import_module(door)
    assert name in dir(module)
    if name in FRAMEWORKS:
        with pytest.raises(MissingExtraError, match=rf'pip install "modeldeck\[{FRAMEWORKS[name]}\]"') as caught:
            getattr(module, name)
        assert caught.value.extra == FRAMEWORKS[name]
        return
    value = getattr(module, name)
    if isinstance(value, type):
        assert pickle.loads(pickle.dumps(value)) is value


@pytest.mark.parametrize("door", doors())
def test_a_door_refuses_what_it_does_not_export(door: str) -> None:
    with pytest.raises(AttributeError, match=f"{door}.*no_such_name"):
        importlib.import_module(door).no_such_name  # noqa: B018


@pytest.mark.parametrize("module", ["modeldeck", "modeldeck.errors", *doors()])
def test_importing_a_door_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert loaded & HEAVY == set()
    assert not [name for name in loaded if name.startswith("modeldeck.providers")]


@pytest.mark.parametrize(
    "code",
    [
        "from modeldeck.tts import DashScopeTTSModel",
        "from modeldeck.tts import LocalTTSModel",
        "from modeldeck.credential import CredentialFactory, DashScopeCredential, LocalCredential",
    ],
)
def test_touching_a_class_loads_no_transport_and_no_yaml(code: str) -> None:
    assert loaded_by(code) & (HEAVY - {"pydantic", "asyncio"}) == set()


def test_the_core_brings_no_server_and_no_database() -> None:
    assert closure("modeldeck") & (SERVERS | DATABASES) == set()


def test_the_extra_all_is_every_extra_but_the_local_voice_the_frameworks_and_what_tests_need() -> None:
    extras = set(metadata.metadata("modeldeck").get_all("Provides-Extra") or ())
    assert extras >= {"all", "local", "testing", *FRAMEWORKS.values()}
    extras -= {"all", "local", "testing", *FRAMEWORKS.values()}
    assert closure("modeldeck", frozenset({"all"})) == closure("modeldeck", frozenset(extras))
    assert "espeakng-loader" not in closure("modeldeck", frozenset({"all"}))


@pytest.mark.parametrize("distribution", sorted(closure("modeldeck", frozenset({"all"}))))
def test_every_licence_of_the_extra_all_is_permissive(distribution: str) -> None:
    assert licences(distribution) <= PERMISSIVE | LINKED.get(distribution, set())


def test_imports_run_downward_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
