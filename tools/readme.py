"""Write the tables of README.md that stand between `<!-- generated:NAME -->` and `<!-- /generated -->`.

Usage: python tools/readme.py [--check]
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from generated import ROOT, settle, shipped, shipped_tts_cards
from modeldeck.credential import CredentialBase
from modeldeck.tts import TTSModelCard

README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- generated:(?P<name>[\w-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
LANGUAGES_SHOWN = 15


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def cards() -> Iterator[tuple[type[CredentialBase], TTSModelCard]]:
    for credential in shipped():
        for card in shipped_tts_cards(credential):
            yield credential, card


def primary(tag: str) -> str:
    """`en` of `en-US`."""
    return tag.split("-")[0].lower()


def languages_of(card: TTSModelCard) -> set[str]:
    return {primary(tag) for tag in card.all_languages}


def providers() -> str:
    rows: list[Sequence[object]] = []
    for credential in shipped():
        found = list(shipped_tts_cards(credential))
        voices = {voice.id for card in found for voice in card.voices}
        languages = set[str]().union(*map(languages_of, found))
        provider, name = credential.provider_name(), credential.__name__
        rows.append((f"`{provider}`", f"`{name}`", len(found), len(voices), len(languages)))
    return table(("Provider", "Credential", "Speech models", "Voices", "Languages"), rows)


def models() -> str:
    rows = (
        (
            f"`{credential.provider_name()}/{card.name}`",
            card.label,
            "yes" if card.realtime else "",
            card.voice_count,
            len(languages_of(card)) or "",
        )
        for credential, card in cards()
    )
    return table(("Reference", "Label", "Realtime", "Voices", "Languages"), rows)


def languages() -> str:
    speaking: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for _, card in cards():
        for language in languages_of(card):
            speaking[language].add((card.provider, card.name))
    ranked = sorted(speaking, key=lambda language: (-len(speaking[language]), language))
    rows = [(f"`{language}`", len(speaking[language])) for language in ranked[:LANGUAGES_SHOWN]]
    rest = len(ranked) - len(rows)
    return table(("Language", "Models"), rows) + (f"\nand {rest} more languages.\n" if rest > 0 else "")


def agentscope_v1() -> str:
    """Each function of the example is a row: its docstring is the old code, the rest of its body the new."""
    source = (ROOT / "examples/agentscope_v1.py").read_text(encoding="utf-8")
    lines, rows = source.splitlines(), ["<table>", "<tr><th>AgentScope 1</th><th>modeldeck</th></tr>"]
    for node in ast.parse(source).body:
        if isinstance(node, ast.AsyncFunctionDef) and (old := ast.get_docstring(node)):
            new = textwrap.dedent("\n".join(lines[node.body[0].end_lineno : node.end_lineno]))
            rows += ["<tr><td>\n", f"```py\n{old}\n```", "\n</td><td>\n", f"```py\n{new}\n```", "\n</td></tr>"]
    return "\n".join([*rows, "</table>\n"])


TABLES: dict[str, Callable[[], str]] = {
    "providers": providers,
    "models": models,
    "languages": languages,
    "agentscope-v1": agentscope_v1,
}


def filled(readme: str) -> str:
    """The same text with every generated block written anew."""
    names = [match["name"] for match in BLOCK.finditer(readme)]
    if unknown := sorted(set(names) - TABLES.keys()):
        known = ", ".join(TABLES)
        raise SystemExit(f"README.md asks for unknown tables: {', '.join(unknown)}; there are {known}.")
    if readme.count("<!-- generated:") != len(names):
        raise SystemExit("README.md opens a generated block that <!-- /generated --> does not close.")
    return BLOCK.sub(lambda match: f"{match[1]}{TABLES[match['name']]()}{match[3]}", readme)


def main() -> int:
    new = filled(README.read_text(encoding="utf-8"))
    return settle({README: new}, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
