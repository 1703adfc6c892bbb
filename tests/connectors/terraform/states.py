"""Files of Terraform for tests, written by hand after HashiCorp's description of the formats: no Terraform ran here, and
what each provider's attributes hold was not seen in a live file. The host of providers is invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SECRET = "hunter2-hunter2"
HOST = "tf.example"


def provider(name: str) -> str:
    return f'provider["{HOST}/hashicorp/{name}"]'


def instance(attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema_version": 1, "attributes": attributes, "sensitive_attributes": [], **more}


def resource(kind: str, name: str, cloud: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One element of `resources` in state of version 4."""
    own = {"mode": "managed", "type": kind, "name": name, "provider": provider(cloud)}
    return {**own, **more, "instances": list(instances)}


def state(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A state file as it is stored, version 4."""
    head = {"version": 4, "terraform_version": "1.9.0", "serial": 7, "lineage": "0000-1111", "outputs": {}}
    return {**head, "resources": list(resources), **more}


def shown(address: str, cloud: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One resource of a module, as `show -json` prints it."""
    kind, _, name = address.rpartition(".")
    own = {"address": address, "mode": "managed", "type": kind.rpartition(".")[2], "name": name}
    return {**own, "provider_name": f"{HOST}/hashicorp/{cloud}", "values": values, **more}


def change(
    address: str, cloud: str, actions: list[str], before: Any, after: Any, **more: Any
) -> dict[str, Any]:
    """One of `resource_changes` of a plan."""
    own = shown(address, cloud, {})
    own.pop("values")
    rest = {name: more.pop(name) for name in ("deposed", "mode") if name in more}
    return {**own, **rest, "change": {"actions": actions, "before": before, "after": after, **more}}


def written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")
    return path
