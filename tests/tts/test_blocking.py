"""Models in code that is not async."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from modeldeck import blocking
from modeldeck.errors import ConcurrentUseError, ParameterError, UnsupportedError
from modeldeck.message import Msg, TextBlock
from modeldeck.tts import Audio, AudioFormat, SpeechRequest

from .conftest import PER_CHARACTER, Numbered

TEXT = "One two three."


def samples(parts: list[bytes]) -> int:
    return sum(len(part.removeprefix(part[:44]) if part.startswith(b"RIFF") else part) // 2 for part in parts)


def test_a_whole_text_a_message_and_a_file(tmp_path: Path) -> None:
    with blocking(Numbered()) as speaker:
        for text in (TEXT, Msg(name="anna", content=[TextBlock(text=TEXT)], role="assistant")):
            whole = speaker.synthesize(text)
            assert whole.is_last
            assert samples([whole.audio]) == PER_CHARACTER * len(TEXT)
        saved = speaker.save(TEXT, tmp_path / "x.wav")
        assert saved.bytes == (tmp_path / "x.wav").stat().st_size


def test_increments_of_a_text_and_of_a_stream_of_texts() -> None:
    with blocking(Numbered()) as speaker:
        for text in (TEXT, iter(["One ", "two ", "three."])):
            parts = list(speaker.stream(text))
            assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
            assert samples([part.audio for part in parts]) == PER_CHARACTER * len(TEXT)


def test_texts_that_wait_for_the_audio_of_those_before() -> None:
    heard = threading.Event()

    def texts() -> Iterator[str]:
        yield "First sentence. Second"
        assert heard.wait(10)
        yield " sentence."

    with blocking(Numbered()) as speaker:
        for part in speaker.stream(texts()):
            if part.audio:
                heard.set()
    assert heard.is_set()


def test_a_conversation() -> None:
    with blocking(Numbered()) as speaker, speaker.session() as talk:
        for _ in range(2):
            talk.send(TEXT)
            talk.flush()
            assert samples([part.audio for part in talk.utterance()]) == PER_CHARACTER * len(TEXT)
        talk.send("Old. ")
        talk.commit()
        talk.clear()
        talk.interrupt(0.0)
        talk.send(TEXT)
        talk.flush()
        assert samples([part.audio for part in talk.utterance()]) == PER_CHARACTER * len(TEXT)


def test_errors_are_those_of_the_model() -> None:
    with blocking(Numbered(output=AudioFormat("pcm_s16le", 8000))) as speaker:
        with pytest.raises(ParameterError, match="speed"):
            speaker.synthesize(TEXT, speeed=2)
        assert speaker.synthesize(TEXT).format == AudioFormat("pcm_s16le", 8000)
    with pytest.raises(UnsupportedError, match="closed"):
        speaker.synthesize(TEXT)


def test_threads_share_it_and_dropping_a_stream_stops_it() -> None:
    found: list[int] = []

    def speak() -> None:
        found.append(samples([speaker.synthesize(TEXT).audio]))

    with blocking(Numbered()) as speaker:
        threads = [threading.Thread(target=speak) for _ in range(8)]
        for thread in threads:
            thread.start()
        dropped = speaker.stream(TEXT * 50)
        next(dropped)
        dropped.close()
        for thread in threads:
            thread.join()
    assert found == [PER_CHARACTER * len(TEXT)] * 8
    assert not [one for one in threading.enumerate() if one.name == "modeldeck blocking"]


def test_inside_its_own_loop_it_refuses() -> None:
    class Confused(Numbered):
        async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio]:
            speaker.synthesize("never")
            yield Audio(b"", self.format)

    with blocking(Confused()) as speaker, pytest.raises(ConcurrentUseError, match="inside its own event loop"):
        speaker.synthesize(TEXT)


def test_the_process_ends_though_nobody_closed_it() -> None:
    script = (
        "from modeldeck import blocking\nfrom tests.tts.conftest import Numbered\n"
        "kept = blocking(Numbered())\nprint(len(kept.synthesize('Hi.').audio))\nblocking(Numbered()).synthesize('x')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
