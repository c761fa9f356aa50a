"""The message itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from modeldeck.message.blocks import DataBlock, TextBlock, new_id, now

Content = str | Sequence[TextBlock | DataBlock]


class Msg(BaseModel):
    """Who says what. A plain string as `content` becomes one `TextBlock`."""

    model_config = ConfigDict(frozen=True)
    name: str
    content: list[Annotated[TextBlock | DataBlock, Field(discriminator="type")]]
    role: Literal["user", "assistant", "system"]
    id: str = Field(default_factory=new_id)
    metadata: dict[str, Any] = Field(default_factory=dict)
    created_at: str = Field(default_factory=now)

    @field_validator("content", mode="before")
    @classmethod
    def _text_is_a_block(cls, content: object) -> object:
        return [TextBlock(text=content)] if isinstance(content, str) else content

    def get_text_content(self, separator: str = "\n") -> str | None:
        """The text blocks joined, or None when there is no text."""
        texts = [block.text for block in self.content if isinstance(block, TextBlock)]
        return separator.join(texts) if texts else None


def UserMsg(name: str, content: Content, **fields: Any) -> Msg:
    return Msg.model_validate({"name": name, "content": content, "role": "user", **fields})


def AssistantMsg(name: str, content: Content, **fields: Any) -> Msg:
    return Msg.model_validate({"name": name, "content": content, "role": "assistant", **fields})


def SystemMsg(name: str, content: Content, **fields: Any) -> Msg:
    return Msg.model_validate({"name": name, "content": content, "role": "system", **fields})
