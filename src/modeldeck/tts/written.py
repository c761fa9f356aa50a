"""What is spoken of a text, and where in it that stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modeldeck.tts.response import WordTiming


@dataclass(frozen=True, slots=True)
class Run:
    """`text` is spoken in the place of what was written from `begin` to `end`, code points of the whole text."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is spoken of `written`, the next piece of the text."""

    text: str
    written: str
    runs: tuple[Run, ...] = ()

    def __add__(self, other: Spoken) -> Spoken:
        return Spoken(self.text + other.text, self.written + other.written, self.runs + other.runs)


class Written:
    """An utterance's text as it was written, and the way back to it from what is spoken."""

    def __init__(self, pieces: Sequence[Spoken] = ()) -> None:
        self.text = ""
        self._spoken = 0
        self._starts: list[int] = []  # of the runs, in what is spoken
        self._runs: list[Run] = []
        self._first: int | None = None  # where the filter's count stood when this text began
        for piece in pieces:
            self.add(piece)

    def add(self, piece: Spoken) -> None:
        for run in piece.runs:
            self._starts.append(self._spoken)
            self._runs.append(run)
            self._spoken += len(run.text)
        self.text += piece.written

    def begin(self, index: int) -> int:
        """Where the character `index` of what is spoken was written."""
        at = bisect_right(self._starts, index) - 1
        if at < 0:
            return index
        run, inside = self._runs[at], index - self._starts[at]
        return min(run.begin + inside, run.end) if len(run.text) == run.end - run.begin else run.begin

    def end(self, index: int) -> int:
        """What was written ends here when what is spoken ends before `index`; closing signs belong to it."""
        at = bisect_right(self._starts, index - 1) - 1
        if at < 0 or index <= 0:
            return 0
        run, inside = self._runs[at], index - self._starts[at]
        if inside < len(run.text):
            return run.begin + inside if len(run.text) == run.end - run.begin else run.end
        return self._runs[at + 1].begin if at + 1 < len(self._runs) else len(self.text)

    def mapped(self, timing: WordTiming) -> WordTiming:
        begin, end = timing.begin_index, timing.end_index
        return replace(
            timing,
            begin_index=None if begin is None else self.begin(begin),
            end_index=None if end is None else self.end(end),
        )
