"""What is spoken of a text, and where in it that stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from modeldeck.tts.response import SentenceTiming, WordTiming

Timed = TypeVar("Timed", WordTiming, SentenceTiming)


@dataclass(frozen=True, slots=True)
class Run:
    """`text` is spoken in the place of what was written from `begin` to `end`, code points of the piece."""

    text: str
    begin: int
    end: int

    @property
    def same(self) -> bool:
        """Character for character."""
        return len(self.text) == self.end - self.begin

    def moved(self, distance: int) -> Run:
        return Run(self.text, self.begin + distance, self.end + distance)

    def part(self, first: int, last: int) -> Run:
        """These characters of it."""
        if self.same:
            return Run(self.text[first:last], self.begin + first, self.begin + last)
        return Run(self.text[first:last], self.begin, self.end)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is spoken of `written`, the next piece of the text."""

    text: str
    written: str
    runs: tuple[Run, ...] = ()

    def __add__(self, other: Spoken) -> Spoken:
        moved = tuple(run.moved(len(self.written)) for run in other.runs)
        return Spoken(self.text + other.text, self.written + other.written, self.runs + moved)


class Written:
    """An utterance's text as it was written, and the way back to it from what is spoken."""

    def __init__(self, pieces: Sequence[Spoken] = ()) -> None:
        self.text = ""
        self._runs: list[Run] = []
        self._starts: list[int] = []  # of the runs, in what is spoken
        self._spoken = 0
        for piece in pieces:
            self.add(piece)

    def add(self, piece: Spoken) -> None:
        self._add(run.moved(len(self.text)) for run in piece.runs)
        self.text += piece.written

    def cut(self, begin: int, end: int) -> None:
        """Forget what is spoken between the two, and what was written for it."""
        first, last = self.begin(begin), self.end(end)
        if begin >= end:
            return
        runs, starts = self._runs, self._starts
        self._runs, self._starts, self._spoken = [], [], 0
        self.text = self.text[:first] + self.text[last:]
        self._add(run.part(0, max(0, begin - start)) for start, run in zip(starts, runs, strict=True) if start < begin)
        self._add(
            run.part(max(0, end - start), len(run.text)).moved(first - last)
            for start, run in zip(starts, runs, strict=True)
            if start + len(run.text) > end
        )

    def _add(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self._starts.append(self._spoken)
            self._runs.append(run)
            self._spoken += len(run.text)

    def begin(self, index: int) -> int:
        """Where the character `index` of what is spoken was written."""
        at = bisect_right(self._starts, index) - 1
        if at < 0:
            return 0
        run, inside = self._runs[at], index - self._starts[at]
        return min(run.begin + inside, run.end) if run.same else run.begin

    def end(self, index: int) -> int:
        """Where what was written for what is spoken before `index` ends; the signs that close it belong to it."""
        at = bisect_right(self._starts, index - 1) - 1
        if at < 0 or index <= 0:
            return 0
        run, inside = self._runs[at], index - self._starts[at]
        if inside < len(run.text):
            return run.begin + inside if run.same else run.end
        return self._runs[at + 1].begin if at + 1 < len(self._runs) else len(self.text)

    def mapped(self, timing: Timed) -> Timed:
        """The same word or sentence, where it was written."""
        begin, end = timing.begin_index, timing.end_index
        return replace(
            timing,
            begin_index=None if begin is None else self.begin(begin),
            end_index=None if end is None else self.end(end),
        )
