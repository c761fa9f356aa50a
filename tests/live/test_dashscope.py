"""One short sentence through each DashScope class and wire.

`pytest -m live` with DASHSCOPE_API_KEY (and DASHSCOPE_API_REGION) in the environment asks the service itself. What
passes there may say so: `VERIFIED_LIVE` in providers/dashscope/wire. Without the mark the sandbox stands in for it.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    TTSModelBase,
)

TEXT = "Hello, 你好。"
Case = tuple[type[TTSModelBase[Any]], str, dict[str, Any]]
CASES: dict[str, Case] = {
    "speech": (DashScopeTTSModel, "qwen3-tts-flash", {}),
    "realtime": (DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", {}),
    "realtime-commit": (DashScopeRealtimeTTSModel, "qwen3-tts-flash-realtime", {"mode": "commit"}),
    "tasks": (DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash", {}),
    "tasks-whole": (DashScopeCosyVoiceTTSModel, "cosyvoice-v3-flash", {}),
    "tasks-sambert": (DashScopeCosyVoiceTTSModel, "sambert-zhichu-v1", {}),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


async def speaks(credential: DashScopeCredential, case: Case) -> None:
    """Audio, what it cost, and an end."""
    cls, name, parameters = case
    async with Transport() as transport:
        model = cls(credential, name, parameters, transport=transport)
        parts = [part async for part in model.synthesize(TEXT)]
    assert sum(len(part.audio) for part in parts) > 1000
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    usage = parts[-1].usage
    assert usage is not None
    assert usage.characters or usage.output_tokens


@pytest.mark.live
@every_case
async def test_the_service(case: Case, pytestconfig: pytest.Config) -> None:
    if pytestconfig.option.markexpr.strip() != "live":
        pytest.skip("`-m live` asks for it")  # another `-m` lets it in, and it bills
    if not os.environ.get("DASHSCOPE_API_KEY"):
        pytest.skip("set DASHSCOPE_API_KEY (and DASHSCOPE_API_REGION) to speak with the service; it bills a sentence")
    await speaks(DashScopeCredential.from_env(), case)


@every_case
async def test_the_sandbox_in_its_place(case: Case) -> None:
    async with Sandbox() as box:
        await speaks(DashScopeCredential(api_key="sk-sandbox", base_url=box.url), case)
