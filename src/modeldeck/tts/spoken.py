"""Text that is spoken as it is meant: Markdown, links, code and pictures become what a person would read aloud."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias

from modeldeck.errors import ParameterError
from modeldeck.tts.markup import Reader
from modeldeck.tts.written import Run, Spoken

_HEAD = re.compile(r"[ \t>#*+\-_=`~|:.)\d]*")  # what the beginning of a block may consist of
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_RULE = re.compile(r"[ \t]*([-*_=])(?:[ \t]*\1){2,}[ \t]*")  # under a heading, or between paragraphs
_DELIMITERS = re.compile(
    r"(?=.*\|)[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"
)  # below a table's head
_HEADING = re.compile(r"[ \t]*#{1,6}(?:[ \t]+|(?=\n)|\Z)")
_QUOTE = re.compile(r"[ \t]*>(?:[ \t]|(?=[>\n])|\Z)")
_BULLET = re.compile(r"[ \t]*[-*+](?:[ \t]+|(?=\n))")
_NUMBER = re.compile(r"[ \t]*\d{1,9}[.)][ \t]+")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_DEFINITION = re.compile(
    r"""[ ]{0,3}\[(?:\^[^\s\]]+\]:.*|[^\[\]]+\]:[ \t]+(?:<[^<>]*>|(?:https?:|www\.|[./#])\S*)"""
    r"""(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*)"""
)
_DEFINED = re.compile(r"[ ]{0,3}\[[^\[\]\n]*(?:\](?::.*)?)?")  # what may become one
_CELL = re.compile(r"(?:[^|\\]|\\.|\\\Z)+")
Urls: TypeAlias = Literal["domain", "drop", "keep"]
Keep: TypeAlias = Literal["drop", "keep"]
_LONG = 400  # characters of a line that may decide what it is


class SpokenText:
    """Feed text as it comes, take what is to be spoken; `rest()` gives what no more text was needed for.

    However the text is cut into pieces, what comes out is the same. Held back is only what may still become a sign: a
    word or two as a rule, `longest` characters at most (2,000 of a link's address). Emphasis, headings, lists, quotes,
    rules, tables (cells with commas between), links and images (their text), HTML tags and entities are understood, and
    what is struck out is gone; what looks like them in a word, a sum or a name is left alone. LaTeX is not read.
    """

    def __init__(
        self,
        *,
        markdown: bool = True,
        code: str = "",
        urls: Urls = "domain",
        emoji: Keep = "drop",
        citations: Keep = "drop",
        longest: int = 200,
    ) -> None:
        """`code`: what is said in the place of a block of code; a word of code in a sentence is read as it is.

        `urls`: of an address that stands in the text. `citations`: [1] and [^note], and with it the notes themselves.
        """
        for name, value, choices in (
            ("urls", urls, ("domain", "drop", "keep")),
            ("emoji", emoji, ("drop", "keep")),
            ("citations", citations, ("drop", "keep")),
        ):
            if value not in choices:
                raise ParameterError(f"{name} must be one of {', '.join(choices)}, not {value!r}", parameter=name)
        given: Any = longest
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ParameterError(f"longest must be a number of characters, not {longest!r}", parameter="longest")
        self.markdown = markdown
        self.code = code
        self.urls: Urls = urls
        self.emoji: Keep = emoji
        self.citations: Keep = citations
        self.longest = longest
        self._begin()

    def _begin(self) -> None:
        self._held = ""  # what was not read
        self._at = 0  # where that begins in the text
        self._handed = 0  # up to where the text was handed on
        self._source = ""  # the text from there on
        self._reader = Reader(self)
        self._new_line = True
        self._fence = ""  # the signs that opened a block of code
        self._inside = ""  # "code", "comment" or "line": what is dropped until its end

    def fresh(self) -> SpokenText:
        """Another one with the same settings, for another text."""
        return SpokenText(
            markdown=self.markdown,
            code=self.code,
            urls=self.urls,
            emoji=self.emoji,
            citations=self.citations,
            longest=self.longest,
        )

    def feed(self, text: str) -> str:
        """What is to be spoken now."""
        return self.take(text).text

    def rest(self) -> str:
        """What was held back; then it begins anew."""
        return self.take_rest().text

    def __call__(self, text: str) -> str:
        """All that is to be spoken of a whole text."""
        one = self.fresh()
        return one.feed(text) + one.rest()

    def take(self, text: str) -> Spoken:
        """`feed`, with the way back to what was written."""
        self._held += text
        self._source += text
        self._read(over=False)
        return self._hand_on()

    def take_rest(self) -> Spoken:
        """`rest`, with the way back to what was written."""
        self._read(over=True)
        self._reader.settle()
        left = self._hand_on()
        self._begin()
        return left

    def __repr__(self) -> str:
        names = ("markdown", "code", "urls", "emoji", "citations", "longest")
        return f"SpokenText({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    # -- inside

    def _hand_on(self) -> Spoken:
        """What comes before the first sign that is not decided."""
        nodes = self._reader.nodes
        ready = next((at for at, node in enumerate(nodes) if node.sign), len(nodes))
        end = nodes[ready].begin if ready < len(nodes) else self._at
        first = self._handed
        runs = tuple(Run(node.text, node.begin - first, node.end - first) for node in nodes[:ready] if node.text)
        del nodes[:ready]
        written, self._source = self._source[: end - self._handed], self._source[end - self._handed :]
        self._handed = end
        return Spoken("".join(run.text for run in runs), written, runs)

    def _read(self, over: bool) -> None:
        i = 0
        while i < len(self._held):
            behind = self._step(i, over)
            if behind is None:
                break
            i = behind
            self._reader.settle_first(self._at + i - self.longest)
        self._held = self._held[i:]
        self._at += i

    def _step(self, i: int, over: bool) -> int | None:
        """Read on from `i`: the place behind what was read, None when more text decides."""
        if self._inside == "comment":
            return self._comment(i, over)
        if self._inside == "line":
            return self._line_dropped(i)
        if self._fence:
            return self._fenced(i, over)
        if self._held[i] == "\n":
            if self._new_line:
                self._reader.settle()  # a paragraph ends
            self._reader.newline(self._at + i)
            self._new_line = True
            return i + 1
        if not self.markdown:
            return self._reader.step(self._held, i, self._at + i, over)
        if self._new_line:
            behind = self._block(i, over)
            if behind != i:
                return behind
            self._new_line = False
        if self._held[i] == "<" and "<!--".startswith(self._held[i : i + 4]):
            if len(self._held) - i < 4 and not over:
                return None
            if self._held.startswith("<!--", i):
                self._inside = "comment"
                return i + 4
        return self._reader.step(self._held, i, self._at + i, over)

    def _comment(self, i: int, over: bool) -> int | None:
        end = self._held.find("-->", i)
        if end >= 0:
            self._inside = ""
            return end + 3
        left = 0 if over else next((size for size in (2, 1) if self._held.endswith("--"[:size], i)), 0)
        return None if len(self._held) - left <= i else len(self._held) - left

    def _line_dropped(self, i: int) -> int:
        """To the end of the line, which goes with it."""
        end = self._held.find("\n", i)
        if end < 0:
            return len(self._held)
        self._inside, self._new_line = "", True
        return end + 1

    def _fenced(self, i: int, over: bool) -> int | None:
        """A line of code, or the one that ends it."""
        end = self._held.find("\n", i, i + _LONG)
        line = self._held[i : end if end >= 0 else i + _LONG]
        closing = re.fullmatch(rf"[ \t>]*{re.escape(self._fence[0])}*[ \t]*", line)
        if closing is not None and end < 0 and not over and len(line) < _LONG:
            return None
        if closing is not None and line.count(self._fence[0]) >= len(self._fence):
            self._fence = ""
        self._inside = "line"
        return i + len(line) if end >= 0 else len(self._held)

    def _block(self, i: int, over: bool) -> int | None:
        """What a line begins with; `i` when it is text."""
        head = _HEAD.match(self._held, i, i + _LONG)
        assert head is not None
        full = len(self._held) - i >= _LONG
        if head.end() == len(self._held) and not over and not full:
            return None
        newline = self._held.find("\n", i, i + _LONG)
        line = self._held[i : newline if newline >= 0 else i + _LONG]
        whole = newline >= 0 or full or over
        if not line.strip():
            return i + len(line) if newline >= 0 else i
        if (fence := _FENCE.match(line)) is not None:
            return self._fence_opened(i, line, fence, whole)
        if whole and (_RULE.fullmatch(line) or _DELIMITERS.fullmatch(line)):
            return self._dropped(i, line)
        if line.lstrip().startswith("|"):
            return (self._row(i, line) if newline >= 0 or over else i) if whole else None
        if _DEFINED.fullmatch(line) is not None and not whole:
            return None
        if whole and self.citations == "drop" and _DEFINITION.fullmatch(line) is not None:
            return self._dropped(i, line)
        return self._container(i, whole)

    def _container(self, i: int, whole: bool) -> int | None:
        """A heading, a quote or an item: its sign goes, and the line begins anew behind it."""
        held = self._held[i : i + _LONG]
        if (heading := _HEADING.match(held)) is not None:
            self._reader.settle()
            self._reader.heading, self._new_line = True, False
            return i + heading.end()
        if (number := _NUMBER.match(held)) is not None:
            self._reader.settle()
            self._reader.put(number[0], self._at + i, self._at + i + number.end())
            self._reader._before = " "
            return i + number.end()
        if (quote := _QUOTE.match(held)) is not None:
            return i + quote.end()
        if (bullet := _BULLET.match(held)) is None:
            return i
        self._reader.settle()
        behind = held[bullet.end() : bullet.end() + 4]
        if not whole and len(behind) < 4 and re.match(r"\[(?:[ xX](?:\][ \t]?)?)?\Z", behind):
            return None
        task = _TASK.match(held, bullet.end())
        return i + (task or bullet).end()

    def _dropped(self, i: int, line: str) -> int:
        self._reader.settle()
        self._inside = "line"
        return i + len(line)

    def _fence_opened(self, i: int, line: str, fence: re.Match[str], whole: bool) -> int | None:
        if fence[1][0] == "`":
            if "`" in line[fence.end() :]:  # code in a sentence
                return i
            if not whole:
                return None
        self._reader.settle()
        self._fence, self._inside = fence[1], "line"
        if self.code:
            self._reader.put(f"{self.code}\n", self._at + i, self._at + i + len(line))
        return i + len(line)

    def _row(self, i: int, line: str) -> int:
        """A table's: its cells, with commas between. One bar alone is no table."""
        bare = line.strip()
        if len(bare) < 2 or not bare.endswith("|"):
            return i
        self._reader.settle()
        first = True
        for cell in _CELL.finditer(line):
            text = cell[0].strip()
            if not text:
                continue
            at = self._at + i + cell.start() + cell[0].index(text)
            if not first:
                self._reader.put(", ", at, at)
            first = False
            self._reader._within(text, at)
        return i + len(line)
