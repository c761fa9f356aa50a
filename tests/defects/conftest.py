from __future__ import annotations

from pathlib import Path

import pytest

from tests.cards.helpers import House


@pytest.fixture(autouse=True)
def _no_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODELDECK_CARDS_PATH", "DASHSCOPE_API_KEY", "DASHSCOPE_API_REGION", "DASHSCOPE_HTTP_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, monkeypatch)
