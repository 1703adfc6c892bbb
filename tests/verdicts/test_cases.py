"""Every case of cases.yaml, through the real job: files on disk, real store, real rules."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from recon.config import load_config
from recon.run import run

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))
NOW = dt.datetime(2026, 11, 3, 6)
REGISTRY: dict[str, Any] = {
    "version": 1,
    "owner": "cost-center",
    "keys": {
        "cost-center": {
            "required": True,
            "aliases": ["CostCenter"],
            "spelling": {"gcp": "cost_center"},
            "values": {"list": ["payments", "search", "platform"]},
        },
        "environment": {
            "required": True,
            "values": {"list": ["prod", "test", "dev"]},
            "value_aliases": {"prod": ["production", "PRD"], "dev": ["development"]},
        },
        "data-class": {"required": {"environment": "prod"}, "values": {"list": ["public", "secret"]}},
    },
}
ACCOUNT_TYPE = {
    "aws": "AWS::Organizations::Account",
    "azure": "microsoft.resources/subscriptions",
    "gcp": "cloudresourcemanager.googleapis.com/Project",
}
COLUMNS = (
    *(
        "BillingPeriodStart",
        "BillingPeriodEnd",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BilledCost",
        "EffectiveCost",
    ),
    *("BillingCurrency", "BillingAccountId", "SubAccountId", "ProviderName", "ServiceName", "ChargeCategory"),
    *(
        "ChargeClass",
        "ResourceId",
        "ResourceType",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "Tags",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    _write(case, tmp_path)
    result = run(
        load_config(tmp_path / "tagrecon.yaml"), NOW, stages=frozenset({"snapshot", "ingest", "reconcile"})
    )
    day = case.get("day") or next(iter(case["bill"]))
    con = duckdb.connect(str(result.store), read_only=True)
    rows = con.execute(
        "SELECT verdict, resolved_value FROM verdicts WHERE key = ? AND x_ChargeDate = ? AND ResourceId IS NOT DISTINCT FROM ?",
        [case.get("key", "cost-center"), str(day)[:10], case.get("resource", "r-1")],
    ).fetchall()
    con.close()
    assert [row[0] for row in rows] == [case["verdict"]]
    if "resolved" in case:
        assert rows[0][1] == case["resolved"]


def test_there_are_at_least_forty_cases_and_every_verdict_has_one() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names) >= 40
    from recon.verdicts import VERDICTS

    assert {case["verdict"] for case in CASES} == set(VERDICTS)


def _write(case: Mapping[str, Any], folder: Path) -> None:
    config: dict[str, Any] = {
        "registry": "registry.yaml",
        "billing": [{"name": "bill", "connector": "focus", "location": "bill.csv"}],
        **case.get("config", {}),
    }
    if "live" in case:
        lists = case.get("lists_untagged", True)
        config["inventory"] = [
            {"name": "live", "connector": "files", "location": "live.jsonl", "lists_untagged": lists}
        ]
        _write_live(case, folder / "live.jsonl")
    (folder / "tagrecon.yaml").write_text(yaml.safe_dump(config), "utf-8")
    registry = _laid_over(copy.deepcopy(REGISTRY), case.get("registry", {}))
    (folder / "registry.yaml").write_text(yaml.safe_dump(registry), "utf-8")
    _write_bill(case, folder / "bill.csv")


def _write_bill(case: Mapping[str, Any], path: Path) -> None:
    lines = [
        {"day": day, "resource": case.get("resource", "r-1"), "tags": tags}
        for day, tags in case["bill"].items()
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = [*COLUMNS, "x_InheritedTags"] if "inherited" in case else COLUMNS
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for line in [*lines, *case.get("other", [])]:
            own = line["resource"] == case.get("resource", "r-1")
            cost = case.get("cost", "1.25")
            writer.writerow({
                "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z",
                "ChargePeriodStart": f"{line['day']}T00:00:00Z", "ChargePeriodEnd": f"{line['day']}T01:00:00Z",
                "BilledCost": cost, "EffectiveCost": cost, "BillingCurrency": "USD", "BillingAccountId": "payer",
                "SubAccountId": case.get("account", "111"), "ProviderName": case.get("provider", "aws"),
                "ServiceName": case.get("service", "Compute"), "ChargeCategory": case.get("category", "Usage") if own else "Usage",
                "ResourceId": line["resource"], "ResourceType": case.get("type", "AWS::EC2::Instance"),
                "CommitmentDiscountId": case.get("commitment") if own else None,
                "CommitmentDiscountStatus": case.get("status") if own else None, "Tags": json.dumps(line["tags"]),
                **({"x_InheritedTags": json.dumps(case["inherited"])} if "inherited" in case else {}),
            })  # fmt: skip


def _write_live(case: Mapping[str, Any], path: Path) -> None:
    provider, account = case.get("provider", "aws"), case.get("live_account", case.get("account", "111"))
    resource = case.get("live_resource", case.get("resource", "r-1"))
    containers = case.get("containers", {})
    rows = []
    for day, tags in case["live"].items():
        common = {"provider": provider, "account": account, "region": "eu", "observed_at": _instant(str(day))}
        rows.append({**common, "id": "bystander", "type": "AWS::S3::Bucket", "tags": {}})
        if "account" in containers:
            rows.append(
                {**common, "id": account, "type": ACCOUNT_TYPE[provider], "tags": containers["account"]}
            )
        if "resource-group" in containers:
            group = resource.lower().split("/providers/")[0]
            rows.append(
                {
                    **common,
                    "id": group,
                    "type": "microsoft.resources/subscriptions/resourcegroups",
                    "tags": containers["resource-group"],
                }
            )
        if tags != "absent":
            rows.append(
                {**common, "id": resource, "type": case.get("type", "AWS::EC2::Instance"), "tags": tags}
            )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _instant(day: str) -> str:
    if "T" in day:
        return f"{day[:10]}T{day[11:13]}:{day[13:15]}:{day[15:17]}"
    return f"{day[:10]}T02:00:00"


def _laid_over(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in more.items():
        nested = isinstance(value, dict) and isinstance(base.get(name), dict) and name != "values"
        base[name] = _laid_over(base[name], value) if nested else value
    return base
