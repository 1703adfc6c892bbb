"""Events as the clouds log them, made by hand: no real account was at hand.

Sources of the forms: CloudTrail user guide (record contents; log file examples; LookupEvents), EC2's and S3's request parameters as
CloudTrail writes them; Azure Monitor's activity log event schema (REST, and in a storage account); Cloud Audit Logs (AuditLog, LogEntry)
with Compute's setLabels and Resource Manager's TagBindings.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

ALICE = "arn:aws:sts::111122223333:assumed-role/Admin/alice"
ACCOUNT = "111122223333"
VM = "/subscriptions/S-1/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/web"
DISK = "projects/shop-1/zones/europe-west1-b/disks/data"


def trail(name: str, request: Any, *, id: str = "e-1", source: str = "ec2", **more: Any) -> dict[str, Any]:
    """One record of CloudTrail."""
    return {
        "eventVersion": "1.09", "userIdentity": {"type": "AssumedRole", "principalId": "AROA:alice", "arn": ALICE, "accountId": ACCOUNT},
        "eventTime": "2026-10-06T09:30:00Z", "eventSource": f"{source}.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1", "userAgent": "aws-cli/2", "requestParameters": request, "responseElements": None,
        "requestID": "r-1", "eventID": id, "readOnly": False, "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT, **more,
    }  # fmt: skip


def ec2_tags(
    name: str = "CreateTags", *keys: str, resource: str = "i-0abc1234", **more: Any
) -> dict[str, Any]:
    tags = [{"key": key, "value": "search"} for key in keys]
    request = {"resourcesSet": {"items": [{"resourceId": resource}]}, "tagSet": {"items": tags}}
    return trail(name, request, **more)


def activity(
    operation: str, body: Any, *, status: str = "Succeeded", id: str = "d-1", **more: Any
) -> dict[str, Any]:
    """One event of Azure's activity log, as its REST interface and `az monitor activity-log list` write it."""
    return {
        "caller": "alice@example.com", "channels": "Operation", "claims": {"appid": "app-1"}, "correlationId": "c-1",
        "eventDataId": id, "eventTimestamp": "2026-10-06T09:30:00.1234567Z", "operationId": "o-1",
        "operationName": {"value": operation, "localizedValue": operation}, "resourceId": VM + "/providers/Microsoft.Resources/tags/default",
        "status": {"value": status, "localizedValue": status}, "subscriptionId": "S-1",
        "properties": {"eventCategory": "Administrative", **({"requestbody": json.dumps(body)} if body is not None else {})}, **more,
    }  # fmt: skip


def audit(method: str, request: Any, *, id: str = "x1", **more: Any) -> dict[str, Any]:
    """One entry of Cloud Audit Logs, as `gcloud logging read --format json` writes it."""
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "compute.googleapis.com", "methodName": method,
        "resourceName": DISK, "authenticationInfo": {"principalEmail": "alice@example.com"}, "request": request, **more.pop("payload", {}),
    }  # fmt: skip
    return {
        "insertId": id, "logName": "projects/shop-1/logs/cloudaudit.googleapis.com%2Factivity", "timestamp": "2026-10-06T09:30:00.123456789Z",
        "resource": {"type": "gce_disk", "labels": {"project_id": "shop-1"}}, "protoPayload": payload, **more,
    }  # fmt: skip


def written(path: Path, text: Any, *, packed: bool = False) -> Path:
    """A file of it: text as it is, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = (text if isinstance(text, str) else json.dumps(text)).encode()
    path.write_bytes(gzip.compress(raw) if packed else raw)
    return path
