"""The callback clients of agentscope-runtime: the same names, spoken by modeldeck's models."""

from typing import TYPE_CHECKING, Any

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.realtime_clients.azure import AzureTtsClient as AzureTtsClient
    from modeldeck.realtime_clients.callbacks import AzureTtsCallbacks as AzureTtsCallbacks
    from modeldeck.realtime_clients.callbacks import ModelstudioTtsCallbacks as ModelstudioTtsCallbacks
    from modeldeck.realtime_clients.client import RealtimeComponent as RealtimeComponent
    from modeldeck.realtime_clients.client import RealtimeState as RealtimeState
    from modeldeck.realtime_clients.client import RealtimeType as RealtimeType
    from modeldeck.realtime_clients.client import TtsClient as TtsClient
    from modeldeck.realtime_clients.config import AzureConnection as AzureConnection
    from modeldeck.realtime_clients.config import AzureTtsConfig as AzureTtsConfig
    from modeldeck.realtime_clients.config import ModelstudioConnection as ModelstudioConnection
    from modeldeck.realtime_clients.config import ModelstudioTtsConfig as ModelstudioTtsConfig
    from modeldeck.realtime_clients.config import TtsConfig as TtsConfig
    from modeldeck.realtime_clients.config import TtsVendor as TtsVendor
    from modeldeck.realtime_clients.modelstudio import ModelstudioTtsClient as ModelstudioTtsClient
else:
    _served = globals()["__getattr__"]

    def __getattr__(name: str) -> Any:
        if name.startswith(("Asr", "AzureAsr", "ModelstudioAsr")):
            raise ImportError(
                f"{__name__} has no {name} yet: speech recognition comes with the ASR family; "
                "the clients for speech (ModelstudioTtsClient, AzureTtsClient) are here"
            )
        return _served(name)
