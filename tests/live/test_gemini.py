"""Each dialect of Gemini TTS, streamed and whole."""

from __future__ import annotations

import pytest

from modeldeck.credential import GeminiCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import GeminiTTSModel
from tests.live.speaking import Case, only_when_asked, speaks

CASES = {
    "verbatim": Case(GeminiTTSModel, "gemini-3.8-flash-tts"),
    "verbatim-whole": Case(GeminiTTSModel, "gemini-3.8-flash-lite-tts", {"delivery": "whole"}),
    "prompt": Case(GeminiTTSModel, "gemini-2.5-flash-preview-tts", {"instructions": "Say calmly"}),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    only_when_asked(pytestconfig, "GEMINI_API_KEY", "GOOGLE_API_KEY")
    await speaks(GeminiCredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(GeminiCredential(api_key="AIza-sandbox", base_url=box.url), case)
