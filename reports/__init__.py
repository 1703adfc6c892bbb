"""Published reports: what a run found, for people (HTML), tables (CSV, Parquet) and monitors (Prometheus)."""

from __future__ import annotations

from reports.render import publish

__all__ = ["publish"]
