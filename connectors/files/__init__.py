"""Inventory dumps: CSV, JSON, JSONL and Parquet, and what the clouds' own commands write."""

from connectors.files.reader import Dump, open_dump

__all__ = ["Dump", "open_dump"]
