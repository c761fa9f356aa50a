"""How a fault is planted in a copy of examples/acme, and where."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.testing.mistakes import Planted

Change = tuple[str, str, str]


def fault(test: str, says: str, *changes: Change) -> Planted:
    return Planted(test, says, changes)


def wire(good: str, bad: str) -> Change:
    return "wire.py", good, bad


def method(code: str) -> Change:
    """One more method of the class that speaks over HTTP."""
    return "tts.py", ANSWER, f"{ANSWER}\n{indent(dedent(code).strip(), '    ')}\n"


def before_asking(code: str) -> Change:
    """Statements before its request is made."""
    return "tts.py", ASK, indent(dedent(code).strip(), " " * 8) + "\n" + ASK


def own_speak(code: str) -> Change:
    """The hook, overridden; `code` is done with each `event`."""
    body = indent(dedent(code).strip(), " " * 8)
    return method(f"async def _speak(self, request):\n    async for event in super()._speak(request):\n{body}\n")


def own_call(code: str) -> Change:
    """`synthesize`, overridden; `code` is done with each response, `part`, and `made(part, is_last=…)` is another."""
    return method(OWN_CALL.format(indent(dedent(code).strip(), " " * 12)))


ASK = "        json = body(request.model, request.text, request.parameters, request.extra)\n"
ANSWER = "        return SpeechAnswer(headers, request.on_event)\n"
OWN_CALL = """\
def synthesize(self, text=None, **kwargs):
    from modeldeck.tts import TTSResponse
    from modeldeck.tts.speech import Speech

    said = super().synthesize(text, **kwargs)

    def made(part, **changes):
        names = ("usage", "metadata", "is_last", "audio", "format", "samples", "offset", "first_audio")
        return TTSResponse(**({{name: getattr(part, name) for name in names}} | changes))

    async def increments():
        async for part in said:
{}

    return Speech(increments, stream=self.streaming)
"""
OWN_REQUEST = """\
async def synthesize(self, text=None, **kwargs):
    from modeldeck.kit import Audio
    from modeldeck.tts import TTSResponse

    request = self._request(text, kwargs)
    ask = self._ask(request)
    async with self.transport.exchange(ask.method, ask.url, headers=ask.headers, json=ask.json, connect=9) as response:
        answer = self._answer(request, response.headers)
        events = [event async for data in response.chunks() for event in answer.feed(data)]
    audio = b"".join(event.data for event in events if isinstance(event, Audio))
    return TTSResponse(audio=audio, format=FORMAT, samples=len(audio) // 2)
"""
INIT = "        self.ignored = 0\n        self._request_id = SERVICE.request_id(headers)\n"
CHUNK = "self._request_id)\n                self._received += 1\n                return [Audio(pcm, FORMAT)]\n"
ENDED = '                return [TTSUsage(characters=count_of(event.get("characters")))]\n'
LIVE_INIT = "        self.ready = False\n        self.ignored = 0\n"
LIVE_CHUNK = "self._session)\n                self._received += 1\n                return [Audio(pcm, FORMAT)]\n"
LIVE_ENDED = 'return [TTSUsage(characters=count_of(event.get("characters"))), UtteranceEnd()]\n'
PROBLEM = "                raise failure(event, self._request_id)\n"
NO_END = "        if not self._over:\n            raise SERVICE.broken_off(self._request_id)\n"
NO_AUDIO = "        if not self._received:\n            raise SERVICE.no_audio(self._request_id)\n"
PCM = '    return SERVICE.audio_bytes(event.get("pcm"))\n'
BODY = '    return merged({"model": model, "text": text, **parameters}, extra or {})\n'
HEADERS = '        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}\n'
KEY = "{self.credential.api_key.get_secret_value()}"
CARD, OLD_CARD, LIVE_CARD = (
    "_models/tts/clear-2.yaml",
    "_models/tts/clear-1.yaml",
    "_models/realtime_tts/clear-2-live.yaml",
)
STREAMED = "all_of_it and clear-2-streamed"
LIVE_STREAMED = "all_of_it and clear-2-live-streamed"
