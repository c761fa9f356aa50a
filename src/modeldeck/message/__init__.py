"""The vocabulary of a conversation: messages and the blocks they are made of."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.message.blocks import AudioBlock as AudioBlock
    from modeldeck.message.blocks import Base64Source as Base64Source
    from modeldeck.message.blocks import DataBlock as DataBlock
    from modeldeck.message.blocks import TextBlock as TextBlock
    from modeldeck.message.blocks import URLSource as URLSource
    from modeldeck.message.msg import AssistantMsg as AssistantMsg
    from modeldeck.message.msg import Msg as Msg
    from modeldeck.message.msg import SystemMsg as SystemMsg
    from modeldeck.message.msg import UserMsg as UserMsg
