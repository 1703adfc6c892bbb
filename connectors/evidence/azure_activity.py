"""Which tags did an event of Azure's activity log change?

Sources: the activity log's event schema (REST: eventTimestamp, operationName.value, resourceId, status.value, caller, eventDataId,
correlationId, properties.requestbody; in a storage account or an event hub: time, operationName in capitals, resultType,
identity.claims), and the Tags interface of Microsoft.Resources, whose body is {"operation": "Merge|Replace|Delete", "properties":
{"tags": {…}}}. An operation is told several times, as it starts and as it succeeds; the body stands with the start. That a body is
there at all is up to the service: a guess that the tests can't prove.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from connectors.evidence.fields import inside, key_names, text
from connectors.evidence.instants import instant
from recon.snapshot.evidence import TagEvent

_TAGS = ("/microsoft.resources/tags/default", "/providers/microsoft.resources/tags")
_WRITES = "microsoft.resources/tags/"
_CLAIMS = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "appid",
)


def is_activity(record: Mapping[str, Any]) -> bool:
    """Whether a record is of the activity log."""
    return (
        "operationName" in record
        and bool({"resourceId", "resourceUri"} & record.keys())
        and bool({"eventTimestamp", "time"} & record.keys())
    )


class Operations:
    """The records of one file, of which several tell one operation. Feed it all, then ask for `events`."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], list[str | None]] = {}
        self._done: list[tuple[tuple[str, str], TagEvent, bool]] = []

    def take(self, record: Mapping[str, Any]) -> None:
        """Note one record. Raises ValueError (why)."""
        operation = (_value(record, "operationName") or "").lower()
        tagging = operation.startswith(_WRITES) and operation.endswith(("/write", "/delete", "/action"))
        if not tagging and not operation.endswith(("/write", "/action")):
            return
        resource = _resource(text(record.get("resourceId")) or text(record.get("resourceUri")) or "")
        correlation = text(record.get("operationId")) or text(record.get("correlationId")) or ""
        at_key = (correlation, resource.lower())
        keys = _keys(record)
        if keys:
            self._keys.setdefault(at_key, []).extend(keys)
        if not _succeeded(record) or not resource:
            return
        at = instant(record.get("eventTimestamp") or record.get("time"))
        if at is None:
            raise ValueError("eventTimestamp is no time")
        account = resource.split("/")[2] if resource.lower().startswith("/subscriptions/") else None
        event_id = text(record.get("eventDataId")) or f"{correlation}/{operation}/{at.isoformat()}"
        event = TagEvent(at, _actor(record), operation, "azure", account, resource, None, event_id)
        self._done.append((at_key, event, tagging))

    def events(self) -> Iterator[TagEvent]:
        """What succeeded: tag operations, with unknown keys where no body says them; other writes only where a body has tags."""
        for at_key, event, tagging in self._done:
            keys = self._keys.get(at_key)
            for key in dict.fromkeys(keys or ([None] if tagging else [])):
                yield replace(event, key=key)


def tag_events(records: Iterable[Mapping[str, Any]]) -> list[TagEvent]:
    """The tag changes of a few records, all sound."""
    operations = Operations()
    for record in records:
        operations.take(record)
    return list(operations.events())


def _keys(record: Mapping[str, Any]) -> list[str | None]:
    body = inside(record, "properties", "requestbody") or inside(record, "properties", "requestBody")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return []
    merged = inside(body, "properties", "tags") if "operation" in (body or {}) else None
    tags = merged if merged is not None else inside(body, "tags") or inside(body, "properties", "tags")
    if not isinstance(tags, Mapping):
        return []
    keys: list[str | None] = [*key_names(tags)]
    # all but Merge and Delete replace the whole set: what is not named goes
    keeps = str(inside(body, "operation") or "").lower() in ("merge", "delete")
    return keys if keeps else [*keys, None]


def _resource(told: str) -> str:
    """The resource whose tags they are: the tags' own id has theirs in front."""
    lower = told.lower().rstrip("/")
    for end in _TAGS:
        cut = lower.find(end)
        if cut >= 0:
            kept = told[:cut]
            return kept[: -len("/providers")] if kept.lower().endswith("/providers") else kept
    return told.rstrip("/")


def _succeeded(record: Mapping[str, Any]) -> bool:
    said = (_value(record, "status") or text(record.get("resultType")) or "").lower()
    return said in ("succeeded", "success")


def _value(record: Mapping[str, Any], name: str) -> str | None:
    return text(inside(record, name, "value")) or text(record.get(name))


def _actor(record: Mapping[str, Any]) -> str | None:
    if who := text(record.get("caller")):
        return who
    claims = inside(record, "identity", "claims") or record.get("claims")
    return next((found for claim in _CLAIMS if (found := text(inside(claims, claim)))), None)
