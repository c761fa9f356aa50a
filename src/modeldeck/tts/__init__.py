"""Text to speech: models, their cards, and what they answer."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.providers.azure.realtime_tts import AzureRealtimeTTSModel as AzureRealtimeTTSModel
    from modeldeck.providers.azure.tts import AzureTTSModel as AzureTTSModel
    from modeldeck.providers.dashscope.cosyvoice import (
        DashScopeCosyVoiceRealtimeTTSModel as DashScopeCosyVoiceRealtimeTTSModel,
    )
    from modeldeck.providers.dashscope.cosyvoice import DashScopeCosyVoiceTTSModel as DashScopeCosyVoiceTTSModel
    from modeldeck.providers.dashscope.realtime_tts import DashScopeRealtimeTTSModel as DashScopeRealtimeTTSModel
    from modeldeck.providers.dashscope.tts import DashScopeTTSModel as DashScopeTTSModel
    from modeldeck.providers.gemini.tts import GeminiTTSModel as GeminiTTSModel
    from modeldeck.providers.livekit.tts import LiveKitTTSModel as LiveKitTTSModel
    from modeldeck.providers.local.tts import LocalTTSModel as LocalTTSModel
    from modeldeck.providers.openai.realtime_tts import OpenAIRealtimeTTSModel as OpenAIRealtimeTTSModel
    from modeldeck.providers.openai.tts import OpenAITTSModel as OpenAITTSModel
    from modeldeck.tts.base import TTSModelBase as TTSModelBase
    from modeldeck.tts.cache.cache import CacheCounts as CacheCounts
    from modeldeck.tts.cache.cache import TTSCache as TTSCache
    from modeldeck.tts.cache.store import SpeechStore as SpeechStore
    from modeldeck.tts.card import TTSModelCard as TTSModelCard
    from modeldeck.tts.cost import Estimate as Estimate
    from modeldeck.tts.facts import Live as Live
    from modeldeck.tts.facts import Voice as Voice
    from modeldeck.tts.fallback import FallbackTTSModel as FallbackTTSModel
    from modeldeck.tts.fallback import Recovery as Recovery
    from modeldeck.tts.hook import Audio as Audio
    from modeldeck.tts.hook import SpeechRequest as SpeechRequest
    from modeldeck.tts.reference import find_model as find_model
    from modeldeck.tts.reference import tts_model as tts_model
    from modeldeck.tts.response import AudioFormat as AudioFormat
    from modeldeck.tts.response import SentenceTiming as SentenceTiming
    from modeldeck.tts.response import TTSResponse as TTSResponse
    from modeldeck.tts.response import TTSUsage as TTSUsage
    from modeldeck.tts.response import WordTiming as WordTiming
    from modeldeck.tts.session import Session as Session
    from modeldeck.tts.similar import SimilarVoice as SimilarVoice
    from modeldeck.tts.similar import similar_voices as similar_voices
    from modeldeck.tts.speech import Speech as Speech
    from modeldeck.tts.spoken import SpokenText as SpokenText
    from modeldeck.tts.voices import FoundVoice as FoundVoice
    from modeldeck.tts.voices import find_voices as find_voices
