"""Where a connection goes: the origin of an address, and the proxy on the way there."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from modeldeck.errors import ParameterError

_SECURE = {"https": True, "wss": True, "http": False, "ws": False}


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a connection."""

    secure: bool
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """The `Host` header's value."""
        return str(self).rpartition(":")[0] if self.port == (443 if self.secure else 80) else str(self)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: `scheme` is http, https, socks5 or socks5h."""

    scheme: str
    place: Place
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def authorization(self) -> str | None:
        """The `Proxy-Authorization` header's value."""
        if self.user is None:
            return None
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


def place_of(url: str) -> Place:
    """The origin of `url`; raises ParameterError, which never quotes the path or the query."""
    try:
        parts = urlsplit(url)
        secure, host = _SECURE[parts.scheme], parts.hostname
        port = parts.port or (443 if secure else 80)
        if not host:
            raise ValueError("no host")
        if not host.isascii():
            host = host.encode("idna").decode()
    except (KeyError, ValueError):  # UnicodeError is a ValueError
        raise ParameterError(
            "the service's address is no http(s):// or ws(s):// URL with a host; check `base_url`",
            parameter="base_url",
        ) from None
    return Place(secure, host, port)


def parse_proxy(url: str) -> Proxy:
    """Raises ParameterError, which never quotes the proxy's password."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in {"http", "https", "socks5", "socks5h"} or not parts.hostname:
            raise ValueError
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 1080)
    except ValueError:
        raise ParameterError(
            "the proxy's address is no http://, https:// or socks5:// URL with a host;"
            " check `proxy=` or HTTPS_PROXY, HTTP_PROXY and ALL_PROXY",
            parameter="proxy",
        ) from None
    user = unquote(parts.username) if parts.username is not None else None
    place = Place(parts.scheme == "https", parts.hostname, port)
    return Proxy(parts.scheme, place, user, unquote(parts.password or ""))


def environment_proxy(place: Place) -> Proxy | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (or the system) give for `place`."""
    import urllib.request  # 20 ms that only those pay who connect

    proxies = urllib.request.getproxies()
    url = proxies.get("https" if place.secure else "http") or proxies.get("all")
    if not url or urllib.request.proxy_bypass(str(place)) or _in_network(place.host, proxies.get("no", "")):
        return None
    return parse_proxy(url)


def _in_network(host: str, exceptions: str) -> bool:
    """Networks like 10.0.0.0/8 in NO_PROXY, and IPv6 addresses, which `proxy_bypass` does not know."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for exception in exceptions.split(","):
        try:
            if address in ipaddress.ip_network(exception.strip().strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False
