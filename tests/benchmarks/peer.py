"""AgentScope's side, run by the Python of its own environment: lists cards, builds a model, says the seconds in JSON.

`peer.py <folder with the folders of cards> <rounds>`
"""

from __future__ import annotations

import json
import sys
import time

from agentscope.credential import DashScopeCredential
from agentscope.tts import (
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    GeminiTTSModel,
    OpenAITTSModel,
    TTSModelCard,  # noqa: F401 - its import is not what is measured
)

CLASSES = {
    "qwen": DashScopeTTSModel,
    "qwen_realtime": DashScopeRealtimeTTSModel,
    "cosyvoice": DashScopeCosyVoiceTTSModel,
    "openai": OpenAITTSModel,
    "gemini": GeminiTTSModel,
}


def main(folder: str, rounds: int) -> None:
    cards, listings = 0, []
    for _ in range(rounds):
        start = time.perf_counter()
        cards = sum(len(cls.list_models(f"{folder}/{name}")) for name, cls in CLASSES.items())
        listings.append(time.perf_counter() - start)
    credential = DashScopeCredential(api_key="none")
    parameters = DashScopeTTSModel.Parameters(voice="Cherry")
    builds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(100):
            DashScopeTTSModel(credential, parameters=parameters)
        builds.append((time.perf_counter() - start) / 100)
    print(json.dumps({"cards": cards, "first": listings[0], "later": listings[1:], "builds": builds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
