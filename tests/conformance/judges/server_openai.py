"""The official client of OpenAI, unchanged but for `base_url` and `api_key`, against our server.

`server_openai.py <url of the server> <token> <url of the sandbox>`, run by the Python of the client's environment,
prints a JSON object: by name what each scenario gave (`result`) or raised (`raised`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openai
from openai import AsyncOpenAI, OpenAI

SERVER, TOKEN, SANDBOX = sys.argv[1:]
TEXT = "One two three four. Five six seven eight."
LONG = "Many words are spoken here. " * 300
MODELS = {"local": "local/espeak-ng", "dashscope": "dashscope/qwen3-tts-flash", "azure": "azure/neural"}
SCENARIOS: dict[str, Callable[[], Any]] = {}


def scenario(function: Callable[[], Any]) -> Callable[[], Any]:
    SCENARIOS[function.__name__] = function
    return function


def client(**options: Any) -> OpenAI:
    return OpenAI(**{"base_url": f"{SERVER}/v1", "api_key": TOKEN, **options})


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@contextmanager
def armed(*faults: str) -> Iterator[None]:
    """The providers do this to every call meanwhile."""
    arm(list(faults))
    try:
        yield
    finally:
        arm([])


def arm(faults: list[str]) -> None:
    data = json.dumps(faults).encode()
    urllib.request.urlopen(urllib.request.Request(f"{SANDBOX}/_sandbox/faults", data, method="PUT")).close()


# -- models


@scenario
def models() -> Any:
    with client() as one:
        return [[model.id, model.object, model.owned_by, model.created > 0] for model in one.models.list()]


@scenario
def model() -> Any:
    with client() as one:
        return [one.models.retrieve(name).id for name in ("dashscope/qwen3-tts-flash", "qwen3-tts-flash")]


# -- speech


def whole(**options: Any) -> dict[str, Any]:
    with client() as one:
        answer = one.audio.speech.create(**{"input": TEXT, "voice": "default", **options})
        return {"audio": coded(answer.content), "type": answer.response.headers["content-type"]}


@scenario
def defaults() -> Any:
    """MP3, as OpenAI's API gives it to who asks for nothing."""
    return {name: whole(model=model) for name, model in MODELS.items()}


@scenario
def formats() -> Any:
    return {
        name: {format: whole(model=model, response_format=format) for format in ("opus", "flac", "wav", "pcm")}
        for name, model in MODELS.items()
    }


@scenario
def options() -> Any:
    return [
        whole(model=MODELS["dashscope"], voice={"id": "Ethan"}, response_format="pcm"),
        whole(model="dashscope/cosyvoice-v3-flash", instructions="你说话的情感是happy。", response_format="pcm"),
        whole(model=MODELS["azure"], voice="en-US-AndrewMultilingualNeural", speed=1.25, response_format="pcm"),
        whole(model=f"{MODELS['local']}:de", speed=2, response_format="pcm"),
        whole(model="qwen3-tts-flash", response_format="pcm", extra_body={"parameters": {"language_type": "English"}}),
    ]


@scenario
def streamed() -> Any:
    async def run(model: str) -> Any:
        async with (
            AsyncOpenAI(base_url=f"{SERVER}/v1", api_key=TOKEN) as one,
            one.audio.speech.with_streaming_response.create(
                model=model, input=TEXT, voice="default", response_format="pcm"
            ) as answer,
        ):
            return [coded(chunk) async for chunk in answer.iter_bytes()]

    return {name: asyncio.run(run(model)) for name, model in MODELS.items()}


@scenario
def first_chunk() -> Any:
    """The providers fall silent after it, the local voice has minutes to go: the client has it."""
    found = {}
    with armed("silence;after=1"), client() as one:
        for name, model in MODELS.items():
            text = LONG if name == "local" else TEXT
            with one.audio.speech.with_streaming_response.create(
                model=model, input=text, voice="default", response_format="pcm"
            ) as answer:
                found[name] = coded(next(answer.iter_bytes()))
    return found


@scenario
def events() -> Any:
    found = {}
    with client() as one:
        for name, model in MODELS.items():
            with one.audio.speech.with_streaming_response.create(
                model=model, input=TEXT, voice="default", response_format="pcm", stream_format="sse"
            ) as answer:
                found[name] = [line for line in answer.iter_lines() if line]
    return found


@scenario
def into_a_file() -> Any:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, client() as one:
        path = Path(folder, "speech.wav")
        with one.audio.speech.with_streaming_response.create(
            model=MODELS["local"], input=TEXT, voice="en-us", response_format="wav"
        ) as answer:
            answer.stream_to_file(path)
        return coded(path.read_bytes()[:44])


# -- refusals


def refused(**options: Any) -> Any:
    with client(api_key=options.pop("api_key", TOKEN)) as one:
        try:
            one.audio.speech.create(**{"model": MODELS["dashscope"], "input": TEXT, "voice": "default", **options})
        except openai.APIStatusError as error:
            return {
                "class": type(error).__name__,
                "status": error.status_code,
                "code": error.code,
                "param": error.param,
            }
    return None


@scenario
def refusals() -> Any:
    return {
        "key": refused(api_key="mdk_wrong"),
        "model": refused(model="tts-9"),
        "voice": refused(voice="Nobody"),
        "speed": refused(model=MODELS["local"], speed=4),
        "format": refused(model=MODELS["local"], response_format="aac"),
        "text": refused(input="x" * 5000),
        "credential": refused(model="gemini/gemini-2.5-flash-preview-tts"),
    }


@scenario
def refused_by_the_provider() -> Any:
    with armed("status=401"):
        return refused(model=MODELS["dashscope"])


@scenario
def broken() -> Any:
    """Cut by the provider in mid-stream: no client takes it for the end."""
    found = {}
    for name in ("dashscope", "azure"):
        with armed("cut;after=1"), client() as one:
            try:
                one.audio.speech.create(model=MODELS[name], input=TEXT, voice="default", response_format="pcm").read()
            except openai.APIConnectionError as error:
                found[name] = type(error).__name__
    return found


def main() -> None:
    found = {}
    for name, run in SCENARIOS.items():
        try:
            found[name] = {"result": run(), "raised": None}
        except Exception as error:
            found[name] = {"result": None, "raised": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
