"""What people and scripts see: tables, JSON, and lines on standard error."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any


def one_line(text: str) -> str:
    """Without what could move the cursor: a card's label is not trusted with the terminal."""
    return "".join(one if one.isprintable() or "\ud800" <= one <= "\udfff" else " " for one in text)


def say_to_user(message: str) -> None:
    """Lines on standard error; nothing when there is none."""
    try:
        print("\n".join(map(one_line, message.split("\n"))), file=sys.stderr, flush=True)
    except OSError:
        pass


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def money(amount: float) -> str:
    """All of a small amount's digits, without an exponent: `0.000012`."""
    from decimal import Decimal

    return f"{Decimal(str(amount)):f}"


def print_json(value: Any) -> None:
    """Indented; plain ASCII where standard output is not UTF-8."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, indent=2, ensure_ascii=not utf8))


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]], spare: Sequence[str] = ()) -> None:
    """With rich on a terminal where it is installed, else in aligned columns that scripts can cut.

    `spare`: columns that a narrow terminal does without, the first one first.
    """
    columns = [[name, *(one_line(str(row[index])) for row in rows)] for index, name in enumerate(head)]
    columns = [column for column in columns if any(column[1:])]
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        for name in spare:
            if sum(max(map(_width, column)) + 2 for column in columns) - 2 <= width:
                break
            columns = [column for column in columns if column[0] != name]
    names, *cells = [list(row) for row in zip(*columns, strict=True)] or [[]]
    if not cells:
        return
    if not (sys.stdout.isatty() and _with_rich(names, cells)):
        _aligned([[name.upper() for name in names], *cells])


def _with_rich(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(head):
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    return True


def _aligned(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip())


def _width(text: str) -> int:
    """Columns on a terminal: ideographs take two, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.category(one) == "Mn" for one in text)
