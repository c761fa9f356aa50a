"""WAV on the wire and in files: one header, true sizes, whatever the wire sends."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from modeldeck import Transport
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AudioFormat
from tests.conformance.dashscope.rows import (
    COMMIT,
    COSY_REALTIME,
    COSY_WHOLE,
    HTTP,
    ROWS,
    SAMBERT,
    SENTENCES,
    SERVER_COMMIT,
    TEXT,
    Got,
    Row,
    Way,
    options,
    ways,
)
from tests.conformance.dashscope.witness import check_whole, nothing_left, numbers

WAV = {"format": "wav"}
ROWS_OF_WAV = [
    SERVER_COMMIT,
    replace(COMMIT, parameters={"mode": "commit"}),
    COSY_REALTIME,
    COSY_WHOLE,
    SAMBERT,
]
ROWS_OF_WAV = [replace(row, parameters={**row.parameters, **WAV}) for row in ROWS_OF_WAV]
CELLS = [(row, way) for row in ROWS_OF_WAV for way in ways(row)]
DEFAULTS = [replace(row, parameters={}) for row in (HTTP, SERVER_COMMIT, COSY_REALTIME, COSY_WHOLE, SAMBERT)]


@pytest.mark.parametrize("fault", ["", "tiny", "odd"])
@pytest.mark.parametrize(("row", "way"), CELLS, ids=[f"{row.id}-{way.__name__}" for row, way in CELLS])
async def test_a_wav_of_the_wire_is_one_wav(box: Sandbox, row: Row, way: Way, fault: str) -> None:
    got = Got()
    async with nothing_left(box), Transport(headers={"x-modeldeck-fault": fault} if fault else None) as transport:
        await way(row.build(box.url, transport, **options(way)), TEXT, got)
    check_whole(row, way, got)
    data = b"".join(part.audio for part in got)
    assert data.startswith(b"RIFF")
    assert data.count(b"RIFF") == 1
    assert {part.format for part in got if part.audio} == {AudioFormat("wav", row.rate)}
    assert sum(part.duration or 0 for part in got) == pytest.approx(0.06 * len(TEXT))
    if len(got) == 1:
        assert soundfile.info(io.BytesIO(data)).frames == row.samples(TEXT)


@pytest.mark.parametrize("row", ROWS_OF_WAV, ids=lambda row: row.id)
async def test_a_stream_of_text_is_one_wav(box: Sandbox, row: Row) -> None:
    async with nothing_left(box), Transport() as transport:
        got = [part async for part in row.build(box.url, transport).stream(SENTENCES)]
    assert b"".join(part.audio for part in got).count(b"RIFF") == 1
    assert len(numbers(got)) == row.samples(TEXT)


@pytest.mark.parametrize("row", [COSY_REALTIME, COSY_WHOLE], ids=lambda row: row.id)
async def test_its_words_are_told_when_those_of_raw_pcm_are(box: Sandbox, row: Row) -> None:
    told: list[list[tuple[str, float]]] = []
    async with nothing_left(box), Transport() as transport:
        for encoding in ("pcm", "wav"):
            parameters = {"format": encoding, "word_timestamp_enabled": True}
            async with row.build(box.url, transport, parameters=parameters).session() as talk:
                await talk.send(TEXT)
                await talk.flush()
                words = [word for part in [part async for part in talk.utterance()] for word in part.timings]
            told.append([(word.text, word.start) for word in words])
    assert told[0]
    assert told[0] == told[1]


@pytest.mark.parametrize("row", ROWS_OF_WAV, ids=lambda row: row.id)
async def test_it_is_converted(box: Sandbox, row: Row) -> None:
    async with nothing_left(box), Transport() as transport:
        tts = row.build(box.url, transport, output=AudioFormat("pcm_s16le", 12000), stream=False)
        whole = await tts.synthesize(TEXT)
    assert whole.format == AudioFormat("pcm_s16le", 12000)
    assert whole.duration == pytest.approx(0.06 * len(TEXT), abs=0.001)


@pytest.mark.parametrize("row", [*ROWS_OF_WAV, *DEFAULTS, *ROWS], ids=lambda row: f"{row.id}-{row.parameters}")
async def test_every_model_saves_a_wav(box: Sandbox, row: Row, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    async with nothing_left(box), Transport() as transport:
        saved = await row.build(box.url, transport).save(TEXT, path)
    info = soundfile.info(path)
    assert (info.format, info.subtype) == ("WAV", "PCM_16")
    assert info.duration == pytest.approx(0.06 * len(TEXT), abs=0.001)
    assert saved.duration == info.duration
    assert saved.format == AudioFormat("wav", info.samplerate)
    assert int.from_bytes(path.read_bytes()[40:44], "little") == path.stat().st_size - 44


@pytest.mark.parametrize("name", ["x.mp3", "x.opus", "x.ogg", "x.flac", "x.pcm"])
@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.id)
async def test_a_file_is_what_its_name_says(box: Sandbox, row: Row, name: str, tmp_path: Path) -> None:
    async with nothing_left(box), Transport() as transport:
        saved = await row.build(box.url, transport).save(TEXT, tmp_path / name)
    if name == "x.pcm":
        assert saved.duration == pytest.approx(0.06 * len(TEXT), abs=0.001)
        assert (tmp_path / name).stat().st_size == saved.bytes
        return
    info = soundfile.info(tmp_path / name)
    assert info.format == {"x.mp3": "MP3", "x.flac": "FLAC"}.get(name, "OGG")
    assert info.duration == pytest.approx(0.06 * len(TEXT), abs=0.2)


async def test_what_is_native_is_asked_of_the_service(box: Sandbox, tmp_path: Path) -> None:
    async with nothing_left(box), Transport() as transport:
        tts = DEFAULTS[2].build(box.url, transport)
        await tts.save(TEXT, tmp_path / "x.opus")
        await tts.save(TEXT, tmp_path / "x")
    asked = [json.loads(str(one["frames"][0]))["payload"]["parameters"]["format"] for one in box.requests()]
    assert asked == ["opus", "mp3"]
    assert (tmp_path / "x").read_bytes()[:2] == b"\xff\xf3" or (tmp_path / "x").read_bytes()[:3] == b"ID3"


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.id)
async def test_what_nobody_makes_is_refused_before_the_network(box: Sandbox, row: Row, tmp_path: Path) -> None:
    async with nothing_left(box), Transport() as transport:
        with pytest.raises(ParameterError, match=r"the file is to be m4a: .*; or name the file \.") as caught:
            await row.build(box.url, transport).save(TEXT, tmp_path / "x.m4a")
    assert caught.value.provider == "dashscope"
    assert box.requests() == []
    assert list(tmp_path.iterdir()) == []
