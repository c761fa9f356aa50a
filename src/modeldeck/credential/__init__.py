"""Credentials: who pays, and what they open."""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.credential.base import CredentialBase as CredentialBase
    from modeldeck.credential.diagnosis import Diagnosis as Diagnosis
    from modeldeck.credential.diagnosis import Probe as Probe
    from modeldeck.credential.discovery import Discovered as Discovered
    from modeldeck.credential.discovery import Discovery as Discovery
    from modeldeck.credential.factory import CredentialFactory as CredentialFactory
    from modeldeck.credential.fields import ApiKey as ApiKey
    from modeldeck.credential.fields import BaseUrl as BaseUrl
    from modeldeck.credential.listing import Listing as Listing
    from modeldeck.credential.listing import LiveModel as LiveModel
    from modeldeck.credential.listing import LiveVoice as LiveVoice
    from modeldeck.credential.listing import Page as Page
    from modeldeck.credential.listing import PageRequest as PageRequest
    from modeldeck.providers.azure.credential import AzureCredential as AzureCredential
    from modeldeck.providers.dashscope.credential import DashScopeCredential as DashScopeCredential
    from modeldeck.providers.gemini.credential import GeminiCredential as GeminiCredential
    from modeldeck.providers.livekit.credential import LiveKitCredential as LiveKitCredential
    from modeldeck.providers.local.credential import LocalCredential as LocalCredential
    from modeldeck.providers.openai.credential import OpenAICredential as OpenAICredential
