"""Messages as livekit-agents 1.8.9 sent them and as it reads them, captured and read 2026-11-21."""

from __future__ import annotations

import json

TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJpbmZlcmVuY2UiOnsicGVyZm9ybSI6dHJ1ZX0sInN1YiI6ImFnZW50IiwiaXNzIjoiQVBJa2V5IiwibmJmIjoxNzk1MjQ4NzE5LCJleHAiOjE3"
    "OTUyNDkzMTl9.oWss0oh4XyYoQQ7BfodtEZM4YMghaUuMwLGU2v3eP8Q"
)
KEY, SECRET, ISSUED = "APIkey", "0123456789abcdef0123456789abcdef", 1795248719

CREATE = (
    '{"type":"session.create","sample_rate":"24000","encoding":"pcm_s16le",'
    '"extra":{"speed":"slow","add_timestamps":true},"voice":"9626c31c","model":"cartesia/sonic-3","language":"en",'
    '"fallback":{"models":[{"model":"inworld/inworld-tts-2","voice":"Ashley","extra":{}},'
    '{"model":"rime/coda","voice":"x","extra":{"speed_alpha":1.1}}]},"connection":{"timeout":10.0,"retries":3}}'
)
BARE_CREATE = '{"type":"session.create","sample_rate":"24000","encoding":"pcm_s16le","extra":{},"model":"cartesia"}'
TRANSCRIPT = (
    '{"type":"input_transcript","transcript":"Hello there, this is the first sentence. ",'
    '"generation_config":{"voice":"9626c31c","model":"cartesia/sonic-3","language":"en"},'
    '"extra":{"speed":"slow","add_timestamps":true}}'
)
FLUSH = '{"type":"session.flush"}'
# Before 1.3.11.
BARE_TRANSCRIPT = '{"type":"input_transcript","transcript":"\\u7b2c\\u4e00\\u53e5\\u8bdd\\u3002 "}'

# The gateway's, with the fields that its client reads.
CREATED = '{"type":"session.created","session_id":"s1"}'
AUDIO = '{"type":"output_audio","session_id":"s1","audio":"AAABAAIA"}'
WORDS = (
    '{"type":"output_alignment","session_id":"s1",'
    '"words":[{"word":"Hello","start":0.0,"end":0.3},{"word":"there,","start":0.36,"end":0.7}]}'
)
CHARS = (
    '{"type":"output_alignment","session_id":"s1","chars":[{"char":"H","start":0.0,"end":0.1},'
    '{"char":"i","start":0.1,"end":0.2},{"char":" ","start":0.2,"end":0.2},{"char":"你","start":0.3,"end":0.4},'
    '{"char":"好","start":0.4,"end":0.5},{"char":"。","start":0.5,"end":0.5},{"char":"Y","start":0.6,"end":0.7}]}'
)
DONE = '{"type":"done","session_id":"s1"}'
ERROR = '{"type":"error","session_id":"s1","code":429,"message":"slow down"}'
GATEWAY = [CREATED, AUDIO, WORDS, CHARS, DONE, ERROR]

# https://github.com/livekit/agents/pull/6012 (its test), read 2026-11-21.
NO_CREDITS = (
    b'{"type":"inference_quota_exceeded","error":"LLM token credit quota exceeded, category: MaxGatewayCredits, '
    b'remaining_limit: 0","hint":"Wait for the next billing cycle or upgrade your plan.","quota_type":"llm",'
    b'"category":"MaxGatewayCredits","remaining_limit":"0","free_tier":"false",'
    b'"documentation_url":"https://livekit.com/pricing"}'
)
TOO_FAST = (
    b'{"type":"inference_quota_exceeded","error":"LLM token/min rate limit exceeded, category: '
    b'MaxConcurrentGatewayLLMTpm, remaining_limit: 0","category":"MaxConcurrentGatewayLLMTpm"}'
)


def same(frame: str, golden: str) -> bool:
    """Equal up to spacing and escapes, the order of keys included."""
    return json.dumps(json.loads(frame)) == json.dumps(json.loads(golden))
