"""What may the identity that runs tagrecon do at each place? Nothing but list and read what it is pointed at.

Data only, so that `doctor` and the papers can name it without any cloud SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """`name` as the cloud spells it, `on` what it is granted, `why` it is asked for."""

    name: str
    on: str
    why: str


S3 = (
    Permission("s3:ListBucket", "the bucket, limited to the prefix by s3:prefix", "list the export's files"),
    Permission("s3:GetObject", "the objects below the prefix", "read them"),
    Permission(
        "kms:Decrypt", "the key, where the bucket is encrypted with SSE-KMS", "read encrypted objects"
    ),
)
AZURE_BLOB = (Permission("Storage Blob Data Reader", "the container", "list and read the export's files"),)
# the same as single actions, for a role of one's own
AZURE_BLOB_ACTIONS = (
    Permission("Microsoft.Storage/storageAccounts/blobServices/containers/read", "the container", "list"),
    Permission(
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "the container", "read"
    ),
)
GCS = (
    Permission("storage.objects.list", "the bucket (roles/storage.objectViewer)", "list the export's files"),
    Permission("storage.objects.get", "the bucket (roles/storage.objectViewer)", "read them"),
)
BIGQUERY = (
    Permission("bigquery.jobs.create", "the project that pays for queries (roles/bigquery.jobUser)", "query"),
    Permission("bigquery.tables.getData", "the export's dataset (roles/bigquery.dataViewer)", "read rows"),
)

# what a provider's own total asks for (`controls:`)
CONTROLS: Mapping[str, Permission] = {
    "cost-explorer": Permission("ce:GetCostAndUsage", "the account that pays", "read what a month sums to"),
    "cost-management": Permission(
        "Microsoft.CostManagement/query/action",
        "the configured scope (Cost Management Reader)",
        "read totals",
    ),
}
PERMISSIONS: Mapping[str, tuple[Permission, ...]] = {
    "s3": S3,
    "az": AZURE_BLOB,
    "gs": GCS,
    "bigquery": BIGQUERY,
}
