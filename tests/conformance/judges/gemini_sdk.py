"""The official SDK, unchanged, against the sandbox: run by the Python of its own environment.

`gemini_sdk.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what the SDK gave
(`result`), raised (`raised`) and logged as errors (`logged`), and the sandbox's record of what the SDK sent (`sent`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

from google import genai
from google.genai import types

URL = sys.argv[1]
SCENARIOS: dict[str, Callable[[], Any]] = {}
LOGGED: list[str] = []
TEXT = "床前明月光。It shines!"
DIALOGUE = "Joe: Are you there?\nJane: I am."
OLD, NEW = "gemini-2.5-flash-preview-tts", "gemini-3.8-flash-tts"
L16 = types.HttpOptions(
    extra_body={"generationConfig": {"responseFormat": {"audio": {"mimeType": "AUDIO_L16"}}}}  # it has no field for it
)


def scenario(function: Callable[[], Any]) -> Callable[[], Any]:
    SCENARIOS[function.__name__] = function
    return function


class Collect(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.append(record.getMessage())


KEPT: list[genai.Client] = []  # a client that nobody holds closes itself in the middle of a call


def client(**options: Any) -> genai.Client:
    KEPT.append(genai.Client(**options))  # the environment says where, and the key
    return KEPT[-1]


def voice(name: str = "Kore") -> types.VoiceConfig:
    return types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=name))


def config(speech: types.SpeechConfig | None = None, **options: Any) -> types.GenerateContentConfig:
    speech = speech or types.SpeechConfig(voice_config=voice())
    return types.GenerateContentConfig(response_modalities=["AUDIO"], speech_config=speech, **options)


def two(old: bool) -> types.SpeechConfig:
    speakers = [
        types.SpeakerVoiceConfig(speaker=name, voice_config=voice(who) if old else types.VoiceConfig(voice=who))
        for name, who in (("Joe", "Puck"), ("Jane", "Kore"))
    ]
    return types.SpeechConfig(multi_speaker_voice_config=types.MultiSpeakerVoiceConfig(speaker_voice_configs=speakers))


def spoken(text: str, **metadata: str) -> types.Part:
    return types.Part(text=text, speech_metadata=types.SpeechMetadata(**metadata) if metadata else None)


def said(answer: types.GenerateContentResponse) -> dict[str, Any]:
    candidate = (answer.candidates or [types.Candidate()])[0]
    parts = (candidate.content and candidate.content.parts) or []
    usage = answer.usage_metadata
    return {
        "audio": base64.b64encode(
            b"".join((one.inline_data and one.inline_data.data) or b"" for one in parts)
        ).decode(),
        "mime": sorted({one.inline_data.mime_type or "" for one in parts if one.inline_data}),
        "finish_reason": candidate.finish_reason and candidate.finish_reason.value,
        "tokens": [usage.prompt_token_count, usage.candidates_token_count] if usage else None,
        "id": answer.response_id,
        "model": answer.model_version,
    }


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"answered": call()}
    except genai.errors.APIError as error:
        return {"kind": type(error).__name__, "code": error.code, "status": error.status, "message": error.message}


# -- single speaker


@scenario
def whole() -> Any:
    return said(client().models.generate_content(model=OLD, contents=TEXT, config=config()))


@scenario
def whole_every_option() -> Any:
    speech = types.SpeechConfig(voice_config=voice("Puck"), language_code="cmn-CN")
    options = {"temperature": 0.5, "top_p": 0.9, "top_k": 40.0, "max_output_tokens": 8000, "seed": 7}
    return said(client().models.generate_content(model=OLD, contents=TEXT, config=config(speech, **options)))


@scenario
def whole_instructions() -> Any:
    prompt = f'Whisper:\n"{TEXT}"'
    return said(client().models.generate_content(model=OLD, contents=prompt, config=config()))


@scenario
def stream() -> Any:
    return [said(one) for one in client().models.generate_content_stream(model=OLD, contents=TEXT, config=config())]


@scenario
def asynchronous() -> Any:
    async def call() -> Any:
        return said(await client().aio.models.generate_content(model=OLD, contents=TEXT, config=config()))

    return asyncio.run(call())


@scenario
def asynchronous_stream() -> Any:
    async def call() -> Any:
        answers = await client().aio.models.generate_content_stream(model=OLD, contents=TEXT, config=config())
        return [said(one) async for one in answers]

    return asyncio.run(call())


@scenario
def other_versions() -> Any:
    found = {}
    for version in ("v1", "v1beta", "v1alpha"):
        one = client(http_options=types.HttpOptions(api_version=version))
        found[version] = said(one.models.generate_content(model=f"models/{OLD}", contents=TEXT, config=config()))
    return found


# -- 3.8


@scenario
def verbatim_whole() -> Any:
    speech = types.SpeechConfig(voice_config=types.VoiceConfig(voice="Kore"))
    return said(client().models.generate_content(model=NEW, contents=TEXT, config=config(speech)))


@scenario
def verbatim_stream() -> Any:
    speech = types.SpeechConfig(voice_config=types.VoiceConfig(voice="Kore"), language_code="cmn-CN")
    contents = types.Content(role="user", parts=[spoken(TEXT, style="calm")])
    settings = config(speech, seed=7, http_options=L16)
    answers = client().models.generate_content_stream(model=NEW, contents=contents, config=settings)
    return [said(one) for one in answers]


@scenario
def verbatim_dialogue() -> Any:
    parts = [spoken("Are you there?", speaker="Joe", style="calm"), spoken("I am.", speaker="Jane", style="calm")]
    contents = types.Content(role="user", parts=parts)
    settings = config(two(old=False), http_options=L16)
    answers = client().models.generate_content_stream(model=NEW, contents=contents, config=settings)
    return [said(one) for one in answers]


@scenario
def own_voice() -> Any:
    speech = types.SpeechConfig(voice_config=types.VoiceConfig(voice="voice_0123456789"))
    return said(client().models.generate_content(model=NEW, contents=TEXT, config=config(speech)))


# -- two speakers


@scenario
def dialogue() -> Any:
    return said(client().models.generate_content(model=OLD, contents=DIALOGUE, config=config(two(old=True))))


# -- refusals


@scenario
def wrong_key() -> Any:
    return refused(
        lambda: client(api_key="AIza-invalid").models.generate_content(model=OLD, contents=TEXT, config=config())
    )


@scenario
def unknown_model() -> Any:
    return refused(lambda: client().models.generate_content(model="gemini-9-tts", contents=TEXT, config=config()))


@scenario
def unknown_voice() -> Any:
    speech = types.SpeechConfig(voice_config=voice("Nobody"))
    return refused(lambda: client().models.generate_content(model=OLD, contents=TEXT, config=config(speech)))


@scenario
def no_audio_asked_for() -> Any:
    return refused(lambda: client().models.generate_content(model=OLD, contents=TEXT))


@scenario
def metadata_before_its_time() -> Any:
    contents = types.Content(role="user", parts=[spoken(TEXT, style="calm")])
    return refused(lambda: client().models.generate_content(model=OLD, contents=contents, config=config()))


@scenario
def temperature_after_its_time() -> Any:
    settings = config(types.SpeechConfig(voice_config=types.VoiceConfig(voice="Kore")), temperature=1.0)
    return refused(lambda: client().models.generate_content(model=NEW, contents=TEXT, config=settings))


@scenario
def one_speaker() -> Any:
    both = two(old=True)
    assert both.multi_speaker_voice_config is not None
    speakers = both.multi_speaker_voice_config.speaker_voice_configs or []
    both.multi_speaker_voice_config.speaker_voice_configs = speakers[:1]
    return refused(lambda: client().models.generate_content(model=OLD, contents=DIALOGUE, config=config(both)))


@scenario
def throttled_and_tried_again() -> Any:
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.02)
    one = client(http_options=types.HttpOptions(retry_options=retry))
    model = f"{OLD}!status=429;times=2;id=judge"
    return said(one.models.generate_content(model=model, contents=TEXT, config=config()))


@scenario
def throttled() -> Any:
    model = f"{OLD}!status=429;retry-after=7"
    return refused(lambda: client().models.generate_content(model=model, contents=TEXT, config=config()))


@scenario
def unavailable() -> Any:
    model = f"{OLD}!status=503"
    return refused(lambda: client().models.generate_content(model=model, contents=TEXT, config=config()))


@scenario
def error_in_the_stream() -> Any:
    answers = client().models.generate_content_stream(
        model=f"{OLD}!error=UNAVAILABLE;after=1", contents=TEXT, config=config()
    )
    return refused(lambda: [said(one) for one in answers])


@scenario
def early_end() -> Any:
    answers = client().models.generate_content_stream(
        model=f"{OLD}!error=OTHER;after=1", contents=TEXT, config=config()
    )
    return [said(one) for one in answers]


# -- models


@scenario
def listed() -> Any:
    return sorted(one.name or "" for one in client().models.list())


@scenario
def listed_by_pages() -> Any:
    """The SDK turns the pages itself."""
    return sorted(one.name or "" for one in client().models.list(config={"page_size": 2}))


@scenario
def voices() -> Any:
    return [[one.id, one.type] for one in client().voices.list(page_size=1000).voices or []]


@scenario
def voices_by_pages() -> Any:
    found: list[Any] = []
    token: Any = None
    while token != "":
        page = client().voices.list(page_size=20, **({"page_token": token} if token else {}))
        found += [[one.id, one.type] for one in page.voices or []]
        token = page.next_page_token or ""
    return found


@scenario
def shown() -> Any:
    return client().models.get(model=OLD).name


def sent() -> Any:
    """The sandbox's record, which is then forgotten."""
    with urllib.request.urlopen(f"{URL}/_sandbox/requests") as answer:
        found = json.load(answer)
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/requests", method="DELETE")).close()
    return found


def main() -> None:
    logging.getLogger("google_genai").addHandler(Collect(logging.ERROR))
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
