"""What the server writes down: a line per request and per failure; no body, no query, no header."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from modeldeck.server.settings import LogFormat

logger = logging.getLogger("modeldeck.server")
_OURS = "modeldeck_fields"


def write(level: int, message: str, **fields: Any) -> None:
    logger.log(level, message, extra={_OURS: fields})


def failure(error: BaseException, **fields: Any) -> None:
    """An error that nobody foresaw: its class and where it came from. Its text may quote what it must not."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    write(logging.ERROR, "failed", error=type(error).__name__, where=where, **fields)


class _Format(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        fields: dict[str, Any] = getattr(record, _OURS, {})
        if record.exc_info and record.exc_info[0] is not None:
            fields = {**fields, "error": record.exc_info[0].__name__}
        return self.line(record, said, fields)

    def line(self, record: logging.LogRecord, said: str, fields: dict[str, Any]) -> str:
        told = " ".join(f"{name}={_word(value)}" for name, value in fields.items() if value is not None)
        return f"{self.formatTime(record)} {record.levelname} {said} {told}".rstrip()


class _JsonLines(_Format):
    def line(self, record: logging.LogRecord, said: str, fields: dict[str, Any]) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        about = {"time": at, "level": record.levelname.lower(), "logger": record.name, "message": said}
        return json.dumps({**about, **fields}, default=str)


def configure(style: LogFormat, stream: TextIO | None = None) -> None:
    """Of a process that is the server: our lines, and everybody's warnings, without the texts of exceptions."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLines() if style == "json" else _Format())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("modeldeck").setLevel(logging.INFO)


def _word(value: Any) -> str:
    text = str(value)
    return json.dumps(text) if not text or any(one.isspace() or not one.isprintable() for one in text) else text
