"""Content blocks: what a message is made of. Field names follow AgentScope 2.x."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field


def new_id() -> str:
    return uuid4().hex


def now() -> str:
    """The time of day as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Base64Source(BaseModel):
    """Bytes inside the message."""

    model_config = ConfigDict(frozen=True)
    type: Literal["base64"] = "base64"
    data: str = Field(repr=False)
    media_type: str


class URLSource(BaseModel):
    """Bytes elsewhere; nothing here fetches them."""

    model_config = ConfigDict(frozen=True)
    type: Literal["url"] = "url"
    url: str
    media_type: str


class TextBlock(BaseModel):
    model_config = ConfigDict(frozen=True)
    type: Literal["text"] = "text"
    text: str
    id: str = Field(default_factory=new_id)
    created_at: str = Field(default_factory=now)
    finished_at: str | None = None


class DataBlock(BaseModel):
    """An image, a sound or a file."""

    model_config = ConfigDict(frozen=True)
    type: Literal["data"] = "data"
    source: Base64Source | URLSource = Field(discriminator="type")
    id: str = Field(default_factory=new_id)
    name: str | None = None
    created_at: str = Field(default_factory=now)
    finished_at: str | None = None


class AudioBlock(DataBlock):
    """Sound inside the message."""

    source: Base64Source  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen, so it may be narrower
