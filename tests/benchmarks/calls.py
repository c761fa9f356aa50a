"""What every side of a comparison asks of a provider; of the standard library alone, as official SDKs read it too."""

from __future__ import annotations

TEXT = "The lamp above the harbour wall had been lit for an hour."
# A language model writes it, a character every `PACE` seconds.
TOKENS = list("你好。今天天气很好，我们去公园吧！好的，再见。")
PACE = 0.01  # seconds

OPENAI_KEY = "sk-benchmark"
OPENAI_SPEECH = {"model": "gpt-4o-mini-tts", "voice": "alloy", "response_format": "pcm"}
OPENAI_REALTIME = "gpt-realtime-2.1-mini"
OPENAI_FORMAT = {"type": "audio/pcm", "rate": 24000}
OPENAI_SESSION = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "instructions": "Say exactly what you are given.",
    "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin", "format": OPENAI_FORMAT}},
}
OPENAI_RESPONSE = {
    "conversation": "none",
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}],
}

GEMINI_KEY = "AIza-benchmark"
GEMINI_MODEL = "gemini-3.8-flash-tts"
GEMINI_VOICE = "Kore"

AZURE_KEY = "0123456789abcdef0123456789abcdef"
AZURE_VOICE = "en-US-AvaMultilingualNeural"
AZURE_FORMAT = "raw-24khz-16bit-mono-pcm"

LIVEKIT_KEY = "API-benchmark"
LIVEKIT_SECRET = "API-benchmark-secret-of-the-sandbox"
LIVEKIT_MODEL = "cartesia/sonic-3"
LIVEKIT_VOICE = "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"
