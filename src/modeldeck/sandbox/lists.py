"""Lists of models and voices, as emulators answer with them: JSON in pieces, so that faults find their place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from modeldeck.sandbox.line import Line

T = TypeVar("T")
_PIECE = 16 << 10  # characters


def listed(line: Line, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """The answer, of two pieces at least."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    size = min(_PIECE, len(text) // 2 + 1)
    *first, last = [text[at : at + size] for at in range(0, len(text), size)]

    async def body() -> None:
        for piece in first:
            await line.audio(piece)
        await line.finish(last)

    return line.stream(body, media_type="application/json; charset=utf-8", headers=headers)


def page_size(line: Line, asked: int) -> int:
    """Entries to a page: as asked, unless the fault `page` wants fewer."""
    fault = line.fault
    return min(asked, fault.value) if fault and fault.name == "page" and isinstance(fault.value, int) else asked


def page_of(line: Line, whole: Sequence[T], start: int, size: int) -> tuple[list[T], int | None]:
    """What there is from `start` on, and where the next page starts; with the fault `endless` there is always one."""
    found = list(whole[start : start + size])
    if line.fault is not None and line.fault.name == "endless":
        return found or list(whole[:size]), start + size
    return found, start + size if start + size < len(whole) else None
