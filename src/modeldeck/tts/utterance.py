"""One utterance on its way from a provider's events to the caller's increments."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import assert_never

from modeldeck.tts.assemble import Assembler
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import Audio, SpeechEvent
from modeldeck.tts.response import TTSResponse, TTSUsage, WordTiming


class Utterance:
    """Its text so far, its word timings, and the increments that its audio makes.

    `interruptible`: somebody may ask what was heard; only then the timings are kept, which grow with the text.
    """

    def __init__(self, delivery: Delivery, clock: Callable[[], float], *, interruptible: bool = False) -> None:
        self.text = ""
        self.flushed = False
        self.timings: list[WordTiming] = []
        self.assembler = Assembler(delivery)
        self.began = clock()
        self._clock = clock
        self._interruptible = interruptible
        self._usage: TTSUsage | None = None
        self._first_audio: float | None = None

    def write(self, text: str) -> None:
        if not self.text:
            self.began = self._clock()
        self.text += text

    def take(self, event: SpeechEvent) -> TTSResponse | None:
        """The increment that an event completes, or None."""
        match event:
            case Audio():
                increment = self.assembler.audio(event)
                if increment is not None and self._first_audio is None:
                    self._first_audio = self._clock() - self.began
                return increment
            case WordTiming():
                if self._interruptible:
                    self.timings.append(event)
                self.assembler.timing(event)
            case TTSUsage():
                self._usage = event
            case _:
                assert_never(event)
        return None

    def ended(self) -> Generator[TTSResponse]:
        """What a conversion held back, and the last increment."""
        return self.assembler.ended(self._usage, self._clock() - self.began, self._first_audio)

    def heard(self, played: float | None) -> str | None:
        """The text up to the last word that had begun `played` seconds into the audio; None without timings."""
        if played is None or not self.timings:
            return None
        ends = [one.end_index for one in self.timings if one.start < played and one.end_index is not None]
        return self.text[: max(ends)] if ends else ""
