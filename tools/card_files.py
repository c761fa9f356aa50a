"""Put every card of this repository into its one form, its first line naming the schema that editors complete it by.

Usage: python tools/card_files.py [--check]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from generated import ROOT, card_modules, settle
from modeldeck._cards.format import FormatError
from modeldeck._cards.locate import card_files, shipped_folder
from modeldeck.tts.card_text import format_card

OPERATORS = ROOT / "models_cards"


def folders() -> Iterator[tuple[Path, str]]:
    """Every folder of cards, and the name of its schema below schemas/card."""
    for provider, module, classes in card_modules():
        found = shipped_folder(classes[0])
        for folder in (Path(found or ""), OPERATORS / provider / module):
            if folder.is_dir() and folder.is_relative_to(ROOT):
                yield folder, f"{provider}/{module}.json"


def cards() -> Iterator[tuple[Path, str]]:
    """Every card's file with the text that it should have."""
    for folder, schema in folders():
        relative = Path(os.path.relpath(ROOT / "schemas" / "card" / schema, folder)).as_posix()
        for path in map(Path, card_files(str(folder))):
            try:
                yield path, format_card(path.read_text("utf-8"), relative)
            except FormatError as error:
                raise SystemExit(f"{path.relative_to(ROOT)}:{error.line}:{error.column}: {error}") from None


if __name__ == "__main__":
    sys.exit(settle(dict(cards()), check="--check" in sys.argv[1:]))
