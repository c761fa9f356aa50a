"""Frames that were not written here; each group says where from and when.

Only ids and base64 are shortened. Both sides have to understand them.
"""

from __future__ import annotations

import json

# Sent by the dashscope SDK 2.0.2 (Python 3.11) to a local server, 2026-11-21.
SDK_HTTP = (
    '{"model":"qwen3-tts-flash","parameters":{},"input":{"text":"你好","voice":"Cherry","language_type":"Chinese"}}'
)
SDK_REALTIME_DEFAULTS = (
    '{"event_id":"event_0654","type":"session.update",'
    '"session":{"voice":"Cherry","mode":"server_commit","response_format":"pcm","sample_rate":24000}}'
)
SDK_REALTIME_ALL = (
    '{"event_id":"event_d9d3","type":"session.update","session":{"voice":"Cherry","mode":"commit",'
    '"response_format":"opus","sample_rate":48000,"volume":60,"speech_rate":1.2,"pitch_rate":0.9,"bit_rate":128,'
    '"enable_tn":true,"language_type":"Chinese","instructions":"calm","optimize_instructions":true,"foo":"bar"}}'
)
SDK_REALTIME = {
    "append": '{"event_id":"event_1","type":"input_text_buffer.append","text":"\\u4f60\\u597d"}',
    "clear": '{"event_id":"event_2","type":"input_text_buffer.clear"}',
    "commit": '{"event_id":"event_3","type":"input_text_buffer.commit"}',
    "cancel": '{"event_id":"event_4","type":"response.cancel"}',
    "finish": '{"event_id":"event_5","type":"session.finish"}',
}
_TASK = '"model":"cosyvoice-v3-flash","task_group":"audio","task":"tts","function":"SpeechSynthesizer"'
SDK_RUN = (
    '{"header":{"action":"run-task","task_id":"bdbb","streaming":"duplex"},"payload":{' + _TASK + ',"input":{},'
    '"parameters":{"voice":"longanyang","volume":60,"text_type":"PlainText","sample_rate":24000,"rate":1.1,'
    '"format":"opus","pitch":0.9,"seed":7,"type":0,"bit_rate":32,"word_timestamp_enabled":true,'
    '"enable_aigc_tag":false,"hot_fix":{"pronunciation":[{"天气":"tian1 qi4"}]},'
    '"instruction":"你说话的情感是happy。","language_hints":["zh"]}}}'
)
SDK_RUN_DEFAULTS = (
    '{"header":{"action":"run-task","task_id":"bdbb","streaming":"duplex"},"payload":{' + _TASK + ',"input":{},'
    '"parameters":{"voice":"longanyang","volume":50,"text_type":"PlainText","sample_rate":0,"rate":1.0,'
    '"format":"Default","pitch":1.0,"seed":0,"type":0,"enable_ssml":true}}}'
)
SDK_TASK = {
    "text": '{"header":{"action":"continue-task","task_id":"bdbb","streaming":"duplex"},'
    '"payload":{' + _TASK + ',"input":{"text":"今天"}}}',
    "flush": '{"header":{"action":"continue-task","task_id":"bdbb","streaming":"duplex"},'
    '"payload":{' + _TASK + ',"input":{"flush":true}}}',
    "finish": '{"header":{"action":"finish-task","task_id":"bdbb","streaming":"duplex"},"payload":{"input":{}}}',
    "cancel": '{"header":{"action":"finish-task","task_id":"bdbb","streaming":"duplex"},'
    '"payload":{"input":{"directive":"cancel"}}}',
}
SDK_SAMBERT = (
    '{"header":{"action":"run-task","task_id":"bdbb","streaming":"out"},"payload":{"task_group":"audio",'
    '"task":"tts","function":"SpeechSynthesizer","model":"sambert-zhichu-v1","parameters":{"text_type":"PlainText",'
    '"format":"wav","sample_rate":16000,"volume":50,"rate":1.0,"pitch":1.0,"word_timestamp_enabled":true,'
    '"phoneme_timestamp_enabled":true},"input":{"text":"你好"}}}'
)

# Documents of Alibaba Cloud Model Studio ("Qwen-TTS API", its realtime server events, "CosyVoice server events"),
# snapshot of 2026-05-30.
_SESSION = '"model":"qwen3-tts-flash-realtime","voice":"Cherry","response_format":"pcm","sample_rate":24000'
DOC_REALTIME = {
    "session.created": '{"event_id":"event_x","type":"session.created","session":{"object":"realtime.session",'
    '"mode":"server_commit",' + _SESSION + ',"id":"sess_x"}}',
    "session.updated": '{"event_id":"event_x","type":"session.updated","session":{"id":"sess_x",'
    '"object":"realtime.session","language_type":"Chinese","mode":"commit",' + _SESSION + "}}",
    "committed": '{"event_id":"event_x","type":"input_text_buffer.committed","item_id":""}',
    "cleared": '{"event_id":"event_x","type":"input_text_buffer.cleared"}',
    "response.created": '{"event_id":"event_x","type":"response.created","response":{"id":"resp_x",'
    '"object":"realtime.response","conversation_id":"","status":"in_progress","voice":"Cherry","output":[]}}',
    "item.added": '{"event_id":"event_x","type":"response.output_item.added","response_id":"resp_x",'
    '"output_index":0,"item":{"id":"item_x","object":"realtime.item","type":"message","status":"in_progress",'
    '"role":"assistant","content":[]}}',
    "part.added": '{"event_id":"event_x","type":"response.content_part.added","response_id":"resp_x",'
    '"item_id":"item_x","output_index":0,"content_index":0,"part":{"type":"audio","text":""}}',
    "delta": '{"event_id":"event_x","type":"response.audio.delta","response_id":"resp_x","item_id":"item_x",'
    '"output_index":0,"content_index":0,"delta":"AAABAAIA"}',
    "audio.done": '{"event_id":"event_x","type":"response.audio.done","response_id":"resp_x","item_id":"item_x",'
    '"output_index":0,"content_index":0}',
    "part.done": '{"event_id":"event_x","type":"response.content_part.done","response_id":"resp_x",'
    '"item_id":"item_x","output_index":0,"content_index":0,"part":{"type":"audio","text":""}}',
    "item.done": '{"event_id":"event_x","type":"response.output_item.done","response_id":"resp_x","output_index":0,'
    '"item":{"id":"item_x","object":"realtime.item","type":"message","status":"completed","role":"assistant",'
    '"content":[{"type":"audio","text":""}]}}',
    "response.done": '{"event_id":"event_x","type":"response.done","response":{"id":"resp_x",'
    '"object":"realtime.response","conversation_id":"","status":"completed","modalities":["text","audio"],'
    '"voice":"Cherry","output":[{"id":"item_x","object":"realtime.item","type":"message","status":"completed",'
    '"role":"assistant","content":[{"type":"audio","transcript":""}]}],"usage":{"characters":25}}}',
    "session.finished": '{"event_id":"event_x","type":"session.finished"}',
    "error": '{"event_id":"event_x","type":"error","error":{"code":"invalid_value","message":"Session update error: '
    'session already started or finished or failed."}}',
}
DOC_LEGACY_USAGE = {
    "total_tokens": 67,
    "input_tokens": 3,
    "output_tokens": 64,
    "input_tokens_details": {"text_tokens": 3},
    "output_tokens_details": {"text_tokens": 0, "audio_tokens": 64},
}
_HEAD = '{"header":{"task_id":"bdbb","event":'
DOC_TASK = {
    "started": _HEAD + '"task-started","attributes":{}},"payload":{}}',
    "begin": _HEAD + '"result-generated","attributes":{}},"payload":{"output":{"sentence":{"index":0,"words":[]},'
    '"type":"sentence-begin","original_text":"床前明月光，"}}}',
    "synthesis": _HEAD + '"result-generated","attributes":{}},"payload":{"output":{"sentence":{"index":0,'
    '"words":[]},"type":"sentence-synthesis"}}}',
    "end": _HEAD + '"result-generated","attributes":{}},"payload":{"output":{"sentence":{"index":0,"words":[{'
    '"text":"床","begin_index":0,"end_index":1,"begin_time":0,"end_time":263}]},"type":"sentence-end",'
    '"original_text":"床前明月光，"},"usage":{"characters":6}}}',
    "finished": _HEAD + '"task-finished","attributes":{"request_uuid":"0a9dba9e"}},'
    '"payload":{"usage":{"characters":13}}}',
    "failed": _HEAD + '"task-failed","error_code":"InvalidParameter","error_message":'
    '"[tts:]Engine return error code: 418","attributes":{}},"payload":{}}',
}

# Recorded from the service, 2024 and 2025 (test data of github.com/cnblogs/dashscope-sdk).
RECORDED_OLD_RESULT = (
    '{"header":{"task_id":"bdbb","event":"result-generated","attributes":{"request_uuid":"1","x-ds-batch-queue-'
    'length":"0"}},"payload":{"output":{"sentence":{"words":[]}}}}'
)
RECORDED_OLD_FINISHED = (
    '{"header":{"task_id":"bdbb","event":"task-finished","attributes":{}},"payload":{"output":{"sentence":'
    '{"words":[]}},"usage":{"characters":12}}}'
)
RECORDED_ERROR = (
    'id:1\nevent:error\n:HTTP_STATUS/400\ndata:{"code":"InvalidParameter","message":"Role must be user or assistant '
    'and Content length must be greater than 0","request_id":"7671"}\n'
)
# Framing as recorded, contents as documented.
STREAM = (
    'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"text":null,"finish_reason":"null","choices":null,'
    '"audio":{"data":"AAABAAIA","url":"","id":"audio_5c63","expires_at":1766113409}},"usage":{"input_tokens":0,'
    '"output_tokens":0,"characters":2},"request_id":"5c63"}\n\n'
    'id:2\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"text":"月","finish_reason":"null","choices":null,'
    '"audio":{"data":"AwAEAA==","url":"","id":"audio_5c63","expires_at":1766113409}},"usage":null,'
    '"request_id":"5c63"}\n\n'
    'id:3\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"text":null,"finish_reason":"stop","choices":null,'
    '"audio":{"data":"","url":"http://oss.example/39b6.wav","id":"audio_5c63","expires_at":1766113409}},'
    '"usage":{"input_tokens":0,"output_tokens":0,"characters":195},"request_id":"5c63"}\n\n'
)
WHOLE = (
    '{"request_id":"5c63","output":{"text":null,"finish_reason":"stop","choices":null,"audio":{"data":"",'
    '"url":"http://oss.example/39b6.wav","id":"audio_5c63","expires_at":1766113409}},'
    '"usage":{"input_tokens":0,"output_tokens":0,"characters":195}}'
)


def same(frame: str, golden: str) -> bool:
    """Equal up to ids and spacing, the order of keys included."""
    return _known(frame) == _known(golden)


def _known(frame: str) -> str:
    value = json.loads(frame)
    value.pop("event_id", None)
    value.get("header", {}).pop("task_id", None)
    return json.dumps(value)
