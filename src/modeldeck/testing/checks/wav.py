"""WAV on the wire and in files: one header, true sizes, whatever the wire sends."""

from __future__ import annotations

import contextlib
import io
import wave
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from modeldeck import Limits, Transport
from modeldeck.errors import ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_count, check_untouched, expect
from modeldeck.testing.cases import over
from modeldeck.testing.rows import SENTENCES, TEXT, Got, Row, Way, options, ways
from modeldeck.testing.suite import Suite
from modeldeck.testing.witness import check_whole
from modeldeck.tts import AudioFormat

NO_WAV = "no parameter makes it send WAV"
_HEADERS = (
    "yield `Audio` with the encoding `wav` as it comes, header and all, and raw samples as `pcm_s16le`: headers are "
    "the base's"
)


def rows_of_wav(suite: Suite) -> list[Row]:
    """Those that can send WAV, set to do it."""
    return [replace(row, parameters={**row.parameters, **row.wav}) for row in suite.table if row.wav]


def different(suite: Suite) -> list[Row]:
    """Every row with each of its settings once; named by both."""
    rows = {f"{row.id} {row.parameters}": row for row in (*rows_of_wav(suite), *suite.defaults, *suite.table)}
    return [replace(row, id=f"{row.id}-{row.parameters}") for row in rows.values()]


each_row_of_wav = over("row", rows_of_wav, NO_WAV)
each_default = over("row", lambda suite: suite.defaults, "no class of it has a card")


class Files(Suite):
    @pytest.mark.parametrize("fault", ["", "tiny", "odd"])
    @over("row way", lambda suite: [(row, way) for row in rows_of_wav(suite) for way in ways(row)], NO_WAV)
    async def test_a_wav_of_the_wire_is_one_wav(self, box: Sandbox, row: Row, way: Way, fault: str) -> None:
        got, headers = Got(), {"x-modeldeck-fault": fault} if fault else None
        async with self.nothing_left(box), Transport(headers=headers) as transport:
            await way(row.build(box.url, transport, **options(way)), TEXT, got)
        check_whole(row, way, got)
        data = b"".join(part.audio for part in got)
        check_one_header(row, data)
        assert {part.format for part in got if part.audio} == {AudioFormat("wav", row.rate)}
        assert sum(part.duration or 0 for part in got) == pytest.approx(row.seconds(TEXT))
        if len(got) == 1:
            with wave.open(io.BytesIO(data)) as file:
                frames = file.getnframes()
            expect(frames == row.samples(TEXT), f"{row.name}: its WAV says {frames} samples ({row.id}): {_HEADERS}")

    @each_row_of_wav
    async def test_a_stream_of_text_is_one_wav(self, box: Sandbox, row: Row) -> None:
        async with self.nothing_left(box), Transport() as transport:
            got = [part async for part in row.build(box.url, transport).stream(SENTENCES)]
        check_one_header(row, b"".join(part.audio for part in got))
        check_count(row, got, row.samples(TEXT), "A stream of text")

    @over("row", lambda suite: [row for row in suite.table if row.wav and row.timed], f"{NO_WAV} and tell its words")
    async def test_its_words_are_told_when_those_of_raw_pcm_are(self, box: Sandbox, row: Row) -> None:
        told: list[list[tuple[str, float]]] = []
        async with self.nothing_left(box), Transport() as transport:
            for wav in ({}, row.wav or {}):
                parameters = {**row.parameters, **wav, **(row.timed or {})}
                async with row.build(box.url, transport, parameters=parameters).session() as talk:
                    await talk.send(TEXT)
                    await talk.flush()
                    words = [word for part in [part async for part in talk.utterance()] for word in part.timings]
                told.append([(word.text, word.start) for word in words])
        expect(told[0], f"{row.name} tells no words although it is asked to ({row.id}): yield each `WordTiming`")
        expect(
            told[0] == told[1],
            f"{row.name}: words of a WAV are told otherwise than those of raw PCM ({row.id}): {told}",
        )

    @each_row_of_wav
    async def test_it_is_converted(self, box: Sandbox, row: Row) -> None:
        async with self.nothing_left(box), Transport() as transport:
            tts = row.build(box.url, transport, output=AudioFormat("pcm_s16le", 12000), stream=False)
            whole = await tts.synthesize(TEXT)
        assert whole.format == AudioFormat("pcm_s16le", 12000)
        assert whole.duration == pytest.approx(row.seconds(TEXT), abs=0.001)

    @over("row", different, "no class of it has a card")
    async def test_every_model_saves_a_wav(self, box: Sandbox, row: Row, tmp_path: Path) -> None:
        soundfile: Any = import_module("soundfile")  # of the extra `testing`
        path = tmp_path / "x.wav"
        async with self.nothing_left(box), Transport() as transport:
            saved = await row.build(box.url, transport).save(TEXT, path)
        info = soundfile.info(path)
        assert (info.format, info.subtype) == ("WAV", "PCM_16")
        seconds = row.seconds(TEXT)
        expect(
            info.duration == pytest.approx(seconds, abs=0.001),
            f"{row.name} saves {info.duration:.3f} s of {seconds:.3f} s ({row.id}): the format that is yielded with "
            "`Audio` is not the one that the service sends, or some audio was lost",
        )
        assert saved.duration == info.duration
        assert saved.format == AudioFormat("wav", info.samplerate)
        assert int.from_bytes(path.read_bytes()[40:44], "little") == path.stat().st_size - 44

    @pytest.mark.parametrize("name", ["x.mp3", "x.opus", "x.ogg", "x.flac", "x.pcm"])
    @each_default
    async def test_a_file_is_what_its_name_says(self, box: Sandbox, row: Row, name: str, tmp_path: Path) -> None:
        soundfile: Any = import_module("soundfile")  # of the extra `testing`
        async with self.nothing_left(box), Transport() as transport:
            try:
                saved = await row.build(box.url, transport).save(TEXT, tmp_path / name)
            except ParameterError:
                expect(
                    row.card is None or bool(row.card.audio and row.card.audio.formats),
                    f"{row.name} saves no {name[1:]} ({row.id}): only what is known to be raw audio is converted. Let "
                    "the card say what the service sends: audio: {sample_rate: …, formats: [pcm]}",
                )
                raise
        if name == "x.pcm":
            assert saved.duration == pytest.approx(row.seconds(TEXT), abs=0.001)
            assert (tmp_path / name).stat().st_size == saved.bytes
            return
        with soundfile.SoundFile(tmp_path / name) as file:
            assert file.format == {"x.mp3": "MP3", "x.flac": "FLAC"}.get(name, "OGG")
            assert decoded(soundfile, file) / file.samplerate == pytest.approx(row.seconds(TEXT), abs=0.2)

    @over("row", lambda suite: [row for row in suite.defaults if row.native], "`native` of no Row says what it makes")
    async def test_what_is_native_is_asked_of_the_service(self, box: Sandbox, row: Row, tmp_path: Path) -> None:
        async with self.nothing_left(box), Transport(limits=Limits(spares=0)) as transport:
            for name in row.native:
                await row.build(box.url, transport).save(TEXT, tmp_path / name)
        assert [row.asked(one) for one in box.requests()] == list(row.native.values())
        for name, asked in row.native.items():
            begins = {"mp3": (b"\xff\xf3", b"\xff\xfb", b"ID3"), "opus": (b"OggS",), "wav": (b"RIFF",)}
            assert (tmp_path / name).read_bytes().startswith(begins.get(asked, (b"",)))

    @each_default
    async def test_what_nobody_makes_is_refused_before_the_network(
        self, box: Sandbox, row: Row, tmp_path: Path
    ) -> None:
        async with self.nothing_left(box), Transport() as transport:
            with pytest.raises(ParameterError, match=r"the file is to be m4a: .*; or name the file \.") as caught:
                await row.build(box.url, transport).save(TEXT, tmp_path / "x.m4a")
        assert caught.value.provider == self.provider
        check_untouched(row, box.requests(), "a file of a format that nobody makes")
        assert list(tmp_path.iterdir()) == []


def check_one_header(row: Row, data: bytes) -> None:
    __tracebackhide__ = True
    headers = data.count(b"RIFF")
    expect(
        data.startswith(b"RIFF") and headers == 1,
        f"{row.name}: a WAV has {headers} headers, and one at its beginning is right ({row.id}): {_HEADERS}",
    )


def decoded(soundfile: Any, file: Any) -> int:
    """Samples, counted: the head of a FLAC that was streamed does not say how many there are."""
    count = 0
    with contextlib.suppress(soundfile.LibsndfileError):  # its end, where the head says nothing
        while piece := len(file.read(480)):
            count += piece
    return count
