from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from modeldeck.credential import LiveKitCredential
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.emulators import livekit


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(emulators={"livekit": livekit}) as sandbox:
        yield sandbox


@pytest.fixture
def credential(box: Sandbox) -> LiveKitCredential:
    environment = box.environment()
    return LiveKitCredential(
        api_key=environment["LIVEKIT_API_KEY"],
        api_secret=environment["LIVEKIT_API_SECRET"],
        base_url=environment["LIVEKIT_INFERENCE_URL"],
    )
