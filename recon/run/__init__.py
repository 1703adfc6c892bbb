"""The walk: from configuration to published report. `walk.py` is the one to read first."""

from recon.run.audit import audit
from recon.run.publishing import Result
from recon.run.walk import ALL_STAGES, run

__all__ = ["ALL_STAGES", "Result", "audit", "run"]
