"""Signs inside a line of Markdown, found as the text comes: what is decided once is never taken back.

The rules are those of CommonMark 0.31 and GitHub's extension to it, but that nothing inside a word is a sign (2*3*4),
and that a sign may stand beside a Chinese, Japanese, Korean or Thai letter as if that were a space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from modeldeck.tts.pictographs import JOINER, KEYCAP, PICTURE_SELECTOR, PICTURES, TAGS, TEXT_OR_PICTURE, one_of
from modeldeck.tts.signs import (
    AUTOLINK,
    BREAKS,
    CITED,
    ENTITY,
    ENTITY_BEGINS,
    ESCAPED,
    NEVER,
    NO_SPACES,
    TAG,
    TAGS_BY_NAME,
    TARGET,
    URL,
    URL_BEGINS,
    balanced,
    could_be_angled,
    domain,
    mark,
    soft,
    without_marks,
    wordy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from modeldeck.tts.spoken import SpokenText

FARTHEST = 2000  # characters that a link's address may have


@dataclass(slots=True)
class Node:
    """A piece that was read: what is spoken of it, where it was written. `sign`: it may yet be one; `count` of them."""

    text: str
    begin: int
    end: int
    sign: str = ""
    count: int = 0
    closes: bool = False
    behind: str = ""  # the last character that was spoken before it


class Reader:
    """One line after the other; `nodes` are what was read and not handed on."""

    def __init__(self, options: SpokenText, before: str = "") -> None:
        self.nodes: list[Node] = []
        self._open: list[Node] = []  # those of them that may yet be signs
        self.heading = False
        self._options = options
        self._plain = _plain(options.markdown, options.urls != "keep", options.emoji == "drop")
        self._before = before  # the character before the next one
        self._spoken = ""  # the last character that is spoken
        self._dropped = False  # something was, behind a space: the next spaces go too
        self._picture = False  # one was dropped: what belongs to it goes too

    # -- what the blocks say

    def put(self, text: str, begin: int, end: int) -> None:
        """`text` is spoken in the place of what was written there."""
        if self._dropped:
            kept = text.lstrip(" \t")
            begin = begin if len(text) != end - begin else begin + len(text) - len(kept)
            text, self._dropped = kept, not kept
        if text:
            self.nodes.append(Node(text, begin, end))
            self._spoken = text[-1]

    def newline(self, at: int) -> None:
        self._dropped = False
        self.put("\n", at, at + 1)
        self._before, self.heading, self._picture = "\n", False, False

    def settle(self) -> None:
        """What has not become a sign by now is none."""
        for node in self._open:
            node.sign = ""
        self._open.clear()

    def settle_first(self, before: int) -> None:
        """The same for those that were written before that."""
        while self._open and self._open[0].begin < before:
            self._open.pop(0).sign = ""

    # -- one line

    def step(self, text: str, i: int, at: int, over: bool) -> int | None:
        """Read what stands at `i` (`at` of the whole text): the place behind it, None when more text decides.

        `over`: none will come.
        """
        if (plain := self._plain.match(text, i)) is not None:
            self._picture = False
            self.put(plain[0], at, at + len(plain[0]))
            self._before = plain[0][-1]
            return plain.end()
        rule = _RULES.get(text[i]) if self._options.markdown else None
        if rule is None and text[i] in "hHwW" and self._options.urls != "keep":
            rule = Reader._url
        behind = (rule or Reader._picture_or_text)(self, _Line(text, i, at, over))
        if behind is not None and behind > i:
            self._before = text[behind - 1]
        return behind

    def _drop(self) -> None:
        self._dropped = self._dropped or not self._spoken or self._spoken.isspace()

    def _literal(self, line: _Line, length: int = 1) -> int:
        self._picture = False
        self.put(line.text[line.i : line.i + length], line.at, line.at + length)
        return line.i + length

    def _escape(self, line: _Line) -> int | None:
        following = line.after(1)
        if following is None:
            return None
        if following == "\n":
            return line.i + 1
        if following not in ESCAPED:
            return self._literal(line)
        self.put(following, line.at, line.at + 2)
        return line.i + 2

    def _code(self, line: _Line) -> int | None:
        run = line.run("`")
        if run is None:
            return None
        size = self._options.longest
        found = re.compile(rf"(?<!`)`{{{run}}}(?!`)").search(line.text, line.i + run, line.end(size))
        if found is None or (found.end() == line.end(size) and not line.whole(size)):
            return self._literal(line, run) if line.whole(size) else None
        inside = line.text[line.i + run : found.start()]
        padded = inside[:1] == inside[-1:] == " " and inside.strip()
        begin = line.at + run + bool(padded)
        inside = inside[1:-1] if padded else inside
        self.put(inside, begin, begin + len(inside))
        return found.end()

    def _sign(self, line: _Line) -> int | None:
        sign = line.text[line.i]
        run = line.run(sign)
        if run is None:
            return None
        if sign == "~" and run != 2:
            return self._literal(line, run)
        before, after = self._before or "\n", line.text[line.i + run : line.i + run + 1] or "\n"
        left = not after.isspace() and (not mark(after) or soft(before))
        right = not before.isspace() and (not mark(before) or soft(after))
        node = Node(sign * run, line.at, line.at + run, sign, run, behind=self._spoken)
        node.closes = right and not wordy(after)
        opens = left and not wordy(before)
        if node.closes:
            self._close(node, opens)
        if node.count:
            node.sign = sign if opens else ""
            self.nodes.append(node)
            self._open += [node] * opens
            self._spoken = sign
        self._picture = False
        return line.i + run

    def _close(self, closer: Node, opens: bool) -> None:
        """Take away the signs that `closer` closes, from the nearest on."""
        for at in range(len(self._open) - 1, -1, -1):
            opener = self._open[at]
            if opener.sign != closer.sign or not closer.count:
                continue
            if (opener.closes or opens) and (opener.count + closer.count) % 3 == 0 and opener.count % 3:
                continue
            for node in self._open[at + 1 :]:
                node.sign = ""
            del self._open[at + 1 :]
            if closer.sign == "~":  # what is struck out is not meant
                while self.nodes[-1] is not opener:
                    self.nodes.pop()
                self._spoken = opener.behind
                self._drop()
            while closer.count and opener.count:
                both = 2 if min(closer.count, opener.count) >= 2 else 1
                closer.count, opener.count = closer.count - both, opener.count - both
            opener.text, opener.end = opener.text[: opener.count], opener.begin + opener.count
            closer.text, closer.begin = closer.text[: closer.count], closer.end - closer.count
            if not opener.count:
                self._open.pop().sign = ""

    def _bracket(self, line: _Line, image: int = 0) -> int | None:
        size = self._options.longest
        start = line.i + image
        close = balanced(line.text, start, line.end(size), "[]")
        if close is None and not line.whole(size):
            return None
        if close is None or close == NEVER:
            return self._literal(line, 1 + image)
        inside, following = line.text[start + 1 : close], line.after(close + 1 - line.i)
        if following is None:
            return None
        end = close + 1
        if following in "([":
            target = self._target(line, close + 1)
            if target is None:
                return None
            end = target
        if end > close + 1:
            self._within(inside, line.at + image + 1)
            return end
        if self._options.citations == "drop" and not image and CITED.fullmatch(inside):
            self._drop()
            return end
        return self._literal(line, 1 + image)

    def _target(self, line: _Line, i: int) -> int | None:
        """The end of a link's target that begins at `i`; `i` where it is none."""
        pair = "()" if line.text[i] == "(" else "[]"
        size = i - line.i + (FARTHEST if pair == "()" else self._options.longest)
        close = balanced(line.text, i, line.end(size), pair)
        if close is None and not line.whole(size):
            return None
        if close is None or close == NEVER:
            return i
        return close + 1 if pair == "[]" or TARGET.fullmatch(line.text, i, close + 1) else i

    def _within(self, text: str, at: int) -> None:
        """What stands in a link's brackets, whole."""
        inner = Reader(self._options, "[")
        inner._spoken, inner._dropped = self._spoken, self._dropped
        i: int | None = 0
        while i is not None and i < len(text):
            i = inner.step(text, i, at + i, True)
        inner.settle()
        self.nodes += inner.nodes
        self._spoken, self._dropped, self._picture = inner._spoken, inner._dropped, False

    def _image(self, line: _Line) -> int | None:
        following = line.after(1)
        if following is None:
            return None
        return self._bracket(line, image=1) if following == "[" else self._literal(line)

    def _angle(self, line: _Line) -> int | None:
        following = line.after(1)
        if following is None:
            return None
        if not (following.isalnum() or following in "/_"):
            return self._literal(line)
        size = self._options.longest + (FARTHEST if following.isalpha() else 0)
        close = line.text.find(">", line.i, line.end(size))
        if close < 0:
            plausible = could_be_angled(line.text[line.i : line.end(size)])
            return self._literal(line) if line.whole(size) or not plausible else None
        whole = line.text[line.i : close + 1]
        if (link := AUTOLINK.fullmatch(whole)) is not None:
            self._address(link[1], line.at + 1, line.at + 1 + len(link[1]))
            return close + 1
        tag = TAG.fullmatch(whole)
        if tag is None or tag[1].lower() not in TAGS_BY_NAME or not could_be_angled(whole[:-1]):
            return self._literal(line)
        if tag[1].lower() in BREAKS and self._spoken not in ("", "\n"):
            self.put("\n", line.at, line.at + len(whole))
        return close + 1

    def _entity(self, line: _Line) -> int | None:
        found = ENTITY.match(line.text, line.i)
        if found is None:
            begun = ENTITY_BEGINS.match(line.text, line.i)
            return self._literal(line) if begun is None or line.over else None
        meant = unescape(found[0])
        if meant == found[0]:
            return self._literal(line)
        self.put(meant, line.at, line.at + len(found[0]))
        return found.end()

    def _url(self, line: _Line) -> int | None:
        if wordy(self._before):
            return self._literal(line)
        rest = line.text[line.i : line.i + 8].lower()
        found = URL.match(line.text, line.i, min(len(line.text), line.i + FARTHEST))
        if found is None:
            begun = any(one.startswith(rest) for one in URL_BEGINS) and line.i + len(rest) == len(line.text)
            return self._literal(line) if line.over or not begun else None
        if found.end() == len(line.text) and not line.over and len(found[0]) < FARTHEST:
            return None
        url = without_marks(found[0])
        if not domain(url):
            return self._literal(line)
        self._address(url, line.at, line.at + len(url))
        return line.i + len(url)

    def _address(self, url: str, begin: int, end: int) -> None:
        if self._options.urls == "keep":
            self.put(url, begin, end)
        elif self._options.urls == "drop":
            self._drop()
        else:
            self.put(domain(url), begin, end)

    def _hash(self, line: _Line) -> int | None:
        """A heading may be closed by what it was opened with."""
        if not self.heading or not self._before.isspace():
            return self._literal(line, line.run("#") or 1)
        rest = re.compile(r"#+[ \t]*").match(line.text, line.i)
        assert rest is not None
        if rest.end() == len(line.text) and not line.over:
            return None
        ends = rest.end() == len(line.text) or line.text[rest.end()] == "\n"
        return rest.end() if ends else self._literal(line)

    def _picture_or_text(self, line: _Line) -> int | None:
        character = line.text[line.i]
        if one_of(PICTURES).match(character):
            self._drop()
            self._picture = True
            return line.i + 1
        if one_of(TEXT_OR_PICTURE).match(character):
            following = line.text[line.i + 1 : line.i + 2]
            if not following and not line.over:
                return None
            if following != PICTURE_SELECTOR and not self._picture:
                return self._literal(line)
            self._drop()
            self._picture = True
            return line.i + 1
        if character in (PICTURE_SELECTOR, KEYCAP) or (self._picture and one_of(JOINER + TAGS).match(character)):
            return line.i + 1
        return self._literal(line)


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a rule looks: at `i` of `text`, which is `at` of the whole; `over`: no more comes."""

    text: str
    i: int
    at: int
    over: bool

    def after(self, distance: int) -> str | None:
        """The character there; a line break at the end of all, None when it is still to come."""
        found = self.text[self.i + distance : self.i + distance + 1]
        return found or ("\n" if self.over else None)

    def run(self, character: str) -> int | None:
        """How often it stands here; None when more may come."""
        end = self.i
        while self.text[end : end + 1] == character:
            end += 1
        return None if end == len(self.text) and not self.over else end - self.i

    def end(self, size: int) -> int:
        """Of the line, as far as a rule looks."""
        newline = self.text.find("\n", self.i, self.i + size)
        return newline if newline >= 0 else min(len(self.text), self.i + size)

    def whole(self, size: int) -> bool:
        """There is as much of it as a rule looks at."""
        return self.over or self.end(size) < len(self.text) or self.end(size) == self.i + size


@cache
def _plain(markdown: bool, urls: bool, pictures: bool) -> re.Pattern[str]:
    """What needs no second look."""
    signs = r"\\`*_~\[!<&#" if markdown else ""
    links = "hHwW" if urls else ""
    drawn = PICTURES + TEXT_OR_PICTURE + PICTURE_SELECTOR + KEYCAP + JOINER + TAGS if pictures else ""
    inside = rf"|(?<=[^\W{NO_SPACES}])[{links}]" if links else ""
    return re.compile(rf"(?:[^\n{signs}{links}{drawn}]{inside})+")


_RULES: dict[str, Callable[[Reader, _Line], int | None]] = {
    "\\": Reader._escape,
    "`": Reader._code,
    "*": Reader._sign,
    "_": Reader._sign,
    "~": Reader._sign,
    "[": Reader._bracket,
    "!": Reader._image,
    "<": Reader._angle,
    "&": Reader._entity,
    "#": Reader._hash,
}
