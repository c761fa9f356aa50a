"""The command `modeldeck`."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 all is well, 1 the call failed or something was found, 2 the command was wrong, 130 interrupted.
    """
    try:
        from modeldeck.cli import app  # here, so that Ctrl-C while importing is quiet too

        return app.run(arguments)
    except KeyboardInterrupt:
        return 130
