"""One utterance on its way from a provider's events to the caller's increments."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, assert_never

from modeldeck.errors import ModelDeckError
from modeldeck.tts.assemble import Assembler
from modeldeck.tts.cost import charged
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import Audio, Identity, SentenceBegin, SpeechEvent, Told, Transcript, known
from modeldeck.tts.response import SentenceTiming, TTSResponse, TTSUsage, WordTiming
from modeldeck.tts.written import Spoken, Written


class Utterance:
    """Its text so far, its word timings, and the increments that its audio makes.

    `interruptible`: somebody may ask what was heard; only then the timings are kept, which grow with the text.
    """

    def __init__(
        self,
        delivery: Delivery,
        clock: Callable[[], float],
        *,
        interruptible: bool = False,
        written: Spoken | None = None,
    ) -> None:
        self._texts: list[str] = []
        self.flushed = False
        self.timings: list[WordTiming] = []
        self.assembler = Assembler(delivery)
        self.began = clock()
        self.first_audio: float | None = None  # seconds from the beginning
        self._delivery = delivery
        self._clock = clock
        self._interruptible = interruptible
        self._usage: TTSUsage | None = None
        self._identity = Identity()
        self._transcript: list[str] = []
        self._written = Written([written]) if written is not None else None
        self._told: dict[str, Any] = {}
        self._untimed: float | None = None  # where a sentence begins whose timings have not come

    def begin_again(self) -> None:
        """Another attempt: what the last one told is forgotten."""
        self.timings.clear()
        self.assembler = Assembler(self._delivery)
        self._usage = None
        self._transcript.clear()
        self._told.clear()

    @property
    def text(self) -> str:
        if len(self._texts) > 1:
            self._texts = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def write(self, text: str, since: float, written: Spoken | None = None) -> None:
        """More text, said at `since`; what it was `written` as, where that is not the same."""
        if written is not None:
            self._written = self._written or Written()
            self._written.add(written)
        if not self._texts:
            self.began = since
        self._texts.append(text)

    def cut(self, begin: int, end: int) -> None:
        """Forget the text between the two."""
        self._texts = [self.text[:begin] + self.text[end:]]
        if self._written is not None:
            self._written.cut(begin, end)

    def take(self, event: SpeechEvent) -> TTSResponse | None:
        """The increment that an event completes, or None."""
        match event:
            case Audio():
                increment = self.assembler.audio(event)
                if increment is not None and self.first_audio is None:
                    self.first_audio = self._clock() - self.began
                return increment
            case WordTiming():
                event = event if self._written is None else self._written.mapped(event)
                if self._interruptible:
                    self.timings.append(event)
                    self._untimed = None
                self.assembler.timing(event)
            case SentenceBegin():
                self._untimed = self.assembler.seconds
            case SentenceTiming():
                self.assembler.sentence(event if self._written is None else self._written.mapped(event))
            case TTSUsage():
                self._usage = event
            case Identity():
                self._identity = known(self._identity, event)
            case Transcript():
                self._transcript.append(event.text.strip())
            case Told():
                self._told |= event.metadata
            case _:
                assert_never(event)
        return None

    def failed(self, error: ModelDeckError) -> None:
        """Have `error` say how much audio had come."""
        if self.assembler.received:
            seconds = self.assembler.seconds
            came = f"{seconds:.2f} s" if seconds else f"{self.assembler.received:,} bytes"
            error.args = (f"{error}; {came} of audio had come", *error.args[1:])

    def ended(self) -> Generator[TTSResponse]:
        """What a conversion held back, and the last increment."""
        told = self._told | ({"transcript": " ".join(self._transcript)} if self._transcript else {})
        timed = 0.0 if told.get("cache") == "partly" else self.assembler.seconds  # nobody says which of it was billed
        usage = charged(self._usage or TTSUsage(), self._delivery.pricing, timed)
        return self.assembler.ended(usage, self._clock() - self.began, self.first_audio, self._identity, told)

    def heard(self, played: float | None) -> str | None:
        """The text up to the last word that had begun `played` seconds into the audio; None without its timings."""
        if played is None or not self.timings:
            return None
        if self._untimed is not None and played > self._untimed:
            return None
        ends = [one.end_index for one in self.timings if one.start < played and one.end_index is not None]
        text = self.text if self._written is None else self._written.text
        return text[: max(ends)] if ends else ""
