"""Each Azure Speech class and wire; AZURE_SPEECH_REGION or AZURE_SPEECH_ENDPOINT says where the key works."""

from __future__ import annotations

import pytest

from modeldeck.credential import AzureCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel, AzureTTSModel
from tests.live.speaking import Case, only_when_asked, speaks

CASES = {
    "websocket": Case(AzureTTSModel, "neural", counted=False),
    "rest": Case(AzureTTSModel, "neural", {"wire": "rest"}, counted=False),
    "file": Case(AzureTTSModel, "neural", {"format": "audio-24khz-48kbitrate-mono-mp3"}, counted=False),
    "realtime": Case(AzureRealtimeTTSModel, "neural-realtime", counted=False),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    only_when_asked(pytestconfig, "AZURE_SPEECH_KEY", "SPEECH_KEY", "AZURE_KEY")
    await speaks(AzureCredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(AzureCredential(api_key="azure-sandbox", base_url=box.url), case)
