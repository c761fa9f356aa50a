"""WAV on the wire and in files: one header, true sizes, whatever the wire sends."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from modeldeck import Limits, Transport
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AudioFormat
from tests.conformance.rows import SENTENCES, TEXT, Got, Row, Way, options, ways
from tests.conformance.table import DEFAULTS, ROWS
from tests.conformance.witness import check_whole, nothing_left, numbers

ROWS_OF_WAV = [replace(row, parameters={**row.parameters, **row.wav}) for row in ROWS if row.wav is not None]
CELLS = [(row, way) for row in ROWS_OF_WAV for way in ways(row)]
DIFFERENT = list({f"{row.id} {row.parameters}": row for row in (*ROWS_OF_WAV, *DEFAULTS, *ROWS)}.values())


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
    assert sum(part.duration or 0 for part in got) == pytest.approx(row.seconds(TEXT))
    if len(got) == 1:
        assert soundfile.info(io.BytesIO(data)).frames == row.samples(TEXT)


@pytest.mark.parametrize("row", ROWS_OF_WAV, ids=lambda row: row.id)
async def test_a_stream_of_text_is_one_wav(box: Sandbox, row: Row) -> None:
    async with nothing_left(box), Transport() as transport:
        got = [part async for part in row.build(box.url, transport).stream(SENTENCES)]
    assert b"".join(part.audio for part in got).count(b"RIFF") == 1
    assert len(numbers(got)) == row.samples(TEXT)


@pytest.mark.parametrize("row", [row for row in ROWS if row.wav and row.timed], ids=lambda row: row.id)
async def test_its_words_are_told_when_those_of_raw_pcm_are(box: Sandbox, row: Row) -> None:
    told: list[list[tuple[str, float]]] = []
    async with nothing_left(box), Transport() as transport:
        for wav in ({}, row.wav or {}):
            parameters = {**row.parameters, **wav, **(row.timed or {})}
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
    assert whole.duration == pytest.approx(row.seconds(TEXT), abs=0.001)


@pytest.mark.parametrize("row", DIFFERENT, ids=lambda row: f"{row.id}-{row.parameters}")
async def test_every_model_saves_a_wav(box: Sandbox, row: Row, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    async with nothing_left(box), Transport() as transport:
        saved = await row.build(box.url, transport).save(TEXT, path)
    info = soundfile.info(path)
    assert (info.format, info.subtype) == ("WAV", "PCM_16")
    assert info.duration == pytest.approx(row.seconds(TEXT), abs=0.001)
    assert saved.duration == info.duration
    assert saved.format == AudioFormat("wav", info.samplerate)
    assert int.from_bytes(path.read_bytes()[40:44], "little") == path.stat().st_size - 44


@pytest.mark.parametrize("name", ["x.mp3", "x.opus", "x.ogg", "x.flac", "x.pcm"])
@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.id)
async def test_a_file_is_what_its_name_says(box: Sandbox, row: Row, name: str, tmp_path: Path) -> None:
    async with nothing_left(box), Transport() as transport:
        saved = await row.build(box.url, transport).save(TEXT, tmp_path / name)
    if name == "x.pcm":
        assert saved.duration == pytest.approx(row.seconds(TEXT), abs=0.001)
        assert (tmp_path / name).stat().st_size == saved.bytes
        return
    with soundfile.SoundFile(tmp_path / name) as file:
        assert file.format == {"x.mp3": "MP3", "x.flac": "FLAC"}.get(name, "OGG")
        assert decoded(file) / file.samplerate == pytest.approx(row.seconds(TEXT), abs=0.2)


def decoded(file: soundfile.SoundFile) -> int:
    """Samples, counted: the head of a FLAC that was streamed does not say how many there are."""
    count = 0
    with contextlib.suppress(soundfile.LibsndfileError):  # its end, where the head says nothing
        while piece := len(file.read(480)):
            count += piece
    return count


@pytest.mark.parametrize("row", [row for row in DEFAULTS if row.native], ids=lambda row: row.id)
async def test_what_is_native_is_asked_of_the_service(box: Sandbox, row: Row, tmp_path: Path) -> None:
    async with nothing_left(box), Transport(limits=Limits(spares=0)) as transport:
        for name in row.native:
            await row.build(box.url, transport).save(TEXT, tmp_path / name)
    assert [row.asked(one) for one in box.requests()] == list(row.native.values())
    for name, asked in row.native.items():
        begins = {"mp3": (b"\xff\xf3", b"\xff\xfb", b"ID3"), "opus": (b"OggS",), "wav": (b"RIFF",)}.get(asked, (b"",))
        assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row.id)
async def test_what_nobody_makes_is_refused_before_the_network(box: Sandbox, row: Row, tmp_path: Path) -> None:
    async with nothing_left(box), Transport() as transport:
        with pytest.raises(ParameterError, match=r"the file is to be m4a: .*; or name the file \.") as caught:
            await row.build(box.url, transport).save(TEXT, tmp_path / "x.m4a")
    assert caught.value.provider == row.provider.name
    assert box.requests() == []
    assert list(tmp_path.iterdir()) == []
