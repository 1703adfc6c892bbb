"""FOCUS exports, 1.0 to 1.4, as CSV, CSV.gz or Parquet."""

from connectors.focus.reader import open_lines

__all__ = ["open_lines"]
