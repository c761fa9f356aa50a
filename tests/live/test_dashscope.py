"""Each DashScope class and wire; DASHSCOPE_API_REGION says where the key was made."""

from __future__ import annotations

import pytest

from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
)
from tests.live.speaking import Case, only_when_asked, speaks

CASES = {
    "speech": Case(DashScopeTTSModel, "qwen3-tts-flash"),
    "realtime": Case(DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime"),
    "realtime-commit": Case(DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", {"mode": "commit"}),
    "tasks": Case(DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash"),
    "tasks-whole": Case(DashScopeCosyVoiceTTSModel, "cosyvoice-v3-flash"),
    "tasks-sambert": Case(DashScopeCosyVoiceTTSModel, "sambert-zhichu-v1"),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    only_when_asked(pytestconfig, "DASHSCOPE_API_KEY")
    await speaks(DashScopeCredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(DashScopeCredential(api_key="sk-sandbox", base_url=box.url), case)
