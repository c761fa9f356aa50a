"""What a provider is made of, for those who write one: all of it can be had from here, and stays here.

A credential, a model class, a wire (no I/O, both sides of it) and its errors. Emulators take theirs from
`modeldeck.sandbox`, tests from `modeldeck.testing`. The guide: `modeldeck/providers/README.md`.
"""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck._transport.link import Dial as Dial
    from modeldeck._transport.link import Link as Link
    from modeldeck._transport.link import LinkClosed as LinkClosed
    from modeldeck._wire.acts import Close as Close
    from modeldeck._wire.acts import End as End
    from modeldeck._wire.acts import Refused as Refused
    from modeldeck._wire.acts import Send as Send
    from modeldeck._wire.acts import Speak as Speak
    from modeldeck._wire.acts import Stop as Stop
    from modeldeck._wire.acts import Wanted as Wanted
    from modeldeck._wire.frames import count_of as count_of
    from modeldeck._wire.frames import encoded as encoded
    from modeldeck._wire.frames import merged as merged
    from modeldeck._wire.frames import part as part
    from modeldeck._wire.frames import parts as parts
    from modeldeck._wire.frames import text_of as text_of
    from modeldeck._wire.service import Meaning as Meaning
    from modeldeck._wire.service import Service as Service
    from modeldeck._wire.service import Told as Told
    from modeldeck._wire.service import object_of as object_of
    from modeldeck._wire.sse import Event as Event
    from modeldeck._wire.sse import Events as Events
    from modeldeck._wire.usual import usual_service as usual_service
    from modeldeck._wire.words import Words as Words
    from modeldeck.credential.base import CredentialBase as CredentialBase
    from modeldeck.credential.diagnosis import Probe as Probe
    from modeldeck.credential.diagnosis import has_list as has_list
    from modeldeck.credential.fields import ApiKey as ApiKey
    from modeldeck.credential.fields import BaseUrl as BaseUrl
    from modeldeck.credential.fields import HeaderText as HeaderText
    from modeldeck.credential.fields import host_field as host_field
    from modeldeck.credential.fields import origin as origin
    from modeldeck.credential.fields import variable as variable
    from modeldeck.credential.listing import Listing as Listing
    from modeldeck.credential.listing import LiveModel as LiveModel
    from modeldeck.credential.listing import LiveVoice as LiveVoice
    from modeldeck.credential.listing import Page as Page
    from modeldeck.credential.listing import PageRequest as PageRequest
    from modeldeck.tts.base import TTSModelBase as TTSModelBase
    from modeldeck.tts.card import TTSModelCard as TTSModelCard
    from modeldeck.tts.duplex import Opening as Opening
    from modeldeck.tts.duplex import duplex as duplex
    from modeldeck.tts.hook import Audio as Audio
    from modeldeck.tts.hook import Clear as Clear
    from modeldeck.tts.hook import Cleared as Cleared
    from modeldeck.tts.hook import Commit as Commit
    from modeldeck.tts.hook import ConversationEvent as ConversationEvent
    from modeldeck.tts.hook import Flush as Flush
    from modeldeck.tts.hook import Identity as Identity
    from modeldeck.tts.hook import Inbox as Inbox
    from modeldeck.tts.hook import SentenceBegin as SentenceBegin
    from modeldeck.tts.hook import SpeechEvent as SpeechEvent
    from modeldeck.tts.hook import SpeechRequest as SpeechRequest
    from modeldeck.tts.hook import Text as Text
    from modeldeck.tts.hook import Transcript as Transcript
    from modeldeck.tts.hook import UtteranceEnd as UtteranceEnd
    from modeldeck.tts.http import Answer as Answer
    from modeldeck.tts.http import Ask as Ask
    from modeldeck.tts.http import AudioAnswer as AudioAnswer
    from modeldeck.tts.http import HttpTTSModelBase as HttpTTSModelBase
    from modeldeck.tts.links import lent as lent
    from modeldeck.tts.links import warmed as warmed
    from modeldeck.tts.options import TTSOptions as TTSOptions
    from modeldeck.tts.realtime import RealtimeOptions as RealtimeOptions
    from modeldeck.tts.realtime import RealtimeTTSModelBase as RealtimeTTSModelBase
    from modeldeck.tts.response import AudioFormat as AudioFormat
    from modeldeck.tts.response import SentenceTiming as SentenceTiming
    from modeldeck.tts.response import TTSUsage as TTSUsage
    from modeldeck.tts.response import WordTiming as WordTiming
    from modeldeck.tts.sentences import SentenceCutter as SentenceCutter
    from modeldeck.tts.turns import Client as Client
    from modeldeck.tts.websocket import WebSocketTTSModelBase as WebSocketTTSModelBase
