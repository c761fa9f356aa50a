"""The pytest plugin: fixtures. Importing it costs nothing; what they need is imported when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from modeldeck.sandbox import SandboxProcess


@pytest.fixture(scope="session")
def modeldeck_sandbox() -> Iterator[SandboxProcess]:
    """The providers' wires in a process of its own, one for the whole run; needs the extra `sandbox`.

    `modeldeck_sandbox.environment()` has the variables that point credentials and official SDKs at it.
    """
    from modeldeck.sandbox import SandboxProcess

    with SandboxProcess() as box:
        yield box
