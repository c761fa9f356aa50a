"""Warnings that point at the user's line, however deep in here they come from."""

from __future__ import annotations

import sys
import warnings


def warn(warning: Warning) -> None:
    """Warn of the first line up the stack that is not modeldeck's."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "modeldeck":
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)
