"""LiveKit Inference with two of its providers; the secret comes from LIVEKIT_API_SECRET."""

from __future__ import annotations

import pytest

from modeldeck.credential import LiveKitCredential
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.emulators.livekit.models import secret_of
from modeldeck.tts import LiveKitTTSModel
from tests.live.speaking import Case, only_when_asked, speaks

KEY = "APIsandbox"
CASES = {
    "cartesia": Case(LiveKitTTSModel, "cartesia/sonic-3", counted=False),
    "cartesia-words": Case(LiveKitTTSModel, "cartesia/sonic-3", {"add_timestamps": True}, counted=False),
    "inworld": Case(LiveKitTTSModel, "inworld/inworld-tts-2", counted=False),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    only_when_asked(pytestconfig, "LIVEKIT_INFERENCE_API_KEY", "LIVEKIT_API_KEY")
    await speaks(LiveKitCredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(LiveKitCredential(api_key=KEY, api_secret=secret_of(KEY) or "", base_url=box.url), case)
