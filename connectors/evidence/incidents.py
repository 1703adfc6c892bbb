"""Which incidents does a file list, and which resources do they name?

Columns by the usual names of exports: ServiceNow (field names and the labels of a list: Number, Opened, Configuration item), PagerDuty
(incident_number, created_at or created_on, urgency), Jira (Issue key, Created, Priority; custom fields). No such tool has a column for a
cloud resource: ServiceNow's configuration item may be one, the others need a custom field. Those names are a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.evidence.event_table import named
from connectors.evidence.fields import text
from connectors.evidence.instants import instant
from connectors.evidence.records import contents
from connectors.evidence.resources import provider_of
from recon.errors import DeliveryRefused
from recon.providers import provider_id
from recon.snapshot.evidence import Incident, Told

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "incident_id": ("incident_id", "incident", "incident_number", "number", "issue_key", "key", "ticket", "id", "sys_id"),
    "opened_at": ("opened_at", "opened", "created_at", "created_on", "created", "sys_created_on", "started_at", "start_time", "at"),
    "severity": ("severity", "priority", "urgency", "impact"),
    "resource": (
        *("resource_ids", "resource_id", "resources", "resource", "affected_resources", "affected_resource", "resourceid", "arn"),
        *("cmdb_ci", "configuration_item", "component"),
    ),
    "provider": ("provider", "provider_id", "cloud", "cloud_provider"),
    "account": ("account", "account_id", "cloud_account", "subscription", "project_id"),
}  # fmt: skip
_NEEDED = ("incident_id", "opened_at", "resource")
_CUSTOM = re.compile(r"custom field \((.+)\)", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;|\s]+")


def read_incidents(path: Path, name: str) -> Told:
    """The incidents in a file, one row per incident and resource. Raises DeliveryRefused where it is no such list."""
    found = contents(path, name)
    if found.table:
        _needed(name, _columns(found.header))
    told, known = Told(), False
    for record in found.records:
        if record.fields is None:
            told.damaged.append((record.where, record.why))
            continue
        fields = _flat(record.fields)
        where = _columns(fields)
        if not {"incident_id", "opened_at"} <= where.keys():
            told.damaged.append((record.where, "has no incident id and no time"))
            continue
        known = True
        try:
            told.incidents += _incidents({ours: fields[column] for ours, column in where.items()})
        except ValueError as error:
            told.damaged.append((record.where, str(error)))
    if not known and told.damaged:
        _needed(name, {})
    return told


def _incidents(cells: Mapping[str, Any]) -> list[Incident]:
    number, at = _plain(cells["incident_id"]), instant(_plain(cells["opened_at"]))
    if number is None:
        raise ValueError("the incident id is blank")
    if at is None:
        raise ValueError("the time at which it was opened is no time")
    provider, account = _plain(cells.get("provider")), _plain(cells.get("account"))
    ids: list[str | None] = [*dict.fromkeys(_ids(cells.get("resource")))]
    return [
        Incident(
            *(number, at, _plain(cells.get("severity"))),
            provider_id(provider) if provider else provider_of(resource or ""),
            account or _account(resource or ""),
            resource,
        )
        for resource in ids or [None]
    ]


def _account(resource: str) -> str | None:
    """The account that an ARN names, where it does."""
    parts = resource.split(":")
    return parts[4] or None if resource.startswith("arn:") and len(parts) > 5 else None


def _ids(cell: Any) -> list[str]:
    if isinstance(cell, list):
        return [each for item in cell for each in _ids(item)]
    return [each for each in _BETWEEN.split(_plain(cell) or "") if each]


def _plain(cell: Any) -> str | None:
    """The text of a cell, also where it is {"display_value": …}, {"value": …}, {"name": …} or {"summary": …}."""
    if isinstance(cell, Mapping):
        forms = ("display_value", "value", "name", "summary", "id")
        return next((found for form in forms if (found := _plain(cell.get(form)))), None)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return str(cell)
    return text(cell)


def _flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a record; Jira keeps them one level down."""
    fields = record.get("fields")
    return {**record, **fields} if isinstance(fields, Mapping) else record


def _columns(names: Any) -> dict[str, str]:
    """Our column → the file's; a custom field of Jira by the name that it was given."""
    own = {_CUSTOM.sub(r"\1", str(name)): str(name) for name in names}
    return {ours: own[name] for ours, name in named(own, COLUMNS).items()}


def _needed(name: str, there: Mapping[str, str]) -> None:
    missing = [column for column in _NEEDED if column not in there]
    if missing:
        raise DeliveryRefused(
            name,
            f"is no list of incidents: no column is {', '.join(missing)}. Expected incident_id, opened_at, resource_id, severity, by "
            "these names or those of ServiceNow, PagerDuty and Jira (docs/evidence.md)",
        )
