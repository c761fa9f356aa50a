"""`PipecatTTSService` inside Pipecat pipelines, run by the Python of that framework's own environment.

`inside_pipecat.py <url of the sandbox>` runs every scenario and prints a JSON object: by name what it found (`result`)
or raised (`raised`), and the sandbox's record of what was sent for it (`sent`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
import urllib.request
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    OutputAudioRawFrame,
    StartFrame,
    TextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData, TTSUsageMetricsData
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TextAggregationMode
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from modeldeck import Call, Observer, Retry, Transport
from modeldeck.credential import AzureCredential, DashScopeCredential, OpenAICredential
from modeldeck.integrations import PipecatTTSService
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
from modeldeck.tts.facts import Limits

URL = sys.argv[1]
RECORDS = f"{URL}/_sandbox/requests"
TURNS = ["Hello there. One more.", "And the second."]
LONG = "This is a long answer which goes on. " * 6
SCENARIOS: dict[str, Callable[[], Awaitable[Any]]] = {}
AT_ONCE = Retry(delay=0.0)
TOKEN, SENTENCE = TextAggregationMode.TOKEN, TextAggregationMode.SENTENCE


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


def several(**options: Any) -> TTSModelBase[Any]:
    """The first does not speak, the second times its words, and what was spoken is kept."""
    broken = openai("gpt-4o-mini-tts!status=503", retry=AT_ONCE, **options)
    pcm = AudioFormat("pcm_s16le", 24000)
    return FallbackTTSModel([broken, azure(**options)], cache=TTSCache(), text_filter=True, output=pcm)


def timed(**options: Any) -> TTSModelBase[Any]:
    return FallbackTTSModel([cosyvoice(**options), azure(**options)], cache=TTSCache(), text_filter=True)


MODELS = {
    "openai": openai,
    "dashscope": dashscope,
    "cosyvoice": cosyvoice,
    "azure": azure,
    "several": several,
    "timed": timed,
}


# -- the rest of a pipeline


class Collect(FrameProcessor):
    """Keeps what comes out of the TTS service, in its order, and tells who waits for a kind of frame."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._came = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        self._came.set()
        await self.push_frame(frame, direction)

    async def seen(self, kind: type[Frame], count: int = 1) -> None:
        while sum(isinstance(frame, kind) for frame in self.frames) < count:
            self._came.clear()
            await self._came.wait()


class Loudspeaker(BaseOutputTransport):
    """Pipecat's own output, which gives words away when they are due; the audio is played at once."""

    def __init__(self) -> None:
        super().__init__(
            TransportParams(audio_out_enabled=True, audio_out_end_silence_secs=0, audio_out_auto_silence=False)
        )

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        return True


class Talk:
    """A running pipeline, and what came of it."""

    def __init__(self, service: PipecatTTSService, loud: bool = False) -> None:
        self.service, self.out, self.errors = service, Collect(), list[ErrorFrame]()
        self.context = LLMContext()
        self.turns: asyncio.Queue[Any] = asyncio.Queue()
        assistant = LLMContextAggregatorPair(self.context).assistant()
        assistant.add_event_handler("on_assistant_turn_stopped", self._spoke)
        service.add_event_handler("on_error", self._failed)
        rest = [Loudspeaker(), assistant] if loud else []
        self.worker = PipelineWorker(
            Pipeline([service, self.out, *rest]),
            params=PipelineParams(enable_metrics=True, enable_usage_metrics=True),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )

    async def _spoke(self, _: Any, message: Any) -> None:
        await self.turns.put([message.content, message.interrupted])

    async def _failed(self, _: Any, error: ErrorFrame) -> None:
        self.errors.append(error)

    async def say(self, *frames: Frame) -> None:
        await self.worker.queue_frames(list(frames))

    def found(self) -> dict[str, Any]:
        """By audio context, in the order of their beginning."""
        contexts: dict[str, dict[str, Any]] = {}
        kinds = (TTSStartedFrame, TTSAudioRawFrame, TTSTextFrame, TTSStoppedFrame)
        for frame in self.out.frames:
            if not isinstance(frame, kinds) or frame.context_id is None:
                continue
            one = contexts.setdefault(frame.context_id, {"audio": b"", "rates": [], "words": [], "frames": []})
            one["frames"].append(type(frame).__name__)
            if isinstance(frame, TTSAudioRawFrame):
                one["audio"] += frame.audio
                one["rates"] = sorted({*one["rates"], frame.sample_rate})
            elif isinstance(frame, TTSTextFrame):
                one["words"].append([frame.text, frame.pts, frame.includes_inter_frame_spaces])
        for one in contexts.values():
            one["audio"] = base64.b64encode(one["audio"]).decode()
            first = next((pts for _, pts, _ in one["words"] if pts), 0)
            one["words"] = [[text, pts and (pts - first) / 1e9, spaces] for text, pts, spaces in one["words"]]
        data = [one for frame in self.out.frames if isinstance(frame, MetricsFrame) for one in frame.data]
        return {
            "contexts": list(contexts.values()),
            "usage": [one.value for one in data if isinstance(one, TTSUsageMetricsData)],
            "ttfb": [[one.model, one.value] for one in data if isinstance(one, TTFBMetricsData) and one.value],
            "errors": [told(error) for error in self.errors],
            "usable": self.service.is_usable,
        }


def told(error: ErrorFrame) -> dict[str, Any]:
    assert error.category is not None
    return {"said": error.error, "category": error.category.value, "cause": type(error.exception).__name__}


@asynccontextmanager
async def talking(service: PipecatTTSService, loud: bool = False) -> AsyncGenerator[Talk]:
    talk = Talk(service, loud)
    started = asyncio.Event()

    @talk.worker.event_handler("on_pipeline_started")
    async def _(worker: Any, frame: Frame) -> None:
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(talk.worker)
    running = asyncio.create_task(runner.run())
    try:
        await started.wait()
        yield talk
        await talk.worker.queue_frame(EndFrame())
        await running
    finally:
        if not running.done():
            await talk.worker.cancel()
            await running


def answer(text: str, *, ends: bool = True) -> list[Frame]:
    """As a language model writes: five characters at a time."""
    written = [LLMTextFrame(text[at : at + 5]) for at in range(0, len(text), 5)]
    return [LLMFullResponseStartFrame(), *written, *([LLMFullResponseEndFrame()] if ends else [])]


def conversation(made: Callable[..., TTSModelBase[Any]], mode: TextAggregationMode) -> Callable[[], Awaitable[Any]]:
    """Two answers, of which Pipecat's own aggregator makes the conversation."""

    async def run() -> Any:
        async with Transport() as transport:
            service = PipecatTTSService(made(transport=transport), text_aggregation_mode=mode)
            async with talking(service, loud=True) as talk:
                spoken = []
                for text in TURNS:
                    await talk.say(*answer(text))
                    spoken.append(await talk.turns.get())
            return {**talk.found(), "spoken": spoken, "context": talk.context.get_messages()}

    return run


class Heard(Observer):
    """Counts the interruptions that a model is told of."""

    count = 0

    def interrupted(self, call: Call, played: float | None) -> None:
        self.count += 1


def barge_in(made: Callable[..., TTSModelBase[Any]], mode: TextAggregationMode) -> Callable[[], Awaitable[Any]]:
    """The listener interrupts while the first answer is written and spoken, and asks again."""

    async def run() -> Any:
        arm("slow=0.1;times=1")
        watch = Heard()
        async with Transport(observer=watch) as transport:
            service = PipecatTTSService(made(transport=transport), text_aggregation_mode=mode)
            async with talking(service) as talk:
                await talk.say(*answer(LONG, ends=False))
                await talk.out.seen(TTSAudioRawFrame)
                while made is not openai and len(sent()) < 2:  # the next turn's connection
                    await asyncio.sleep(0.01)
                before = len(sent())
                await talk.say(InterruptionFrame())
                await talk.out.seen(InterruptionFrame)
                place = len(talk.out.frames)
                await talk.say(*answer(TURNS[1]))
                await talk.out.seen(LLMFullResponseEndFrame)
            late = [frame for frame in talk.out.frames[place:] if isinstance(frame, TTSAudioRawFrame)]
            contexts = len({frame.context_id for frame in late})
            return {**talk.found(), "before": before, "told": watch.count, "late": contexts}

    return run


for _name, _made in MODELS.items():
    for _mode in (SENTENCE, TOKEN):
        SCENARIOS[f"conversation-{_name}-{_mode}"] = conversation(_made, _mode)
        SCENARIOS[f"barge_in-{_name}-{_mode}"] = barge_in(_made, _mode)


@asynccontextmanager
async def alone(model: TTSModelBase[Any], **options: Any) -> AsyncGenerator[Talk]:
    async with model.transport, talking(PipecatTTSService(model, **options)) as talk:
        yield talk


@scenario
async def chinese() -> Any:
    async with alone(cosyvoice()) as talk:
        await talk.say(*answer("你好。今天天气很好。"))
        await talk.out.seen(LLMFullResponseEndFrame)
    return talk.found()


@scenario
async def outside_of_turns() -> Any:
    """Text frames by themselves, and what is to be spoken at once."""
    async with alone(azure()) as talk:
        await talk.say(TextFrame("By itself. "), TextFrame("Another."), TTSSpeakFrame("Spoken at once."))
        await talk.out.seen(TTSStoppedFrame, 2)
    return talk.found()


@scenario
async def spoken_in_between() -> Any:
    """A frame of its own in the middle of an answer."""
    async with alone(azure(), text_aggregation_mode=TOKEN) as talk:
        start, *written, end = answer(TURNS[0])
        await talk.say(start, *written[:3], TTSSpeakFrame("In between."), *written[3:], end)
        await talk.out.seen(LLMFullResponseEndFrame)
    return talk.found()


@scenario
async def uninterruptible() -> Any:
    """What may not be interrupted is spoken to its end."""
    async with alone(azure()) as talk:
        frame = TTSSpeakFrame(TURNS[0])
        frame.interruptible = False
        arm("slow=0.05;times=1")
        await talk.say(frame)
        await talk.out.seen(TTSAudioRawFrame)
        await talk.say(InterruptionFrame())
        await talk.out.seen(TTSStoppedFrame)
    return talk.found()


@scenario
async def settings() -> Any:
    async with alone(openai()) as talk:
        await talk.say(*answer("One."))
        await talk.say(TTSUpdateSettingsFrame(delta=TTSSettings(voice="coral", extra={"speed": 1.5})))
        await talk.say(*answer("Two."))
        await talk.say(TTSUpdateSettingsFrame(delta=TTSSettings(voice="alloy", extra={"speed": 99})))
        await talk.say(TTSUpdateSettingsFrame(delta=TTSSettings(model="another")))
        await talk.say(*answer("Three."))
        await talk.out.seen(LLMFullResponseEndFrame, 3)
    stored = talk.service.settings
    return {**talk.found(), "stored": [stored.model, stored.voice, stored.extra]}


@scenario
async def another_rate() -> Any:
    """One that the model gives, and one that is made with the soxr that comes with Pipecat."""
    async with alone(cosyvoice(), sample_rate=16000) as native, alone(openai(), sample_rate=16000) as made:
        for talk in (native, made):
            await talk.say(*answer(TURNS[1]))
            await talk.out.seen(LLMFullResponseEndFrame)
    return [native.found(), made.found()]


def failing(made: Callable[..., TTSModelBase[Any]], model: str, text: str = "One.") -> Callable[[], Awaitable[Any]]:
    async def run() -> Any:
        async with alone(made(model, retry=AT_ONCE), max_consecutive_zero_audio_contexts=0) as talk:
            await talk.say(*answer(text))
            await talk.out.seen(LLMFullResponseEndFrame)
        return talk.found()

    return run


SCENARIOS |= {
    "refused": failing(openai, "gpt-4o-mini-tts!status=401"),
    "throttled": failing(openai, "gpt-4o-mini-tts!status=429"),
    "throttled_once": failing(openai, "gpt-4o-mini-tts!status=429;times=1;id=once"),
    "broken": failing(openai, "gpt-4o-mini-tts!status=503"),
    "cut": failing(openai, "gpt-4o-mini-tts!cut;after=3", "One sentence."),
    "error": failing(dashscope, "qwen3-tts-flash-realtime!error"),
}


@scenario
async def too_long() -> Any:
    """A sentence that the model does not take costs no other."""
    card = DashScopeCosyVoiceRealtimeTTSModel.card("cosyvoice-v3-flash")
    short: Any = card.model_copy(update={"limits": Limits(max_characters=20)})
    async with alone(cosyvoice(short)) as talk:
        await talk.say(*answer("This sentence is longer than that. Another one."))
        await talk.out.seen(LLMFullResponseEndFrame)
    return talk.found()


@scenario
async def goes_on() -> Any:
    """What is written after an error is spoken all the same, in the same turn."""
    async with alone(openai("gpt-4o-mini-tts!status=503;times=3;id=once", retry=AT_ONCE)) as talk:
        await talk.say(LLMFullResponseStartFrame(), LLMTextFrame("One sentence. T"))
        while not talk.errors:
            await asyncio.sleep(0.01)
        await talk.say(LLMTextFrame("hen one more."), LLMFullResponseEndFrame())
        await talk.out.seen(LLMFullResponseEndFrame)
    return talk.found()


@scenario
async def ended_in_the_middle() -> Any:
    """The pipeline ends though the answer has no end: what was written is spoken."""
    async with alone(azure(), text_aggregation_mode=TOKEN) as talk:
        await talk.say(*answer(TURNS[0], ends=False))
    return talk.found()


@scenario
async def cancelled() -> Any:
    """The pipeline is cancelled while it speaks."""
    arm("slow=0.1")
    async with Transport() as transport:
        talk = Talk(PipecatTTSService(dashscope(transport=transport), text_aggregation_mode=TOKEN))
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(talk.worker)
        running = asyncio.create_task(runner.run())
        await talk.say(*answer(LONG, ends=False))
        await talk.out.seen(TTSAudioRawFrame)
        await talk.worker.cancel()
        await running
    return talk.found()


# -- running them


def sent(forget: bool = False) -> Any:
    with urllib.request.urlopen(RECORDS) as answer:
        exchanges = json.load(answer)
    if forget:
        urllib.request.urlopen(urllib.request.Request(RECORDS, method="DELETE")).close()
    return exchanges


def arm(*faults: str) -> None:
    request = urllib.request.Request(f"{URL}/_sandbox/faults", json.dumps(faults).encode(), method="PUT")
    urllib.request.urlopen(request).close()


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
    logger.remove()
    found = {}
    for name in sys.argv[2:] or list(SCENARIOS):
        result, raised, before = None, None, left()
        try:
            result = await asyncio.wait_for(SCENARIOS[name](), 10)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        for _ in range(100):  # what is closed may take some rounds of the loop
            await asyncio.sleep(0)
        found[name] = {"result": result, "raised": raised, "sent": sent(forget=True), "left": [before, left()]}
        arm()
    print(json.dumps(found))


asyncio.run(main())
