"""Room for one more socket."""

from __future__ import annotations

import errno

from modeldeck.errors import ConnectionFailedError

RESERVE = 16  # descriptors that the rest of the process may need


def check(opened: int) -> None:
    """Raises when `opened` sockets are about all that the process's limit allows."""
    limit = _limit()
    if limit is not None and opened + RESERVE >= limit:
        raise exhausted()


def exhausted() -> ConnectionFailedError:
    limit = _limit()
    return ConnectionFailedError(
        f"no descriptor is left for another connection (this process may open {limit} files and sockets);"
        " raise the limit (`ulimit -n 65536`) or set Limits(max_connections=...)",
        retryable=False,
        code="EMFILE",
    )


def is_exhaustion(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}


def _limit() -> int | None:
    """The process's own limit of open files, which may change while it runs."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft
