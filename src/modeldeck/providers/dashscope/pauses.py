"""One utterance in several tasks: a task whose text pauses for too long would fail, so it is finished before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modeldeck.tts.hook import ConversationEvent, UtteranceEnd
from modeldeck.tts.response import SentenceTiming, TTSUsage, WordTiming
from modeldeck.tts.sentencewise import both
from modeldeck.tts.wav import HEADER_BYTES

if TYPE_CHECKING:
    from modeldeck.providers.dashscope.wire.tasks import TaskClient


class Tasks:
    """What the tasks of one utterance tell, as the utterance sees it: seconds, places in the text, the bill.

    `paused`: the task that is being spoken is not the last one.
    """

    def __init__(self) -> None:
        self._begin = self._last = 0.0  # of the task: seconds of the utterance; and the end of its last word
        self._characters = self._sent = 0  # code points that earlier tasks were sent, and all tasks
        self._billed: TTSUsage | None = None  # of earlier tasks
        self._usage: TTSUsage | None = None
        self.paused = False

    def sent(self, text: str) -> None:
        self._sent += len(text)

    def event(self, event: ConversationEvent) -> ConversationEvent | None:
        """None: it is no news to the utterance."""
        match event:
            case WordTiming() | SentenceTiming() if self._begin or self._characters:
                event = self._shifted(event)
            case TTSUsage():
                event = self._usage = event if self._billed is None else both(self._billed, event)
            case UtteranceEnd() if self.paused:
                return None
            case _:
                pass
        if isinstance(event, WordTiming | SentenceTiming):
            self._last = max(self._last, event.end)
        return event

    def next(self, client: TaskClient) -> Tasks:
        """After a pause the next task goes on where this one ends; words tell where that is when bytes do not."""
        if not self.paused:
            return Tasks()
        frame, head = client.format.frame_bytes, HEADER_BYTES if client.format.encoding == "wav" else 0
        if frame:
            self._begin += max(0, client.received - head) / frame / client.format.sample_rate
        else:
            self._begin = self._last
        self._last, self._characters, self._billed = self._begin, self._sent, self._usage
        self.paused = False
        return self

    def _shifted(self, timing: WordTiming | SentenceTiming) -> WordTiming | SentenceTiming:
        begin, end = timing.begin_index, timing.end_index
        return replace(
            timing,
            start=timing.start + self._begin,
            end=timing.end + self._begin,
            begin_index=None if begin is None else begin + self._characters,
            end_index=None if end is None else end + self._characters,
        )
