"""What goes out: as the model gives it, or as the caller asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from modeldeck.errors import ParameterError
from modeldeck.tts.response import AudioFormat

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.facts import Pricing

_RATE = 24000  # Hz, where nothing tells


@dataclass(frozen=True, slots=True)
class Delivery:
    """`wav`: raw PCM leaves as a WAV stream. `target`: what was asked for, made of `source`, which the model gives.

    `model`, `card`: whose this is, and at what price; `gives`, `leaves`: its hooks.
    """

    wav: bool = True
    source: AudioFormat | None = None
    target: AudioFormat | None = None
    model: str = ""
    card: TTSModelCard | None = None
    pricing: Pricing | None = None
    gives: Callable[[AudioFormat], bool] = field(default=lambda target: False, compare=False)
    leaves: Callable[[Mapping[str, Any]], str | None] = field(default=lambda parameters: None, compare=False)

    def into(self, names: Collection[str], parameters: Mapping[str, Any]) -> Delivery:
        """Audio in one of the encodings `names`, best first, of a call with these parameters.

        Raises ParameterError where the model does not give it and it cannot be made. An unknown model is believed.
        """
        now = self._encoding(parameters)
        if now is None or now in names:
            return self
        from modeldeck.tts import convert

        given = _encodings(self.card)
        name = next((one for one in names if one in given), next(iter(names)))
        rate = self._rate(parameters)
        target = AudioFormat(name, rate if name in given else convert.fitting(name, rate), self._channels)
        try:
            made = _planned(self.model, self.card, target, self.gives)
        except ParameterError as error:
            message = f"this call gives {now}, and the file is to be {name}: {error}; or name the file .{suffix(now)}"
            raise ParameterError(message, parameter="path", value=name, suggestion=error.suggestion) from None
        return replace(self, wav=made.wav, source=made.source, target=made.target)

    def raw(self, parameters: Mapping[str, Any]) -> AudioFormat:
        """The raw PCM that is nearest to what leaves."""
        return AudioFormat("pcm_s16le", self._rate(parameters), self._channels)

    def _encoding(self, parameters: Mapping[str, Any]) -> str | None:
        """What leaves, as far as it is known beforehand."""
        if self.target is not None:
            return self.target.encoding
        return self.leaves(parameters) or next(iter(_encodings(self.card)), None)

    def _rate(self, parameters: Mapping[str, Any]) -> int:
        """Hz: nobody who asks for a file of another kind asks for another rate."""
        asked = parameters.get("sample_rate")
        if self.target is not None:
            return self.target.sample_rate
        if isinstance(asked, int) and asked > 0:
            return asked
        return (self.card.audio.sample_rate if self.card is not None and self.card.audio is not None else None) or _RATE

    @property
    def _channels(self) -> int:
        if self.target is not None:
            return self.target.channels
        return self.card.audio.channels if self.card is not None and self.card.audio is not None else 1


def delivery_of(
    model: str,
    card: TTSModelCard | None,
    pricing: Pricing | None,
    output: Any,
    gives: Callable[[AudioFormat], bool],
    leaves: Callable[[Mapping[str, Any]], str | None],
) -> Delivery:
    """As `output` asks, else raw PCM as WAV unless the card says otherwise.

    Raises ParameterError, also where a conversion needs what is not installed.
    """
    if output is None:
        types = card.output_types if card is not None else ["audio/wav"]
        return Delivery(not types[0].startswith("audio/pcm"), None, None, model, card, pricing, gives, leaves)
    if not isinstance(output, AudioFormat):
        message = f"output must be an AudioFormat, like AudioFormat('pcm_s16le', 24000), not {output!r}"
        raise ParameterError(message, parameter="output")
    made = _planned(model, card, output, gives)
    return replace(made, model=model, card=card, pricing=pricing, gives=gives, leaves=leaves)


def suffix(encoding: str) -> str:
    """Of the file's name, without the dot, that says `encoding`."""
    return "wav" if encoding == "pcm_s16le" else encoding


def _planned(
    model: str, card: TTSModelCard | None, target: AudioFormat, gives: Callable[[AudioFormat], bool]
) -> Delivery:
    from modeldeck.tts import convert

    if gives(target):
        return Delivery(target.encoding == "wav", target, target)
    properties = card.parameter_schema.get("properties", {}) if card is not None else {}
    facts = card.audio if card is not None else None
    made = convert.planned(model, facts, target, properties.get("sample_rate", {}).get("enum", ()))
    if made.source is not None and made.source != target:
        convert.required(made.source, target)
    return made


def _encodings(card: TTSModelCard | None) -> list[str]:
    """What a model gives, its default first."""
    facts = card.audio if card is not None else None
    return ["pcm_s16le" if name == "pcm" else name for name in facts.formats] if facts is not None else []
