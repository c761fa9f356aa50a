"""What a Transport was made with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldeck._transport.place import Place, Proxy, environment_proxy
from modeldeck._transport.tls import default_context
from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pool may hold. Raises ParameterError.

    `max_connections` in one event loop, in use or not. `idle`, `max_age`: seconds that an unused connection is kept,
    and that any is lent. `spares`: connections that a conversation has opened beforehand for its next utterance.
    """

    max_connections: int | None = None
    idle: float = 30.0
    max_age: float = 300.0
    spares: int = 1

    def __post_init__(self) -> None:
        for name, least in (("max_connections", 1), ("idle", 0), ("max_age", 0), ("spares", 0)):
            value: Any = getattr(self, name)
            if value is None and name == "max_connections":
                continue
            if not isinstance(value, int | float) or isinstance(value, bool) or not value >= least:
                raise ParameterError(f"{name} must be a number from {least} on, not {value!r}", parameter=name)


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """`proxy`: None where the environment decides."""

    http_client: httpx.AsyncClient | None
    ssl_context: ssl.SSLContext | None
    proxy: Proxy | None
    limits: Limits
    headers: Mapping[str, str]
    public_only: bool = False

    def tls(self) -> ssl.SSLContext:
        return self.ssl_context if self.ssl_context is not None else default_context()

    def proxy_for(self, place: Place) -> Proxy | None:
        return self.proxy if self.proxy is not None else environment_proxy(place)
