"""`LiveKitTTS` inside LiveKit agents, run by the Python of that framework's own environment.

`inside_livekit.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what it found (`result`)
or raised (`raised`), and the sandbox's record of what was sent for it (`sent`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import threading
import urllib.request
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, APIConnectOptions, APIError, llm, metrics, tts
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities, TextOutput

from modeldeck import Call, Observer, Retry, Transport
from modeldeck.credential import AzureCredential, DashScopeCredential, OpenAICredential
from modeldeck.errors import ParameterError
from modeldeck.integrations import LiveKitTTS
from modeldeck.tts import (
    AudioFormat,
    AzureTTSModel,
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    FallbackTTSModel,
    OpenAITTSModel,
    TTSCache,
    TTSModelBase,
)

URL = sys.argv[1]
RECORDS = f"{URL}/_sandbox/requests"
TURNS = [
    "Hello there. This is the first answer, which goes on for a while.",
    "And here is the second one. It ends soon.",
]
SCENARIOS: dict[str, Callable[[], Awaitable[Any]]] = {}
AT_ONCE = Retry(delay=0.0)


def scenario(function: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    SCENARIOS[function.__name__] = function
    return function


# -- the models


def openai(model: str = "gpt-4o-mini-tts", **options: Any) -> TTSModelBase[Any]:
    return OpenAITTSModel(OpenAICredential(api_key="sk-1", base_url=URL), model, {"voice": "alloy"}, **options)


def dashscope(model: str = "qwen3-tts-flash-realtime", **options: Any) -> TTSModelBase[Any]:
    return DashScopeRealtimeTTSModel(DashScopeCredential(api_key="sk-1", base_url=URL), model, **options)


def cosyvoice(model: str = "cosyvoice-v3-flash", **options: Any) -> TTSModelBase[Any]:
    credential = DashScopeCredential(api_key="sk-1", base_url=URL)
    return DashScopeCosyVoiceRealtimeTTSModel(credential, model, {"word_timestamp_enabled": True}, **options)


def azure(model: str = "neural", **options: Any) -> TTSModelBase[Any]:
    return AzureTTSModel(AzureCredential(api_key="key", base_url=URL), model, **options)


MODELS = {"openai": openai, "dashscope": dashscope, "cosyvoice": cosyvoice, "azure": azure}


# -- the rest of an agent, without a room


class Written(llm.LLM):
    """Answers with the next of `TURNS`, five characters at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = 0

    def chat(
        self, *, chat_ctx: llm.ChatContext, tools: Any = None, conn_options: APIConnectOptions, **_: Any
    ) -> llm.LLMStream:
        return WrittenStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class WrittenStream(llm.LLMStream):
    async def _run(self) -> None:
        owner: Any = self._llm
        text = TURNS[owner.turn % len(TURNS)]
        owner.turn += 1
        for at in range(0, len(text), 5):
            delta = llm.ChoiceDelta(role="assistant", content=text[at : at + 5])
            self._event_ch.send_nowait(llm.ChatChunk(id="chunk", delta=delta))
            await asyncio.sleep(0)


class Speaker(AudioOutput):
    """Plays at once what it is given. `loud`: set when there is audio."""

    def __init__(self) -> None:
        super().__init__(label="speaker", capabilities=AudioOutputCapabilities(pause=False))
        self.segments: list[bytes] = []
        self.rates: set[int] = set()
        self.loud = asyncio.Event()
        self.held = False  # playing takes for ever
        self._audio = b""

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._audio:
            self.on_playback_started(created_at=0.0)
        self._audio += bytes(frame.data)
        self.rates.add(frame.sample_rate)
        self.loud.set()

    def flush(self) -> None:
        super().flush()
        if not self.held:
            self._over(interrupted=False)

    def clear_buffer(self) -> None:
        self._over(interrupted=True)

    def _over(self, interrupted: bool) -> None:
        audio, self._audio = self._audio, b""
        if audio:
            self.segments.append(audio)
            self.on_playback_finished(playback_position=len(audio) / 48000, interrupted=interrupted)


class Subtitles(TextOutput):
    def __init__(self) -> None:
        super().__init__(label="subtitles", next_in_chain=None)
        self.turns: list[list[Any]] = [[]]

    async def capture_text(self, text: str) -> None:
        times = [round(text.start_time, 6), round(text.end_time, 6)] if isinstance(text, TimedString) else []
        self.turns[-1].append([str(text), *times])

    def flush(self) -> None:
        self.turns.append([])


class Talk:
    """A running `AgentSession`, and what came of it."""

    def __init__(self, speaking: tts.TTS) -> None:
        self.speaker, self.subtitles = Speaker(), Subtitles()
        self.metrics: list[dict[str, Any]] = []
        self.errors: list[Any] = []
        self.session = AgentSession(llm=Written(), tts=speaking, use_tts_aligned_transcript=True)
        self.session.output.audio = self.speaker
        self.session.output.transcription = self.subtitles
        self.session.on("metrics_collected", self._measured)
        self.session.on("error", lambda event: self.errors.append(event.error))

    def _measured(self, event: Any) -> None:
        if isinstance(event.metrics, metrics.TTSMetrics):
            self.metrics.append(event.metrics.model_dump(mode="json"))

    def found(self) -> dict[str, Any]:
        items = self.session.history.items
        return {
            "audio": [base64.b64encode(one).decode() for one in self.speaker.segments],
            "rates": sorted(self.speaker.rates),
            "subtitles": [turn for turn in self.subtitles.turns if turn],
            "history": [
                [one.text_content, one.interrupted] for one in items if getattr(one, "role", "") == "assistant"
            ],
            "metrics": self.metrics,
            "errors": [told(one) for one in self.errors],
        }


def told(error: Any) -> dict[str, Any]:
    inner = error.error
    status = getattr(inner, "status_code", None)
    cause = type(inner.__cause__).__name__
    return {
        "type": type(inner).__name__,
        "status": status,
        "retryable": inner.retryable,
        "recoverable": error.recoverable,
        "cause": cause,
        "said": str(inner),
    }


@asynccontextmanager
async def talking(speaking: tts.TTS) -> AsyncGenerator[Talk]:
    talk = Talk(speaking)
    await talk.session.start(Agent(instructions="Answer."), record=False)
    try:
        yield talk
    finally:
        await talk.session.aclose()
        await speaking.aclose()


def conversation(made: Callable[..., TTSModelBase[Any]]) -> Callable[[], Awaitable[Any]]:
    """Two answers of the language model, and something that is said besides."""

    async def run() -> Any:
        async with Transport() as transport, talking(LiveKitTTS(made(transport=transport))) as talk:
            for _ in TURNS:
                await talk.session.generate_reply(user_input="Well?")
            await talk.session.say("Said besides.", add_to_chat_ctx=False)
            return talk.found()

    return run


class Heard(Observer):
    """Counts the interruptions that a model is told of."""

    count = 0

    def interrupted(self, call: Call, played: float | None) -> None:
        self.count += 1


def barge_in(made: Callable[..., TTSModelBase[Any]]) -> Callable[[], Awaitable[Any]]:
    """The listener interrupts in the middle of the first answer, and asks again."""

    async def run() -> Any:
        arm("slow=0.1;times=1")
        watch = Heard()
        async with Transport(observer=watch) as transport, talking(LiveKitTTS(made(transport=transport))) as talk:
            talk.speaker.held = True
            handle = talk.session.generate_reply(user_input="Well?")
            await talk.speaker.loud.wait()
            while made is not openai and len(sent()) < 2:  # the next turn's connection
                await asyncio.sleep(0.01)
            before = len(sent())
            await talk.session.interrupt()
            await handle
            talk.speaker.held = False
            await talk.session.generate_reply(user_input="Well?")
            return {**talk.found(), "before": before, "told": watch.count}

    return run


for _name, _made in MODELS.items():
    SCENARIOS[f"conversation-{_name}"] = conversation(_made)
    SCENARIOS[f"barge_in-{_name}"] = barge_in(_made)


# -- a TTS by itself, as LiveKit's own tests of its plugins use one


async def heard(stream: Any) -> dict[str, Any]:
    audio, events, error = b"", [], None
    try:
        async with stream:
            async for event in stream:
                audio += bytes(event.frame.data)
                timed = event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ())
                words = [[str(one), round(one.start_time, 6), round(one.end_time, 6)] for one in timed]
                events.append([event.request_id, event.segment_id, event.is_final, event.frame.duration, words])
    except APIError as raised:
        error = told(tts.TTSError(timestamp=0.0, label="", error=raised, recoverable=False))
    return {"audio": base64.b64encode(audio).decode(), "events": events, "error": error}


async def turn(speaking: tts.TTS, *texts: str) -> dict[str, Any]:
    stream = speaking.stream()
    for text in texts:
        stream.push_text(text)
    stream.end_input()
    return await heard(stream)


class Alone:
    """`async with Alone(model) as one`: a TTS, its `metrics` and `errors`."""

    def __init__(self, model: TTSModelBase[Any], **options: Any) -> None:
        self._model = model
        self.tts = LiveKitTTS(model, **options)
        self.metrics: list[Any] = []
        self.errors: list[Any] = []
        self.tts.on("metrics_collected", lambda one: self.metrics.append(one.model_dump(mode="json")))
        self.tts.on("error", lambda one: self.errors.append(told(one)))

    async def __aenter__(self) -> Alone:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.tts.aclose()
        await self._model.transport.aclose()


@scenario
async def about() -> Any:
    async with Alone(azure()) as one, Alone(openai()) as other:
        facts = [one.tts, other.tts]
        return [
            [it.label, it.model, it.provider, it.sample_rate, it.num_channels, it.capabilities.aligned_transcript]
            for it in facts
        ]


@scenario
async def synthesize() -> Any:
    async with Alone(azure()) as one:
        return {**await heard(one.tts.synthesize(TURNS[0])), "metrics": one.metrics}


@scenario
async def stream() -> Any:
    async with Alone(azure()) as one:
        return {**await turn(one.tts, TURNS[0][:20], TURNS[0][20:]), "metrics": one.metrics}


@scenario
async def flushed() -> Any:
    """What was flushed is spoken, though the stream's end is not told."""
    async with Alone(openai()) as one:
        stream = one.tts.stream()
        stream.push_text(TURNS[0])
        stream.flush()
        return await heard(stream)


@scenario
async def nothing() -> Any:
    async with Alone(openai()) as one:
        return [await turn(one.tts), await turn(one.tts, " "), await turn(one.tts, "...")]


@scenario
async def another_rate() -> Any:
    try:
        LiveKitTTS(openai(), sample_rate=16000)
    except ParameterError as error:  # there is no extra `audio` here
        refused = str(error)
    async with Alone(cosyvoice(), sample_rate=16000) as one:
        return {**await turn(one.tts, TURNS[0]), "rate": one.tts.sample_rate, "refused": refused}


@scenario
async def options() -> Any:
    async with Alone(openai()) as one:
        await turn(one.tts, "One.")
        one.tts.update_options(voice="coral", speed=1.5)
        try:
            one.tts.update_options(voice="alloy", speed=99)
        except ParameterError as error:
            return [str(error), await turn(one.tts, "Two.")]
        return None


@scenario
async def prewarmed() -> Any:
    async with Alone(dashscope()) as one:
        one.tts.prewarm()
        while not sent():
            await asyncio.sleep(0.01)
        return await turn(one.tts, TURNS[0])


@scenario
async def prewarmed_in_vain() -> Any:
    async with Alone(dashscope("qwen3-tts-flash-realtime!status=401")) as one:
        one.tts.prewarm()
        return await turn(one.tts, TURNS[0])


NONE = Retry(max_retries=0)
FAILURES: dict[str, Callable[[], TTSModelBase[Any]]] = {
    "refused": lambda: openai("gpt-4o-mini-tts!status=401"),
    "throttled": lambda: openai("gpt-4o-mini-tts!status=429", retry=AT_ONCE),
    "throttled_once": lambda: openai("gpt-4o-mini-tts!status=429;times=1;id=once", retry=AT_ONCE),
    "throttled_for_livekit": lambda: openai("gpt-4o-mini-tts!status=429;times=1;id=theirs", retry=NONE),
    "client_closed": lambda: openai("gpt-4o-mini-tts!status=499"),
    "cut": lambda: openai("gpt-4o-mini-tts!cut;after=3", retry=NONE),
    "error": lambda: dashscope("qwen3-tts-flash-realtime!error", retry=AT_ONCE),
}


def failing(name: str, whole: bool) -> Callable[[], Awaitable[Any]]:
    async def run() -> Any:
        options = APIConnectOptions(max_retry=3, retry_interval=0.01)
        async with Alone(FAILURES[name]()) as one:
            if whole:
                found = await heard(one.tts.synthesize("One sentence.", conn_options=options))
            else:
                stream = one.tts.stream(conn_options=options)
                stream.push_text("One sentence.")
                stream.end_input()
                found = await heard(stream)
            return {**found, "told": one.errors, "metrics": one.metrics}

    return run


for _name in FAILURES:
    for _whole in (False, True):
        SCENARIOS[f"{_name}-{'whole' if _whole else 'stream'}"] = failing(_name, _whole)


@scenario
async def an_error_in_a_session() -> Any:
    model = openai("gpt-4o-mini-tts!status=401")
    async with model.transport, talking(LiveKitTTS(model)) as talk:
        await talk.session.generate_reply(user_input="Well?")
        return talk.found()


@scenario
async def fallback() -> Any:
    async with Transport() as transport:
        broken = openai("gpt-4o-mini-tts!status=503", retry=AT_ONCE, transport=transport)
        both = [LiveKitTTS(broken), LiveKitTTS(azure(transport=transport))]
        return await with_fallback(tts.FallbackAdapter(both))


@scenario
async def several() -> Any:
    """Our own: CosyVoice leaves as MP3 unless it is asked for PCM, and the second one is filtered and kept as well."""
    async with Transport() as transport:
        broken = cosyvoice("cosyvoice-v3-flash!status=503", retry=AT_ONCE, transport=transport)
        both = [broken, azure(transport=transport)]
        pcm = AudioFormat("pcm_s16le", 24000)
        return await with_fallback(LiveKitTTS(FallbackTTSModel(both, output=pcm, cache=TTSCache(), text_filter=True)))


@scenario
async def several_timed() -> Any:
    async with Transport() as transport:
        both = [cosyvoice(transport=transport), azure(transport=transport)]
        speaking = LiveKitTTS(FallbackTTSModel(both, output=AudioFormat("pcm_s16le", 24000), text_filter=True))
        return {**await with_fallback(speaking), "aligned": speaking.capabilities.aligned_transcript}


async def with_fallback(adapter: tts.TTS) -> Any:
    async with talking(adapter) as talk:
        for _ in TURNS:
            await talk.session.generate_reply(user_input="Well?")
        return talk.found()


# -- running them


def sent(forget: bool = False) -> Any:
    with urllib.request.urlopen(RECORDS) as answer:
        exchanges = json.load(answer)
    if forget:
        urllib.request.urlopen(urllib.request.Request(RECORDS, method="DELETE")).close()
    return exchanges


def arm(*faults: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/faults", json.dumps(faults).encode(), method="PUT"))


def left() -> dict[str, Any]:
    """Tasks, threads and sockets that are there now."""
    current = asyncio.current_task()
    descriptors = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return {
        "tasks": sorted(task.get_name() for task in asyncio.all_tasks() if task is not current),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "sockets": sum(str(path).startswith("socket:") for path in descriptors),
    }


async def main() -> None:
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    found = {}
    wanted = sys.argv[2:] or list(SCENARIOS)
    for name in wanted:
        result, raised, before = None, None, left()
        try:
            result = await asyncio.wait_for(SCENARIOS[name](), 30)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        for _ in range(100):  # what is closed may take some rounds of the loop
            await asyncio.sleep(0)
        found[name] = {"result": result, "raised": raised, "sent": sent(forget=True), "left": [before, left()]}
        arm()
    print(json.dumps(found))


asyncio.run(main())
