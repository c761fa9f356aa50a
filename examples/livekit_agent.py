"""A model of modeldeck as the voice of a LiveKit agent; without a key and a room, against the sandbox.

In a worker the same `AgentSession(tts=LiveKitTTS(model), ...)` is started with `room=ctx.room`.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

from livekit import rtc
from livekit.agents import Agent, AgentSession, llm, metrics
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities, TextOutput

from modeldeck.credential import AzureCredential
from modeldeck.integrations import LiveKitTTS
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureRealtimeTTSModel


class Echo(llm.LLM):
    """In the place of a language model: says back what it hears, word by word."""

    def chat(self, *, chat_ctx, tools=None, conn_options, **_):
        return EchoStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class EchoStream(llm.LLMStream):
    async def _run(self):
        for word in f"You said: {self.chat_ctx.items[-1].text_content}".split():
            self._event_ch.send_nowait(llm.ChatChunk(id="echo", delta=llm.ChoiceDelta(content=f"{word} ")))
            await asyncio.sleep(0.01)


class Loudspeaker(AudioOutput):
    """In the place of a room."""

    def __init__(self):
        super().__init__(label="loudspeaker", capabilities=AudioOutputCapabilities(pause=True))
        self.seconds = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame):
        await super().capture_frame(frame)
        self.seconds += frame.duration

    def flush(self):
        super().flush()
        self.on_playback_finished(playback_position=self.seconds, interrupted=False)

    def clear_buffer(self):
        self.on_playback_finished(playback_position=self.seconds, interrupted=True)


class Subtitles(TextOutput):
    def __init__(self):
        super().__init__(label="subtitles", next_in_chain=None)

    async def capture_text(self, text):
        print(f"{text.start_time:5.2f} s  {text}")

    def flush(self):
        pass


def measured(one: metrics.TTSMetrics) -> None:
    print(f"{one.label}: first audio after {one.ttfb:.3f} s")


async def main() -> None:
    async with AsyncExitStack() as stack:
        if not os.environ.get("AZURE_SPEECH_KEY"):
            os.environ.update((await stack.enter_async_context(Sandbox())).environment())
        model = AzureRealtimeTTSModel(AzureCredential.from_env())
        await stack.enter_async_context(model.transport)  # its connections end with this block

        voice = LiveKitTTS(model)
        voice.on("metrics_collected", measured)
        session = AgentSession(llm=Echo(), tts=voice, use_tts_aligned_transcript=True)
        session.output.audio = speaker = Loudspeaker()
        session.output.transcription = Subtitles()
        await session.start(Agent(instructions="Repeat."), record=False)
        await session.generate_reply(user_input="Hello, is anybody there?")
        await session.aclose()
        print(f"{speaker.seconds:.2f} s of audio")


if __name__ == "__main__":
    asyncio.run(main())
