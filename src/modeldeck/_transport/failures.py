"""Foreign exceptions become ours: which host, what happened, what to do; never a header or a query."""

from __future__ import annotations

import errno
import socket
import ssl

from modeldeck._transport import descriptors
from modeldeck._transport.place import Place
from modeldeck.errors import ConnectionFailedError, ModelDeckError, TimeoutExceededError

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def not_connected(error: Exception, place: Place, proxied: bool = False) -> ModelDeckError:
    """What became of an attempt to connect to `place`."""
    if isinstance(error, ModelDeckError):
        return error
    if descriptors.is_exhaustion(error):
        return descriptors.exhausted()
    who = f"the proxy {place}" if proxied else str(place)
    match error:
        case ssl.SSLCertVerificationError():
            return _failed(
                f"{who}: its certificate is not accepted ({error.verify_message}); where a company's proxy signs"
                " traffic, set SSL_CERT_FILE to its authority or give Transport(ssl_context=...)",
                retryable=False,
                code="tls",
            )
        case ssl.SSLError():
            return _failed(
                f"{who}: no TLS connection ({error.reason or 'handshake failed'});"
                " check that the address is https and that nothing in between breaks TLS",
                retryable=False,
                code="tls",
            )
        case ssl.CertificateError() | UnicodeError():
            return _failed(f"{who}: not a valid host name; check the address", retryable=False)
        case socket.gaierror():
            return _failed(f"{who}: the name was not found ({error.strerror}); check the address and the network")
        case ConnectionRefusedError():
            return _failed(f"{who}: refused the connection; check the address and port, or whether it is running")
        case ConnectionError() | EOFError():
            return _failed(f"{who}: closed the connection while it was being made; try again")
        case OSError() if error.errno in _UNREACHABLE:
            return _failed(f"{who}: cannot be reached ({error.strerror}); check the network and the proxy")
        case OSError():
            return _failed(f"{who}: no connection ({error.strerror or error}); check the address and the network")
        case _:
            return _failed(f"{who}: no connection ({type(error).__name__}: {error})", retryable=False)


def too_slow(place: Place, seconds: float | None) -> TimeoutExceededError:
    return TimeoutExceededError(
        f"{place}: no connection within {seconds:g} s; check the network and the proxy, or raise Timeouts(connect=...)",
        code="connect",
    )


def no_room(most: int | None, seconds: float | None) -> TimeoutExceededError:
    return TimeoutExceededError(
        f"all {most} connections are in use, and none came free within {seconds:g} s; raise"
        " Limits(max_connections=...), or make fewer calls at a time",
        code="connect",
    )


def lost(place: Place, error: BaseException | None = None) -> ConnectionFailedError:
    """The connection broke in the middle."""
    what = "closed the connection before the answer was complete"
    match error:
        case ConnectionResetError() | BrokenPipeError():
            what = "the connection was reset before the answer was complete"
        case ssl.SSLError():
            what = f"the TLS connection broke ({error.reason or 'unreadable data'})"
        case OSError():
            what = f"the connection was lost ({error.strerror or type(error).__name__})"
    return _failed(f"{place}: {what}; try again")


def _failed(message: str, *, retryable: bool = True, code: str | None = None) -> ConnectionFailedError:
    return ConnectionFailedError(message, retryable=retryable, code=code)


def closed() -> ConnectionFailedError:
    return ConnectionFailedError("the transport is closed; make a new one", retryable=False)
