"""LiveKit's own client, unchanged, against the sandbox: run by the Python of its own environment.

`livekit_sdk.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what the client gave
(`result`), raised (`raised`) and logged as warnings (`logged`), and the sandbox's record of what it sent (`sent`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp
from livekit.agents import APIConnectOptions, inference
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

URL = sys.argv[1]
RECORDS = f"{URL}/_sandbox/requests"
VOICE = "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"
MODEL = f"cartesia/sonic-3:{VOICE}"
OPTIONS = APIConnectOptions(max_retry=3, retry_interval=0.01, timeout=5.0)
TEXTS = [
    "This is the first sentence of all. This is the second one of them.",
    "Another turn begins with this one.",
    "The third turn is the last one of them.",
]
SCENARIOS: dict[str, Callable[[], Awaitable[Any]]] = {}
LOGGED: list[str] = []


def scenario(function: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    SCENARIOS[function.__name__] = function
    return function


class Collect(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.append(record.getMessage())


class Client:
    """`async with Client(...) as tts`: the TTS, and the HTTP session that it needs outside of a job."""

    def __init__(self, model: str = MODEL, **options: Any) -> None:
        self._model = model
        self._options = options

    async def __aenter__(self) -> inference.TTS:
        self._session = aiohttp.ClientSession()
        self.tts = inference.TTS(self._model, http_session=self._session, **self._options)
        return self.tts

    async def __aexit__(self, *_: object) -> None:
        await self.tts.aclose()
        await self._session.close()


async def heard(stream: Any) -> dict[str, Any]:
    """A whole answer; what it raises after some audio is told beside that."""
    audio, segments, timed, error = b"", [], [], None
    try:
        async for event in stream:
            audio += bytes(event.frame.data)
            segments.append(getattr(event, "segment_id", ""))
            words = event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ())
            timed += [[str(word), word.start_time, word.end_time] for word in words]
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    return {
        "audio": base64.b64encode(audio).decode(),
        "segments": sorted(set(segments)),
        "timed": timed,
        "error": error,
    }


async def turn(tts: inference.TTS, texts: Iterable[str]) -> dict[str, Any]:
    stream = tts.stream(conn_options=OPTIONS)
    for text in texts:
        stream.push_text(text)
    stream.end_input()
    try:
        return await heard(stream)
    finally:
        await stream.aclose()


async def connected(count: int) -> None:
    """Until the sandbox has let in so many."""
    while sum(one["status"] == 101 for one in sent()) < count:
        await asyncio.sleep(0.01)


# -- what it does well


@scenario
async def turns() -> Any:
    async with Client() as tts:
        return [await turn(tts, [text]) for text in TEXTS]


@scenario
async def pieces() -> Any:
    async with Client() as tts:
        return await turn(tts, [TEXTS[0][at : at + 7] for at in range(0, len(TEXTS[0]), 7)])


@scenario
async def synthesize() -> Any:
    async with Client() as tts:
        return await heard(tts.synthesize(TEXTS[0], conn_options=OPTIONS))


@scenario
async def every_option() -> Any:
    options: dict[str, Any] = {"speed": "slow", "volume": 1.2, "emotion": "calm", "max_buffer_delay_ms": 0}
    async with Client(language="english", extra_kwargs=options, sample_rate=16000) as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def prewarm() -> Any:
    async with Client() as tts:
        tts.prewarm()
        await connected(1)
        return await turn(tts, [TEXTS[0]])


@scenario
async def update_options() -> Any:
    async with Client() as tts:
        first = await turn(tts, [TEXTS[0]])
        tts.update_options(
            voice="Ashley", model="inworld/inworld-tts-2", language="de", extra_kwargs={"temperature": 0.7}
        )
        return [first, await turn(tts, [TEXTS[1]])]


@scenario
async def words() -> Any:
    async with Client(extra_kwargs={"add_timestamps": True}) as tts:
        return [await turn(tts, [text]) for text in TEXTS[:2]]


@scenario
async def characters() -> Any:
    async with Client("inworld/inworld-tts-2:Ashley", extra_kwargs={"timestamp_type": "CHARACTER"}) as tts:
        return await turn(tts, [TEXTS[1]])


@scenario
async def fallback() -> Any:
    others: Any = [
        "inworld/inworld-tts-2:Ashley",
        {"model": "rime/coda", "voice": "", "extra_kwargs": {"speed_alpha": 1.1}},
    ]
    async with Client(fallback=others) as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def fallback_takes_over() -> Any:
    async with Client(f"cartesia/sonic-3!error:{VOICE}", fallback="deepgram/aura-2") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def empty() -> Any:
    async with Client() as tts:
        return [await turn(tts, [text]) for text in ("", TEXTS[1])]


@scenario
async def without_the_version() -> Any:
    async with Client(base_url=URL) as tts:
        return await turn(tts, [TEXTS[0]])


# -- what goes wrong


@scenario
async def wrong_key() -> Any:
    async with Client(api_key="APIinvalid") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def wrong_secret() -> Any:
    async with Client(api_secret=os.environ["LIVEKIT_API_SECRET"][:-1]) as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def unknown_model() -> Any:
    async with Client("cartesia/sonic-99") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def throttled_once() -> Any:
    async with Client(f"cartesia/sonic-3!status=429;times=1;id=once:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def throttled() -> Any:
    async with Client(f"cartesia/sonic-3!status=429:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def error_once() -> Any:
    async with Client(f"cartesia/sonic-3!error;times=1;id=once:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def error_after_audio() -> Any:
    async with Client(f"cartesia/sonic-3!error;after=2:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def closed() -> Any:
    async with Client(f"cartesia/sonic-3!close;after=2:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def no_finish() -> Any:
    async with Client(f"cartesia/sonic-3!no_finish;times=1:{VOICE}") as tts:
        return await turn(tts, [TEXTS[0]])


@scenario
async def interrupted() -> Any:
    async with Client(f"cartesia/sonic-3!slow=0.02;times=1:{VOICE}") as tts:
        stream = tts.stream(conn_options=OPTIONS)
        stream.push_text(TEXTS[0])
        stream.end_input()
        await anext(stream)
        await stream.aclose()
        return await turn(tts, [TEXTS[1]])


# -- running them


def sent(forget: bool = False) -> Any:
    with urllib.request.urlopen(RECORDS) as answer:
        exchanges = json.load(answer)
    if forget:
        urllib.request.urlopen(urllib.request.Request(RECORDS, method="DELETE")).close()
    return exchanges


async def main() -> None:
    logger = logging.getLogger("livekit.agents")
    logger.addHandler(Collect(logging.WARNING))
    logger.propagate = False
    found = {}
    for name, function in SCENARIOS.items():
        LOGGED.clear()
        result, raised = None, None
        try:
            result = await function()
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        found[name] = {"result": result, "raised": raised, "logged": list(LOGGED), "sent": sent(forget=True)}
    print(json.dumps(found))


asyncio.run(main())
