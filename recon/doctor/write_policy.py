"""Which least rights does the identity that applies approved fixes need? A policy of its own, apart from the reading one.

Made of what the writers declare. On AWS it is limited to the registry's keys: no other key can be put or taken away with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from connectors.places.permissions import Permission
from recon.config import Inventory, RunConfig
from recon.doctor.policy import as_yaml, assignable, role_pattern, statement
from recon.errors import InputError
from recon.registry import Registry, canonical_key, load_registry

WRITTEN = ("aws", "azure", "gcp")  # clouds that have a writer


def write_policy(cfg: RunConfig, cloud: str) -> str:
    """The text to paste: an IAM policy (aws) or a custom role (azure, gcp). Raises InputError for a cloud whose tags are
    never written."""
    if cloud not in WRITTEN:
        raise InputError(f'nothing is ever written in "{cloud}". Name one of {", ".join(WRITTEN)}')
    if cloud == "aws":
        return _aws(cfg, load_registry(cfg.registry))
    names = sorted({permission.name for permission in needed(cloud)})
    if cloud == "azure":
        return _azure(names, [source for source in cfg.inventory if source.cloud == "azure"])
    role = {
        "title": "tagrecon writer",
        "description": "Writes labels and tag bindings as approved plans say.",
        "stage": "GA",
        "includedPermissions": names,
    }
    return as_yaml(role)


def needed(cloud: str) -> tuple[Permission, ...]:
    """What the cloud's writer declares."""
    declared: tuple[Permission, ...] = _permissions(cloud).WRITE_PERMISSIONS
    return declared


def _permissions(cloud: str) -> Any:
    return import_module(f"connectors.{cloud}.writer.permissions")


def _aws(cfg: RunConfig, registry: Registry) -> str:
    declared = _permissions("aws")
    roles = [role_pattern(cfg.fix.aws.role)] if cfg.fix.aws and cfg.fix.aws.role else []
    tagging = statement("Tags", _names(declared.TAGGING), "*")
    # A request that tells no keys is not limited by it. Source: AWS, IAM User Guide, set operators (ForAllValues).
    tagging["Condition"] = {"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": raw_keys(registry, "aws")}}
    statements = [
        statement("ReadBeforeWriting", _names(declared.READING) - {"sts:AssumeRole"}, "*"),
        tagging,
        statement("ActivateForTheBill", _names(declared.ACTIVATING), "*"),
        *([statement("OtherAccounts", ["sts:AssumeRole"], roles)] if roles else []),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _names(permissions: Iterable[Permission]) -> set[str]:
    return {permission.name for permission in permissions}


def raw_keys(registry: Registry, provider_id: str) -> list[str]:
    """The raw keys that a plan may change on a provider: each key's own form and its aliases; protected keys are none of them."""
    found = set()
    for name, key in registry.keys.items():
        if not key.fixes.protected:
            found |= {canonical_key(name, key, provider_id), *key.aliases}
    return sorted(found)


def _azure(names: list[str], sources: list[Inventory]) -> str:
    role = {
        "Name": "tagrecon writer",
        "IsCustom": True,
        "Description": "Writes tags as approved plans say.",
        "Actions": names,
        "NotActions": [],
        "DataActions": [],
        "AssignableScopes": assignable(sources),
    }
    return json.dumps(role, indent=2)
