"""A local server that speaks the providers' wires, with a test signal, and with faults and distance on demand."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.sandbox.box import Box as Box
    from modeldeck.sandbox.box import Refusal as Refusal
    from modeldeck.sandbox.box import bearer as bearer
    from modeldeck.sandbox.box import websocket_url as websocket_url
    from modeldeck.sandbox.conversation import Conversation as Conversation
    from modeldeck.sandbox.distance import Distance as Distance
    from modeldeck.sandbox.endpoints import Endpoints as Endpoints
    from modeldeck.sandbox.faults import Fault as Fault
    from modeldeck.sandbox.host import Sandbox as Sandbox
    from modeldeck.sandbox.known import Emulator as Emulator
    from modeldeck.sandbox.line import Line as Line
    from modeldeck.sandbox.line import LineGone as LineGone
    from modeldeck.sandbox.process import SandboxProcess as SandboxProcess
    from modeldeck.sandbox.records import Exchange as Exchange
