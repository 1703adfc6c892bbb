"""What does a file of Terraform say it manages? State as it is stored (version 4), or state and plan by `show -json`.

State holds secrets. Nothing leaves this module but ids, addresses and tags; a tag that is marked sensitive stays too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.terraform.ids import ids_of, provider_of
from connectors.terraform.tags import tags_of
from recon.errors import DeliveryRefused
from recon.snapshot.managed import Managed

_TOOL = "terraform"
_GONE = {"delete", "forget"}


def read_managed(path: Path, name: str) -> Iterator[Managed]:
    """What a file says. `name`: the file as people see it. Raises DeliveryRefused with the reason."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DeliveryRefused(
            name, f"is no JSON ({type(error).__name__})"
        ) from None  # the text may hold secrets
    if not isinstance(document, dict):
        raise DeliveryRefused(name, "is no state or plan of Terraform: no object")
    try:
        yield from _document(document, name)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DeliveryRefused(
            name, f"can't be read as Terraform writes it ({type(error).__name__})"
        ) from None


def _document(document: dict[str, Any], name: str) -> Iterator[Managed]:
    if "encrypted_data" in document:
        raise DeliveryRefused(name, "is encrypted: give the state as `show -json` prints it")
    if "format_version" in document:
        if str(document["format_version"]).partition(".")[0] != "1":
            raise DeliveryRefused(name, f"has format_version {document['format_version']!s:.20}; 1.x is read")
        if "resource_changes" in document:
            return _changes(document["resource_changes"], name)
        shown = document.get("planned_values") or document.get("values") or {}
        return _modules(shown.get("root_module") or {}, name)
    if "lineage" in document or "serial" in document:
        if document.get("version") != 4:
            raise DeliveryRefused(
                name,
                f"is state of version {document.get('version')!s:.20}; version 4 is read (Terraform 0.12 and newer): "
                "`terraform show -json` prints any state in a form that is read too",
            )
        return _state(document["resources"], name)
    raise DeliveryRefused(
        name, "is no state or plan of Terraform (*.tfstate, or what `terraform show -json` prints)"
    )


def _state(resources: list[dict[str, Any]], name: str) -> Iterator[Managed]:
    for resource in resources:
        if resource["mode"] != "managed":
            continue
        place = f"{resource['type']}.{resource['name']}"
        place = f"{resource['module']}.{place}" if resource.get("module") else place
        for instance in resource["instances"]:
            key = instance.get("index_key")
            address = place if key is None else f"{place}[{json.dumps(key, ensure_ascii=False)}]"
            if instance.get("deposed"):
                address += f" (deposed {instance['deposed']})"
            hidden = _hidden_paths(instance.get("sensitive_attributes") or [])
            attributes = instance.get("attributes") or {}
            yield from _managed(resource["type"], resource["provider"], attributes, hidden, address, name)


def _modules(root: dict[str, Any], name: str) -> Iterator[Managed]:
    left = [root]
    while left:
        module = left.pop()
        for resource in module.get("resources") or ():
            if resource["mode"] == "managed":
                values, hidden = resource.get("values") or {}, resource.get("sensitive_values") or {}
                address = str(resource["address"])
                yield from _managed(
                    resource["type"], resource["provider_name"], values, hidden, address, name
                )
        left += reversed(module.get("child_modules") or [])


def _changes(changes: list[dict[str, Any]], name: str) -> Iterator[Managed]:
    """What a plan would leave: ids from before, for most are not known of what is yet to be made, tags from after."""
    for each in changes:
        change = each["change"]
        before, after = change.get("before") or {}, change.get("after") or {}
        if each["mode"] != "managed" or set(change["actions"]) <= _GONE or not after:
            continue
        replaced = len(change["actions"]) > 1
        known = after if replaced else before | after
        hidden = change.get("after_sensitive") or {}
        address = str(each["address"]) + (f" (deposed {each['deposed']})" if each.get("deposed") else "")
        yield from _managed(each["type"], each["provider_name"], known, hidden, address, name)


def _managed(
    kind: str, provider: str, attributes: dict[str, Any], hidden: Any, address: str, name: str
) -> Iterator[Managed]:
    found = provider_of(provider)
    ids = ids_of(found, kind, attributes)
    if found and ids:
        yield Managed(found, ids[0], _TOOL, address, name, tags_of(attributes, hidden), ids[1:])


def _hidden_paths(paths: list[Any]) -> dict[str, Any]:
    """The paths of version 4 (steps get_attr and index) in the form that `show -json` has: true where all is hidden."""
    found: dict[str, Any] = {}
    for path in paths:
        steps = [_step(step) for step in (path if isinstance(path, list) else [path])]
        at: Any = found
        for step in steps[:-1]:
            at = at.setdefault(step, {})
            if at is True:
                break
        else:
            at[steps[-1]] = True
    return found


def _step(step: Any) -> str:
    value = step.get("value") if isinstance(step, dict) else step
    return str(value.get("value") if isinstance(value, dict) else value)
