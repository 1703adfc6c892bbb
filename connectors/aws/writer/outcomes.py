"""What does an answer of AWS mean for one resource whose tags were to be written, in words that repeat no value?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from connectors.aws.inventory.failures import code, explained, throttled
from recon.errors import Unreachable
from recon.fix.limits import LIMITS, refusal
from recon.fix.writing import Edit, Failed, FailKind, Seen
from recon.hostile import shown

SDK_ERRORS = (ClientError, BotoCoreError, ResponseParserError, Unreachable)
TAGS = LIMITS["aws"].tags  # tags of AWS's own not counted
# Codes differ from service to service. Source: botocore's service models.
_GONE = re.compile(r"NotFound|NoSuch(?!Tag)|DoesNotExist|NonExistent|InvalidResourceId")
_LIMIT = re.compile(r"TooManyTags|TagLimit|TagQuota|LimitExceeded")
_CHANGED = re.compile(r"ConcurrentModification|ConcurrentAccess|TooManyUpdates|OperationAborted")
_ECHO = 8  # characters of a value that count as the value itself: services cut what they repeat
_KINDS: Mapping[str, FailKind] = {"denied": "denied", "throttled": "throttled", "missing": "gone"}


def answered(failed: Mapping[str, Any]) -> ClientError:
    """A failure that an answer tells of one resource, as if it had been told of the whole call."""
    said = {"Code": str(failed.get("ErrorCode", "")), "Message": str(failed.get("ErrorMessage", ""))}
    status = int(failed.get("StatusCode") or 0)
    return ClientError({"Error": said, "ResponseMetadata": {"HTTPStatusCode": status}}, "")


def status(error: Exception) -> int:
    """The HTTP status of a service's answer, 0 for what is none."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def failed(error: Exception, service: str, permission: str, values: Iterable[str]) -> Failed:
    """An error in words. `permission`: what the request needed; `values`: what AWS's words must not repeat."""
    values = list(values)
    known = error if isinstance(error, Unreachable) else explained(error, "aws", permission, service)
    if not isinstance(error, ClientError):
        return Failed(_KINDS.get(known.kind, "unreachable"), _silent(known.reason, values), known.permission)
    said = code(error)
    if throttled(error, service) is not None or known.kind == "denied":
        return Failed(_KINDS[known.kind], _silent(known.reason, values, said), known.permission)
    kind: FailKind
    if _CHANGED.search(said):
        kind = "changed"
    elif _GONE.search(said):
        kind = "gone"
    elif _LIMIT.search(said) or (said == "ConstraintViolationException" and "TAG" in str(error).upper()):
        kind = "over-limit"
    elif said == "InternalServiceException" and status(error) == 404:
        kind = "unsupported"  # of one resource: the tagging API does not take its type
    elif status(error) in (401, 403):  # this machine's clock is off
        kind = "denied"
    else:
        # trouble inside AWS, or an answer that is none: nobody knows whether it took effect
        kind = "unreachable" if status(error) >= 500 or not said else "rejected"
    return Failed(kind, _silent(known.reason, values, said))


def _silent(reason: str, values: Iterable[str], otherwise: str = "") -> str:
    folded = reason.casefold()
    if any(value and _repeated(value.casefold(), folded) for value in values):
        return (
            f"{shown(otherwise, 80) or 'it failed'} (AWS's words are left out: they may repeat a tag's value)"
        )
    return shown(reason, 400)


def _repeated(value: str, reason: str) -> bool:
    if len(value) >= _ECHO:
        return value[:_ECHO] in reason
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", reason) is not None


def refused(edit: Edit, seen: Seen) -> Failed | None:
    """What AWS would refuse anyway, or what is never written; None where the edit can be sent."""
    for key in (*edit.put, *edit.drop):
        if key.casefold().startswith("aws:"):
            return Failed("rejected", "tags that begin with aws: are AWS's own")
    if any(value.casefold().startswith("aws:") for value in edit.put.values()):
        return Failed("rejected", "values that begin with aws: are AWS's own")
    if set(edit.put) & set(edit.drop):
        return Failed("rejected", "the same key is to be put and to be taken away")
    own = {key: value for key, value in seen.tags.items() if not key.casefold().startswith("aws:")}
    if edit.put and len(count := {*own, *edit.put}) > TAGS:
        return Failed("over-limit", f"it would carry {len(count)} tags, AWS allows {TAGS}")
    if wrong := refusal("aws", {}, edit.put):
        return Failed("rejected", shown(wrong, 300))
    return None
