"""Which tag change does a row of a plain table tell? Columns: at, actor, resource, key, action, value; of these at and resource
are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.evidence.fields import text
from connectors.evidence.instants import instant
from connectors.evidence.resources import provider_of
from recon.model import short_id
from recon.providers import provider_id
from recon.snapshot.evidence import TagEvent

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "at": ("at", "time", "timestamp", "when", "event_time", "eventtime", "date"),
    "actor": ("actor", "user", "who", "principal", "changed_by", "caller"),
    "resource": ("resource", "resource_id", "resourceid", "arn", "id", "subject"),
    "key": ("key", "tag_key", "tag", "label"),
    "action": ("action", "operation", "event", "event_name", "change"),
    "provider": ("provider", "provider_id", "cloud", "x_providerid"),
    "account": ("account", "account_id", "subaccountid", "subscription", "project"),
    "event_id": ("event_id", "eventid"),
}


def named(names: Iterable[str], columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Our column → the file's, by any of its usual names; the first name counts most."""
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault("_".join(name.strip().lower().replace("-", " ").split()), name)
    found = {ours: next((folded[a] for a in also if a in folded), None) for ours, also in columns.items()}
    return {ours: name for ours, name in found.items() if name is not None}


def is_row(record: Mapping[str, Any]) -> bool:
    """Whether a record is a row of such a table."""
    return {"at", "resource"} <= named(record, COLUMNS).keys()


def tag_event(record: Mapping[str, Any]) -> TagEvent:
    """The change that a row tells; its value is not kept. Raises ValueError (why)."""
    where = named(record, COLUMNS)
    cells = {ours: record[name] for ours, name in where.items()}
    at, resource = instant(cells.get("at")), text(cells.get("resource"))
    if at is None:
        raise ValueError(f"{where['at']} is no time")
    if resource is None:
        raise ValueError(f"{where['resource']} is blank")
    told = text(cells.get("provider"))
    provider = provider_id(told) if told else provider_of(resource)
    actor, action = text(cells.get("actor")), text(cells.get("action")) or "change"
    key, account = text(cells.get("key")), text(cells.get("account"))
    event_id = text(cells.get("event_id")) or short_id(at, actor, action, provider, account, resource, key)
    return TagEvent(at, actor, action, provider, account, resource, key, event_id)
