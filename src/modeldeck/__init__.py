"""Credentials become models that people can pick and call.

Doors: `modeldeck.credential`, `modeldeck.tts`, `modeldeck.message`, `modeldeck.errors`; here what all models share.
"""

from typing import TYPE_CHECKING

from modeldeck import _lazy

__version__ = "0.1.0"

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck._blocking import blocking as blocking
    from modeldeck._transport.limits import Retry as Retry
    from modeldeck._transport.limits import Timeouts as Timeouts
    from modeldeck._transport.observe import Call as Call
    from modeldeck._transport.observe import Observer as Observer
    from modeldeck._transport.settings import Limits as Limits
    from modeldeck._transport.transport import Transport as Transport
