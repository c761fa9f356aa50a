"""What a provider's author may get wrong about speech: its order, its end, its errors, its audio."""

from __future__ import annotations

from tests.testing.planting import (
    CARD,
    CHUNK,
    ENDED,
    INIT,
    LIVE_CARD,
    LIVE_CHUNK,
    LIVE_ENDED,
    LIVE_INIT,
    NO_AUDIO,
    NO_END,
    OWN_REQUEST,
    PCM,
    PROBLEM,
    STREAMED,
    fault,
    method,
    own_call,
    wire,
)

SPEECH = {
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
        "delivered sample 49170 after sample 4798",
        wire(PCM, PCM.replace("return", "data =") + "    return data[: len(data) // 2 * 2]\n"),
    ),
    "wrong sizes of a WAV": fault(
        STREAMED,
        "the header of a WAV says 10 bytes of audio",
        own_call(
            """
            from dataclasses import replace
            from modeldeck.tts.wav import wav_header

            if part.audio and not part.offset:
                wav = replace(part.format, encoding="wav")
                part = made(part, audio=wav_header(wav, 10) + part.audio, format=wav)
            yield part
            """
        ),
    ),
    "a header among raw samples": fault(
        STREAMED,
        "begins with the header of a WAV",
        own_call(
            """
            from dataclasses import replace
            from modeldeck.tts.wav import wav_header

            if part.audio and not part.offset:
                part = made(part, audio=wav_header(replace(part.format, encoding="wav"), None) + part.audio)
            yield part
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
}
