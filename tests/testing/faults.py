"""What a provider's author may get wrong, planted in a copy of examples/acme."""

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
    async with self.transport.exchange(ask.method, ask.url, headers=ask.headers, json=ask.json) as response:
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

FAULTS = {
    # -- what leaves when, and in which order
    "a look-ahead": fault(
        "first_chunk_leaves and not live",
        "held the first chunk back until the second had come",
        wire(INIT, f"{INIT}        self._held = []\n"),
        wire(CHUNK, CHUNK.replace("return", "held, self._held = self._held,") + " " * 16 + "return held\n"),
        wire(ENDED, ENDED.replace("[", "[*self._held, ", 1)),
    ),
    "a look-ahead of a WebSocket": fault(
        "first_chunk_leaves and live",
        "held the first chunk back until the second had come",
        wire(LIVE_INIT, f"{LIVE_INIT}        self._held = []\n"),
        wire(LIVE_CHUNK, LIVE_CHUNK.replace("return", "held, self._held = self._held,") + " " * 16 + "return held\n"),
        wire(LIVE_ENDED, LIVE_ENDED.replace("[", "[*self._held, ", 1)),
    ),
    "chunks in the wrong order": fault(
        STREAMED,
        "as it arrives, in its order",
        wire(INIT, f"{INIT}        self._held = []\n"),
        wire(
            CHUNK,
            CHUNK.replace("return [", "self._held.insert(0, ").replace(")]", "))")
            + " " * 16
            + "if len(self._held) == 2:\n                    held, self._held = self._held, []\n"
            + "                    return held\n                return []\n",
        ),
        wire(ENDED, ENDED.replace("[", "[*self._held, ", 1)),
    ),
    "text that waits for its end": fault(
        "audio_comes_while",
        "says nothing until the text has ended",
        wire(LIVE_INIT, f"{LIVE_INIT}        self._text = ''\n"),
        wire(
            '        return [encoded({"op": "say", "text": text})]\n', "        self._text += text\n        return []\n"
        ),
        wire(
            '        return [encoded({"op": "end"})]\n',
            '        text, self._text = self._text, ""\n'
            '        return [encoded({"op": "say", "text": text}), encoded({"op": "end"})]\n',
        ),
    ),
    "a sample again after another attempt": fault(
        "every_attempt and cut-in-mid-stream and clear-2-streamed",
        "again, or out of order",
        method(
            """
            async def _speak(self, request):
                from modeldeck.errors import ConnectionFailedError

                try:
                    async for event in super()._speak(request):
                        yield event
                except ConnectionFailedError:
                    async for event in super()._speak(request):
                        yield event
            """
        ),
    ),
    "attempts of its own": fault(
        "every_attempt and has_the_fault[500-clear-2-streamed]",
        "asked the service 4 times, and the base made 2 attempts",
        method(
            """
            async def _speak(self, request):
                from modeldeck.errors import ProviderError

                for last in (False, True):
                    try:
                        async for event in super()._speak(request):
                            yield event
                        return
                    except ProviderError:
                        if last:
                            raise
            """
        ),
    ),
    "no last response": fault(STREAMED, "of which 0 say `is_last`", own_call("yield made(part, is_last=False)")),
    "two last responses": fault(
        STREAMED, "of which 2 say `is_last`", own_call("yield part\nif part.is_last:\n    yield made(part, audio=b'')")
    ),
    # -- errors
    "a swallowed error": fault(
        "every_attempt and error-frame-in-mid and clear-2-streamed",
        "swallowed an error",
        wire(PROBLEM, "                self._over = True\n                return []\n"),
    ),
    "an empty success": fault(
        "every_attempt and error-frame-at-once and clear-2-whole",
        "swallowed an error",
        wire(PROBLEM, "                self._over = True\n                return []\n"),
        wire(NO_AUDIO, ""),
    ),
    "an end that nobody waits for": fault(
        "every_attempt and close-without and clear-2-streamed", "swallowed an error", wire(NO_END, "")
    ),
    "a foreign exception": fault(
        "every_attempt and truncated-base64 and clear-2-streamed",
        "let a foreign exception out",
        wire(PCM, '    return __import__("base64").b64decode(event["pcm"])\n'),
    ),
    "a foreign exception of a WebSocket": fault(
        "every_attempt and garbage-at-once and clear-2-live-streamed",
        "let a foreign exception out",
        wire(
            "        event = SERVICE.decoded(frame)\n        if self.on_event",
            "        event = __import__('json').loads(frame)\n        if self.on_event",
        ),
    ),
    "a lost request id": fault(
        "every_attempt and has_the_fault[500-clear-2-whole]",
        "has no request id",
        wire("    request_id_headers=(REQUEST_ID,),\n", "    request_id_headers=(),\n"),
    ),
    "a lost session id": fault(
        "usage_and_request_id and clear-2-live-whole",
        "lost the request's id",
        wire("                return [Identity(session_id=self._session)]\n", "                return []\n"),
    ),
    "an unbounded wait": fault(
        "time_outs_of_one_call and not live",
        "waits for ever",
        method(OWN_REQUEST),
        ("tts.py", "wire import SERVICE", "wire import FORMAT, SERVICE"),
    ),
    # -- secrets
    "the key in an error": fault(
        "no_fault_brings and not live",
        "brings the key out",
        own_speak(
            f"""
            if type(event).__name__ == "Identity":
                raise SERVICE.error("broken", "") from ValueError(f"asked with {KEY}")
            yield event
            """
        ),
    ),
    "the key in an error's attributes": fault(
        "no_fault_brings and not live",
        "brings the key out",
        method(
            """
            async def _speak(self, request):
                from modeldeck.errors import ModelDeckError

                try:
                    async for event in super()._speak(request):
                        yield event
                except ModelDeckError as error:
                    error.request = self._ask(request).headers
                    raise
            """
        ),
    ),
    "the key in the URL": fault(
        "key_goes_only and not live",
        "sends the key in the URL",
        ("tts.py", "host() + SPEECH,", f'host() + SPEECH + f"?key={KEY}",'),
    ),
    "the key in the URL of a WebSocket": fault(
        "key_goes_only and live",
        "sends the key in the URL",
        ("realtime_tts.py", "safe='')}\"", f"safe='')}}&api_key={KEY}\""),
    ),
    "the key in a log": fault(
        "no_fault_brings and not live",
        "brings the key out",
        before_asking(f'__import__("logging").getLogger("acme").info(f"asking with {KEY}")'),
    ),
    "credentials that mix": fault(
        "never_mix and not live",
        "keep nothing of a credential",
        ("credential.py", 'REGIONS = ("eu", "us")\n', 'REGIONS = ("eu", "us")\n_HEADERS: dict[str, str] = {}\n'),
        (
            "credential.py",
            HEADERS,
            HEADERS.replace('return {"Authorization":', '_HEADERS.setdefault("Authorization",').replace('"}\n', '")\n')
            + "        return dict(_HEADERS)\n",
        ),
    ),
    # -- audio
    "a wrong rate": fault(
        STREAMED,
        "says that its audio has 16000 Hz",
        wire('FORMAT = AudioFormat("pcm_s16le", RATE)', 'FORMAT = AudioFormat("pcm_s16le", 16000)'),
    ),
    "a wrong rate of the card": fault(
        STREAMED, "that many are right for 24000 Hz", (CARD, "sample_rate: 24000", "sample_rate: 16000")
    ),
    "an odd byte that is dropped": fault(
        "every_attempt and odd-number and clear-2-streamed",
        "odd number of bytes",
        wire(PCM, PCM.replace("return", "data =") + "    return data[: len(data) // 2 * 2]\n"),
    ),
    "wrong sizes of a WAV": fault(
        STREAMED,
        "the header of a WAV says 10 bytes of audio",
        own_call(
            """
            from dataclasses import replace
            from modeldeck.tts.wav import header

            if part.audio and not part.offset:
                wav = replace(part.format, encoding="wav")
                part = made(part, audio=header(wav, 10) + part.audio, format=wav)
            yield part
            """
        ),
    ),
    # -- what is left, and what waits
    "a blocking call": fault(
        "never_blocked and clear-2-streamed",
        "blocks the event loop",
        ("tts.py", ANSWER, f'        __import__("time").sleep(0.1)\n{ANSWER}'),
    ),
    "a blocking request": fault(
        STREAMED,
        "a blocking connection to",
        before_asking("from urllib.request import urlopen\n\nurlopen(self.credential.host() + '/v1/voices')"),
    ),
    "a thread left behind": fault(
        STREAMED,
        "threads (left): start none",
        before_asking(
            "from threading import Event, Thread\n\nThread(target=Event().wait, name='left', daemon=True).start()"
        ),
    ),
    "a task left behind": fault(
        STREAMED,
        "tasks (Event.wait)",
        before_asking("import asyncio\n\nself.__dict__['left'] = asyncio.ensure_future(asyncio.Event().wait())"),
    ),
    "a connection left open": fault(
        STREAMED,
        "close in `finally` what you open",
        own_speak(
            """
            import asyncio
            from urllib.parse import urlsplit

            at = urlsplit(self.credential.host())
            self.__dict__.setdefault("left", []).append(await asyncio.open_connection(at.hostname, at.port))
            yield event
            """
        ),
    ),
    "a client of its own that is not closed": fault(
        STREAMED,
        "close in `finally` what you open",
        own_speak(
            """
            import httpx

            client = self.__dict__.setdefault("client", httpx.AsyncClient())
            await client.get(self.credential.host() + "/v1/voices", headers=self.credential.headers())
            yield event
            """
        ),
    ),
    "a call that cannot be cancelled": fault(
        "cancelled_at_any and clear-2-streamed",
        "goes on when it is cancelled",
        method(
            """
            async def _speak(self, request):
                import asyncio

                try:
                    async for event in super()._speak(request):
                        yield event
                except asyncio.CancelledError:
                    pass
            """
        ),
    ),
    # -- conversations
    "a second utterance that is dead": fault(
        "second_utterance and live",
        "says nothing for",
        wire(LIVE_INIT, f"{LIVE_INIT}        self._over = False\n"),
        wire(
            '        match event.get("ev"):\n',
            '        if self._over:\n            return []\n        self._over = event.get("ev") == "ended"\n'
            '        match event.get("ev"):\n',
        ),
    ),
    "a clear that is ignored": fault(
        "clear_forgets and live",
        "answer `Clear` of the inbox",
        wire('        return [encoded({"op": "drop"})]\n', "        return []\n"),
    ),
    "a commit that is ignored": fault(
        "commit_speaks and live",
        "says nothing for",
        wire('        return [encoded({"op": "now"})]\n', "        return []\n"),
    ),
    "an interruption that the card misstates": fault(
        "what_an_interrupt_costs",
        "says `interruption: cancel`",
        (LIVE_CARD, "interruption: reconnect", "interruption: cancel"),
    ),
    # -- what is sent
    "a default that is not sent": fault(
        "reaches_the_service and clear-2 and not live",
        "voice: the form shows 'road-runner', and it is not sent",
        wire(BODY, f'    parameters = {{k: v for k, v in parameters.items() if v != "road-runner"}}\n{BODY}'),
    ),
    "a default of another card that is not sent": fault(
        "reaches_the_service and clear-1",
        "pace: the form shows 1.0, and it is not sent",
        wire(BODY, f"    parameters = {{k: v for k, v in parameters.items() if v != 1.0}}\n{BODY}"),
    ),
    "a parameter that is not sent": fault(
        "reaches_the_service and live",
        "pace: 1.0 is as good as nothing",
        ("realtime_tts.py", "{**request.parameters,", '{"voice": request.parameters.get("voice"),'),
    ),
    "a removed parameter that is sent": fault(
        "removes_is_not_sent",
        "whose card removes pace",
        (OLD_CARD, "pace: {minimum: 0.8, maximum: 1.2, default: 1.0}", "pace: null"),
        wire('"text": text, **parameters', '"text": text, "pace": 1.0, **parameters'),
    ),
    "a text that is changed": fault(
        "every_script and combining and clear-2-whole",
        "sends another text than it was given",
        wire('"text": text, **parameters', '"text": text.lower(), **parameters'),
    ),
    "an extra that is not sent": fault(
        "extra_goes and not live",
        "does not send what `extra=` brings",
        wire("**parameters}, extra or {})", "**parameters}, {})"),
    ),
    "a call that goes elsewhere": fault(
        LIVE_STREAMED,
        "not to the sandbox",
        ("realtime_tts.py", "{self.credential.host()}", "https://eu.speech.acme.example"),
    ),
    # -- cards
    "an unknown override": fault("every_card_is_right", "did you mean 'pace'?", (OLD_CARD, "  pace:", "  pase:")),
    "a default outside its range": fault(
        "every_card_is_right", "default", (OLD_CARD, "maximum: 1.2, default: 1.0", "maximum: 1.2, default: 1.5")
    ),
    "a card without a source": fault(
        "facts_are_from", "lacks source", (CARD, "source: https://acme.example/docs/voices\n", "")
    ),
    "a replacement that nobody has": fault(
        "what_its_class_can_use", "has no card", (OLD_CARD, "replacement: clear-2", "replacement: clear-3")
    ),
    # -- credentials and things
    "a key that is no secret": fault(
        STREAMED,
        "finds no secret",
        ("credential.py", "api_key: ApiKey =", "api_key: str ="),
        ("credential.py", ".get_secret_value()", ""),
    ),
    "a check that fails good keys": fault(
        "key_is_judged",
        "says of a good key",
        ("credential.py", "url = self.host(region) + VOICES", 'url = self.host(region) + "/v1/none"'),
    ),
    "parameters that cannot be pickled": fault(
        "parameters_can_be_pickled",
        "define it where it can be imported",
        (
            "tts.py",
            "class AcmeTTSModel",
            'AcmeTTSParameters.__qualname__ = "local.AcmeTTSParameters"\n\n\nclass AcmeTTSModel',
        ),
    ),
    "a response that cannot be pickled": fault(
        "responses_can_be_pickled and not live",
        "cannot be pickled",
        own_call("yield made(part, metadata={'answer': lambda: None})"),
    ),
    "state of a call in the model": fault(
        "one_model_speaks and not live",
        "Keep nothing of a call in the model",
        (
            "tts.py",
            ASK,
            "        self.__dict__.setdefault('text', request.text)\n"
            + ASK.replace("request.text", "self.__dict__['text']"),
        ),
    ),
}
