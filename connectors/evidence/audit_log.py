"""What does a file of an audit log say of changed tags? Its form is told by each record: AWS CloudTrail, Azure's activity log,
Google's audit logs, or a plain table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.evidence import azure_activity, cloudtrail, event_table, gcp_audit
from connectors.evidence.records import contents
from recon.errors import DeliveryRefused
from recon.snapshot.evidence import Told

_EXPECTED = (
    "is no audit log: expected AWS CloudTrail (files of S3, or `aws cloudtrail lookup-events`), Azure's activity log, Google's audit "
    "logs, or a table with the columns at, actor, resource, key, action"
)


def read_audit_log(path: Path, name: str) -> Told:
    """The tag changes in a file. Raises DeliveryRefused where it is no log, or a part of it may be missing."""
    found = contents(path, name)
    if found.table and not event_table.is_row(dict.fromkeys(found.header, "")):
        raise DeliveryRefused(name, _EXPECTED)
    told, operations, strangers, known = Told(), azure_activity.Operations(), [], False
    for record in found.records:
        if record.fields is None:
            told.damaged.append((record.where, record.why))
            continue
        try:
            if _take(record.fields, told, operations):
                known = True
            else:
                strangers.append((record.where, "is no event of a known form"))
        except ValueError as error:
            known = True
            told.damaged.append((record.where, str(error)))
        except (AttributeError, IndexError, KeyError, TypeError):
            known = True
            told.damaged.append((record.where, "is not as its cloud writes it"))
    if not known and (strangers or told.damaged):
        raise DeliveryRefused(name, _EXPECTED)
    told.damaged += strangers
    told.events += operations.events()
    return told


def _take(record: Mapping[str, Any], told: Told, operations: azure_activity.Operations) -> bool:
    """Add what a record says; False where it is of no known form."""
    if cloudtrail.is_cloudtrail(record):
        told.events += cloudtrail.tag_events(record)
    elif gcp_audit.is_audit_entry(record):
        told.events += gcp_audit.tag_events(record)
    elif azure_activity.is_activity(record):
        operations.take(record)
    elif event_table.is_row(record):
        told.events.append(event_table.tag_event(record))
    else:
        return False
    return True
