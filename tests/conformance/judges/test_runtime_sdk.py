"""The same applications with agentscope-runtime's own clients and with ours: the same callbacks in the same order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modeldeck import realtime_clients
from modeldeck.sandbox import SandboxProcess
from tests.conformance.judges.conftest import Judged
from tests.realtime_clients import applications
from tests.realtime_clients.applications import Seen, azure, left_to_itself, modelstudio, order, spoken, twice


def ours(application: Callable[[Any], Seen], of: str, url: str) -> Seen:
    if of == "azure":
        return application(azure(realtime_clients, key="azure-sandbox", base_url=url))
    return application(modelstudio(realtime_clients, api_key="sk-sandbox", base_url=url))


@pytest.mark.parametrize("of", ["modelstudio", "azure"])
@pytest.mark.parametrize("application", [spoken, left_to_itself])
def test_callbacks_in_the_originals_order(
    application: Callable[[Any], Seen], of: str, judged: Judged, modeldeck_sandbox: SandboxProcess
) -> None:
    original = judged("runtime")[f"{of}_{application.__name__}"].result
    assert order(original)[0][0] in ("on_open", "on_started")
    assert order(ours(application, of, modeldeck_sandbox.url)) == order(original)


def test_two_utterances(judged: Judged, modeldeck_sandbox: SandboxProcess) -> None:
    original = judged("runtime")["azure_twice"].result
    assert order(ours(twice, "azure", modeldeck_sandbox.url)) == order(original)


def test_an_error_of_the_service(judged: Judged, modeldeck_sandbox: SandboxProcess) -> None:
    """The same calls; the message is a sentence and not the service's frame."""
    original = judged("runtime")["modelstudio_error"].result
    client, watcher = modelstudio(
        realtime_clients, "cosyvoice-v1!error", api_key="sk-sandbox", base_url=modeldeck_sandbox.url
    )
    assert [name for name, _, _ in original if name != "on_data"] == ["on_open", "on_error", "on_close"]
    applications.spoken((client, watcher))
    assert [name for name, _, _ in watcher.seen] == ["on_open", "on_error", "on_close"]
    assert [state for _, _, state in watcher.seen] == ["running", "idle", "idle"]
    assert watcher.seen[1][1] != original[1][1]  # a sentence in the place of a frame
