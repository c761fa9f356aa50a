"""What a server is set to: arguments, else `MODELDECK_…` variables, else defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self, get_args

from modeldeck.errors import ParameterError

LogFormat = Literal["text", "json"]
Enforcement = Literal["error", "warn", "off"]
_FROM_ONE = (("burst", 1, None), ("cache_bytes", 1, None))
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """Raises ParameterError.

    `port` 0: any free one. `store`: a database's URL, with a password perhaps; None: a file of the user's. `hosts`:
    names under which the server is reached besides its own. `origins`: other sites whose pages may ask (none unless
    named). `allow_private`: whether users' `base_url` may be inside the server's network; None: on loopback without
    `hosts`. `max_body`: bytes. `rate`, `burst`: requests a second, and at once, of one user and of one address; a
    rate of 0 is no limit. `refresh`: seconds between two looks at the folders of cards. `trusted_proxies`: addresses
    whose `X-Forwarded-…` is believed. `cache`: the folder of a speech cache (none unless named) of `cache_bytes`, which
    all users share; what may be an account's own is found by it alone.
    """

    host: str = "127.0.0.1"
    port: int = 8900
    store: str | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    allow_private: bool | None = None
    max_body: int = 1_048_576
    rate: float = 100
    burst: int = 1000
    refresh: float = 1.0
    enforce: Enforcement = "error"
    log_format: LogFormat = "text"
    trusted_proxies: tuple[str, ...] = ()
    cache: str | None = None
    cache_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        if not self.host.strip():
            raise ParameterError("host: a name or an address of this machine", parameter="host")
        for name, least, most in (("port", 0, 65535), ("max_body", 1, None), ("rate", 0, None), *_FROM_ONE):
            value = getattr(self, name)
            if not value >= least or (most is not None and value > most):
                limit = f"from {least} to {most}" if most is not None else f"from {least} on"
                raise ParameterError(f"{name}: a number {limit}, not {value}", parameter=name, value=value)
        for name, choices in (("log_format", get_args(LogFormat)), ("enforce", get_args(Enforcement))):
            if getattr(self, name) not in choices:
                raise ParameterError(f"{name}: one of {', '.join(choices)}", parameter=name)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Arguments that are None count as not given. `MODELDECK_STORE_URL` for `store`, else `MODELDECK_<NAME>`."""
        found = os.environ if environ is None else environ
        values = {name: value for name, value in given.items() if value is not None}
        for one in fields(cls):
            variable = "MODELDECK_STORE_URL" if one.name == "store" else f"MODELDECK_{one.name.upper()}"
            if one.name not in values and found.get(variable):
                values[one.name] = _read(variable, found[variable], _READERS.get(one.name, str))
        return cls(**values)

    @property
    def loopback(self) -> bool:
        """Whether nobody outside this machine can connect."""
        return is_loopback(self.host)

    @property
    def private_allowed(self) -> bool:
        return self.loopback and not self.hosts if self.allow_private is None else self.allow_private

    @property
    def store_url(self) -> str:
        return self.store or default_store()

    def __repr__(self) -> str:
        """Without the database's URL, which may hold a password."""
        shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.name != "store")
        return f"Settings({', '.join(shown)})"


def is_loopback(host: str) -> bool:
    name = host.strip("[]").casefold()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name in LOOPBACK_NAMES


def data_directory() -> Path:
    """Where programs of this user keep their data."""
    if os.environ.get("XDG_DATA_HOME"):
        return Path(os.environ["XDG_DATA_HOME"]) / "modeldeck"
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "Application Support" / "modeldeck"
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "modeldeck"
        case _:
            return Path.home() / ".local" / "share" / "modeldeck"


def default_store() -> str:
    """The URL of the SQLite file in `data_directory()`."""
    return f"sqlite+aiosqlite:///{data_directory() / 'modeldeck.db'}"


def _flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[text.strip().casefold()]


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_READERS: dict[str, Callable[[str], Any]] = {
    "port": int,
    "hosts": _list,
    "origins": _list,
    "allow_private": _flag,
    "max_body": int,
    "rate": float,
    "burst": int,
    "refresh": float,
    "trusted_proxies": _list,
    "cache_bytes": int,
}


def _read(variable: str, text: str, reader: Callable[[str], Any]) -> Any:
    try:
        return reader(text)
    except (ValueError, KeyError):
        kinds: dict[Any, str] = {int: "a whole number", float: "a number", _flag: "yes or no"}
        raise ParameterError(f"{variable}: {kinds.get(reader, 'a text')}, not {text!r}") from None
