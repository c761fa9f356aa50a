"""Of Markdown what is meant is spoken, however the text is cut; what only looks like it is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from modeldeck.errors import ParameterError
from modeldeck.tts import SpokenText
from modeldeck.tts.written import Written

SPOKEN = [
    ("**Bold** and *it* and ***both***, __so__ and _so_.", "Bold and it and both, so and so."),
    ("**a *b* c** and ***d* e**", "a b c and d e"),
    ("这是**重点：**内容和*强调*。", "这是重点：内容和强调。"),
    ("**중요**합니다", "중요합니다"),
    ("مرحبا **بك** هنا", "مرحبا بك هنا"),
    ("# Title #\nText\n## Second\n", "Title \nText\nSecond\n"),
    ("Title\n=====\ntext\n\n---\n\n***\nend", "Title\ntext\n\n\nend"),
    ("- one\n* two\n+ three\n  - [x] done\n  - [ ] open", "one\ntwo\nthree\ndone\nopen"),
    ("1. one\n2) **two**", "1. one\n2) two"),
    ("> quote\n>> deeper\n> - item", "quote\ndeeper\nitem"),
    ("| Name | Age |\n|------|:---:|\n| **Ann** | 7 |\n\nend", "Name, Age\nAnn, 7\n\nend"),
    ('See [the docs](https://x.com/a_(b) "title") now', "See the docs now"),
    ("[**bold** link](u) and [text][id] and [![alt](i)](u)", "bold link and text and alt"),
    ("![A cat](cat.png)!", "A cat!"),
    ("<https://www.example.com/x> and <me@example.com>", "example.com and me@example.com"),
    ("see https://www.example.com/a?b=1.", "see example.com."),
    ("(https://en.wikipedia.org/wiki/A_(b)) www.x.org, ok", "(en.wikipedia.org) x.org, ok"),
    ("访问https://example.com，然后", "访问example.com，然后"),
    ("As follows:\n```python\nprint(1)\n```\nDone.", "As follows:\nDone."),
    ("~~~\n**code**\n```\n~~~\nafter", "after"),
    ("  ```\n  indented\n  ```\nafter", "after"),
    ("```\nnever closed\n", ""),
    ("use `x = 2 * 3` or ``a`b``", "use x = 2 * 3 or a`b"),
    ("```inline``` code", "inline code"),
    ("~~gone~~ here, not ~~ gone", "here, not ~~ gone"),
    ("Hi 👋 there 👨‍👩‍👧 🏳️‍🌈 🇩🇪 👍🏽 ok", "Hi there ok"),
    ("©️ ® ™ 1️⃣ #️⃣ ❤ ❤️ ✅ → ok", "© ® ™ 1 # ❤ → ok"),
    ("as shown [1] and [2, 3] by [^note] it.\n[^note]: a note\nend", "as shown and by it.\nend"),
    ("[r]: https://example.com 'title'\nend", "end"),
    ("<b>x</b>, <br>y<br/>z, <a href='u'>link</a> <!-- gone\nand gone --> ok", "x, \ny\nz, link  ok"),
    ("AT&amp;T &lt;b&gt; caf&eacute; &#39;", "AT&T <b> café '"),
    ("\\*not\\* \\[this\\]", "*not* [this]"),
    ("*He looked up. Then he\nsmiled.* Yes.", "He looked up. Then he\nsmiled. Yes."),
]
ALONE = [
    "2*3*4 = 24 and 5 * 3, 2**8",
    "snake_case_name and a_b, _private",
    "C# and F#, #hashtag, issue #7",
    "not * a list - at all + ok",
    "*args and **kwargs",
    "a < b and c > d, List<int>, <3, x<y",
    "AT&T, R&D, &c.; &nosuch;",
    "foohttps://x.com and http and www.",
    "array[0], [see below], [x] (y) and f(x)[i]",
    "-5 degrees, +1, >50%, |x| = 5",
    "price: $5 * 2 = $10; ~5 and ~/home",
    "C:\\dir\\name \\d+",
    "a ` b, it's 5 long",
    "مرحبا بك، كيف حالك؟ שלום",
    "你好，世界。《书》【注】100%",
    "Hello!\n\nSecond paragraph.  \n\tindented",
    "3.14 1,000 10:30 e.g. i.e.",
    "हिन्दी में क्‍ष और नमस्ते",
]


@pytest.mark.parametrize(("text", "spoken"), SPOKEN)
def test_what_is_meant(text: str, spoken: str) -> None:
    assert SpokenText()(text) == spoken


@pytest.mark.parametrize("text", ALONE)
def test_what_is_no_markdown_stays(text: str) -> None:
    assert SpokenText()(text) == text


@pytest.mark.parametrize("text", [text for text, _ in SPOKEN] + ALONE)
def test_a_character_at_a_time(text: str) -> None:
    spoken = SpokenText()
    assert "".join(map(spoken.feed, text)) + spoken.rest() == SpokenText()(text)


WORDS = ["one", "two", "(three)", "four,", "five.", '"six"', "seven!"]
SIGNS = ["", "", "*", "**", "***", "_", "__", "~~", "`", "[x](u)", "![y](v)", "\\*"]
COMMONMARK = MarkdownIt("commonmark").enable("strikethrough")


def read(tokens: Sequence[Token]) -> str:
    """The text of a line as markdown-it reads it, without what is struck out."""
    found, struck = "", 0
    for token in tokens:
        struck += {"s_open": 1, "s_close": -1}.get(token.type, 0)
        if not struck:
            found += token.content if token.type in ("text", "code_inline") else read(token.children or [])
    return found


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SIGNS), st.sampled_from(WORDS), st.sampled_from(SIGNS)), min_size=1, max_size=7)
)
def test_signs_are_those_of_commonmark(words: list[tuple[str, str, str]]) -> None:
    line = " ".join(map("".join, words))
    expected = " ".join(read(token.children or []) for token in COMMONMARK.parse(line) if token.type == "inline")
    assert SpokenText()(line).split() == expected.split()


PIECES = [
    *(text for text, _ in SPOKEN),
    *ALONE,
    *"*_`~[]()!<>&#|-+=\\\n\t .:h w/\"'1",
    *("**", "```", "~~", "](", "](u)", "<!--", "-->", "https://", "www.a.b", "[^n]: ", "[r]: u", "| a | b |", "|---|"),
    *(
        "\n\n",
        "\n- ",
        "\n> ",
        "\n# ",
        "\n1. ",
        "\n```\n",
        "👋",
        "❤",
        "\ufe0f",
        "\u200d",
        "字",
        "word " * 30,
        "&amp;",
        "<b>",
    ),
]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join),
    st.lists(st.integers(1, 40), min_size=1, max_size=30),
    st.sampled_from([3, 20, 200]),
)
def test_however_it_is_cut(text: str, sizes: list[int], longest: int) -> None:
    whole = SpokenText(longest=longest)
    expected = whole.feed(text) + whole.rest()
    spoken, pieces, at = SpokenText(longest=longest), [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(spoken.take(text[at : at + size]))
        at += size
        assert len(spoken._source) <= max(longest, 2200) + max(sizes) + 400
    pieces.append(spoken.take_rest())
    assert "".join(piece.text for piece in pieces) == expected
    assert "".join(piece.written for piece in pieces) == text
    way = Written(pieces)
    ends = [way.end(index) for index in range(len(expected) + 1)]
    begins = [way.begin(index) for index in range(len(expected))]
    assert ends == sorted(ends)
    assert begins == sorted(begins)
    assert all(0 <= begin <= len(text) for begin in [*begins, *ends])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc .,?é字م-12", max_size=60))
def test_plain_text_is_not_held_back(text: str) -> None:
    words = f"Well {text}"
    spoken = SpokenText()
    assert spoken.feed(words) == words


@pytest.mark.parametrize("text", ["*note: ", "[see ", "`code ", "<a href=", "**all ", "_so "])
def test_a_sign_alone_is_not_held_for_ever(text: str) -> None:
    spoken = SpokenText(longest=50)
    fed = spoken.feed("Hello " + text)
    assert fed == "Hello "
    assert spoken.rest() == text
    spoken.feed("Hello " + text)
    for _ in range(600):
        fed += spoken.feed("word ")
    assert "word word" in fed
    assert len(spoken.rest()) < 60


def test_after_the_rest_it_begins_anew() -> None:
    spoken = SpokenText()
    assert (spoken.feed("```\ncode"), spoken.rest()) == ("", "")
    assert spoken.feed("# Title\n") + spoken.rest() == "Title\n"


def test_settings() -> None:
    text = "See https://www.example.com/a [1] 👋.\n```\ncode\n```\n"
    assert SpokenText(urls="drop", citations="keep")(text) == "See [1] .\n"
    assert SpokenText(urls="keep", emoji="keep", code="Here is code.")(text) == (
        "See https://www.example.com/a 👋.\nHere is code.\n"
    )
    assert SpokenText(markdown=False)("**a** 👋 b") == "**a** b"
    for wrong in ({"urls": "no"}, {"emoji": True}, {"citations": None}, {"longest": 0}):
        with pytest.raises(ParameterError):
            SpokenText(**wrong)  # type: ignore[arg-type]
    fresh = SpokenText(code="x", urls="drop").fresh()
    assert repr(fresh) == repr(SpokenText(code="x", urls="drop"))


@pytest.mark.parametrize(
    ("text", "word", "heard"),
    [
        ("Say **bold** text", "bold", "Say **bold** "),
        ("See [the docs](https://x.com) now", "docs", "See [the docs](https://x.com)"),
        ("AT&amp;T is", "T is", "AT&amp;T is"),
        ("Hi 👋 there", "there", "Hi 👋 there"),
        ("See https://www.example.com/a now", "example.com", "See https://www.example.com/a"),
    ],
)
def test_the_way_back(text: str, word: str, heard: str) -> None:
    spoken = SpokenText()
    way = Written([spoken.take(text[:7]), spoken.take(text[7:]), spoken.take_rest()])
    said = SpokenText()(text)
    end = way.end(said.index(word) + len(word))
    assert text[:end].rstrip() == heard.rstrip()
    assert way.begin(said.index(word)) <= end


def test_the_way_back_after_a_cut() -> None:
    spoken = SpokenText()
    way = Written([spoken.take("**one** two *three*"), spoken.take_rest()])
    assert SpokenText()("**one** two *three*") == "one two three"
    way.cut(4, 8)
    assert way.text.replace("*", "") == "one three"
    assert way.text[way.begin(4) :].startswith("three")
