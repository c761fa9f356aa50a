"""The pytest plugin: fixtures. Importing it costs nothing; what they need is imported when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

pytest.register_assert_rewrite("modeldeck.testing.checks", "modeldeck.testing.witness", "modeldeck.testing.advice")

if TYPE_CHECKING:
    from modeldeck.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def _modeldeck_sandbox() -> Iterator[SandboxProcess]:
    from modeldeck.sandbox import SandboxProcess

    with SandboxProcess() as box:
        yield box


@pytest.fixture
def modeldeck_sandbox(_modeldeck_sandbox: SandboxProcess) -> SandboxProcess:
    """The providers' wires in a process of its own; needs the extra `sandbox`.

    It is one process for the whole run, and every test finds it without faults, distance and recorded requests.
    `modeldeck_sandbox.environment()` has the variables that point credentials and official SDKs at it.
    """
    _modeldeck_sandbox.arm()
    _modeldeck_sandbox.set_distance()
    _modeldeck_sandbox.forget()
    return _modeldeck_sandbox
