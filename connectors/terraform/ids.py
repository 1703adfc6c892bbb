"""By which ids does the cloud know what Terraform manages? ARN, ARM id, and Google's full name made of a self link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PROVIDERS = {
    "aws": "aws", "awscc": "aws", "azurerm": "azure", "azapi": "azure", "google": "gcp", "google-beta": "gcp",
    "oci": "oci",
}  # fmt: skip
_SERVICE = re.compile(
    r"https://(?:www\.googleapis\.com/([a-z]+)|([a-z]+)\.googleapis\.com(?:/[a-z]+)?)/v\w+/(.+)"
)
_RENAMED = {"sqladmin": "cloudsql", "sql": "cloudsql"}  # as Cloud Asset Inventory names them


def provider_of(name: str) -> str | None:
    """Our id of a provider: `provider["HOST/hashicorp/aws"].west`, `HOST/hashicorp/aws`, or bare `aws`; None for one
    that manages nothing of a cloud."""
    source = re.search(r'"([^"]+)"', name)
    short = source[1].rpartition("/")[2] if source else name.rpartition("/")[2].removeprefix("provider.")
    return _PROVIDERS.get(short)


def ids_of(provider: str | None, kind: str, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of a resource, the surest first; none where it has none yet, or lies in no cloud that we know."""
    own = {name: attributes.get(name) for name in ("arn", "id", "self_link")}
    known = {name: value for name, value in own.items() if isinstance(value, str) and value}
    found = [known.get("arn"), known.get("id")]
    if provider == "gcp":
        found = [_full_name(known.get("self_link", "")), _by_kind(kind, known.get("id", "")), known.get("id")]
    return tuple(dict.fromkeys(each for each in found if each))


def _full_name(link: str) -> str | None:
    """`//compute.googleapis.com/projects/…`, as Cloud Asset Inventory has it, from a self link."""
    hit = _SERVICE.fullmatch(link)
    if hit is None:
        return None
    service, path = hit[1] or hit[2], hit[3]
    if service == "storage":
        return f"//storage.googleapis.com/{path.removeprefix('b/')}"
    return f"//{_RENAMED.get(service, service)}.googleapis.com/{path}"


def _by_kind(kind: str, own: str) -> str | None:
    """For what has no self link: the service is the second word of the type (`google_pubsub_topic`)."""
    words = kind.split("_")
    return f"//{words[1]}.googleapis.com/{own}" if own.startswith("projects/") and len(words) > 2 else None
