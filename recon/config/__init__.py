"""tagrecon.yaml → RunConfig: what a run reads, where it writes, what it promises."""

from recon.config.controls import Control
from recon.config.load import config_hash, config_schema, load_config, secret_of
from recon.config.model import Report, RunConfig
from recon.config.schedule import Job, Schedule
from recon.config.sources import Billing, Covered, Inventory, Prefer

__all__ = [
    "Billing",
    "Control",
    "Covered",
    "Inventory",
    "Job",
    "Prefer",
    "Report",
    "RunConfig",
    "Schedule",
    "config_hash",
    "config_schema",
    "load_config",
    "secret_of",
]
