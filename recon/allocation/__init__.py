"""allocation.yaml → Allocation: who pays what the tags don't say, further virtual tags, how shared cost is divided."""

from recon.allocation.condition import All, AnyOf, Compare, Condition, Not
from recon.allocation.load import allocation_schema, load_allocation
from recon.allocation.model import DEFAULT_ID, EMPTY, Allocation, Dimension, Rule, Target
from recon.allocation.split_model import Split

__all__ = [
    "DEFAULT_ID",
    "EMPTY",
    "All",
    "Allocation",
    "AnyOf",
    "Compare",
    "Condition",
    "Dimension",
    "Not",
    "Rule",
    "Split",
    "Target",
    "allocation_schema",
    "load_allocation",
]
