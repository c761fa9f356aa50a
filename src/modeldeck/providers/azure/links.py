"""Azure's addresses, and its WebSockets as both classes use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from modeldeck._transport.headers import USER_AGENT
from modeldeck._transport.link import Dial, Link
from modeldeck.errors import ModelNotFoundError
from modeldeck.providers.azure.credential import AzureCredential
from modeldeck.providers.azure.wire.speech import configuration

if TYPE_CHECKING:
    from modeldeck.tts.base import TTSModelBase
    from modeldeck.tts.card import TTSModelCard

_VERSION = USER_AGENT.partition("/")[2]


def address(
    credential: AzureCredential, path: str, parameters: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> str:
    """Where speech of these parameters is made; `extra` goes into the query."""
    deployment = parameters.get("deployment_id")
    query = {**({"deploymentId": deployment} if deployment else {}), **(extra or {})}
    url = credential.host(deployment=bool(deployment)) + path
    return f"{url}?{urlencode(query)}" if query else url


def check_family(cls: type[TTSModelBase[Any]], model: str, card: TTSModelCard | None) -> None:
    """A family's name is not sent: at a wrong one a voice would speak that nobody chose. Raises ModelNotFoundError."""
    if card is None:
        names = ", ".join(one.name for one in cls.list_models())
        message = f"{cls.__name__} has no family of voices {model!r}; there are: {names}. Check its name"
        raise ModelNotFoundError(f"{message}; a voice goes into the parameter voice", provider=cls.provider)


def dial(credential: AzureCredential, path: str, parameters: Mapping[str, Any]) -> Dial:
    """Any spare to that address fits: each turn says its settings itself."""
    return Dial(address(credential, path, parameters), credential.opening, prepare=_configured)


async def _configured(link: Link) -> None:
    if link.state is None:
        await link.send(configuration(_VERSION))
        link.state = "configured"


async def sent(link: Link, frames: list[str]) -> None:
    for frame in frames:
        await link.send(frame)
