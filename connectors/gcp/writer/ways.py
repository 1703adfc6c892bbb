"""By which request, under which lock, are the labels of a type of resource written? A table, no rules.

Only services are here that refuse a write of labels made from an old state. Sources: Google Cloud's REST references of
Compute Engine (setLabels, labelFingerprint), Kubernetes Engine (setResourceLabels, labelFingerprint), Cloud Storage
(ifMetagenerationMatch), BigQuery (etag, If-Match), Cloud SQL (settingsVersion); Resource Manager v3 (Project.etag).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Lock = Literal[
    "labelFingerprint", "resourceLabels", "metageneration", "etag", "settingsVersion", "project", "none"
]
MANAGER = "//cloudresourcemanager.googleapis.com/"


@dataclass(frozen=True)
class Way:
    """`name` matches the full resource name; its group is the path below the service. `noun`: what permissions are
    spelled with; `lock`: what makes the service refuse a lost update; "none": a type without labels, which takes tags."""

    asset_type: str
    name: re.Pattern[str]
    service: str
    noun: str
    lock: Lock
    set_by: str = "update"

    @property
    def operates(self) -> bool:
        """Whether a write is answered with an operation, which goes on after it."""
        return self.service in ("compute", "container", "sql")

    @property
    def reads(self) -> str:
        return f"{self.noun}.get"

    @property
    def writes(self) -> str:
        return f"{self.noun}.{self.set_by}"


def _compute(asset_type: str, places: str, collection: str, noun: str = "") -> Way:
    name = re.compile(rf"//compute\.googleapis\.com/(projects/[^/]+/{places}/{collection}/[^/]+)")
    noun = f"compute.{noun or collection}"
    return Way(f"compute.googleapis.com/{asset_type}", name, "compute", noun, "labelFingerprint", "setLabels")


def _way(asset_type: str, name: str, service: str, noun: str, lock: Lock) -> Way:
    return Way(asset_type, re.compile(name), service, noun, lock)


_ZONE, _REGION, _GLOBAL = "zones/[^/]+", "regions/[^/]+", "global"
_IN_BIGQUERY = r"//bigquery\.googleapis\.com/(projects/[^/]+/datasets/[^/]+"
WAYS: tuple[Way, ...] = (
    _compute("Instance", _ZONE, "instances"),
    _compute("Disk", _ZONE, "disks"),
    _compute("RegionDisk", _REGION, "disks"),
    _compute("Image", _GLOBAL, "images"),
    _compute("Snapshot", _GLOBAL, "snapshots"),
    _compute("Address", _REGION, "addresses"),
    _compute("GlobalAddress", _GLOBAL, "addresses", "globalAddresses"),
    _compute("ForwardingRule", _REGION, "forwardingRules"),
    _compute("GlobalForwardingRule", _GLOBAL, "forwardingRules", "globalForwardingRules"),
    _compute("SecurityPolicy", _GLOBAL, "securityPolicies"),
    _compute("VpnGateway", _REGION, "vpnGateways"),
    _compute("TargetVpnGateway", _REGION, "targetVpnGateways"),
    _compute("VpnTunnel", _REGION, "vpnTunnels"),
    _compute("ExternalVpnGateway", _GLOBAL, "externalVpnGateways"),
    _compute("Interconnect", _GLOBAL, "interconnects"),
    _compute("InterconnectAttachment", _REGION, "interconnectAttachments"),
    _way("container.googleapis.com/Cluster",
         r"//container\.googleapis\.com/(projects/[^/]+/(?:locations|zones)/[^/]+/clusters/[^/]+)",
         "container", "container.clusters", "resourceLabels"),
    _way("storage.googleapis.com/Bucket", r"//storage\.googleapis\.com/([^/]+)",
         "storage", "storage.buckets", "metageneration"),
    _way("bigquery.googleapis.com/Dataset", rf"{_IN_BIGQUERY})", "bigquery", "bigquery.datasets", "etag"),
    _way("bigquery.googleapis.com/Table", rf"{_IN_BIGQUERY}/tables/[^/]+)", "bigquery", "bigquery.tables", "etag"),
    _way("sqladmin.googleapis.com/Instance", r"//cloudsql\.googleapis\.com/(projects/[^/]+/instances/[^/]+)",
         "sql", "cloudsql.instances", "settingsVersion"),
    _way("cloudresourcemanager.googleapis.com/Project", rf"{MANAGER}(projects/[^/]+)",
         "cloudresourcemanager", "resourcemanager.projects", "project"),
    _way("cloudresourcemanager.googleapis.com/Folder", rf"{MANAGER}(folders/\d+)",
         "cloudresourcemanager", "resourcemanager.folders", "none"),
    _way("cloudresourcemanager.googleapis.com/Organization", rf"{MANAGER}(organizations/\d+)",
         "cloudresourcemanager", "resourcemanager.organizations", "none"),
)  # fmt: skip
# service, as gcloud's variable names it → where its REST interface begins
BASES = {
    "compute": "https://compute.googleapis.com/compute/v1/",
    "container": "https://container.googleapis.com/v1/",
    "storage": "https://storage.googleapis.com/storage/v1/",
    "bigquery": "https://bigquery.googleapis.com/bigquery/v2/",
    "sql": "https://sqladmin.googleapis.com/v1/",
}


def way_of(resource_id: str) -> tuple[Way, str] | None:
    """How a resource is written, and its path below the service; None where there is no way that loses nothing."""
    if {".", ".."} & set(resource_id.split("/")):
        return None
    for way in WAYS:
        if hit := way.name.fullmatch(resource_id):
            return way, hit[1]
    return None
