"""FOCUS exports, 1.0 to 1.4, as CSV, CSV.gz, JSON lines or Parquet."""
