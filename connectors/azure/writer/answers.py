"""What does an answer of Azure mean for a tag that was to be read or written?

Azure's sentences may quote the tag: only its code, a word of its own, is ever shown.
"""

from __future__ import annotations

import json
import re
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
)

from connectors.places.permissions import Permission
from recon.errors import Unreachable
from recon.fix.writing import Failed

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,80}")
_LOCKED = re.compile(r"Lock")
_OVER = re.compile(r"TooManyTags|Tag(?:s)?(?:Count|Limit|Quota)\w*", re.I)
# what the client library raises where it reads what is no such answer
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError)
ANSWERS = (AzureError, Unreachable, ConnectionError, TimeoutError, *UNREADABLE)


def failed(error: Exception, permission: Permission, *, sent: bool) -> Failed:
    """Why a resource was not read or written. `permission`: what the request needs; `sent`: a write that may have
    taken effect where no answer tells."""
    unclear = "; whether the change took effect is not known" if sent else ""
    if isinstance(error, HttpResponseError) and not isinstance(error, DecodeError):
        status = error.status_code or 0
        if status >= 400 or isinstance(error, ClientAuthenticationError):
            return _of_status(status, code_of(error), permission, unclear)
    if isinstance(error, ServiceRequestError):
        return Failed("unreachable", f"no connection to Resource Manager ({type(error).__name__})")
    if isinstance(error, Unreachable):
        return Failed("unreachable", f"{error.reason}{unclear}")
    return Failed("unreachable", f"the answer is missing or can't be read ({type(error).__name__}){unclear}")


def code_of(error: HttpResponseError) -> str:
    """Azure's own word for what is wrong, "" where it says none."""
    response: Any = error.response
    try:
        said = json.loads(response.text())["error"]["code"]
    except (*UNREADABLE, AzureError):
        return ""
    return said if isinstance(said, str) and _WORD.fullmatch(said) else ""


def is_locked(error: HttpResponseError) -> bool:
    """Whether a lock refuses the change, which waiting does not mend."""
    return _LOCKED.search(code_of(error)) is not None


def _of_status(status: int, code: str, permission: Permission, unclear: str) -> Failed:
    said = f" ({code})" if code else ""
    if status in (0, 401):
        return Failed("denied", f"no credentials that Azure takes{said}", permission.name)
    if _LOCKED.search(code):
        return Failed("rejected", f"a lock keeps the resource from being changed{said}")
    if "policy" in code.lower():
        return Failed("rejected", f"a policy of Azure forbids it{said}")
    if status == 403:
        return Failed("denied", f"access denied{said}", permission.name)
    if status == 404:
        return Failed("gone", f"it does not exist{said}")
    if status == 409:
        return Failed("rejected", f"another operation holds the resource, or its state forbids it{said}")
    if status == 412:
        return Failed("changed", f"the resource changed since it was read{said}")
    if status == 429:
        return Failed("throttled", f"throttled to the end{said}")
    if status < 500 and status != 408:
        return Failed("over-limit" if _OVER.search(code) else "rejected", f"Azure refuses the tags{said}")
    return Failed("unreachable", f"Azure answered {status}{said}{unclear}")
