"""Each OpenAI class and wire."""

from __future__ import annotations

import pytest

from modeldeck.credential import OpenAICredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import OpenAIRealtimeTTSModel, OpenAITTSModel
from tests.live.speaking import Case, only_when_asked, speaks

CASES = {
    "file": Case(OpenAITTSModel, "gpt-4o-mini-tts", counted=False),
    "samples": Case(OpenAITTSModel, "tts-1", {"response_format": "pcm"}, counted=False),
    "events": Case(OpenAITTSModel, "gpt-4o-mini-tts", {"stream_format": "sse"}),
    "realtime": Case(OpenAIRealtimeTTSModel, "gpt-realtime-2.1-mini"),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    only_when_asked(pytestconfig, "OPENAI_API_KEY")
    await speaks(OpenAICredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(OpenAICredential(api_key="sk-sandbox", base_url=box.url), case)
