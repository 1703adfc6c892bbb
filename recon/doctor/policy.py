"""Which least rights does the identity that runs tagrecon need, as each cloud wants them written?

Made of what the connectors declare, for just the places and clouds that the configuration names. Read-only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import yaml

from connectors.places.permissions import AZURE_BLOB_ACTIONS, BIGQUERY, CONTROLS, GCS, S3, Permission
from recon.config import Inventory, RunConfig
from recon.errors import InputError

CLOUDS = ("aws", "azure", "gcp", "kubernetes")


def policy(cfg: RunConfig, cloud: str) -> str:
    """The text to paste: an IAM policy (aws), a custom role (azure, gcp) or a ClusterRole (kubernetes). Raises
    InputError for a cloud that the configuration does not speak of."""
    sources = [i for i in cfg.inventory if i.cloud == cloud]
    makers = {"aws": _aws, "azure": _azure, "gcp": _gcp, "kubernetes": _kubernetes}
    if cloud not in makers:
        raise InputError(f'there is no policy for "{cloud}". Name one of {", ".join(CLOUDS)}')
    text = makers[cloud](cfg, sources)
    if text is None:
        raise InputError(
            f"nothing in the configuration asks {cloud}: no inventory, no bill, no control total"
        )
    return text


def _declared(cloud: str) -> tuple[Permission, ...]:
    declared: tuple[Permission, ...] = import_module(f"connectors.{cloud}.inventory.permissions").PERMISSIONS
    return declared


def _locations(cfg: RunConfig, scheme: str) -> list[str]:
    return sorted({str(b.location) for b in cfg.billing if str(b.location).startswith(f"{scheme}://")})


def _aws(cfg: RunConfig, sources: list[Inventory]) -> str | None:
    statements: list[dict[str, Any]] = []
    if sources:
        names = {p.name for p in _declared("aws")} - {"sts:AssumeRole"}
        statements.append(statement("Inventory", names, "*"))
        roles = sorted({role_pattern(i.aws.role) for i in sources if i.aws and i.aws.role})
        if roles:
            statements.append(statement("OtherAccounts", ["sts:AssumeRole"], roles))
    list_bucket, get_object, decrypt = (p.name for p in S3)
    for n, location in enumerate(_locations(cfg, "s3"), start=1):
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        below = prefix.split("*")[0]
        listing = statement(f"ListBills{n}", [list_bucket], f"arn:aws:s3:::{bucket}")
        listing["Condition"] = {"StringLike": {"s3:prefix": f"{below}*"}}
        statements += [listing, statement(f"ReadBills{n}", [get_object], f"arn:aws:s3:::{bucket}/{below}*")]
        through_s3 = statement(f"DecryptBills{n}", [decrypt], "*")
        through_s3["Condition"] = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
        statements.append(through_s3)
    if any(c.via == "cost-explorer" for c in cfg.controls):
        statements.append(statement("ControlTotals", [CONTROLS["cost-explorer"].name], "*"))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) if statements else None


def statement(sid: str, actions: Iterable[str], resource: str | list[str]) -> dict[str, Any]:
    """One statement of an IAM policy."""
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def role_pattern(role: str) -> str:
    """The ARNs of a configured role in all accounts."""
    return role.replace("{account}", "*") if role.startswith("arn:") else f"arn:aws:iam::*:role/{role}"


def _azure(cfg: RunConfig, sources: list[Inventory]) -> str | None:
    actions = {p.name for p in _declared("azure")} if sources else set()
    data: set[str] = set()
    if _locations(cfg, "az") or _locations(cfg, "abfss"):
        actions |= {p.name for p in AZURE_BLOB_ACTIONS if not p.name.endswith("blobs/read")}
        data |= {p.name for p in AZURE_BLOB_ACTIONS if p.name.endswith("blobs/read")}
    if any(c.via == "cost-management" for c in cfg.controls):
        actions.add(CONTROLS["cost-management"].name)
    if not actions | data:
        return None
    role = {
        "Name": "tagrecon reader",
        "IsCustom": True,
        "Description": "Reads what tagrecon reconciles. It writes nothing.",
        "Actions": sorted(actions),
        "NotActions": [],
        "DataActions": sorted(data),
        "AssignableScopes": assignable(sources),
    }
    return json.dumps(role, indent=2)


def assignable(sources: list[Inventory]) -> list[str]:
    """Where a custom role of Azure can be assigned: the scopes that the inventory names."""
    groups = [group for i in sources if i.azure for group in i.azure.management_groups]
    subscriptions = [each for i in sources if i.azure for each in i.azure.subscriptions]
    scopes = [f"/providers/Microsoft.Management/managementGroups/{group}" for group in groups]
    scopes += [f"/subscriptions/{each}" for each in subscriptions]
    return scopes or ["/providers/Microsoft.Management/managementGroups/YOUR-ROOT-GROUP"]


def _gcp(cfg: RunConfig, sources: list[Inventory]) -> str | None:
    names = {p.name for p in _declared("gcp")} if sources else set()
    names |= {p.name for p in GCS} if _locations(cfg, "gs") else set()
    warehouse = bool(_locations(cfg, "bigquery")) or any(c.via == "bigquery" for c in cfg.controls)
    names |= {p.name for p in BIGQUERY} if warehouse else set()
    if not names:
        return None
    role = {
        "title": "tagrecon reader",
        "description": "Reads what tagrecon reconciles. It writes nothing.",
        "stage": "GA",
        "includedPermissions": sorted(names),
    }
    return as_yaml(role)


def _kubernetes(cfg: RunConfig, sources: list[Inventory]) -> str | None:
    if not sources:
        return None
    role: Mapping[str, Any] = import_module("connectors.kubernetes.inventory.permissions").CLUSTER_ROLE
    return as_yaml(dict(role))


def as_yaml(said: Mapping[str, Any]) -> str:
    """A role as YAML, in the order in which it is made."""
    return str(yaml.safe_dump(dict(said), sort_keys=False)).rstrip("\n")
