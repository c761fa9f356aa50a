"""The names of the generated schema files."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.mark.parametrize(
    ("model", "name"),
    [("tts-1", "tts-1.json"), ("acme/one:2", "acme--one--2.json"), ("a/b/c", "a--b--c.json"), ("v3.5", "v3.5.json")],
)
def test_slash_and_colon_become_two_dashes(model: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)
    assert importlib.import_module("schemas").file_name(model) == name


def test_schemas_stand_by_kind_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)
    paths = {path for path, _ in importlib.import_module("schemas").schemas()}
    assert "card/tts.json" in paths
    assert "credential/dashscope.json" in paths
    assert "parameters/dashscope_tts/qwen3-tts-flash.json" in paths
    assert "parameters/local_tts/espeak-ng.json" in paths
