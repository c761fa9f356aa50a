"""Forms that come back: what is masked or left out stays as it was."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from modeldeck._transport.opening import is_public
from modeldeck.credential import CredentialBase
from modeldeck.errors import CredentialError

_SCHEMES = ("http", "https", "ws", "wss")
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "home.arpa")


def is_mask(value: object) -> bool:
    """Asterisks and nothing else: what a masked secret looks like."""
    return isinstance(value, str) and len(value) >= 4 and not value.strip("*")


def merged(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` with the changes (RFC 7396: null takes away), masks standing for what is stored."""
    result = dict(stored)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _kept(stored.get(name), value)
    return result


def _kept(stored: Any, value: Any) -> Any:
    if is_mask(value):
        return value if stored is None else stored
    if isinstance(value, dict):
        known: dict[str, Any] = stored if isinstance(stored, dict) else {}
        return merged(known, value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, list):
        before: list[Any] = stored if isinstance(stored, list) else []
        items: list[Any] = value
        return [_kept(before[index] if index < len(before) else None, item) for index, item in enumerate(items)]
    return value


def shown(credential: CredentialBase) -> dict[str, Any]:
    """The fields that are set, with secrets masked; no id, which is the record's."""
    return credential.model_dump(mode="json", exclude={"id"}, exclude_none=True, warnings=False)


def check_addresses(credential: CredentialBase) -> None:
    """Refuse a URL whose host is, as it is written, inside a private network; names are looked up when connecting.

    Raises CredentialError.
    """
    for field, value in _texts(shown(credential)):
        if value.partition("://")[0].casefold() in _SCHEMES and is_private(host_of(value)):
            message = f"{field}: that address is inside a private network, which this server may not reach"
            raise CredentialError(message, provider=credential.provider_name(), code="private_address")


def host_of(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def is_private(host: str) -> bool:
    """Of an address in any notation that systems take (127.1, 0x7f000001), and of names that mean such a one."""
    name = host.rstrip(".").casefold()
    if name.rpartition(".")[2] in _LOCAL_NAMES or name.endswith(".home.arpa"):
        return True
    try:
        return not is_public(name)
    except ValueError:
        pass
    try:
        return not is_public(str(ipaddress.IPv4Address(socket.inet_aton(name))))
    except (OSError, ValueError):
        return False


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{path}.{name}".lstrip("."))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{path}.{index}")
        case _:
            pass
