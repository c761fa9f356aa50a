"""Frames that were not written here; each group says where from and when.

Only ids and base64 are shortened. Both sides have to understand them.
"""

from __future__ import annotations

# Sent by google-genai 3.4.0 (Python 3.11) to a local server, 2026-11-21.
SDK_SINGLE = (
    '{"contents": [{"parts": [{"text": "Say hi"}], "role": "user"}], "generationConfig": {"temperature": 0.5, '
    '"seed": 1, "responseModalities": ["AUDIO"], "speechConfig": {"voice_config": {"prebuilt_voice_config": '
    '{"voice_name": "Kore"}}, "language_code": "en-US"}}}'
)
SDK_TWO = (
    '{"contents": [{"parts": [{"text": "Joe: Are you there?\\nJane: I am."}], "role": "user"}], "generationConfig": '
    '{"responseModalities": ["AUDIO"], "speechConfig": {"multi_speaker_voice_config": {"speaker_voice_configs": ['
    '{"speaker": "Joe", "voice_config": {"prebuilt_voice_config": {"voice_name": "Puck"}}}, '
    '{"speaker": "Jane", "voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}}]}}}}'
)
SDK_VERBATIM = (
    '{"contents": [{"parts": [{"text": "Are you there?", "speechMetadata": {"speaker": "Joe", "style": "calm"}}, '
    '{"text": "I am.", "speechMetadata": {"speaker": "Jane", "style": "calm"}}], "role": "user"}], "generationConfig": '
    '{"responseModalities": ["AUDIO"], "speechConfig": {"multi_speaker_voice_config": {"speaker_voice_configs": ['
    '{"speaker": "Joe", "voice_config": {"voice": "Puck"}}, {"speaker": "Jane", "voice_config": {"voice": "Kore"}}]}}, '
    '"responseFormat": {"audio": {"mimeType": "AUDIO_L16"}}}}'
)

# Guide to speech generation of the Gemini API (ai.google.dev/gemini-api/docs/speech-generation), REST, 2025-05 and
# its migration guide of 2026-09: both spellings.
DOCS_SINGLE = """{
  "contents": [{"parts": [{"text": "Say cheerfully: Have a wonderful day!"}]}],
  "generationConfig": {
    "responseModalities": ["AUDIO"],
    "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
  }
}"""
DOCS_VERBATIM = """{
  "contents": [{"role": "user", "parts": [
    {"text": "OK, so... uhm, tell me about this AI thing.", "speech_metadata": {"style": "curious"}}
  ]}],
  "generationConfig": {
    "response_modalities": ["AUDIO"],
    "speech_config": {"language_code": "en-US", "voice_config": {"voice": "Kore"}}
  }
}"""

# An answer as google-genai 3.4.0 takes it, and the MIME types that were reported: of 2.5 (php client issue 115,
# 2025-06-02), of 3.1 (home-assistant/core issue 169016, 2026-04-23).
ANSWER_25 = (
    '{"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": '
    '"AAABAAIA"}}], "role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 5, '
    '"candidatesTokenCount": 40, "totalTokenCount": 45, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": '
    '5}], "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}]}, "modelVersion": '
    '"gemini-2.5-flash-preview-tts", "responseId": "qL3f"}'
)
STREAM_31 = (
    'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/l16; rate=24000; channels=1",'
    '"data": "AAABAAIA"}}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 5,"totalTokenCount": 5},'
    '"modelVersion": "gemini-3.1-flash-tts-preview","responseId": "qL3f"}\r\n\r\n'
    'data: {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "audio/l16; rate=24000; channels=1",'
    '"data": "AwAEAA=="}}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {'
    '"promptTokenCount": 5,"candidatesTokenCount": 40,"totalTokenCount": 45},"modelVersion": '
    '"gemini-3.1-flash-tts-preview","responseId": "qL3f"}\r\n\r\n'
)
# google-gemini/cookbook issue 1231, 2026-05-17: 200, no audio, and billed.
NO_AUDIO = (
    '{"candidates": [{"content": {}, "finishReason": "OTHER", "index": 0}], '
    '"usageMetadata": {"promptTokenCount": 713, "candidatesTokenCount": 5516}}'
)

# Refusals of generativelanguage.googleapis.com as people's issues quote them, 2024 to 2026.
WRONG_KEY = """{
  "error": {
    "code": 400,
    "message": "API key not valid. Please pass a valid API key.",
    "status": "INVALID_ARGUMENT",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"}
      }
    ]
  }
}
"""
THROTTLED = """{
  "error": {
    "code": 429,
    "message": "You exceeded your current quota, please check your plan and billing details.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [
      {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
      {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "57.238747106s"}
    ]
  }
}
"""
SPENT = """{
  "error": {
    "code": 429,
    "message": "You exceeded your current quota, please check your plan and billing details.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]
      },
      {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "42s"}
    ]
  }
}
"""
NO_TRANSCRIPT = (
    '{"error": {"code": 400, "message": "Model tried to generate text, but it should only be used for TTS. Make sure '
    'your instructions are clear to only generate audio from a given text transcript.", "status": "INVALID_ARGUMENT"}}'
)
