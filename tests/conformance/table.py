"""The matrix: every provider's rows, each in each way that it is used."""

from __future__ import annotations

from dataclasses import replace

from tests.conformance.providers import azure, dashscope, gemini, livekit, openai
from tests.conformance.rows import Row, ways

ROWS = [*dashscope.ROWS, *openai.ROWS, *gemini.ROWS, *azure.ROWS, *livekit.ROWS]
REALTIME = [row for row in ROWS if row.pushes]
CELLS = [(row, way) for row in ROWS for way in ways(row)]
NAMES = [f"{row.id}-{way.__name__}" for row, way in CELLS]

# Every class and model once, without any settings.
DEFAULTS = [
    replace(row, parameters={})
    for at, row in enumerate(ROWS)
    if (row.made_of, row.model) not in {(before.made_of, before.model) for before in ROWS[:at]}
]


def timed(row: Row) -> Row:
    """The row, told when each word is spoken where it can be."""
    return row if row.timed is None else replace(row, id=f"{row.id}-timed", parameters={**row.parameters, **row.timed})
