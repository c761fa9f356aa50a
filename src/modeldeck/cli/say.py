"""`modeldeck say`."""

from __future__ import annotations

import asyncio
import codecs
import errno
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from modeldeck import tts
from modeldeck.cli.catalogue import call_schema
from modeldeck.cli.progress import Progress, span
from modeldeck.cli.show import money
from modeldeck.cli.values import read_settings
from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from modeldeck.tts import TTSModelBase, TTSResponse
    from modeldeck.tts.reference import FoundModel

_BLOCK = 1 << 16


@click.command(short_help="Speak TEXT into a file, or aloud.")
@click.argument("words", metavar="TEXT|-", nargs=-1, required=True)
@click.option(
    "-m",
    "--model",
    "reference",
    metavar="REF",
    default="local/espeak-ng",
    show_default=True,
    help="provider/model or provider/model:voice; `modeldeck models` lists them.",
)
@click.option("-v", "--voice", help="`modeldeck voices REF` lists them.")
@click.option(
    "-s",
    "--set",
    "assignments",
    metavar="NAME=VALUE",
    multiple=True,
    help="A parameter; `modeldeck schema REF` lists them. May be repeated.",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    help="The file to write, of the kind that its name says: .wav .mp3 .opus .ogg .flac .pcm, as the model gives it or "
    "made by the extra `audio`; - is standard output, as the model gives it.",
)
@click.option("--play", is_flag=True, help="Play it instead, while it is being spoken.")
@click.option(
    "--fallback",
    "others",
    metavar="REF",
    multiple=True,
    help="Another model, which speaks if the first cannot; -s and -v are the first one's. May be repeated.",
)
@click.option(
    "--cache", "folder", metavar="FOLDER", help="Keep the speech there, and speak what was spoken before from it."
)
@click.option(
    "--enforce",
    type=click.Choice(["error", "warn", "off"]),
    default="error",
    show_default=True,
    help="What happens to values outside the model's schema.",
)
@click.option(
    "--markdown", is_flag=True, help="The text is Markdown: speak what it means, not its signs, code and links."
)
def say(
    words: tuple[str, ...],
    reference: str,
    voice: str | None,
    assignments: tuple[str, ...],
    target: str | None,
    play: bool,
    others: tuple[str, ...],
    folder: str | None,
    enforce: Any,
    markdown: bool,
) -> None:
    """Speak TEXT, or with - what comes on standard input (UTF-8, to its end).

    Without -o and --play it writes speech.wav in this folder (speech.mp3 where the model speaks MP3 …), or
    speech-2.wav and so on where that exists already; a file named with -o is replaced once the speech is complete.
    """
    if play and target is not None:
        raise click.UsageError("--play and -o exclude each other")
    if target == "-" and sys.stdout.isatty():
        raise click.UsageError("standard output is a terminal; write `-o FILE`, or `-o - | …`")
    found = tts.find_model(reference)
    cache = tts.TTSCache(folder) if folder is not None else None
    options: dict[str, Any] = {"enforce": enforce, "cache": cache, "text_filter": markdown}
    model = _model(found, reference, voice, assignments, options)
    if others:
        model = tts.FallbackTTSModel([model, *(tts.tts_model(one, **options) for one in others)])
    text = _text(words, found if enforce == "error" and not markdown else None)
    if not text.strip():
        raise ParameterError("nothing to speak: the text is empty", parameter="text")
    if play:
        _run(_played(model, text))
    elif target == "-":
        with _named("standard output"):
            _run(_piped(model, text))
    elif target is None:
        _run(_saved(model, text, _unused))
    else:
        path = Path(target)
        with _named(path):
            if not path.parent.is_dir():
                raise FileNotFoundError(errno.ENOENT, f"there is no folder {os.fspath(path.parent)!r}")
            _run(_saved(model, text, path))


def _model(
    found: FoundModel, reference: str, voice: str | None, assignments: tuple[str, ...], options: Mapping[str, Any]
) -> TTSModelBase[Any]:
    schema = call_schema(found)
    given = read_settings(assignments, schema)
    asked = [one for one in (found.voice, voice, given.get("voice")) if one is not None]
    if len(asked) > 1:
        raise click.UsageError(f"several voices are asked for: {', '.join(map(str, asked))}")
    if voice is not None:
        given["voice"] = voice
    try:
        return tts.tts_model(reference, given, **options)
    except ParameterError as error:
        if error.parameter == "voice" and error.suggestion is None:
            listing = f"modeldeck voices {found.credential_class.provider_name()}/{found.name}"
            error.args = (f"{error}; `{listing}` lists them",)
        raise


# -- the text


def _text(words: tuple[str, ...], found: FoundModel | None) -> str:
    if words != ("-",):
        return " ".join(words)
    limits = found.card.limits if found and found.card else None
    return _standard_input(limits.max_characters if limits else None)


def _standard_input(limit: int | None) -> str:
    """All of it, or a little more than `limit` characters: enough to be refused, however much there is."""
    if sys.stdin is None:
        raise click.UsageError("standard input is closed; give the text, or pipe it in")
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    parts: list[str] = []
    count = before = 0
    while limit is None or count <= limit:
        block = sys.stdin.buffer.read(_BLOCK)
        try:
            part = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            waiting = len(error.object) - len(block)  # bytes of the block before
            place = before - waiting + error.start + 1
            raise ParameterError(f"standard input is not UTF-8 text (byte {place})", parameter="text") from None
        before += len(block)
        parts.append(part)
        count += len(part)
        if not block:
            return "".join(parts)
    raise ParameterError(
        f"the text on standard input has more than the {limit:,} characters that the model takes at once",
        parameter="text",
        limit=limit,
    )


# -- where it goes


async def _saved(model: TTSModelBase[Any], text: str, path: Path | Callable[[str], Path]) -> None:
    from modeldeck.tts.save import encodings_of, save

    encodings = encodings_of(path) if isinstance(path, Path) else ()
    with Progress(text) as progress:
        async with aclosing(_spoken(model, text, progress, encodings)) as increments:
            saved = await save(increments, path)
    _report(click.format_filename(saved.path), progress, saved.first_audio, _cost(model, text, progress), err=False)


async def _piped(model: TTSModelBase[Any], text: str) -> None:
    with Progress(text) as progress:
        async with aclosing(_spoken(model, text, progress)) as increments:
            async for increment in increments:
                sys.stdout.buffer.write(increment.audio)
                sys.stdout.buffer.flush()
                await asyncio.sleep(0)  # Ctrl-C, also when everything is there already
    _report("standard output", progress, progress.first_audio, _cost(model, text, progress), err=True)


async def _played(model: TTSModelBase[Any], text: str) -> None:
    from modeldeck.cli import players

    player = players.find()
    with Progress(text) as progress:
        async with aclosing(_spoken(model, text, progress)) as increments:
            await player.play(increments)
    _report(f"played with {player.name}", progress, progress.first_audio, _cost(model, text, progress), err=False)


async def _spoken(
    model: TTSModelBase[Any], text: str, progress: Progress, encodings: tuple[str, ...] = ()
) -> AsyncGenerator[TTSResponse, None]:
    """The increments; ParameterError instead of an end without any audio, so that no empty file comes of it."""
    from modeldeck.tts.speech import Speech

    async with aclosing(model.synthesize(text)) as speech:
        if isinstance(speech, Speech):
            speech.into(encodings)
        async for increment in speech:
            progress.update(increment)
            if increment.is_last and not progress.bytes:
                raise ParameterError("nothing to speak: the text has no words", parameter="text")
            _tell_fallback(increment)
            yield increment


def _tell_fallback(increment: TTSResponse) -> None:
    """On standard error, once it is over: another voice than was asked for is no secret."""
    told = (increment.metadata or {}).get("fallback", {})
    for failure in told.get("failed", ()):
        click.echo(f"{told['model']} spoke, not {failure['model']}: {failure['message']}", err=True)


def _cost(model: TTSModelBase[Any], text: str, progress: Progress) -> str:
    """What it cost, or else will have cost by the card's rules; nothing where that is not known."""
    usage = progress.usage
    if usage is not None and usage.cost is not None:
        billed = f" ({usage.characters:,} characters)" if usage.characters else ""
        return f", cost {money(usage.cost)} {usage.currency}{billed}" if usage.cost else ", nothing billed"
    if isinstance(model, tts.FallbackTTSModel):
        model = next(
            one for one, how in zip(model.models, model.standings, strict=True) if how.model == progress.speaker
        )
    near = model.estimate(text)
    return "" if near.cost is None else f", cost about {money(near.cost)} {near.currency}"


def _report(what: str, progress: Progress, first_audio: float | None, cost: str, *, err: bool) -> None:
    length = f"{progress.bytes:,} bytes" if progress.seconds is None else f"{span(progress.seconds)} of audio"
    first = "" if first_audio is None else f", first audio after {first_audio * 1000:.0f} ms"
    click.echo(f"{what}: {length}{first}{cost}", err=err)


def _unused(suffix: str) -> Path:
    """A name that nothing has: what nobody named is never replaced."""
    return next(path for path in _names(suffix) if not os.path.lexists(path))


def _names(suffix: str) -> Iterator[Path]:
    yield Path(f"speech{suffix}")
    number = 2
    while True:
        yield Path(f"speech-{number}{suffix}")
        number += 1


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """An error of writing names what the user named, not the file beside it that is written first."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error


# -- how it ends


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; Ctrl-C and being terminated clean up first."""
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        asyncio.run(work)
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)
