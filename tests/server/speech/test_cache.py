"""`modeldeck serve --cache`: what was spoken before is not asked for again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from modeldeck.errors import ParameterError
from modeldeck.server import Settings
from tests.server.speech.caller import QWEN, Caller


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, cache=str(tmp_path / "speech"), cache_bytes=1 << 24)


async def test_speech_is_made_once(caller: Caller) -> None:
    answers = await asyncio.gather(*(caller.speak(QWEN) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert (await caller.speak(QWEN)).content == answers[0].content
    spoken = [one for one in caller.box.requests() if "generation" in str(one["path"])]
    assert len(spoken) == 1


def test_settings_come_from_the_environment() -> None:
    found = Settings.from_env({"MODELDECK_CACHE": "/var/speech", "MODELDECK_CACHE_BYTES": "1000"})
    assert (found.cache, found.cache_bytes) == ("/var/speech", 1000)
    with pytest.raises(ParameterError, match="cache_bytes: a number from 1 on"):
        Settings(cache_bytes=0)
