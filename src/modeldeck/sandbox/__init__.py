"""A local server that speaks the providers' wires, with a test signal, and with faults and distance on demand."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.sandbox.distance import Distance as Distance
    from modeldeck.sandbox.faults import Fault as Fault
    from modeldeck.sandbox.host import Sandbox as Sandbox
    from modeldeck.sandbox.process import SandboxProcess as SandboxProcess
    from modeldeck.sandbox.records import Exchange as Exchange
