"""`modeldeck serve`."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from modeldeck.errors import MissingExtraError

if TYPE_CHECKING:
    from modeldeck.server.run import Running

_NEEDED = ("fastapi", "uvicorn", "sqlalchemy", "aiosqlite", "alembic", "cryptography")


@click.command(
    short_help="Serve the HTTP API and the web page.",
    epilog="Each option has a variable: MODELDECK_HOST, MODELDECK_PORT, MODELDECK_STORE_URL, MODELDECK_HOSTS, …",
)
@click.option("--host", help="Where to listen; others than 127.0.0.1 are seen by others.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one.  [default: 8900]")
@click.option("--store", metavar="URL", help="sqlite+aiosqlite:///FILE or postgresql://…  [default: the user's file]")
@click.option("--allow-host", "hosts", metavar="NAME", multiple=True, help="A name under which it is reached.")
@click.option("--allow-origin", "origins", metavar="URL", multiple=True, help="A site whose pages may ask (CORS).")
@click.option(
    "--allow-private/--refuse-private",
    default=None,
    help="Whether a base_url of users may be in this network.  [default: only on loopback]",
)
@click.option("--trust-proxy", "trusted_proxies", metavar="IP", multiple=True, help="Whose X-Forwarded-… is believed.")
@click.option("--rate", type=click.FloatRange(0), metavar="N", help="Requests a second of one user; 0: no limit.")
@click.option("--cache", metavar="FOLDER", help="Keep speech there, and speak what was spoken before from it.")
@click.option("--cache-bytes", type=click.IntRange(1), metavar="N", help="Of that folder.  [default: 1 GiB]")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Of the log on standard error.")
def serve(**given: Any) -> None:
    """Serve the HTTP API and the web page, until Ctrl-C.

    On this machine alone (the default) the printed link logs a browser in, once. Elsewhere users are needed who have
    a token.
    """
    missing = next((name for name in _NEEDED if find_spec(name) is None), None)
    if missing is not None:
        message = f'the server needs its extra ({missing} is missing): pip install "modeldeck[server]"'
        raise MissingExtraError(message, extra="server")
    from modeldeck.server import Settings, logs, run  # half a second that other commands do not pay

    settings = Settings.from_env(**{name: None if value == () else value for name, value in given.items()})
    logs.configure(settings.log_format)
    asyncio.run(run.serve(settings, _announce))


def _announce(running: Running) -> None:
    lines = [f"modeldeck: {running.link or running.url}  (Ctrl-C ends it)"]
    if running.link is not None:
        lines.append("The link logs a browser in, once, within ten minutes.")
    if running.token is not None:
        lines.append(f"For programs, shown this once: Authorization: Bearer {running.token}")
    click.echo("\n".join(lines))
