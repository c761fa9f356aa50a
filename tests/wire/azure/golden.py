"""Messages that were not written here; each group says where from and when.

Only ids, host names and measurements are shortened. Both sides have to understand them.
"""

from __future__ import annotations

TURN = "0434d618e50a47c399366dc49c56f71e"
_TIME = "X-Timestamp:2026-11-21T08:13:13.304Z\r\n"
_OPTIONS = (
    '"metadataOptions":{"visemeEnabled":false,"bookmarkEnabled":false,"wordBoundaryEnabled":%s,'
    '"punctuationBoundaryEnabled":%s,"sentenceBoundaryEnabled":false,"sessionEndEnabled":true}'
)
_AUDIO = '{"synthesis":{"audio":{"outputFormat":"raw-24khz-16bit-mono-pcm",' + _OPTIONS + '},"language":'

# Sent by azure-cognitiveservices-speech 1.53.0 (Python 3.11, Linux x86_64) to a local server, 2026-11-21.
SDK_CONFIG = (
    _TIME + "Path:speech.config\r\n\r\n"
    '{"context":{"system":{"version":"1.53.0","name":"SpeechSDK","build":"Linux-x64"},'
    '"os":{"platform":"Linux","name":"Linux","version":"6.18"}}}'
)
SDK_CONTEXT = (
    f"{_TIME}Path:synthesis.context\r\nX-RequestId:{TURN}\r\n\r\n"
    + _AUDIO % ("false", "false")
    + '{"autoDetection":false}}}'
)
SDK_CONTEXT_WORDS = (
    f"{_TIME}Path:synthesis.context\r\nX-RequestId:{TURN}\r\n\r\n"
    + _AUDIO % ("true", "true")
    + '{"autoDetection":false}}}'
)
SDK_DOCUMENT = (
    "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='http://www.w3.org/2001/mstts' "
    "xmlns:emo='http://www.w3.org/2009/10/emotionml' xml:lang='en-US'><voice name='en-US-AvaMultilingualNeural'>"
    "床前明月光。It shines &lt;twice&gt; &amp; more!</voice></speak>"
)
SDK_TEXT = "床前明月光。It shines <twice> & more!"
SDK_SSML = f"{_TIME}Path:ssml\r\nContent-Type:application/ssml+xml\r\nX-RequestId:{TURN}\r\n\r\n{SDK_DOCUMENT}"
SDK_STREAM = [
    f"{_TIME}Path:synthesis.context\r\nX-RequestId:{TURN}\r\n\r\n"
    + _AUDIO % ("false", "false")
    + '{"autoDetection":false},"input":{"bidirectionalStreamingMode":true,"voiceName":"en-US-AvaMultilingualNeural",'
    '"language":"","pitch":"+2st","rate":"1.2","volume":"50","style":"cheerful",'
    '"customLexiconUrl":"https://example.com/lexicon.xml","preferLocales":"en-US,fr-FR"}}}',
    f"{_TIME}Path:text.piece\r\nContent-Type:text/plain\r\nX-RequestId:{TURN}\r\n\r\nHello ",
    f"{_TIME}Path:text.piece\r\nContent-Type:text/plain\r\nX-RequestId:{TURN}\r\n\r\nthere. How <b>",
    f"{_TIME}Path:text.end\r\nContent-Type:text/plain\r\nX-RequestId:{TURN}\r\n\r\n",
]
SDK_TELEMETRY = (
    f"{_TIME}Path:telemetry\r\nContent-Type:application/json; charset=utf-8\r\nX-RequestId:{TURN}\r\n\r\n"
    '{"ReceivedMessages":[{"turn.start":["2026-11-21T08:13:13.313Z"]},{"turn.end":["2026-11-21T08:13:13.315Z"]}]}'
)

# What the JavaScript SDK 1.51 (github.com/microsoft/cognitive-services-speech-sdk-js, 2026-07-13) and the Python SDK
# take for a whole turn, tried on both, 2026-11-21.
_JSON = "Content-Type:application/json; charset=utf-8\r\n"
_HEAD = f"X-RequestId:{TURN}\r\n{_JSON}Path:"
PCM = bytes(range(16))


def _binary(lines: str, data: bytes) -> bytes:
    return len(lines).to_bytes(2, "big") + lines.encode() + data


_STREAM = f"X-RequestId:{TURN}\r\nContent-Type:audio/x-wav\r\nX-StreamId:5A3C\r\nPath:audio\r\n"
SERVICE_TURN: list[str | bytes] = [
    _HEAD + 'turn.start\r\n\r\n{"context":{"serviceTag":"7f2b"}}',
    _HEAD + 'response\r\n\r\n{"context":{"serviceTag":"7f2b"},"audio":{"type":"inline","streamId":"5A3C"}}',
    _binary(_STREAM, PCM[:10]),
    _HEAD + 'audio.metadata\r\n\r\n{"Metadata":[{"Type":"WordBoundary","Data":{"Offset":500000,"Duration":2000000,'
    '"text":{"Text":"It","Length":2,"BoundaryType":"WordBoundary"}}}]}',
    _HEAD + 'audio.metadata\r\n\r\n{"Metadata":[{"Type":"Viseme","Data":{"Offset":500000,"VisemeId":4,'
    '"IsLastAnimation":true}}]}',
    _binary(_STREAM, PCM[10:]),
    _binary(_STREAM, b""),
    _HEAD + 'audio.metadata\r\n\r\n{"Metadata":[{"Type":"SessionEnd","Data":{"Offset":2500000}}]}',
    _HEAD + "turn.end\r\n\r\n{}",
]
# The same with the JavaScript SDK's habits of writing: a space behind the colon, other letter cases.
SERVICE_TURN_OTHERWISE: list[str | bytes] = [
    frame.replace("X-RequestId:", "x-requestid: ").replace("Path:", "path: ").replace(TURN, TURN.upper())
    if isinstance(frame, str)
    else frame
    for frame in SERVICE_TURN
]
