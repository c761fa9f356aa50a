"""The original clients of agentscope-runtime, unchanged, against the sandbox: run by the Python of their environment.

`runtime_sdk.py <url of the sandbox>` runs every application and prints a JSON object as the other judges do; `result`
is what the callbacks saw. Only its realtime clients are imported: its packages would load everything else that it has.
Azure's client knows no other host than Microsoft's, so its endpoint alone is put in place.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.cognitiveservices.speech as speech

URL = sys.argv[1]
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "realtime_clients"))
import applications  # noqa: E402


def original() -> Any:
    found = find_spec("agentscope_runtime")
    assert found is not None
    assert found.submodule_search_locations
    root = Path(found.submodule_search_locations[0])
    for name in ("", ".tools", ".engine", ".engine.schemas"):
        package = types.ModuleType(f"agentscope_runtime{name}")
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[package.__name__] = package
    clients = importlib.import_module("agentscope_runtime.tools.realtime_clients")
    schemas = importlib.import_module("agentscope_runtime.engine.schemas.realtime")
    return SimpleNamespace(**{**vars(schemas), **vars(clients)})


def main() -> None:
    config = speech.SpeechConfig
    endpoint = URL.replace("http", "ws", 1) + "/cognitiveservices/websocket/v2"
    speech.SpeechConfig = lambda subscription, **_: config(subscription=subscription, endpoint=endpoint)
    names = original()
    ours = {"key": "azure-sandbox", "region": "eastus"}
    results = {
        "modelstudio_spoken": applications.spoken(applications.modelstudio(names)),
        "modelstudio_left_to_itself": applications.left_to_itself(applications.modelstudio(names)),
        "modelstudio_error": applications.spoken(applications.modelstudio(names, "cosyvoice-v1!error")),
        "azure_spoken": applications.spoken(applications.azure(names, **ours)),
        "azure_left_to_itself": applications.left_to_itself(applications.azure(names, **ours)),
        "azure_twice": applications.twice(applications.azure(names, **ours)),
    }
    found = {name: {"result": seen, "raised": None, "logged": [], "sent": []} for name, seen in results.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
