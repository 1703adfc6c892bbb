"""One file per metric, frame in and frame out; `run_metrics` measures them all over a store."""

from recon.metrics.indicators import run_metrics

__all__ = ["run_metrics"]
