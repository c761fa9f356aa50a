"""What a sandbox is made with, in this process or in one of its own."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Literal

from modeldeck._near import quoted
from modeldeck.errors import MissingExtraError, ParameterError
from modeldeck.sandbox.distance import Distance, checked
from modeldeck.sandbox.faults import Fault, read_faults
from modeldeck.sandbox.voice import Voice

_NEEDED = {"espeakng_loader": "local", "numpy": "audio", "soxr": "audio"}  # speech, and to resample it


class Settings:
    """The arguments of `Sandbox`, checked. Raises ParameterError."""

    def __init__(
        self,
        host: str,
        port: int,
        voice: Literal["numbered", "local"],
        pace: float | None,
        distance: Distance | None,
        faults: Iterable[Fault | str],
    ) -> None:
        if not _is_name(host):
            raise ParameterError(f"host: a name or an address of this machine, not {quoted(host)}", parameter="host")
        if not _is_port(port):
            raise ParameterError(f"port: a whole number from 0 to 65535, not {quoted(port)}", parameter="port")
        self.host = host
        self.port = port
        self.voice = Voice(voice, pace)
        if self.voice.kind == "local":
            for module, extra in _NEEDED.items():
                if find_spec(module) is None:
                    message = f'the local voice needs the extras local and audio: pip install "modeldeck[{extra}]"'
                    raise MissingExtraError(message, extra=extra)
        self.distance = checked(distance)
        self.faults = read_faults(faults)

    def arguments(self) -> list[str]:
        """Those of the command."""
        found = ["--host", self.host, "--port", str(self.port), "--voice", self.voice.kind]
        found += [] if self.voice.pace is None else ["--pace", str(self.voice.pace)]
        found += ["--rtt", str(self.distance.rtt * 1000)]
        found += [] if self.distance.bandwidth is None else ["--bandwidth", str(self.distance.bandwidth / 1000)]
        for fault in self.faults:
            found += ["--fault", str(fault)]
        return found


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535
