"""How does each cloud's inventory dump show the estate on one day?

AWS: one JSON Lines file per account, its own entry of the organization included; the one account without
such a dump has the tagging API's answer, which lists tagged resources only. Azure: a Resource Graph answer.
Google Cloud: an asset search with project numbers, as the API gives them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from configs.sample import clock
from configs.sample.company import PLAIN_GROUPS, TAGGED_GROUPS, Account, Tags, accounts_of
from configs.sample.resources import Resource

_ORGANIZATION = "arn:aws:organizations::400100200300:account/o-lantern7a1"


def write_inventory(folder: Path, resources: Sequence[Resource]) -> None:
    """Writes `<day>/aws/`, `<day>/aws-tagging/`, `<day>/azure/` and `<day>/gcp/` for every snapshot day."""
    for day in clock.SNAPSHOTS:
        listed = [r for r in resources if r.listed_on(day)]
        home = folder / day.isoformat()
        for account in accounts_of("aws"):
            own = [r for r in listed if r.account == account]
            if account.listing == "complete":
                _write_lines(home / "aws" / f"{account.id}.jsonl", _aws(account, own, day))
            else:
                _write_json(home / "aws-tagging" / f"{account.id}.json", _tagging(own, day))
        azure = [r for r in listed if r.account.provider == "azure"]
        _write_json(home / "azure" / "resources.json", _azure(azure, day))
        google = [r for r in listed if r.account.provider == "gcp"]
        _write_lines(home / "gcp" / "assets.jsonl", _gcp(google, day))


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _aws(account: Account, resources: Sequence[Resource], day: date) -> Iterable[dict[str, Any]]:
    seen = f"{day.isoformat()}T{clock.SNAPSHOT_HOUR:02d}:00:00Z"

    def row(region: str, kind: str, arn: str, name: str, tags: Tags) -> dict[str, Any]:
        return {
            "provider": "aws", "account": account.id, "region": region, "type": kind, "id": arn, "name": name,
            "tags": dict(tags), "observed_at": seen,
        }  # fmt: skip

    kind = "AWS::Organizations::Account"
    yield row("global", kind, f"{_ORGANIZATION}/{account.id}", account.name, account.tags)
    for r in resources:
        yield row(r.region, r.service.ResourceType, r.live_id, r.name, r.live_tags(day))


def _tagging(resources: Sequence[Resource], day: date) -> dict[str, Any]:
    mappings = [
        {"ResourceARN": r.live_id, "Tags": [{"Key": k, "Value": v} for k, v in r.live_tags(day)]}
        for r in resources
    ]
    return {"PaginationToken": "", "ResourceTagMappingList": mappings}


def _azure(resources: Sequence[Resource], day: date) -> dict[str, Any]:
    data = [_azure_row(*row) for row in _azure_containers()]
    data += [
        _azure_row(r.account, r.live_id, r.name, r.service.type_on_bill, r.region, r.group, r.live_tags(day))
        for r in resources
    ]
    return {"count": len(data), "data": data, "total_records": len(data), "resultTruncated": "false"}


def _azure_containers() -> Iterable[tuple[Account, str, str, str, str, str, Tags]]:
    """Subscriptions and their resource groups, with the tags that they carry themselves."""
    kind = "microsoft.resources/subscriptions"
    for account in accounts_of("azure"):
        home = f"/subscriptions/{account.id}"
        yield account, home, account.name, kind, "", "", account.tags
        tagged = [group for owner, group in TAGGED_GROUPS if owner == account.id]
        for group in (*PLAIN_GROUPS, *tagged):
            tags = TAGGED_GROUPS.get((account.id, group), ())
            path = f"{home}/resourceGroups/{group}"
            yield account, path, group, f"{kind}/resourcegroups", account.regions[0], group, tags


def _azure_row(
    account: Account, path: str, name: str, kind: str, location: str, group: str, tags: Tags
) -> dict[str, Any]:
    return {
        "id": path, "name": name, "type": kind, "location": location, "resourceGroup": group.lower(),
        "subscriptionId": account.id, "tags": dict(tags) or None,
    }  # fmt: skip


def _gcp(resources: Sequence[Resource], day: date) -> Iterable[dict[str, Any]]:
    for account in accounts_of("gcp"):
        name = f"//cloudresourcemanager.googleapis.com/projects/{account.id}"
        kind = "cloudresourcemanager.googleapis.com/Project"
        row = _asset(account, name, kind, account.name, "global", account.tags)
        yield {**row, "additionalAttributes": {"projectId": account.id}}
    for r in resources:
        yield _asset(r.account, r.live_id, r.service.ResourceType, r.name, r.region, r.live_tags(day))


def _asset(
    account: Account, name: str, kind: str, display: str, location: str, labels: Tags
) -> dict[str, Any]:
    return {
        "name": name, "assetType": kind, "project": f"projects/{account.number}", "displayName": display,
        "location": location, "labels": dict(labels), "state": "ACTIVE",
    }  # fmt: skip
