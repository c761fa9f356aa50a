"""A model of modeldeck in a Pipecat pipeline; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TextAggregationMode
from pipecat.workers.runner import WorkerRunner

from modeldeck.credential import AzureCredential
from modeldeck.integrations import PipecatTTSService
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel


class Output(FrameProcessor):
    """In the place of a transport: says what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case TTSAudioRawFrame():
                self.seconds += frame.num_frames / frame.sample_rate
            case TTSTextFrame():
                print(f"{(frame.pts or 0) / 1e9:5.2f} s  {frame.text}")
            case MetricsFrame():
                for one in frame.data:
                    if isinstance(one, TTFBMetricsData) and one.value:
                        print(f"{one.model}: first audio after {one.value:.3f} s")
        await self.push_frame(frame, direction)


def written(text: str) -> list[Frame]:
    """As a language model writes."""
    words = [LLMTextFrame(f"{word} ") for word in text.split()]
    return [LLMFullResponseStartFrame(), *words, LLMFullResponseEndFrame()]


async def main() -> None:
    async with AsyncExitStack() as stack:
        if not os.environ.get("AZURE_SPEECH_KEY"):
            os.environ.update((await stack.enter_async_context(Sandbox())).environment())
        model = AzureRealtimeTTSModel(AzureCredential.from_env())
        await stack.enter_async_context(model.transport)  # its connections end with this block

        # TOKEN: text goes to the model as it is written, not sentence by sentence.
        service = PipecatTTSService(model, text_aggregation_mode=TextAggregationMode.TOKEN)
        output = Output()
        params = PipelineParams(enable_metrics=True, enable_usage_metrics=True)
        worker = PipelineWorker(Pipeline([service, output]), params=params)
        runner = WorkerRunner()
        await runner.add_workers(worker)
        await worker.queue_frames(
            [
                *written("Hello from modeldeck. This goes out as it is written."),
                TTSUpdateSettingsFrame(delta=TTSSettings(voice="de-DE-KatjaNeural")),
                TTSSpeakFrame("Und das mit einer anderen Stimme."),
                EndFrame(),
            ]
        )
        await runner.run()
        print(f"{output.seconds:.2f} s of audio")


if __name__ == "__main__":
    asyncio.run(main())
