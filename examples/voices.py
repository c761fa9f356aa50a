"""Who could say it, who sounds alike elsewhere, and what it would cost: nothing here needs a key or is billed."""

from __future__ import annotations

from modeldeck.credential import DashScopeCredential
from modeldeck.tts import find_voices, similar_voices, tts_model

TEXT = "早晨，你好！"


def main() -> None:
    found = find_voices(language="zh-HK", gender="female", realtime=True)
    for one in found[:3]:
        print(f"{one.reference}: {one.voice.label}; {', '.join(one.why)}")

    for alike in similar_voices(found[0], provider="dashscope", limit=3):
        print(alike)  # says what is equal and what differs; the choice is yours

    tts = tts_model("dashscope/qwen3-tts-flash:Kiki", credential=DashScopeCredential(api_key="sk-none"))
    near = tts.estimate(TEXT)
    print(f"{near.characters} characters, {near.cost} {near.currency}" if near.cost is not None else near.why)


if __name__ == "__main__":
    main()
