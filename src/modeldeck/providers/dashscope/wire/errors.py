"""What DashScope's refusals mean: its error catalogue as data.

Codes from the service's error-code page, 2026-05-30; the texts vary with language, so only codes are looked at, the
speech engine's numbers in a text, and the one reason of a throttled WebSocket, which has no code.
"""

from __future__ import annotations

import re

from modeldeck._wire.service import Meaning, Service
from modeldeck.errors import (
    AuthenticationError,
    ContentRefusedError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaError,
    RateLimitError,
)

_KEY_REFUSED = Meaning(
    AuthenticationError,
    "DashScope refuses the API key",
    "A key works only in the region it was made in, and a coding or token plan's key (sk-sp-) only on that plan's "
    "host: check key, region and base_url of the credential.",
)
_NOT_ALLOWED = Meaning(
    PermissionDeniedError,
    "DashScope does not open this model to the key",
    "Check in the Model Studio console what the key and its workspace may use, and in which region.",
)
_NOT_BOUGHT = Meaning(
    PermissionDeniedError,
    "The account has not activated Model Studio or this model",
    "Activate it in the Model Studio console.",
)
_WORKSPACE = Meaning(
    PermissionDeniedError, "DashScope does not know the workspace", "Check workspace_id of the credential."
)
_FREE_QUOTA = Meaning(
    QuotaError,
    "The free quota of this model is used up",
    "Switch off 'free tier only' in the Model Studio console, or take another model.",
)
_NO_QUOTA = Meaning(
    QuotaError,
    "A quota of the account is used up",
    "Ask for more in the Model Studio console; for stored voices, delete some.",
)
_UNPAID = Meaning(QuotaError, "The account is in arrears or has bought nothing to use", "Settle the bill or recharge.")
_TOO_FAST = Meaning(
    RateLimitError,
    "DashScope is getting too many requests from this account",
    "Send fewer at a time, or ask for a higher limit in the Model Studio console.",
    retryable=True,
)
_REFUSED = Meaning(ContentRefusedError, "DashScope's content filter refuses the text or its result", "Change the text.")
_NO_MODEL = Meaning(
    ModelNotFoundError,
    "DashScope does not have this model",
    "Check its name, and whether the credential's region (or base_url) offers it.",
)
_NO_PATH = Meaning(
    ProviderError, "There is no such path at this host", "Check base_url of the credential and what is in between."
)
_WRONG = Meaning(ProviderError, "DashScope does not accept the request")
_NO_VOICE = Meaning(
    ProviderError,
    "DashScope does not have this voice for this model",
    "Check the voice; a cloned or designed one works only with the model that it was made for.",
)
_NO_INSTRUCTION = Meaning(
    ProviderError,
    "DashScope does not take this instruction for this voice",
    "Cloned and designed voices take free text, three listed ones fixed Chinese sentences such as "
    "你说话的情感是happy。, the others none; at most 100 characters, Chinese ones counted twice.",
)
_BROKEN = Meaning(ProviderError, "DashScope failed", "Try again later.", retryable=True)

# A dotted code that is not here is looked up without its last part. What is absent goes by HTTP status.
_CODES: dict[str, Meaning] = {
    "InvalidApiKey": _KEY_REFUSED,
    "invalid_api_key": _KEY_REFUSED,
    "NOT AUTHORIZED": _KEY_REFUSED,
    "AccessDenied": _NOT_ALLOWED,
    "access_denied": _NOT_ALLOWED,
    "AccessDenied.Unpurchased": _NOT_BOUGHT,
    "Model.AccessDenied": _NOT_ALLOWED,
    "App.AccessDenied": _NOT_ALLOWED,
    "Workspace.AccessDenied": _WORKSPACE,
    "WorkSpaceNotFound": _WORKSPACE,
    "AllocationQuota.FreeTierOnly": _FREE_QUOTA,
    "Arrearage": _UNPAID,
    "CommodityNotPurchased": _UNPAID,
    "PrepaidBillOverdue": _UNPAID,
    "PostpaidBillOverdue": _UNPAID,
    "Throttling": _TOO_FAST,
    "Throttling.AllocationQuota": _NO_QUOTA,
    "insufficient_quota": _NO_QUOTA,
    "LimitRequests": _TOO_FAST,
    "limit_requests": _TOO_FAST,
    "limit_burst_rate": _TOO_FAST,
    "DataInspectionFailed": _REFUSED,
    "data_inspection_failed": _REFUSED,
    "InvalidParameter.DataInspection": _REFUSED,
    "ModelNotFound": _NO_MODEL,
    "NotFound": _NO_MODEL,
    "model_not_found": _NO_MODEL,
    "model_not_supported": _NO_MODEL,
    "InvalidParameter": _WRONG,
    "invalid_request_error": _WRONG,
    "invalid_value": _WRONG,
    "invalid_parameter_error": _WRONG,
    "BadRequest": _WRONG,
    "BadRequest.VoiceNotFound": _NO_VOICE,
    "UnsupportedOperation": _WRONG,
    "CLIENT_ERROR": _WRONG,
    "Conflict": _WRONG,
    "InternalError": _BROKEN,
    "internal_error": _BROKEN,
    "SystemError": _BROKEN,
    "ModelServiceFailed": _BROKEN,
    "ModelServingError": _BROKEN,
    "ModelUnavailable": _BROKEN,
    "RequestTimeOut": _BROKEN,
    "ResponseTimeout": _BROKEN,
    "InvokePluginFailed": _BROKEN,
    "AppProcessFailed": _BROKEN,
    "RewriteFailed": _BROKEN,
    "RetrivalFailed": _BROKEN,  # as they spell it
}
_ENGINE = re.compile(r"Engine (?:return error code: |error \[)(\d+)")
_ENGINES = {"411": _NO_VOICE, "418": _NO_VOICE, "428": _NO_INSTRUCTION}
_STATUSES: dict[int, Meaning] = {
    401: _KEY_REFUSED,
    402: _UNPAID,
    403: _NOT_ALLOWED,
    404: _NO_MODEL,
    408: _BROKEN,
    429: _TOO_FAST,
}


def _told(code: str, message: str) -> Meaning | None:
    said = _ENGINE.search(message) if code in ("InvalidParameter", "CLIENT_ERROR", "") else None
    return _ENGINES.get(said[1]) if said else None


def _throttled(code: int, reason: str) -> bool:
    return code == 1011 and ("too many requests" in reason.lower() or "to many requests" in reason.lower())  # its own


SERVICE = Service(
    "dashscope",
    "DashScope",
    wrong=_WRONG,
    broken=_BROKEN,
    no_path=_NO_PATH,
    codes=_CODES,
    statuses=_STATUSES,
    told=_told,
    throttled=_throttled,
    silent="a cloned voice may still be in deployment, or the text has no words",
)
