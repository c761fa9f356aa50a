"""The official SDK, unchanged, against the sandbox: run by the Python of its own environment.

`openai_sdk.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what the SDK gave
(`result`), raised (`raised`) and logged as errors (`logged`), and the sandbox's record of what the SDK sent (`sent`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import openai
from openai import AsyncOpenAI, OpenAI

URL = sys.argv[1]
PATIENCE = 20
SCENARIOS: dict[str, Callable[[], Any]] = {}
LOGGED: list[str] = []
TEXT = "床前明月光。It shines!"
VERBATIM = "Read the user's message word for word."


def scenario(function: Callable[[], Any]) -> Callable[[], Any]:
    SCENARIOS[function.__name__] = function
    return function


class Collect(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.append(record.getMessage())


def within(work: Awaitable[Any]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(work, PATIENCE)

    return asyncio.run(limited())


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


# -- /v1/audio/speech


def speak(**options: Any) -> Any:
    """The whole answer."""
    given: dict[str, Any] = {"model": "tts-1", "input": TEXT, "voice": "alloy", **options}
    with OpenAI() as client:
        return client.audio.speech.create(**given)


def whole(**options: Any) -> dict[str, Any]:
    answer = speak(**options)
    return {"audio": coded(answer.content), "type": answer.response.headers["content-type"]}


@scenario
def mp3() -> Any:
    return whole()


@scenario
def opus() -> Any:
    return whole(response_format="opus")


@scenario
def flac() -> Any:
    return whole(response_format="flac")


@scenario
def wav() -> Any:
    return whole(response_format="wav")


@scenario
def pcm() -> Any:
    return whole(response_format="pcm")


@scenario
def aac() -> Any:
    return whole(response_format="aac")


@scenario
def every_option() -> Any:
    return whole(
        model="gpt-4o-mini-tts",
        instructions="calm",
        response_format="pcm",
        speed=1.25,
        stream_format="audio",
        extra_body={"lang_code": "a"},
    )


@scenario
def own_voice() -> Any:
    return whole(model="gpt-4o-mini-tts", voice={"id": "voice_1234"}, response_format="pcm")


@scenario
def organization() -> Any:
    with OpenAI(organization="org-1", project="proj_1") as client:
        return coded(client.audio.speech.create(model="tts-1", input=TEXT, voice="alloy").content)


@scenario
def streamed() -> Any:
    async def run() -> Any:
        async with (
            AsyncOpenAI() as client,
            client.audio.speech.with_streaming_response.create(
                model="tts-1", input=TEXT, voice="alloy", response_format="pcm"
            ) as answer,
        ):
            chunks = [coded(chunk) async for chunk in answer.iter_bytes()]
            return {"chunks": chunks, "request_id": answer.headers["x-request-id"]}

    return within(run())


@scenario
def streamed_synchronously() -> Any:
    with (
        OpenAI() as client,
        client.audio.speech.with_streaming_response.create(
            model="tts-1", input=TEXT, voice="alloy", response_format="pcm"
        ) as answer,
    ):
        return [coded(chunk) for chunk in answer.iter_bytes()]


@scenario
def events() -> Any:
    async def run() -> Any:
        async with (
            AsyncOpenAI() as client,
            client.audio.speech.with_streaming_response.create(
                model="gpt-4o-mini-tts", input=TEXT, voice="alloy", response_format="pcm", stream_format="sse"
            ) as answer,
        ):
            return [line async for line in answer.iter_lines() if line]

    return within(run())


def refused(work: Callable[[], Any]) -> Any:
    try:
        work()
    except openai.APIStatusError as error:
        names = ("status_code", "code", "param", "type", "request_id")
        return {"class": type(error).__name__, **{name: getattr(error, name) for name in names}}
    return None


@scenario
def wrong_key() -> Any:
    client = OpenAI(api_key="sk-invalid")
    return refused(lambda: client.audio.speech.create(model="tts-1", input=TEXT, voice="alloy"))


@scenario
def unknown_model() -> Any:
    return refused(lambda: speak(model="tts-9"))


@scenario
def unknown_voice() -> Any:
    return refused(lambda: speak(voice="nobody"))


@scenario
def too_long() -> Any:
    return refused(lambda: speak(input="a" * 4097))


@scenario
def too_many() -> Any:
    return refused(lambda: speak(model="tts-1!status=429;retry-after=0"))


@scenario
def broken_once() -> Any:
    """The SDK tries again by itself."""
    return whole(model="tts-1!status=500;times=1;id=judge", response_format="pcm")


@scenario
def cut() -> Any:
    return whole(model="tts-1!cut;after=1", response_format="pcm")


@scenario
def models() -> Any:
    with OpenAI() as client:
        return [model.id for model in client.models.list()]


# -- a self-hosted server


def hosted() -> OpenAI:
    return OpenAI(base_url=f"{URL}/kokoro/v1", api_key="not-needed")


@scenario
def hosted_models() -> Any:
    with hosted() as client:
        return [model.to_dict() for model in client.models.list()]


@scenario
def hosted_model() -> Any:
    with hosted() as client:
        return client.models.retrieve("kokoro").owned_by


@scenario
def hosted_speech() -> Any:
    given: dict[str, Any] = {"model": "kokoro", "input": TEXT, "voice": "af_bella(2)+af_sky", "response_format": "pcm"}
    with hosted() as client:
        answer = client.audio.speech.create(**given, extra_body={"volume_multiplier": 1.5})
    return {"audio": coded(answer.content), "type": answer.response.headers["content-type"]}


@scenario
def hosted_refusals() -> Any:
    said = []
    with hosted() as client:
        for wrong in ({"voice": "nobody"}, {"model": "kokoro-9"}, {"extra_body": {"volume_multiplier": "loud"}}):
            given: dict[str, Any] = {"model": "kokoro", "input": TEXT, "voice": "af_sky", **wrong}
            try:
                client.audio.speech.create(**given)
            except openai.APIStatusError as error:
                said.append([error.status_code, error.response.text])
    return said


# -- the Realtime API


SESSION: dict[str, Any] = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "instructions": VERBATIM,
    "audio": {
        "input": {"turn_detection": None},
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar", "speed": 1.25},
    },
    "reasoning": {"effort": "minimal"},
}


def message(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def until(connection: Any, kind: str, found: list[Any]) -> Any:
    """The next event of that kind; all that come are kept in `found`."""
    async for event in connection:
        found.append(event)
        if event.type == kind:
            return event
    raise ConnectionError(f"no {kind}")


def told(events: list[Any]) -> dict[str, Any]:
    audio = b"".join(base64.b64decode(one.delta) for one in events if one.type == "response.output_audio.delta")
    return {
        "types": [one.type for one in events],
        "classes": sorted({type(one).__name__ for one in events}),
        "audio": coded(audio),
        "events": [one.model_dump(mode="json") for one in events if one.type != "response.output_audio.delta"],
    }


@scenario
def realtime() -> Any:
    async def run() -> Any:
        found: list[Any] = []
        client = AsyncOpenAI(organization="org-1", project="proj_1")
        async with client, client.realtime.connect(model="gpt-realtime-2.1-mini") as connection:
            await connection.session.update(session=SESSION)
            await until(connection, "session.updated", found)
            for text in (TEXT, "And more."):
                await connection.response.create(response={"conversation": "none", "input": [message(text)]})
                await until(connection, "rate_limits.updated", found)
        return told(found)

    return within(run())


@scenario
def realtime_own_voice() -> Any:
    async def run() -> Any:
        found: list[Any] = []
        output = {"format": {"type": "audio/pcm", "rate": 24000}, "voice": {"id": "voice_1234"}}
        session = {**SESSION, "audio": {"input": {"turn_detection": None}, "output": output}}
        async with AsyncOpenAI() as client, client.realtime.connect(model="gpt-realtime-2.1-mini") as connection:
            await connection.session.update(session=session)
            await until(connection, "session.updated", found)
        return told(found)

    return within(run())


@scenario
def realtime_cancel() -> Any:
    """Cancelled in the middle; then the session speaks on. A second response at the same time is refused."""

    async def run() -> Any:
        found: list[Any] = []
        model = "gpt-realtime-2.1-mini!slow=0.2;after=1"
        async with AsyncOpenAI() as client, client.realtime.connect(model=model) as connection:
            await connection.response.create(response={"conversation": "none", "input": [message(TEXT * 20)]})
            created = await until(connection, "response.created", found)
            await until(connection, "response.output_audio.delta", found)
            await connection.response.create(response={"conversation": "none", "input": [message("Me too!")]})
            await until(connection, "error", found)
            await connection.response.cancel(response_id=created.response.id)
            await until(connection, "response.done", found)
            await connection.response.cancel(response_id=created.response.id)
            await until(connection, "error", found)
            await connection.response.create(response={"conversation": "none", "input": [message("On.")]})
            await until(connection, "response.done", found)
        return told(found)

    return within(run())


@scenario
def realtime_conversation() -> Any:
    """What is in the conversation is answered too."""

    async def run() -> Any:
        found: list[Any] = []
        async with AsyncOpenAI() as client, client.realtime.connect(model="gpt-realtime-2.1") as connection:
            await connection.conversation.item.create(item=message("Hello."))
            await connection.response.create()
            await until(connection, "response.done", found)
        return told(found)

    return within(run())


def refused_session(model: str = "gpt-realtime-2.1-mini", **options: Any) -> Any:
    async def run() -> Any:
        found: list[Any] = []
        async with AsyncOpenAI(**options) as client, client.realtime.connect(model=model) as connection:
            try:
                await until(connection, "session.created", found)
            except Exception as error:
                closed = getattr(error, "rcvd", None)
                return {**told(found), "closed": closed and [closed.code, closed.reason]}
        return told(found)

    return within(run())


@scenario
def realtime_wrong_key() -> Any:
    return refused_session(api_key="sk-invalid")


@scenario
def realtime_unknown_model() -> Any:
    return refused_session("gpt-9")


@scenario
def realtime_wrong_settings() -> Any:
    async def run() -> Any:
        found: list[Any] = []
        async with AsyncOpenAI() as client, client.realtime.connect(model="gpt-realtime-2.1-mini") as connection:
            for wrong in ({"bogus": 1}, {"audio": {"output": {"voice": "nobody"}}}):
                await connection.session.update(session={"type": "realtime", **wrong})
                await until(connection, "error", found)
        return told(found)

    return within(run())


def sent() -> Any:
    """The sandbox's record, which is then forgotten."""
    with urllib.request.urlopen(f"{URL}/_sandbox/requests") as answer:
        found = json.load(answer)
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/requests", method="DELETE")).close()
    return found


def main() -> None:
    logging.getLogger("openai").addHandler(Collect(logging.ERROR))
    found = {}
    for name, run in SCENARIOS.items():
        LOGGED.clear()
        one: dict[str, Any] = {"result": None, "raised": None}
        try:
            one["result"] = run()
        except Exception as error:
            one["raised"] = f"{type(error).__name__}: {error}"
        found[name] = {**one, "logged": list(LOGGED), "sent": sent()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
