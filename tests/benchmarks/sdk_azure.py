"""The native Azure SDK's side of a comparison, run by the Python of its own environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import azure.cognitiveservices.speech as speech
from azure.cognitiveservices.speech.audio import AudioOutputConfig, PushAudioOutputStream, PushAudioOutputStreamCallback

from tests.benchmarks import calls
from tests.benchmarks.side import Heard, Lane, Speak, serve

FORMAT = speech.SpeechSynthesisOutputFormat.Raw24Khz16BitMonoPcm


class Told(PushAudioOutputStreamCallback):
    """Called on a thread of the library's."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: Heard = bytes

    def write(self, audio_buffer: memoryview) -> int:
        self.heard(bytes(audio_buffer))
        return len(audio_buffer)


@asynccontextmanager
async def synthesizer(url: str, path: str) -> AsyncGenerator[tuple[speech.SpeechSynthesizer, Told, asyncio.Queue[str]]]:
    """With what it tells, and how its turns end."""
    config = speech.SpeechConfig(subscription=calls.AZURE_KEY, endpoint=url.replace("http", "ws", 1) + path)
    config.speech_synthesis_voice_name = calls.AZURE_VOICE
    config.set_speech_synthesis_output_format(FORMAT)
    told, ends, loop = Told(), asyncio.Queue[str](), asyncio.get_running_loop()
    made = speech.SpeechSynthesizer(config, AudioOutputConfig(stream=PushAudioOutputStream(told)))
    made.synthesis_completed.connect(lambda _: loop.call_soon_threadsafe(ends.put_nowait, ""))
    made.synthesis_canceled.connect(
        lambda event: loop.call_soon_threadsafe(ends.put_nowait, str(event.result.cancellation_details))
    )
    yield made, told, ends


def lanes(url: str, path: str, start: Callable[[speech.SpeechSynthesizer], Any]) -> Callable[[], Lane]:
    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with synthesizer(url, path) as (made, told, ends):

            async def speak(heard: Heard) -> None:
                told.heard = heard
                running = start(made)
                if problem := await ends.get():
                    raise RuntimeError(problem)
                del running

            yield speak

    return lane


@asynccontextmanager
async def whole(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    yield lanes(url, "/cognitiveservices/websocket/v1", lambda made: made.speak_text_async(calls.TEXT))


def pieces(made: speech.SpeechSynthesizer) -> Any:
    request = speech.SpeechSynthesisRequest(input_type=speech.SpeechSynthesisRequestInputType.TextStream)
    running = made.speak_async(request)
    request.input_stream.write(calls.TEXT)
    request.input_stream.close()
    return running


@asynccontextmanager
async def streamed(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    yield lanes(url, "/cognitiveservices/websocket/v2", pieces)


if __name__ == "__main__":
    serve({"azure": whole, "azure-realtime": streamed})
