"""What a provider's author may get wrong, planted in the tiny provider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Planted:
    """A mistake: in a file, what is good is replaced. `test`: the one that finds it (`-k`), and `says` what.

    `changes`: file, what is good, what is put in its place.
    """

    test: str
    says: str
    changes: tuple[tuple[str, str, str], ...]

    def into(self, package: Path) -> None:
        """Each change must apply, at one place."""
        for file, good, bad in self.changes:
            source = (package / file).read_text(encoding="utf-8")
            assert source.count(good) == 1, f"{file} has {source.count(good)} times {good!r}"
            (package / file).write_text(source.replace(good, bad), encoding="utf-8")


def speech(test: str, says: str, *changes: tuple[str, str]) -> Planted:
    """In the model class."""
    return Planted(test, says, tuple(("tts.py", good, bad) for good, bad in changes))


def other(file: str, good: str, bad: str, test: str, says: str) -> Planted:
    """In another file."""
    return Planted(test, says, ((file, good, bad),))


def first(code: str) -> tuple[str, str]:
    """Before the request is made."""
    lines = "".join(f"        {line}\n" for line in code.splitlines())
    return BEGIN, BEGIN + lines


BEGIN = "        request_id = None\n"
END = "        raise SERVICE.broken_off(request_id)\n"
YIELD = '                    yield Audio(SERVICE.audio_bytes(said["audio"]), FORMAT)\n'
DONE = '                    if "done" in said:\n                        return\n'
ERROR = '                        raise SERVICE.error(said["error"], "", status=500, request_id=request_id)\n'
REFUSED = "                raise SERVICE.http_error(answer.status, await answer.body(), answer.headers)\n"
SENT = "**request.parameters,"
SECRET = "{self.credential.api_key.get_secret_value()}"
ALL_OF_IT = "all_of_it and streamed"

PLANTED = {
    "a look-ahead": speech(
        "first_chunk_leaves",
        "held the first chunk back until the second had come",
        (BEGIN, "        request_id = held = None\n"),
        (
            YIELD,
            "                    if held is not None:\n"
            "                        yield held\n" + YIELD.replace("yield", "held =", 1),
        ),
        (
            DONE,
            DONE.replace(
                "return", "if held is not None:\n                            yield held\n" + " " * 24 + "return"
            ),
        ),
    ),
    "a swallowed error": speech(
        "every_attempt and error-frame-in-mid", "swallowed an error", (ERROR, ERROR[:24] + "return\n")
    ),
    "an end that nobody waits for": speech("every_attempt and close-without", "swallowed an error", (END, "")),
    "a foreign exception": speech(
        "every_attempt and garbage-at-once",
        "let a foreign exception out",
        ("SERVICE.decoded(line)", "__import__('json').loads(line)"),
    ),
    "a blocking call": speech(
        "never_blocked and streamed",
        "blocks the event loop",
        (YIELD, "                    __import__('time').sleep(0.1)\n" + YIELD),
    ),
    "a blocking connection": speech(
        ALL_OF_IT,
        "a blocking connection to",
        first("import urllib.request\n\nurllib.request.urlopen(f'{self.credential.base_url}/other')"),
    ),
    "a call to the real service": speech(
        ALL_OF_IT,
        "led to 'api.tiny.example', not to the sandbox",
        ("{self.credential.base_url}/say", "https://api.tiny.example/say"),
    ),
    "a wrong rate": speech(ALL_OF_IT, "says that its audio has 24000 Hz", ('"pcm_s16le", 16000', '"pcm_s16le", 24000')),
    "a wrong rate of the card": other(
        "_models/tts/tiny-1.yaml", "16000", "24000", ALL_OF_IT, "that many are right for 16000 Hz"
    ),
    "audio twice": speech(ALL_OF_IT, "again, or out of order", (YIELD, YIELD * 2)),
    "a thread left behind": speech(
        ALL_OF_IT,
        "threads (left): start none",
        first("import threading\n\nthreading.Thread(target=threading.Event().wait, name='left', daemon=True).start()"),
    ),
    "a task left behind": speech(
        ALL_OF_IT,
        "tasks (Event.wait)",
        first("import asyncio\n\nself.__dict__['left'] = asyncio.ensure_future(asyncio.Event().wait())"),
    ),
    "a socket left open": speech(
        ALL_OF_IT,
        "close in `finally` what you open",
        first(
            "import asyncio\n\nhost, port = self.credential.base_url.removeprefix('http://').split(':')\n"
            "self.__dict__['left'] = await asyncio.open_connection(host, port)"
        ),
    ),
    "the key in the URL": speech("key_goes_only", "sends the key in the URL", ('/say"', f'/say?api_key={SECRET}"')),
    "the key in a log": speech(
        "no_fault_brings",
        "brings the key out",
        first(f'import logging\n\nlogging.getLogger("tiny").debug(f"asking with {SECRET}")'),
    ),
    "a key that is no secret": other(
        "credential.py", "api_key: ApiKey =", "api_key: str =", ALL_OF_IT, "finds no secret"
    ),
    "a lost request id": speech(
        "every_attempt and 500", "has no request id", (REFUSED, REFUSED.replace("answer.headers", "{}"))
    ),
    "credentials that mix": speech(
        "never_mix",
        "keep nothing of a credential",
        first(
            "held = self.__class__.__dict__.get('held') or self.credential\n"
            "type.__setattr__(self.__class__, 'held', held)\n"
            "self.__dict__['credential'] = held"
        ),
    ),
    "a default that is not sent": speech(
        "reaches_the_service",
        "speed: the form shows 1.0, and it is not sent",
        (SENT, "**{name: value for name, value in request.parameters.items() if value != 1.0},"),
    ),
    "a parameter that is not sent": speech(
        "reaches_the_service",
        "tone: 'warm' is as good as nothing",
        (SENT, "**{name: value for name, value in request.parameters.items() if name != 'tone'},"),
    ),
    "a removed parameter that is sent": speech(
        "removes_is_not_sent", "whose card removes tone", (SENT, f'"tone": "flat", {SENT}')
    ),
    "an unknown override": other(
        "_models/tts/tiny-2.yaml", "{tone: null}", "{tune: null}", "every_card_is_right", "did you mean 'tone'?"
    ),
    "a card without a source": other(
        "_models/tts/tiny-1.yaml", "source: https://example.org/tiny\n", "", "facts_are_from", "lacks source"
    ),
    "an address that nobody checks": other(
        "credential.py", ", validate_default=True", "", "address_in_the_env", "validate_default=True"
    ),
    "a card that does not say what is sent": other(
        "_models/tts/tiny-1.yaml", ", formats: [pcm]", "", "what_its_name_says", "formats: [pcm]}"
    ),
    "a range that only the class knows": speech(
        "values_of_the_schema",
        "speed",
        (
            "    tone: Literal",
            '    @field_validator("speed")\n    @classmethod\n    def _check(cls, value: float) -> float:\n'
            '        if value > 1.5:\n            raise ValueError("too fast")\n        return value\n\n'
            "    tone: Literal",
        ),
        ("import BaseModel, Field", "import BaseModel, Field, field_validator"),
    ),
    "another attempt after audio": speech(
        "every_attempt and close-without and streamed",
        "tiny-1",
        (END, "        async for event in self._speak(request):\n            yield event\n"),
    ),
    "a response that cannot be pickled": speech(
        "responses_can_be_pickled",
        "cannot be pickled",
        ("yield Identity(request_id=request_id)", "yield Identity(request_id=type('Id', (str,), {})(request_id))"),
    ),
}
