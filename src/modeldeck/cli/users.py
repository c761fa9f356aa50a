"""`modeldeck users`: who may use the server, and their tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import click

from modeldeck.cli.show import print_json, print_table, say_to_user
from modeldeck.errors import MissingExtraError

if TYPE_CHECKING:
    from modeldeck.server.store import Store, Token

_NEEDED = ("sqlalchemy", "aiosqlite", "alembic", "cryptography")
T = TypeVar("T")

of_store = click.option(
    "--store",
    "url",
    metavar="URL",
    envvar="MODELDECK_STORE_URL",
    help="sqlite+aiosqlite:///FILE or postgresql://…  [default: the user's file]",
)
_token_name = click.option("--token-name", default="", metavar="TEXT", help="To tell this token from others.")
_expires = click.option("--expires", type=click.FloatRange(0, min_open=True), metavar="DAYS", help="[default: never]")


@click.group(short_help="Who may use the server, and their tokens.")
def users() -> None:
    """Who may use the server, and their tokens. A token is printed once; only its hash is kept."""


@users.command()
@click.argument("name")
@_token_name
@_expires
@of_store
def add(name: str, token_name: str, expires: float | None, url: str | None) -> None:
    """Add the user NAME and print a token for them."""

    async def work(store: Store) -> str:
        await store.add_user(name)
        return await _new_token(store, name, token_name, expires)

    _print_token(name, in_store(url, work))


@users.command()
@click.argument("name")
@_token_name
@_expires
@of_store
def token(name: str, token_name: str, expires: float | None, url: str | None) -> None:
    """Print another token for the user NAME; those that there are stay good."""
    _print_token(name, in_store(url, lambda store: _new_token(store, name, token_name, expires)))


@users.command()
@click.argument("name")
@of_store
def revoke(name: str, url: str | None) -> None:
    """End all tokens and browser sessions of the user NAME."""
    count = in_store(url, lambda store: store.remove_tokens(name))
    say_to_user(f"{count} tokens and sessions of {name} are good no more")


@users.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@of_store
def remove(name: str, yes: bool, url: str | None) -> None:
    """Remove the user NAME, with their tokens and credentials."""
    if not yes:
        click.confirm(f"Remove {name} with all tokens and credentials?", abort=True, err=True)
    in_store(url, lambda store: store.remove_user(name))


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@of_store
def list_users(as_json: bool, url: str | None) -> None:
    """List the users and when their tokens were last used."""

    async def work(store: Store) -> tuple[list[str], list[Token]]:
        return await store.users(), await store.tokens()

    names, tokens = in_store(url, work)
    by_user = {name: [one for one in tokens if one.user == name and one.kind == "token"] for name in names}
    if as_json:
        print_json([{"name": name, "tokens": [_shown(one) for one in found]} for name, found in by_user.items()])
        return
    rows = [
        (name, *row)
        for name, found in by_user.items()
        for row in [(one.name, *map(_day, (one.created_at, one.last_used_at, one.expires_at))) for one in found]
        or [("",) * 4]
    ]
    print_table(("User", "Token", "Created", "Last used", "Expires"), rows)


# -- shared with `credentials rotate-key`


def in_store(url: str | None, work: Callable[[Store], Awaitable[T]]) -> T:
    """What `work` gives with the store open. Raises MissingExtraError, StoreError."""
    missing = next((name for name in _NEEDED if find_spec(name) is None), None)
    if missing is not None:
        message = f'the store needs its extra ({missing} is missing): pip install "modeldeck[server]"'
        raise MissingExtraError(message, extra="server")
    from modeldeck.server.settings import default_store
    from modeldeck.server.store import Store

    async def run() -> T:
        async with Store(url or default_store()) as store:
            return await work(store)

    return asyncio.run(run())


# -- inside


async def _new_token(store: Store, user: str, name: str, days: float | None) -> str:
    from modeldeck.server.tokens import make_token, token_hash

    made = make_token()
    end = None if days is None else datetime.now(UTC) + timedelta(days=days)
    await store.add_token(user, token_hash(made), name=name, expires_at=end)
    return made


def _print_token(user: str, made: str) -> None:
    say_to_user(f"The token of {user}, shown this once (Authorization: Bearer …):")
    click.echo(made)


def _shown(one: Token) -> dict[str, str | None]:
    return {
        "name": one.name,
        "created_at": one.created_at.isoformat(),
        "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d")
