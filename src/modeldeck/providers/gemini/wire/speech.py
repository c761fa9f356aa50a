"""Speech by `generateContent` and `streamGenerateContent?alt=sse`: the answer, both sides; the request is `request`.

Each event of a stream is a whole answer: some audio, and the last one a `finishReason`. There is no other end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modeldeck._wire.frames import count_of, encoded, part, parts, text_of
from modeldeck._wire.sse import Events
from modeldeck.errors import ModelDeckError
from modeldeck.providers.gemini.wire.audio import PCM, audio_format
from modeldeck.providers.gemini.wire.errors import SERVICE, told_by
from modeldeck.tts.hook import Audio, Identity, SpeechEvent
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.wav import Samples

VERIFIED_LIVE: str | None = None
_LONGEST = 256 << 20  # bytes of an answer that is not streamed: an hour and a half
_URL_SAFE = str.maketrans("-_", "+/")


class SpeechAnswer:
    """Reads a 200 answer, cut anywhere, be it server-sent events, one JSON or a list of them."""

    def __init__(self) -> None:
        self.received = 0
        self.ignored = 0  # parts that are no audio
        self.response_id: str | None = None
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None  # is shown what comes
        self._events = Events()
        self._json: list[bytes] | None = None
        self._begun = False
        self._held = 0
        self._samples: Samples | None = None
        self._format: AudioFormat | None = None
        self._usage: TTSUsage | None = None
        self._finish: str | None = None
        self._failure: ModelDeckError | None = None

    def feed(self, data: bytes) -> list[SpeechEvent]:
        """What `data` completes. Raises ProtocolError."""
        if not self._begun and (data := data.lstrip(b"\xef\xbb\xbf \t\r\n")):  # a byte order mark
            self._begun = True
            self._json = [] if data.startswith((b"{", b"[")) else None
        if self._json is not None:
            self._held += len(data)
            if self._held > _LONGEST:
                raise SERVICE.unreadable(f"more than {_LONGEST >> 20} MB in one piece", request_id=self.response_id)
            self._json.append(data)
            return []
        return [made for event in self._events.feed(data) for made in self._take(SERVICE.decoded(event.data))]

    def end(self) -> list[SpeechEvent]:
        """The answer is over: what is left. Raises what the service refused with, and as `feed`.

        Raises ConnectionFailedError when nobody said that this was all.
        """
        if self._json is not None:
            answers = _answers(b"".join(self._json))
        else:
            answers = [SERVICE.decoded(event.data) for event in self._events.end()]
        events = [event for answer in answers for event in self._take(answer)]
        return events + self._closed()

    def _closed(self) -> list[SpeechEvent]:
        if self._failure is not None:
            raise self._failure
        if self._finish is None:
            raise SERVICE.broken_off(self.response_id)
        rest = self._samples.rest() if self._samples is not None else b""
        events: list[SpeechEvent] = [self._audio(rest)] if rest else []
        if not self.received:
            raise SERVICE.no_audio(self.response_id)
        return events + ([self._usage] if self._usage else [])

    def _take(self, answer: dict[str, Any]) -> list[SpeechEvent]:
        if self.on_event is not None:
            self.on_event(answer)
        if self._failure is not None:
            return []
        events: list[SpeechEvent] = []
        response_id = text_of(answer.get("responseId"))
        if response_id and self.response_id is None:
            self.response_id = response_id
            events.append(Identity(response_id=response_id))
        for candidate in parts(answer, "candidates")[:1]:
            heard = [one for each in parts(part(candidate, "content"), "parts") for one in self._heard(each)]
            if heard and self._finish is not None:
                raise SERVICE.unreadable("audio after its end", request_id=self.response_id)
            events += heard
            self._finish = text_of(candidate.get("finishReason")) or self._finish
        self._usage = _usage(part(answer, "usageMetadata")) or self._usage
        self._failure = self._refusal(answer)
        return events

    def _heard(self, one: Mapping[str, Any]) -> list[SpeechEvent]:
        inline = part(one, "inlineData")
        data = inline.get("data")
        if not data:
            return []
        mime = text_of(inline.get("mimeType"))
        form = audio_format(mime) if mime else PCM
        if form is None:
            self.ignored += 1
            return []
        url_safe = isinstance(data, str) and ("-" in data or "_" in data)
        audio = SERVICE.audio_bytes(data.translate(_URL_SAFE) if url_safe else data)
        if self._format is None:
            self._format = form
            raw = form.encoding in ("pcm_s16le", "wav")
            self._samples = Samples(AudioFormat("pcm_s16le", form.sample_rate, form.channels)) if raw else None
        elif form != self._format:
            raise SERVICE.unreadable(f"{form} after {self._format} in one answer", request_id=self.response_id)
        heard = audio if self._samples is None else self._samples.feed(audio)
        return [self._audio(heard)] if heard else []

    def _audio(self, data: bytes) -> Audio:
        self.received += len(data)
        assert self._format is not None
        return Audio(data, self._format if self._samples is None else self._samples.format)

    def _refusal(self, answer: Mapping[str, Any]) -> ModelDeckError | None:
        """An error in the stream, a prompt that is blocked, an end that is none."""
        if "error" in answer:
            told = told_by(answer)
            status = count_of(part(answer, "error").get("code")) or None
            return SERVICE.error(
                told.code, told.message, status=status, request_id=self.response_id, retry_after=told.retry_after
            )
        feedback = part(answer, "promptFeedback")
        if blocked := text_of(feedback.get("blockReason")):
            said = text_of(feedback.get("blockReasonMessage"))
            return SERVICE.error(f"blockReason.{blocked}", said, request_id=self.response_id)
        if self._finish in (None, "STOP", "FINISH_REASON_UNSPECIFIED"):
            return None
        said = next((text_of(one.get("finishMessage")) for one in parts(answer, "candidates")), None)
        return SERVICE.error(f"finishReason.{self._finish}", said, request_id=self.response_id)


def _answers(data: bytes) -> list[dict[str, Any]]:
    """Of one JSON, or of a list: what a stream is to those who do not ask for events."""
    return (
        parts(SERVICE.decoded(b'{"answers":' + data + b"}"), "answers") if data[:1] == b"[" else [SERVICE.decoded(data)]
    )


def _usage(told: Mapping[str, Any]) -> TTSUsage | None:
    """Of the whole answer so far: each event has it."""
    if not told:
        return None
    return TTSUsage(count_of(told.get("promptTokenCount")), count_of(told.get("candidatesTokenCount")))


class Answer:
    """The server's side: one answer, as events or as one JSON. `mime`: of its audio."""

    def __init__(self, model: str, prompt: str, mime: str, response_id: str) -> None:
        self._model = model
        self._prompt = prompt
        self._mime = mime
        self._response_id = response_id

    def chunk(self, data: str) -> str:
        """An event with that base64."""
        return self._event(self._candidate(data, None), 0.0)

    def stop(self, seconds: float, reason: str = "STOP") -> str:
        """The last event; `seconds`: of audio."""
        return self._event(self._candidate("", reason), seconds)

    def whole(self, data: str, seconds: float, reason: str = "STOP") -> dict[str, Any]:
        """The answer that is not streamed."""
        return self._envelope(self._candidate(data, reason), seconds)

    def error(self, body: Mapping[str, Any]) -> str:
        """An error in the stream."""
        return f"data: {encoded(body)}\r\n\r\n"

    def _candidate(self, data: str, reason: str | None) -> dict[str, Any]:
        content = {"parts": [{"inlineData": {"mimeType": self._mime, "data": data}}], "role": "model"}
        return {"content": content, **({"finishReason": reason} if reason else {}), "index": 0}

    def _envelope(self, candidate: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        text, audio = -(-len(self._prompt) // 4), round(25 * seconds)
        usage: dict[str, Any] = {"promptTokenCount": text, "totalTokenCount": text + audio}
        usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": text}]
        if audio:
            usage["candidatesTokenCount"] = audio
            usage["candidatesTokensDetails"] = [{"modality": "AUDIO", "tokenCount": audio}]
        return {
            "candidates": [dict(candidate)],
            "usageMetadata": usage,
            "modelVersion": self._model,
            "responseId": self._response_id,
        }

    def _event(self, candidate: Mapping[str, Any], seconds: float) -> str:
        return f"data: {encoded(self._envelope(candidate, seconds))}\r\n\r\n"
