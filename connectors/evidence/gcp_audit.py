"""Which labels or tag bindings did an entry of Google's Cloud Audit Logs change?

Sources: LogEntry and AuditLog of Cloud Logging (timestamp, insertId, resource.labels, protoPayload.serviceName, methodName,
resourceName, authenticationInfo.principalEmail, status.code, request), the requests of Compute's setLabels (labels and
labelFingerprint: the whole set), and TagBindings of Resource Manager v3. A long operation is told as it begins, with the request, and
as it ends. Other services' labels are found by name (labels, userLabels, resourceLabels) in the request, which is a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from connectors.evidence.fields import inside, key_names, text, walk
from connectors.evidence.instants import instant
from recon.snapshot.evidence import TagEvent

_LABELS = ("labels", "userLabels", "resourceLabels")
_SETS = re.compile(r"set\w*labels$", re.IGNORECASE)
_WRITES = re.compile(r"(patch|update|insert|create)\w*$", re.IGNORECASE)
_BINDS = re.compile(r"(?:Create|Delete)TagBinding$")
_DEEP = 4


def is_audit_entry(record: Mapping[str, Any]) -> bool:
    """Whether a record is a log entry with an AuditLog in it."""
    payload = record.get("protoPayload") or record.get("proto_payload")
    return isinstance(payload, Mapping) and "methodName" in payload


def tag_events(record: Mapping[str, Any]) -> Iterator[TagEvent]:
    """The label changes of one entry; none for what changes none, failed, or is told a second time. Raises ValueError (why)."""
    payload = record.get("protoPayload") or record.get("proto_payload") or {}
    method = str(payload.get("methodName") or "")
    ends = record.get("operation")
    again = isinstance(ends, Mapping) and bool(ends.get("last")) and not ends.get("first")
    if again or inside(payload, "status", "code"):
        return
    request = payload.get("request")
    if _BINDS.search(method):
        resource, keys = _bound(request)
    else:
        found = _keys(request)
        sets = bool(_SETS.search(method))
        if not sets and (found is None or not _WRITES.search(method)):
            return
        resource = _full_name(payload)
        keys = [*(found or ()), None]  # labels are written as a whole: what is not named goes
    if not resource:
        return
    at = instant(record.get("timestamp"))
    if at is None:
        raise ValueError("timestamp is no time")
    project = text(inside(record, "resource", "labels", "project_id")) or _project(resource)
    event_id = text(record.get("insertId")) or text(record.get("insert_id"))
    if event_id is None:
        raise ValueError("insertId is missing")
    actor = text(inside(payload, "authenticationInfo", "principalEmail")) or text(
        inside(payload, "authenticationInfo", "principalSubject")
    )
    # an insertId is unique within its log and instant only
    unique = f"{at.isoformat()}/{event_id}"
    for key in dict.fromkeys(keys):
        yield TagEvent(at, actor, method, "gcp", project, resource, key, unique)


def _keys(request: Any) -> list[str] | None:
    """The label keys of a request; None where it holds no labels."""
    found = [key_names(value) for name, value in walk(request, _DEEP) if name in _LABELS]
    return [key for keys in found for key in keys] if found else None


def _full_name(payload: Mapping[str, Any]) -> str | None:
    name, service = text(payload.get("resourceName")), text(payload.get("serviceName"))
    if name is None or name.startswith("//"):
        return name
    return f"//{service}/{name.lstrip('/')}" if service else name


def _bound(request: Any) -> tuple[str | None, list[str | None]]:
    """What a binding is on, and its key where its name is written out (organization/key/value)."""
    binding = inside(request, "tagBinding") or inside(request, "tag_binding") or {}
    parent = text(inside(binding, "parent"))
    full = text(inside(binding, "tagValueNamespacedName")) or ""
    key = full.split("/")[1] if full.count("/") == 2 else None
    if parent is None and (name := text(inside(request, "name"))):
        # tagBindings/<full resource name, escaped>/tagValues/<number>
        parent = unquote(name.removeprefix("tagBindings/").partition("/")[0]) or None
    return parent, [key]


def _project(resource: str) -> str | None:
    hit = re.search(r"/projects/([^/]+)", resource)
    return hit[1] if hit and hit[1] != "_" else None
