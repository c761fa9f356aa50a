"""The root of the command line: which commands there are, and what their failures look like."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TextIO

import click

from modeldeck import __version__
from modeldeck._near import did_you_mean
from modeldeck.cli.show import one_line, say_to_user
from modeldeck.errors import (
    CardWarning,
    ModelDeckError,
    ModelNotFoundError,
    ParameterError,
    ParameterWarning,
)

# name: (module under modeldeck.cli, the help text in the list); a test holds the texts to the commands' own.
COMMANDS = {
    "say": ("say", "Speak TEXT into a file, or aloud."),
    "models": ("catalogue", "List the models."),
    "voices": ("catalogue", "List the voices of a model, or of all."),
    "schema": ("catalogue", "Print the JSON Schema of what a model lets you set."),
    "credentials": ("credentials", "The types of credentials and their forms."),
    "serve": ("serve", "Serve the HTTP API and the web page."),
    "users": ("users", "Who may use the server, and their tokens."),
    "sandbox": ("sandbox", "Serve the providers' wires on this machine, without a key."),
    "cards": ("cards", "Model cards: the YAML files behind the models."),
    "provider": ("provider", "A provider of your own: the guide, and a skeleton that works."),
    "doctor": ("doctor", "Check this installation and say what to do."),
}
_USER_WARNINGS = (CardWarning, ParameterWarning)


class _ReaderGone(Exception):
    """Whoever read standard output has closed it."""

    def __init__(self, error: BrokenPipeError) -> None:
        super().__init__(error)
        self.error = error


class LazyGroup(click.Group):
    """Imports a command when it is called; listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"modeldeck.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS) or f"; there are: {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would end the process here, without a word
            raise _ReaderGone(error) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modeldeck")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_obj
def root(settings: dict[str, Any], debug: bool) -> None:
    """Credentials become models that people can pick and call.

    `modeldeck say "Hello"` speaks with the local voice: no key, no network.

    Exit codes: 0 all is well, 1 the call failed or something was found, 2 the command asked for what is not
    there or not allowed, 130 interrupted.
    """
    settings["debug"] = debug


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a failure is one line on standard error."""
    settings: dict[str, Any] = {"debug": False}
    for stream in (sys.stdout, sys.stderr):
        _write_anything(stream)
    with _plain_warnings():
        try:
            code = root.main(
                None if arguments is None else list(arguments), "modeldeck", standalone_mode=False, obj=settings
            )
            sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            say_to_user("interrupted")
            return 130
        except _ReaderGone as closed:
            return _failed(closed.error)
        except (ModelDeckError, OSError) as error:
            if settings["debug"]:
                import traceback  # costs a tenth of --help

                traceback.print_exc()
            return _failed(error)


def _failed(error: ModelDeckError | OSError) -> int:
    if isinstance(error, OSError):
        _let_go_of_stdout()
        if isinstance(error, BrokenPipeError) and error.filename is None:
            return 1  # `modeldeck voices | head`: who reads has had enough
        what = error.strerror or str(error) or type(error).__name__
        say_to_user(f"error: {os.fsdecode(error.filename)}: {what}" if error.filename else f"error: {what}")
        return 1
    say_to_user(f"error: {error}")
    return 2 if isinstance(error, ParameterError | ModelNotFoundError) else 1


def _let_go_of_stdout() -> None:
    """When standard output takes nothing any more, the interpreter must not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_anything(stream: TextIO) -> None:
    """Names may have characters that the terminal's encoding lacks, file names even half ones."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Our own warnings are lines for people, each once; Python's stay as they are."""
    shown: set[str] = set()
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, _USER_WARNINGS):
                usual(message, category, filename, lineno, file, line)
            elif str(message) not in shown:
                shown.add(str(message))
                say_to_user(f"warning: {one_line(str(message))}")

        warnings.showwarning = show
        for category in _USER_WARNINGS:
            warnings.simplefilter("always", category)
        yield
