"""The official SDK, unchanged, against the sandbox: run by the Python of its own environment.

`dashscope_sdk.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what the SDK gave
(`result`), raised (`raised`) and logged as errors (`logged`), and the sandbox's record of what the SDK sent (`sent`).
"""

from __future__ import annotations

import base64
import json
import logging
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import dashscope
from dashscope import v2
from dashscope.audio import tts, tts_v2
from dashscope.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback

URL = sys.argv[1]
REALTIME = URL.replace("http", "ws", 1) + "/api-ws/v1/realtime"
PATIENCE = 20
SCENARIOS: dict[str, Callable[[], Any]] = {}
LOGGED: list[str] = []
TEXT = "床前明月光。It shines!"


def scenario(function: Callable[[], Any]) -> Callable[[], Any]:
    SCENARIOS[function.__name__] = function
    return function


class Collect(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOGGED.append(record.getMessage())


# -- Qwen-TTS over HTTP


def speak(**options: Any) -> Any:
    given = {"model": "qwen3-tts-flash", "text": TEXT, "voice": "Cherry", **options}
    return dashscope.MultiModalConversation.call(**given)


def said(answer: Any) -> dict[str, Any]:
    audio = (answer.output or {}).get("audio") or {}
    return {
        "status": answer.status_code,
        "code": answer.code,
        "message": answer.message,
        "request_id": answer.request_id,
        "finish_reason": (answer.output or {}).get("finish_reason"),
        "usage": answer.usage,
        "audio": audio.get("data"),
        "url": audio.get("url"),
    }


@scenario
def http_stream() -> Any:
    return [said(chunk) for chunk in speak(stream=True, language_type="Chinese")]


@scenario
def http_whole() -> Any:
    answer = said(speak())
    with urllib.request.urlopen(answer["url"]) as file:
        return {**answer, "file": base64.b64encode(file.read()).decode()}


@scenario
def http_instructions() -> Any:
    options = {"instructions": "calm", "optimize_instructions": True, "language_type": "English"}
    return [said(chunk) for chunk in speak(model="qwen3-tts-instruct-flash", stream=True, **options)]


@scenario
def http_legacy() -> Any:
    return [said(chunk) for chunk in speak(model="qwen-tts", stream=True)]


@scenario
def http_workspace() -> Any:
    return [said(chunk) for chunk in speak(stream=True, workspace="ws-1")]


@scenario
def http_wrong_key() -> Any:
    return said(speak(api_key="sk-invalid"))


@scenario
def http_unknown_voice() -> Any:
    return said(speak(voice="Nobody"))


@scenario
def http_unknown_model() -> Any:
    return said(speak(model="qwen9-tts"))


@scenario
def http_status() -> Any:
    return said(speak(model="qwen3-tts-flash!status=429;retry-after=1"))


@scenario
def http_error_in_the_stream() -> Any:
    return [said(chunk) for chunk in speak(model="qwen3-tts-flash!error=Throttling;after=1", stream=True)]


@scenario
def http_cut() -> Any:
    return [said(chunk) for chunk in speak(model="qwen3-tts-flash!cut;after=1", stream=True)]


# -- Qwen-TTS realtime


class Events(QwenTtsRealtimeCallback):
    def __init__(self) -> None:
        self.events: list[Any] = []
        self.audio = b""
        self.closed: Any = None
        self.changed = threading.Condition()

    def on_event(self, message: Any) -> None:
        with self.changed:
            delta = message.pop("delta", None)
            self.audio += base64.b64decode(delta or "")
            self.events.append(message)
            self.changed.notify_all()

    def on_close(self, close_status_code: Any, close_msg: Any) -> None:
        with self.changed:
            self.closed = [close_status_code, close_msg]
            self.changed.notify_all()

    def count(self, kind: str) -> int:
        return sum(event["type"] == kind for event in self.events)

    def wait(self, kind: str, times: int = 1) -> None:
        """Until so many events of that kind have come, or the end."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.closed or self.count(kind) >= times, PATIENCE):
                raise TimeoutError(f"no {kind}; there were {[event['type'] for event in self.events]}")

    def wait_closed(self) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.closed is not None, PATIENCE):
                raise TimeoutError("not closed")


def realtime(model: str = "qwen3-tts-flash-realtime", **options: Any) -> tuple[QwenTtsRealtime, Events]:
    events = Events()
    return QwenTtsRealtime(model, callback=events, url=REALTIME, **options), events


def heard(client: QwenTtsRealtime, events: Events) -> dict[str, Any]:
    return {
        "types": [event["type"] for event in events.events],
        "events": events.events,
        "audio": base64.b64encode(events.audio).decode(),
        "closed": events.closed,
        "session_id": client.get_session_id(),
        "response_id": client.get_last_response_id(),
        "first_audio": client.get_first_audio_delay(),
    }


def conversed(texts: list[str], model: str = "qwen3-tts-flash-realtime", **options: Any) -> dict[str, Any]:
    client, events = realtime(model)
    client.connect()
    client.update_session("Cherry", **options)
    for done, text in enumerate(texts, 1):
        client.append_text(text)
        if options.get("mode") == "commit":
            client.commit()
            events.wait("response.done", done)
    client.finish()
    events.wait("session.finished")
    events.wait_closed()
    return heard(client, events)


@scenario
def realtime_server_commit() -> Any:
    return conversed(["床前", "明月光。", "It shines!", " And more"])


@scenario
def realtime_commit() -> Any:
    return conversed(["床前明月光。", "It shines!"], mode="commit")


@scenario
def realtime_every_option() -> Any:
    return conversed(
        [TEXT],
        "qwen3-tts-instruct-flash-realtime",
        mode="commit",
        sample_rate=48000,
        volume=60,
        speech_rate=1.2,
        audio_format="pcm",
        pitch_rate=0.9,
        language_type="Chinese",
        enable_tn=True,
        instructions="calm",
        optimize_instructions=True,
    )


EVERY: dict[str, Any] = {
    "sample_rate": 48000,
    "volume": 60,
    "speech_rate": 1.2,
    "audio_format": "opus",
    "pitch_rate": 0.9,
    "bit_rate": 128,
    "language_type": "Chinese",
    "enable_tn": True,
    "instructions": "calm",
    "optimize_instructions": True,
}


@scenario
def realtime_every_option_opus() -> Any:
    return conversed([TEXT], "qwen3-tts-instruct-flash-realtime", mode="commit", **EVERY)


@scenario
def realtime_server_commit_every_option() -> Any:
    return conversed([TEXT, " And more"], "qwen3-tts-instruct-flash-realtime", mode="server_commit", **EVERY)


@scenario
def realtime_workspace() -> Any:
    client, events = realtime(workspace="ws-1")
    client.connect()
    client.update_session("Cherry")
    client.append_text(TEXT)
    client.finish()
    events.wait("session.finished")
    events.wait_closed()
    return heard(client, events)


@scenario
def realtime_opus() -> Any:
    return conversed([TEXT], mode="commit", audio_format="opus", sample_rate=48000, bit_rate=128)


@scenario
def realtime_mp3() -> Any:
    return conversed([TEXT], mode="commit", audio_format="mp3", sample_rate=16000)


@scenario
def realtime_wav() -> Any:
    return conversed([TEXT], mode="server_commit", audio_format="wav", sample_rate=8000)


@scenario
def realtime_clear() -> Any:
    client, events = realtime()
    client.connect()
    client.update_session("Cherry", mode="commit")
    client.append_text("this is never said")
    client.clear_appended_text()
    events.wait("input_text_buffer.cleared")
    client.append_text("this is.")
    client.commit()
    client.finish()
    events.wait("session.finished")
    return heard(client, events)


@scenario
def realtime_cancel() -> Any:
    client, events = realtime("qwen3-tts-flash-realtime!slow=0.05")
    client.connect()
    client.update_session("Cherry", mode="commit")
    client.append_text("a long text " * 40)
    client.commit()
    events.wait("response.audio.delta")
    client.cancel_response()
    events.wait("response.done")
    client.finish()
    events.wait("session.finished")
    return heard(client, events)


@scenario
def realtime_unknown_voice() -> Any:
    client, events = realtime()
    client.connect()
    client.update_session("Nobody")
    events.wait("error")
    client.close()
    return heard(client, events)


@scenario
def realtime_throttled() -> Any:
    client, events = realtime("qwen3-tts-flash-realtime!close=1011;reason=To%20many%20requests.;after=1")
    client.connect()
    client.update_session("Cherry", mode="commit")
    client.append_text(TEXT)
    client.commit()
    events.wait_closed()
    return heard(client, events)


@scenario
def realtime_cut() -> Any:
    client, events = realtime("qwen3-tts-flash-realtime!cut;after=1")
    client.connect()
    client.update_session("Cherry", mode="commit")
    client.append_text(TEXT)
    client.commit()
    events.wait_closed()
    return heard(client, events)


# -- CosyVoice by run-task


class Results(tts_v2.ResultCallback):
    def __init__(self) -> None:
        self.audio = b""
        self.events: list[Any] = []
        self.calls: list[str] = []
        self.ended = threading.Event()
        self.begun = threading.Event()

    def on_open(self) -> None:
        self.calls.append("open")

    def on_complete(self) -> None:
        self.calls.append("complete")
        self.ended.set()

    def on_error(self, message: Any) -> None:
        self.calls.append(f"error: {message}")
        self.ended.set()

    def on_close(self) -> None:
        self.calls.append("close")

    def on_event(self, message: str) -> None:
        self.events.append(json.loads(message))

    def on_data(self, data: bytes) -> None:
        self.audio += data
        self.begun.set()


def synthesizer(model: str = "cosyvoice-v3-flash", format: str = "PCM_24000HZ_MONO_16BIT", **options: Any) -> Any:
    options.setdefault("voice", "longanyang")
    return tts_v2.SpeechSynthesizer(model=model, format=tts_v2.AudioFormat[format], **options)


def synthesized(texts: list[str], flush: bool = False, **options: Any) -> dict[str, Any]:
    results = Results()
    client = synthesizer(callback=results, **options)
    for text in texts:
        client.streaming_call(text)
        if flush:
            client.streaming_flush()
    client.streaming_complete()
    return kept(client, results)


def kept(client: Any, results: Results) -> dict[str, Any]:
    return {
        "audio": base64.b64encode(results.audio).decode(),
        "events": results.events,
        "calls": results.calls,
        "request_id": client.get_last_request_id(),
        "response": client.get_response(),
    }


def called(text: str = TEXT, **options: Any) -> dict[str, Any]:
    client = synthesizer(**options)
    audio = client.call(text, timeout_millis=PATIENCE * 1000)
    return {"audio": base64.b64encode(audio or b"").decode(), "response": client.get_response()}


@scenario
def task_call() -> Any:
    return called()


@scenario
def task_call_default() -> Any:
    return called(format="DEFAULT")


@scenario
def task_call_ssml() -> Any:
    return called("<speak>床前明月光。</speak>")


@scenario
def task_call_wav() -> Any:
    return called(format="WAV_16000HZ_MONO_16BIT")


@scenario
def task_call_mp3() -> Any:
    return called(format="MP3_22050HZ_MONO_256KBPS")


@scenario
def task_call_opus() -> Any:
    return called(format="OGG_OPUS_24KHZ_MONO_32KBPS")


@scenario
def task_call_v2() -> Any:
    return called(model="cosyvoice-v2", voice="longxiaochun_v2")


@scenario
def task_streaming() -> Any:
    return synthesized(["床前", "明月光。", "It ", "shines! And", " more"])


@scenario
def task_streaming_flush() -> Any:
    return synthesized(["床前", "明月光"], flush=True)


@scenario
def task_streaming_every_option() -> Any:
    return synthesized(
        [TEXT],
        volume=60,
        speech_rate=1.1,
        pitch_rate=0.9,
        seed=7,
        language_hints=["zh"],
        hot_fix=tts_v2.speech_synthesizer.HotFix(pronunciation=[{"天气": "tian1 qi4"}]),
        additional_params={"enable_aigc_tag": False},
    )


@scenario
def task_streaming_instruction() -> Any:
    return synthesized(
        ["床前明月光。"],
        format="OGG_OPUS_24KHZ_MONO_32KBPS",
        instruction="你说话的情感是happy。",
        language_hints=["zh"],
        additional_params={"word_timestamp_enabled": True},
        workspace="ws-1",
    )


@scenario
def task_call_with_a_callback() -> Any:
    results = Results()
    client = synthesizer(callback=results)
    client.call(TEXT, timeout_millis=PATIENCE * 1000)
    if not results.ended.wait(PATIENCE):
        raise TimeoutError("no end")
    return kept(client, results)


@scenario
def task_async_streaming_complete() -> Any:
    results = Results()
    client = synthesizer(callback=results)
    client.streaming_call(TEXT)
    client.async_streaming_complete(PATIENCE * 1000)
    if not results.ended.wait(PATIENCE):
        raise TimeoutError("no end")
    return kept(client, results)


@scenario
def task_cancel_before_audio() -> Any:
    results = Results()
    client = synthesizer(callback=results)
    client.streaming_call("no sentence yet")
    client.streaming_cancel()
    return kept(client, results)


@scenario
def task_streaming_words() -> Any:
    return synthesized([TEXT], additional_params={"word_timestamp_enabled": True})


@scenario
def task_streaming_cancel() -> Any:
    results = Results()
    client = synthesizer("cosyvoice-v3-flash!slow=0.05", callback=results)
    client.streaming_call("a long text " * 40 + ".")
    if not results.begun.wait(PATIENCE):
        raise TimeoutError("no audio")
    client.streaming_cancel()
    return kept(client, results)


@scenario
def task_pool() -> Any:
    pool = tts_v2.SpeechSynthesizerObjectPool(max_size=1)
    found = []
    for _ in range(3):
        results = Results()
        client = pool.borrow_synthesizer(
            "cosyvoice-v3-flash", "longanyang", tts_v2.AudioFormat.PCM_24000HZ_MONO_16BIT, callback=results
        )
        client.streaming_call(TEXT)
        client.streaming_complete()
        found.append(kept(client, results))
        pool.return_synthesizer(client)
    pool.shutdown()
    return found


@scenario
def task_unknown_voice() -> Any:
    return called(voice="nobody")


@scenario
def task_unknown_model() -> Any:
    return called(model="cosyvoice-v9")


@scenario
def task_error_in_the_middle() -> Any:
    results = Results()
    client = synthesizer("cosyvoice-v3-flash!error=InternalError;after=1", callback=results)
    client.streaming_call(TEXT)
    if not results.ended.wait(PATIENCE):
        raise TimeoutError("no error")
    client.close()
    return kept(client, results)


# -- Sambert


def sambert(**options: Any) -> dict[str, Any]:
    found = tts.SpeechSynthesizer.call(model="sambert-zhichu-v1", text=TEXT, **options)
    response = found.get_response()
    return {
        "audio": base64.b64encode(found.get_audio_data() or b"").decode(),
        "sentences": found.get_timestamps(),
        "status": response.status_code,
        "code": response.code,
        "usage": response.usage,
    }


@scenario
def sambert_default() -> Any:
    return sambert()


@scenario
def sambert_words() -> Any:
    return sambert(
        format="pcm",
        sample_rate=16000,
        volume=60,
        rate=1.1,
        pitch=0.9,
        word_timestamp_enabled=True,
        phoneme_timestamp_enabled=True,
    )


@scenario
def sambert_mp3() -> Any:
    return sambert(format="mp3", sample_rate=48000)


# -- the voices of an account


def enrolled(model: str | None = None, api_key: str | None = None, **page: Any) -> Any:
    return tts_v2.VoiceEnrollmentService(api_key=api_key, model=model).list_voices(**page)


@scenario
def voices() -> Any:
    return enrolled(page_index=0, page_size=100)


@scenario
def voices_by_pages() -> Any:
    return [enrolled(page_index=number, page_size=3) for number in range(4)]


@scenario
def voices_of_a_prefix() -> Any:
    return enrolled(prefix="captain")


@scenario
def voices_of_qwen() -> Any:
    """The SDK has no class for them: its call to the service as that class makes it."""
    from dashscope.client.base_api import BaseApi
    from dashscope.common.constants import ApiProtocol, HTTPMethod

    answer = BaseApi.call(
        model="qwen-voice-design",
        task_group="audio",
        task="tts",
        function="customization",
        input={"action": "list", "page_size": 100, "page_index": 0},
        api_protocol=ApiProtocol.HTTP,
        http_method=HTTPMethod.POST,
    )
    return {"status": answer.status_code, "output": answer.output}


@scenario
def voices_with_a_wrong_key() -> Any:
    return enrolled(api_key="sk-invalid")


# -- the SDK's second generation


@scenario
def v2_http() -> Any:
    chunks = v2.Client().audio.tts.http.stream(TEXT, model="qwen3-tts-flash", voice="Cherry")
    return base64.b64encode(b"".join(chunk.audio or b"" for chunk in chunks)).decode()


@scenario
def v2_task() -> Any:
    options = {"model": "cosyvoice-v3-flash", "voice": "longanyang", "format": "pcm", "sample_rate": 24000}
    return base64.b64encode(v2.Client().audio.tts.synthesize(TEXT, **options)).decode()


@scenario
def v2_task_ssml() -> Any:
    options = {"model": "cosyvoice-v3-flash", "voice": "longanyang", "format": "pcm", "sample_rate": 24000}
    document = f"<speak>{TEXT}</speak>"
    return base64.b64encode(v2.Client().audio.tts.synthesize(document, enable_ssml=True, **options)).decode()


# -- what the SDK waits five seconds for, all at once


@scenario
def sockets_refused() -> Any:
    unknown_model, _ = realtime("qwen9-tts-realtime")
    dashscope.api_key = "sk-invalid"
    wrong_key, _ = realtime()
    tries = {"unknown model": unknown_model.connect, "wrong key": wrong_key.connect, "wrong key of a task": called}
    raised: dict[str, str] = {}

    def attempt(name: str) -> None:
        try:
            tries[name]()
        except Exception as error:
            raised[name] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=attempt, args=[name]) for name in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def sent() -> Any:
    """The sandbox's record, which is then forgotten."""
    with urllib.request.urlopen(f"{URL}/_sandbox/requests") as answer:
        found = json.load(answer)
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/requests", method="DELETE")).close()
    return found


def main() -> None:
    logging.getLogger("dashscope").addHandler(Collect(logging.ERROR))
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
