"""What a provider's hooks are given, and what they yield."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modeldeck._transport.limits import Timeouts
from modeldeck._transport.observe import NO_WATCH, Watch
from modeldeck.tts.response import AudioFormat, SentenceTiming, TTSUsage, WordTiming

if TYPE_CHECKING:
    from modeldeck.tts.cache.cache import TTSCache
    from modeldeck.tts.written import Spoken


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One text to speak, or the settings of a conversation (then `text` is empty).

    `parameters` are the effective ones: validated, defaults filled, what the card removes absent. `extra` goes
    into the provider's request last. `output`: the format asked for, where the model can give it natively.
    `timeouts.connect` is the hook's to pass on to the transport, like `watch`; the others are the base's.
    `on_event` is shown the wire's raw events. `written`: what `text` was made of. It, `cache` and `renew` are the
    base's.
    """

    text: str
    model: str
    parameters: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    output: AudioFormat | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    watch: Watch = NO_WATCH
    on_event: Callable[[Mapping[str, Any]], None] | None = None
    written: Spoken | None = None
    cache: TTSCache | None = None
    renew: bool = False


@dataclass(frozen=True, slots=True)
class Audio:
    """Some audio, as it arrived. Raw PCM may be cut anywhere; the base puts split samples together."""

    data: bytes
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider calls this session, response and request; None: not told, or as it was."""

    session_id: str | None = None
    response_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class SentenceBegin:
    """A sentence begins in the audio here whose word timings come all at once, at its end."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a model that may not read word for word says that it said; several are told one after the other."""

    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """More for the `metadata` of the utterance's last response, in JSON's terms."""

    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    """All audio of the text before the last `Flush` has been yielded."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer to `Clear`: so many characters at the end of what was received will not be spoken."""

    characters: int


def known(before: Identity, now: Identity) -> Identity:
    """What is known after `now` was told."""
    return Identity(
        now.session_id or before.session_id,
        now.response_id or before.response_id,
        now.request_id or before.request_id,
    )


# Of several TTSUsage of one request or utterance the last holds: each is the sum so far.
SpeechEvent = Audio | WordTiming | SentenceBegin | SentenceTiming | TTSUsage | Identity | Transcript | Told
ConversationEvent = SpeechEvent | UtteranceEnd | Cleared


@dataclass(frozen=True, slots=True)
class Text:
    """More text of the current utterance. `written`: what it was made of; the base's affair."""

    text: str
    written: Spoken | None = None

    def __add__(self, other: Text) -> Text:
        both = self.written + other.written if self.written and other.written else self.written or other.written
        return Text(self.text + other.text, both)


@dataclass(frozen=True, slots=True)
class Flush:
    """The utterance is complete: speak what is left of it, then yield `UtteranceEnd`."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Speak what is there now, though no sentence may have ended; the utterance goes on."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget the text that has not been spoken yet, and say with `Cleared` how much it was."""


Item = Text | Flush | Commit | Clear
Inbox = AsyncIterator[Item]
