"""What the class of /v1/audio/speech does beside what all classes do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from modeldeck import Retry
from modeldeck.credential import OpenAICredential
from modeldeck.errors import ParameterError, ProviderError, RateLimitError
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.voice import numbered
from modeldeck.tts import AudioFormat, OpenAITTSModel
from modeldeck.tts.wav import wav_header

PCM = numbered(0, 2400)


@asynccontextmanager
async def server(content_type: str, *chunks: bytes, more: asyncio.Event | None = None) -> AsyncIterator[list[Any]]:
    """A compatible server: its URL, then the bodies of what it was asked. After the first chunk it waits for `more`."""
    seen: list[Any] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[15:])
        seen.append(json.loads(await reader.readexactly(length)))
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        writer.write(f"HTTP/1.1 200 OK\r\n{kind}Transfer-Encoding: chunked\r\n\r\n".encode())
        for number, chunk in enumerate(chunks):
            if number == 1 and more is not None:
                await writer.drain()
                await more.wait()
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        seen.append(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
        yield seen


def model(url: str, name: str = "kokoro", **options: Any) -> OpenAITTSModel:
    return OpenAITTSModel(OpenAICredential(base_url=url), name, **options)


async def test_the_first_chunk_does_not_wait_for_the_second() -> None:
    more = asyncio.Event()
    async with server("audio/pcm", PCM[:2400], PCM[2400:], more=more) as seen:
        increments = aiter(model(seen[0]).synthesize("Hello."))
        first = await anext(increments)
        assert first.samples == 1200
        more.set()
        assert [part.samples async for part in increments] == [1200, 0]


@pytest.mark.parametrize(
    ("content_type", "data", "format"),
    [
        ("audio/mpeg", PCM, AudioFormat("mp3", 24000)),
        ("audio/pcm;rate=22050", PCM, AudioFormat("wav", 22050)),
        ("audio/wav", wav_header(AudioFormat("wav", 44100), None) + PCM, AudioFormat("wav", 44100)),
        ("", wav_header(AudioFormat("wav", 16000), len(PCM)) + PCM, AudioFormat("wav", 16000)),
        ("audio/mpeg", wav_header(AudioFormat("wav", 16000), len(PCM)) + PCM, AudioFormat("wav", 16000)),
    ],
)
async def test_what_comes_decides(content_type: str, data: bytes, format: AudioFormat) -> None:
    async with server(content_type, data[:3], data[3:]) as seen:
        whole = await model(seen[0], stream=False).synthesize("Hello.")
    assert whole.format == format
    assert whole.audio.endswith(PCM)


async def test_an_error_with_the_status_of_a_success() -> None:
    body = b'{"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}'
    async with server("application/json", body) as seen:
        with pytest.raises(RateLimitError, match="slow down"):
            await model(seen[0], stream=False, retry=Retry(max_retries=0)).synthesize("Hello.")


async def test_a_web_page_is_no_speech() -> None:
    async with server("text/html; charset=utf-8", b"<html>Please log in</html>") as seen:
        with pytest.raises(ProviderError, match="Check base_url") as raised:
            await model(seen[0], stream=False).synthesize("Hello.")
    assert (raised.value.retryable, len(seen)) == (False, 2)


async def test_what_compatible_servers_take_besides() -> None:
    async with server("audio/mpeg", PCM) as seen:
        tts = model(seen[0], parameters={"voice": "af_bella(2)+af_sky(1)"}, extra={"lang_code": "a", "stream": True})
        async for _ in tts.synthesize("Hello.", extra={"stream": False}):
            pass
    assert seen[1] == {
        "model": "kokoro",
        "input": "Hello.",
        "voice": "af_bella(2)+af_sky(1)",
        "lang_code": "a",
        "stream": False,
    }


@pytest.mark.parametrize(
    ("output", "asked"),
    [
        (AudioFormat("pcm_s16le", 24000), "pcm"),
        (AudioFormat("wav", 24000), "wav"),
        (AudioFormat("mp3", 24000), "mp3"),
        (AudioFormat("opus", 24000), "opus"),
        (AudioFormat("pcm_s16le", 16000), "pcm"),  # converted here
        (None, None),
    ],
)
async def test_output_is_asked_for(output: AudioFormat | None, asked: str | None) -> None:
    async with Sandbox() as box:
        credential = OpenAICredential(api_key="sk-1", base_url=box.url)
        async with OpenAITTSModel(credential, output=output).session() as talk:
            await talk.send("Hello.")
            await talk.flush()
            parts = [part async for part in talk.utterance()]
        (sent,) = box.requests()
    assert json.loads(sent["body"]).get("response_format") == asked
    assert parts[0].format == (output or AudioFormat("mp3", 24000))


@pytest.mark.parametrize(("name", "asked"), [("x.wav", "wav"), ("x.mp3", None), ("x.flac", "flac"), ("x.pcm", "pcm")])
async def test_files(name: str, asked: str | None, tmp_path: Path) -> None:
    async with Sandbox() as box:
        tts = OpenAITTSModel(OpenAICredential(api_key="sk-1", base_url=box.url))
        await tts.save("Hello.", tmp_path / name)
        (sent,) = box.requests()
    assert json.loads(sent["body"]).get("response_format") == asked
    if name == "x.wav":
        assert (tmp_path / name).read_bytes() == wav_header(AudioFormat("wav", 24000), 17280) + numbered(0, 8640)


async def test_a_file_of_a_model_that_nobody_knows_is_asked_for_as_it_is_named(tmp_path: Path) -> None:
    made = wav_header(AudioFormat("wav", 24000), len(PCM)) + PCM
    async with server("audio/wav", made) as seen:
        await model(seen[0], "some-local-model").save("Hello.", tmp_path / "a.wav")
    assert [one["response_format"] for one in seen[1:]] == ["wav"]
    assert (tmp_path / "a.wav").read_bytes() == made


@pytest.mark.parametrize("form", [AudioFormat("wav", 44100), AudioFormat("pcm_s16le", 44100)])
async def test_raw_samples_have_the_rate_of_the_card(tmp_path: Path, form: AudioFormat) -> None:
    card = "name: loud\nlabel: Loud\nvoices: [a]\naudio: {sample_rate: 44100, formats: [pcm]}\n"
    (tmp_path / "loud.yaml").write_text(card, encoding="utf-8")
    (loud,) = OpenAITTSModel.list_models(tmp_path)
    parameters = {"response_format": "pcm"} if form.encoding == "pcm_s16le" else None
    async with server("audio/pcm", PCM) as seen:
        tts = OpenAITTSModel(OpenAICredential(base_url=seen[0]), loud, parameters, stream=False)
        whole = await tts.synthesize("Hello.")
    assert (whole.format, whole.duration) == (form, 2400 / 44100)


async def test_tokens_are_told_by_events() -> None:
    async with Sandbox() as box:
        tts = OpenAITTSModel(
            OpenAICredential(api_key="sk-1", base_url=box.url),
            "gpt-4o-mini-tts",
            {"stream_format": "sse", "response_format": "pcm"},
        )
        async with tts.session() as talk:
            await talk.send("Hello there. How are you?")
            await talk.flush()
            last = [part async for part in talk.utterance()][-1]
        assert len(box.requests()) == 2
    assert last.usage is not None
    assert (last.usage.input_tokens, last.usage.output_tokens) == (7, 75)
    assert last.metadata is not None
    assert last.metadata["request_id"].startswith("req_")


def test_what_a_card_takes_away() -> None:
    credential = OpenAICredential(api_key="sk-1")
    for parameters in ({"instructions": "calm"}, {"stream_format": "sse"}):
        with pytest.raises(ParameterError):
            OpenAITTSModel(credential, "tts-1", parameters)
        OpenAITTSModel(credential, "gpt-4o-mini-tts", parameters)
