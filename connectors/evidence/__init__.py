"""Files that tell what happened: audit logs of the clouds, and lists of incidents."""

from connectors.evidence.audit_log import read_audit_log
from connectors.evidence.incidents import read_incidents

__all__ = ["read_audit_log", "read_incidents"]
