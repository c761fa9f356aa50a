"""Who speaks in a conversation, and what follows a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from modeldeck._transport.limits import Retry, Timeouts
from modeldeck.errors import ModelDeckError
from modeldeck.tts.events import Origin
from modeldeck.tts.hook import ConversationEvent, Inbox, SpeechEvent, SpeechRequest, Told
from modeldeck.tts.pace import again

if TYPE_CHECKING:
    from modeldeck.tts.facts import Pricing

Attempts = Callable[[SpeechRequest], AsyncIterator[SpeechEvent]]
Converse = Callable[[SpeechRequest, Inbox], AsyncIterator[ConversationEvent]]


@dataclass(frozen=True, slots=True)
class Speaker:
    """One model in a conversation: its hook, and the request as the hook gets it.

    `retry`: attempts before an utterance's first audio. `check` raises for a text that cannot be sent after so many
    characters of the same utterance, and counts on. `pricing`: its list price.
    """

    converse: Converse
    request: SpeechRequest
    timeouts: Timeouts
    retry: Retry
    origin: Origin
    check: Callable[[str, int], int]
    pricing: Pricing | None = None


class Cast(Protocol):
    """Who speaks in a conversation: asked before each run of a hook, told of what comes of it."""

    def begin(self) -> Speaker:
        """Who speaks from here on."""
        ...

    def leaves(self) -> bool:
        """Whether another one should speak the next utterance."""
        ...

    def spoke(self) -> Told | None:
        """An utterance's first audio came; what its last response is to say of that."""
        ...

    def utterance_over(self) -> None: ...

    def again(self, error: ModelDeckError, left: float | None, *, heard: bool) -> float | None:
        """Seconds before the next run, None for none; may raise what is to be raised instead of `error`.

        `left`: seconds until the utterance's own deadline. `heard`: audio of it was delivered.
        """
        ...

    def lost(self, error: ModelDeckError) -> float | None:
        """The same of a run that owed nothing."""
        ...


class Solo:
    """A model alone."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._attempt = self._unheard = 0

    def begin(self) -> Speaker:
        return self._speaker

    def leaves(self) -> bool:
        return False

    def spoke(self) -> Told | None:
        return None

    def utterance_over(self) -> None:
        self._attempt = self._unheard = 0

    def again(self, error: ModelDeckError, left: float | None, *, heard: bool) -> float | None:
        if heard:
            return None
        pause, counted = again(self._speaker.retry, self._attempt, self._unheard, error, left)
        if pause is not None:
            self._attempt, self._unheard = self._attempt + counted, self._unheard + 1 - counted
            self._speaker.request.watch.retry(error, pause)
        return pause

    def lost(self, error: ModelDeckError) -> float | None:
        return 0.0 if error.retryable else None
