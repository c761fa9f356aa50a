"""What a line of Markdown may have in it: links, tags, entities, and on which side of a sign a character stands."""

from __future__ import annotations

import re
from unicodedata import category
from urllib.parse import urlsplit

NO_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff00-\uffef\U00020000-\U0003ffff"
)
BESIDE = re.compile(f"[{NO_SPACES}]")
ESCAPED = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
CITED = re.compile(r"\^[^\s\]]+|[1-9]\d{0,2}(?:\s?[,;\u2013-]\s?[1-9]\d{0,2})*")
TARGET = re.compile(
    r"""\(\s*(?:<[^<>]*>|(?:[^\s()<>\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)"""
)
TAG = re.compile(
    r"""</?([A-Za-z][A-Za-z0-9-]*)(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*/?>"""
)
AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.+-]+@[\w.-]+)>")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
ENTITY_BEGINS = re.compile(r"&(?:#(?:\d{0,7}|[xX][0-9a-fA-F]{0,6})|[A-Za-z][A-Za-z0-9]{0,31})?\Z")
URL = re.compile(r"(?i:https?://|www\.)[^\s<>\"`|\\^{}\u0250-\U0010ffff]+")
URL_BEGINS = ("https://", "http://", "www.")
HTML = (
    "a abbr address article aside audio b base bdi bdo big blockquote body br button canvas caption center cite code "
    "col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer "
    "form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark menu "
    "meta nav object ol optgroup option output p picture pre progress q s samp script section select small source "
    "span strike strong style sub summary sup table tbody td template textarea tfoot th thead time title tr tt u ul "
    "var video wbr"
)
TAGS_BY_NAME = frozenset(HTML.split())
BREAKS = frozenset(["br", "p", "div", "li", "tr", "hr"])


NEVER = -1
DEEPEST = {"()": 2, "[]": 6}


def balanced(text: str, start: int, end: int, pair: str) -> int | None:
    """Where the bracket at `start` is closed; NEVER where it holds more of its kind than a link may have."""
    depth, i = 0, start
    while i < end:
        character = text[i]
        if character == "\\":
            i += 1
        elif character == pair[0]:
            depth += 1
            if depth > DEEPEST[pair]:
                return NEVER
        elif character == pair[1]:
            depth -= 1
            if not depth:
                return i
        i += 1
    return None


def could_be_angled(text: str) -> bool:
    """Whether this, from `<` on, may become a tag or a link in angle brackets."""
    name = re.match(r"</?([A-Za-z][A-Za-z0-9-]*)", text)
    if "<" in text[1:]:
        return False
    if name is None:
        return (len(text) < 3 and "/" in text) or re.match(r"<[\w.+-]+@?[\w.-]*\Z", text) is not None
    if name.end() == len(text):
        return True
    rest = text[name.end() :]
    known = name[1].lower() in TAGS_BY_NAME and rest[0] in " \t/"
    return known or re.match(r"[\w.+-]*(?::|@|\Z)\S*\Z", rest) is not None


def mark(character: str) -> bool:
    return category(character)[0] in "PS"


def soft(character: str) -> bool:
    return character.isspace() or mark(character) or BESIDE.match(character) is not None


def wordy(character: str) -> bool:
    return (character.isalnum() or character == "_") and BESIDE.match(character) is None


def without_marks(url: str) -> str:
    """Marks at its end belong to the sentence, and so does a bracket that it does not open (GitHub's rule)."""
    while url:
        last = url[-1]
        if last in "?!.,:;*_~'\"]" or (last == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        else:
            break
    return url


def domain(url: str) -> str:
    if "@" in url.partition("/")[0] and "://" not in url:
        return url.removeprefix("mailto:")
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.")
