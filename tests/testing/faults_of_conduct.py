"""What a provider's author may get wrong beside the speech: secrets, what is left or sent, cards."""

from __future__ import annotations

from tests.testing.planting import (
    ANSWER,
    ASK,
    BODY,
    CARD,
    HEADERS,
    KEY,
    LIVE_STREAMED,
    OLD_CARD,
    STREAMED,
    before_asking,
    fault,
    method,
    own_call,
    own_speak,
    wire,
)

CONDUCT = {
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
