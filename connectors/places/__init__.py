"""Billing files wherever they lie: local folders, S3, Azure Blob, Google Cloud Storage, BigQuery."""

from connectors.places.located import Located, Unreachable
from connectors.places.locations import estimate, list_files
from connectors.places.permissions import PERMISSIONS, Permission
from connectors.places.spool import sweep

__all__ = ["PERMISSIONS", "Located", "Permission", "Unreachable", "estimate", "list_files", "sweep"]
