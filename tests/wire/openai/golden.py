"""Frames that were not written here; each group says where from and when.

Only ids and base64 are shortened. Both sides have to understand them.
"""

from __future__ import annotations

# Sent by the openai SDK 3.52.0 (Python 3.11) to a local server, 2026-11-21.
SDK_SPEECH = (
    '{"model":"gpt-4o-mini-tts","input":"Hello 世界","voice":"alloy","instructions":"calm","response_format":"pcm",'
    '"speed":1.25,"stream_format":"audio"}'
)
SDK_OWN_VOICE = '{"model":"gpt-4o-mini-tts","input":"Hello","voice":{"id":"voice_1234"},"response_format":"pcm"}'
SDK_UPDATE = (
    '{"type": "session.update", "session": {"type": "realtime", "output_modalities": ["audio"], '
    '"instructions": "Repeat verbatim.", "audio": {"input": {"turn_detection": null}, '
    '"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar", "speed": 1.25}}, '
    '"reasoning": {"effort": "minimal"}}}'
)
SDK_CREATE = (
    '{"type": "response.create", "response": {"conversation": "none", "input": [{"type": "message", "role": "user", '
    '"content": [{"type": "input_text", "text": "\\u5e8a\\u524d\\u660e\\u6708\\u5149\\u3002It shines!"}]}]}}'
)
SDK_CANCEL = '{"type": "response.cancel", "response_id": "resp_156f"}'

# https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event, as OpenAI's generated clients have
# it (their OpenAPI specification), 2026-11-21.
EVENTS = (
    'data: {"type":"speech.audio.delta","audio":"AAABAAIA"}\n\n'
    'data: {"type":"speech.audio.delta","audio":"AwAEAA=="}\n\n'
    'data: {"type":"speech.audio.done","usage":{"input_tokens":14,"output_tokens":101,"total_tokens":115}}\n\n'
)
# vLLM-Omni and Speaches, as their sources write them, 2026-11-21.
EVENTS_VLLM = (
    'event: speech.audio.delta\ndata: {"type":"speech.audio.delta","audio":"AAABAAIA","response_format":"pcm"}\n\n'
    'event: speech.audio.delta\ndata: {"type":"speech.audio.delta","audio":"AwAEAA==","response_format":"pcm"}\n\n'
    'event: speech.audio.done\ndata: {"type":"speech.audio.done","usage":null}\n\ndata: [DONE]\n\n'
)
EVENTS_SPEACHES = (
    'data: {"type":"speech.audio.delta","audio":"AAABAAIA"}\n\ndata: {"type":"speech.audio.delta","audio":"AwAEAA=="}'
    '\n\ndata: {"type":"speech.audio.done","token_usage":{"input_tokens":14,"output_tokens":101,"total_tokens":115}}'
    "\n\n"
)

# A live Realtime session with audio, as recorded by others in 2026-01 (gpt-realtime), and the frames around it from
# a live session of 2026-09 (gpt-realtime-mini).
LIVE = {
    "session.created": '{"type":"session.created","event_id":"event_1","session":{"type":"realtime","object":'
    '"realtime.session","id":"sess_fake","expires_at":1789728574,"audio":{"input":{"format":{"type":"audio/pcm",'
    '"rate":24000},"transcription":null,"noise_reduction":null,"turn_detection":{"type":"server_vad"}},"output":'
    '{"format":{"type":"audio/pcm","rate":24000},"voice":"alloy","speed":1.0}}}}',
    "session.updated": '{"type":"session.updated","event_id":"event_2","session":{"type":"realtime","id":"sess_fake",'
    '"audio":{"output":{"format":{"type":"audio/pcm","rate":24000},"voice":"cedar","speed":1.25}}}}',
    "response.created": '{"type":"response.created","event_id":"event_Ct1O","response":{"object":"realtime.response",'
    '"id":"resp_Ct1O","status":"in_progress","status_details":null,"output":[],"conversation_id":"conv_Ct1O",'
    '"output_modalities":["audio"],"max_output_tokens":"inf","audio":{"output":{"format":{"type":"audio/pcm","rate":'
    '24000},"voice":"alloy"}},"usage":null,"metadata":null}}',
    "response.output_item.added": '{"type":"response.output_item.added","event_id":"event_Ct1P","response_id":'
    '"resp_Ct1O","output_index":0,"item":{"id":"item_Ct1O","type":"message","status":"in_progress","role":'
    '"assistant","content":[]}}',
    "conversation.item.added": '{"type":"conversation.item.added","event_id":"event_Ct1Q","previous_item_id":'
    '"item_Ct1N","item":{"id":"item_Ct1O","type":"message","status":"in_progress","role":"assistant","content":[]}}',
    "response.content_part.added": '{"type":"response.content_part.added","event_id":"event_Ct1R","response_id":'
    '"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0,"part":{"type":"audio","transcript":""}}',
    "response.output_audio_transcript.delta": '{"type":"response.output_audio_transcript.delta","event_id":'
    '"event_Ct1S","response_id":"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0,"delta":"The",'
    '"obfuscation":"LBqdwEYsSEHbF"}',
    "response.output_audio.delta": '{"type":"response.output_audio.delta","event_id":"event_1","response_id":'
    '"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0,"delta":"AAABAAIA"}',
    "response.output_audio.done": '{"type":"response.output_audio.done","event_id":"event_2","response_id":'
    '"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0}',
    "response.output_audio_transcript.done": '{"type":"response.output_audio_transcript.done","event_id":"event_CsZy",'
    '"response_id":"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0,"transcript":"The highest"}',
    "response.content_part.done": '{"type":"response.content_part.done","event_id":"event_Ct1T","response_id":'
    '"resp_Ct1O","item_id":"item_Ct1O","output_index":0,"content_index":0,"part":{"type":"audio","transcript":'
    '"The highest"}}',
    "response.output_item.done": '{"type":"response.output_item.done","event_id":"event_3","response_id":"resp_Ct1O",'
    '"output_index":0,"item":{"id":"item_Ct1O","type":"message","status":"completed","role":"assistant","content":'
    '[{"type":"output_audio","transcript":"The highest"}]}}',
    "response.done": '{"type":"response.done","event_id":"event_4","response":{"object":"realtime.response","id":'
    '"resp_Ct1O","status":"completed","status_details":null,"output":[],"conversation_id":null,"output_modalities":'
    '["audio"],"max_output_tokens":"inf","usage":{"total_tokens":127,"input_tokens":120,"output_tokens":7,'
    '"input_token_details":{"text_tokens":120,"audio_tokens":0,"image_tokens":0,"cached_tokens":64},'
    '"output_token_details":{"text_tokens":7,"audio_tokens":0}},"metadata":null}}',
    "rate_limits.updated": '{"type":"rate_limits.updated","event_id":"event_Ct1U","rate_limits":[{"name":"tokens",'
    '"limit":40000,"remaining":38490,"reset_seconds":2.265}]}',
}
# Live refusals: Realtime of 2026-09, issues of openai-agents-python (2025-08) and livekit-agents (2024-11).
LIVE_ERRORS = {
    "invalid_api_key": '{"type":"error","event_id":"event_1","error":{"type":"invalid_request_error","code":'
    '"invalid_api_key","message":"Incorrect API key provided: sk-fake***AAAA. You can find your API key at '
    'https://platform.openai.com/account/api-keys.","param":null,"event_id":null}}',
    "invalid_model": '{"type":"error","event_id":"event_1","error":{"type":"invalid_request_error","code":'
    '"invalid_model","message":"Model \\"gpt-nope\\" is not supported in realtime mode.","param":null,'
    '"event_id":null}}',
    "unknown_parameter": '{"type":"error","event_id":"event_1","error":{"type":"invalid_request_error","code":'
    '"unknown_parameter","message":"Unknown parameter: \'session.bogus_field\'.","param":"session.bogus_field",'
    '"event_id":null}}',
    "conversation_already_has_active_response": '{"type":"error","event_id":"event_1","error":{"type":'
    '"invalid_request_error","code":"conversation_already_has_active_response","message":"Conversation already has '
    "an active response in progress: resp_C4IH. Wait until the response is finished before creating a new one."
    '","param":null,"event_id":null}}',
    "session_expired": '{"type":"error","event_id":"event_AGva","error":{"type":"invalid_request_error","code":'
    '"session_expired","message":"Your session hit the maximum duration of 60 minutes.","param":null,'
    '"event_id":null}}',
    "response_cancel_not_active": '{"type":"error","event_id":"event_1","error":{"type":"invalid_request_error",'
    '"code":"response_cancel_not_active","message":"Cancellation failed: no active response found","param":null,'
    '"event_id":null}}',
}
# The order of a response's events in those sessions; only in a conversation are its items told too.
ORDER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]
