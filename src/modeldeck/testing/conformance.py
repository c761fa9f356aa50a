"""The suite that a provider's author subclasses."""

from __future__ import annotations

from modeldeck.testing.checks.cancel import Cancelling
from modeldeck.testing.checks.cards import Cards
from modeldeck.testing.checks.credentials import Credentials
from modeldeck.testing.checks.distance import Distances
from modeldeck.testing.checks.faults import Faults
from modeldeck.testing.checks.interrupt import Interrupting
from modeldeck.testing.checks.loop import Loop
from modeldeck.testing.checks.parameters import Parameters
from modeldeck.testing.checks.pause import Pausing
from modeldeck.testing.checks.secrets import Secrets
from modeldeck.testing.checks.sent import Sending
from modeldeck.testing.checks.streaming import Streaming
from modeldeck.testing.checks.text import Texts
from modeldeck.testing.checks.things import Things
from modeldeck.testing.checks.together import Together
from modeldeck.testing.checks.watching import Watching
from modeldeck.testing.checks.wav import Files


class CardConformance(Parameters, Cards):
    """What the cards of a provider without an emulator must be; `credential` alone is said."""


class Conformance(
    Distances,  # the last to run: pytest begins with the last base
    Interrupting,
    Cancelling,
    Pausing,
    Together,
    Faults,
    Secrets,
    Watching,
    Files,
    Texts,
    Sending,
    Things,
    Credentials,
    Loop,
    Streaming,
    CardConformance,
):
    """Everything that a provider must do, checked against its emulator.

    `credential` and `emulator` are enough; what else may be said stands in `modeldeck.testing.suite`:

        class TestAcme(Conformance):
            credential = AcmeCredential
            emulator = acme_modeldeck.emulator
    """
