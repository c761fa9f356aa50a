"""What a provider's hooks are given, and what they yield."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modeldeck.tts.response import AudioFormat, TTSUsage, WordTiming


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One text to speak, or the settings of a conversation (then `text` is empty).

    `parameters` are the effective ones: validated, defaults filled, what the card removes absent. `extra` goes
    into the provider's request last. `output`: the format asked for, where the model can give it natively.
    """

    text: str
    model: str
    parameters: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    output: AudioFormat | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """Some audio, as it arrived. Raw PCM may be cut anywhere; the base puts split samples together."""

    data: bytes
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    """All audio of the text before the last `Flush` has been yielded."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer to `Clear`: so many characters at the end of what was received will not be spoken."""

    characters: int


SpeechEvent = Audio | WordTiming | TTSUsage
ConversationEvent = SpeechEvent | UtteranceEnd | Cleared


@dataclass(frozen=True, slots=True)
class Text:
    """More text of the current utterance."""

    text: str


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
