"""What is wrong with the estate, its bills and its dumps? One file per check; the folder is scanned."""

from recon.checks.context import Context
from recon.checks.listing import Check, all_checks
from recon.checks.record import run_checks

__all__ = ["Check", "Context", "all_checks", "run_checks"]
