"""The official SDK, unchanged, against the sandbox: run by the Python of its own environment.

`azure_sdk.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what the SDK gave (`result`)
and raised (`raised`), and the sandbox's record of what the SDK sent (`sent`). The library is native: a scenario that
hangs is left behind, and the process ends without the library's own end, which now and then aborts (1.53.0).
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import urllib.request
from collections.abc import Callable
from operator import attrgetter
from typing import Any
from urllib.parse import quote

import azure.cognitiveservices.speech as sdk

URL = sys.argv[1]
HOST = URL.replace("http", "ws", 1)
V1 = f"{HOST}/cognitiveservices/websocket/v1"
V2 = f"{HOST}/cognitiveservices/websocket/v2"
KEY = os.environ["AZURE_SPEECH_KEY"]
PATIENCE = 20
TEXT = "床前明月光。It shines <twice> & more!"
VOICE = "en-US-AvaMultilingualNeural"
PIECES = ["Hello ", "there. How <b>", "& are you? And", " more"]
Format = sdk.SpeechSynthesisOutputFormat
SCENARIOS: dict[str, Callable[[], Any]] = {}


def scenario(function: Callable[[], Any]) -> Callable[[], Any]:
    SCENARIOS[function.__name__] = function
    return function


def config(form: Any = Format.Raw24Khz16BitMonoPcm, voice: str = VOICE, **options: Any) -> Any:
    where = options if {"host", "endpoint"} & set(options) else {"host": HOST, **options}
    if "auth_token" not in where:
        where = {"subscription": KEY, **where}
    made = sdk.SpeechConfig(**where)
    made.speech_synthesis_voice_name = voice
    if form is not None:
        made.set_speech_synthesis_output_format(form)
    return made


def synthesizer(*form: Any, **options: Any) -> Any:
    return sdk.SpeechSynthesizer(speech_config=config(*form, **options), audio_config=None)


def said(result: Any) -> dict[str, Any]:
    found = {"reason": result.reason.name, "audio": base64.b64encode(result.audio_data).decode(), "error": None}
    if result.reason == sdk.ResultReason.Canceled:
        details = result.cancellation_details
        return {**found, "error": details.error_code.name, "details": details.error_details}
    return {**found, "seconds": result.audio_duration.total_seconds()}


def faulty(fault: str, path: str = V1) -> str:
    return f"{path}?modeldeck_fault={quote(fault)}"


# -- whole texts


@scenario
def text() -> Any:
    return said(synthesizer().speak_text(TEXT))


@scenario
def text_of_another_locale() -> Any:
    return said(synthesizer(voice="zh-CN-XiaoxiaoNeural").speak_text("你好。"))


def heard(one: Any, event: str, call: Callable[[], Any], read: Callable[[Any], Any]) -> Any:
    """What `call` gives, and each `event` meanwhile: a thread of the library tells them, the end last."""
    found, ended = list[Any](), threading.Event()
    getattr(one, event).connect(lambda told: found.append(read(told)))
    one.synthesis_completed.connect(lambda _: ended.set())
    result = call()
    assert ended.wait(PATIENCE)
    return {**result, "heard": found}


def word(event: Any) -> list[Any]:
    return [event.text, event.audio_offset, event.text_offset, event.word_length, event.boundary_type.name]


@scenario
def words() -> Any:
    one = synthesizer()
    return heard(one, "synthesis_word_boundary", lambda: said(one.speak_text(TEXT)), word)


@scenario
def visemes() -> Any:
    one = synthesizer()
    read = attrgetter("viseme_id", "audio_offset")
    return heard(one, "viseme_received", lambda: said(one.speak_text("It shines.")), read)


@scenario
def ssml() -> Any:
    document = (
        "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xmlns:mstts='http://www.w3.org/2001/mstts' "
        f"xml:lang='en-US'><voice name='{VOICE}'><prosody rate='+10%'>It shines.</prosody></voice></speak>"
    )
    return said(synthesizer().speak_ssml(document))


@scenario
def several_turns() -> Any:
    one = synthesizer()
    return [said(one.speak_text(text)) for text in ("One.", "Two two.", "Three.")]


@scenario
def two_at_a_time() -> Any:
    ones = [synthesizer(), synthesizer()]
    return [said(future.get()) for future in [one.speak_text_async("Both.") for one in ones]]


@scenario
def as_it_comes() -> Any:
    one = synthesizer()
    return heard(one, "synthesizing", lambda: said(one.speak_text(TEXT)), lambda event: len(event.result.audio_data))


@scenario
def trained_voice() -> Any:
    made = config(voice="MyVoice")
    made.endpoint_id = "d0c1"
    return said(sdk.SpeechSynthesizer(speech_config=made, audio_config=None).speak_text("It shines."))


@scenario
def token() -> Any:
    request = urllib.request.Request(f"{URL}/sts/v1.0/issueToken", method="POST", data=b"")
    request.add_header("Ocp-Apim-Subscription-Key", KEY)
    with urllib.request.urlopen(request) as answer:
        given = answer.read().decode()
    one = synthesizer(host=HOST)
    one.authorization_token = given
    return said(one.speak_text("It shines."))


FORMATS = {
    "riff": Format.Riff24Khz16BitMonoPcm,
    "unset": None,
    "raw_48": Format.Raw48Khz16BitMonoPcm,
    "raw_8": Format.Raw8Khz16BitMonoPcm,
    "mp3": Format.Audio24Khz96KBitRateMonoMp3,
    "ogg": Format.Ogg24Khz16BitMonoOpus,
    "mulaw": Format.Raw8Khz8BitMonoMULaw,
    "riff_alaw": Format.Riff8Khz8BitMonoALaw,
    "webm": Format.Webm24Khz16BitMonoOpus,
}


@scenario
def formats() -> Any:
    return {name: said(synthesizer(form).speak_text("It shines.")) for name, form in FORMATS.items()}


# -- streamed text


def streamed(one: Any, pieces: list[str], **settings: Any) -> Any:
    request = sdk.SpeechSynthesisRequest(input_type=sdk.SpeechSynthesisRequestInputType.TextStream)
    for name, value in settings.items():
        setattr(request, name, value)
    task = one.speak_async(request)
    for piece in pieces:
        request.input_stream.write(piece)
    request.input_stream.close()
    return said(task.get())


@scenario
def text_stream() -> Any:
    return streamed(synthesizer(endpoint=V2), PIECES)


@scenario
def text_stream_words() -> Any:
    one = synthesizer(endpoint=V2)
    return heard(one, "synthesis_word_boundary", lambda: streamed(one, PIECES), word)


@scenario
def text_stream_settings() -> Any:
    settings = {"pitch": "+2st", "rate": "1.2", "volume": "50", "style": "cheerful", "prefer_locales": "en-US,fr-FR"}
    lexicon = {"custom_lexicon_url": "https://example.com/lexicon.xml"}
    return streamed(synthesizer(endpoint=V2), PIECES, **settings, **lexicon)


@scenario
def text_stream_temperature() -> Any:
    return streamed(synthesizer(voice="en-US-Ava:DragonHDLatestNeural", endpoint=V2), PIECES, temperature="0.7")


@scenario
def text_stream_turns() -> Any:
    one = synthesizer(endpoint=V2)
    return [streamed(one, [text]) for text in ("One.", "Two two.", "Three.")]


@scenario
def ssml_on_version_2() -> Any:
    return said(synthesizer(endpoint=V2).speak_text("It shines."))


@scenario
def text_stream_on_version_1() -> Any:
    return streamed(synthesizer(endpoint=V1), PIECES)


# -- what goes wrong


@scenario
def wrong_key() -> Any:
    return said(synthesizer(subscription="invalid", host=HOST).speak_text(TEXT))


@scenario
def unknown_voice() -> Any:
    return said(synthesizer(voice="en-US-NobodyNeural").speak_text(TEXT))


@scenario
def unknown_voice_streamed() -> Any:
    return streamed(synthesizer(voice="en-US-NobodyNeural", endpoint=V2), PIECES)


@scenario
def wrong_ssml() -> Any:
    document = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>It shines.</speak>"
    return said(synthesizer().speak_ssml(document))


FAULTS = ("status=429", "status=503", "status=400", "close=4429", "close=1007", "close=1011", "error=TooManyRequests")


@scenario
def faults() -> Any:
    return {fault: said(synthesizer(endpoint=faulty(fault)).speak_text(TEXT)) for fault in FAULTS}


@scenario
def error_after_audio() -> Any:
    return said(synthesizer(endpoint=faulty("error=InternalError;after=2")).speak_text(TEXT))


# -- the rest


@scenario
def voices() -> Any:
    found = synthesizer().get_voices_async().get()
    fields = [(voice.short_name, voice.locale, voice.gender.name, voice.style_list) for voice in found.voices]
    return {"reason": found.reason.name, "error": found.error_details, "voices": fields}


@scenario
def voices_of_a_locale() -> Any:
    found = synthesizer().get_voices_async("zh-CN").get()
    return [voice.short_name for voice in found.voices]


def sent() -> Any:
    """The sandbox's record, which is then forgotten."""
    with urllib.request.urlopen(f"{URL}/_sandbox/requests") as answer:
        found = json.load(answer)
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/requests", method="DELETE")).close()
    return found


def run(scenario: Callable[[], Any]) -> dict[str, Any]:
    one: dict[str, Any] = {"result": None, "raised": f"nothing came for {PATIENCE} s"}

    def work() -> None:
        try:
            result = scenario()
            one.update(result=result, raised=None)
        except Exception as error:
            one["raised"] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return dict(one)


def main() -> None:
    found = {name: {**run(one), "logged": [], "sent": sent()} for name, one in SCENARIOS.items()}
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
