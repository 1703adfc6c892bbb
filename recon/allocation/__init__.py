"""allocation.yaml → Allocation: who pays what the tags don't say, and how shared cost is divided."""

from recon.allocation.condition import All, AnyOf, Compare, Condition, Not
from recon.allocation.load import allocation_schema, load_allocation
from recon.allocation.model import EMPTY, Allocation, Rule, Target
from recon.allocation.split_model import Split

__all__ = [
    "EMPTY",
    "All",
    "Allocation",
    "AnyOf",
    "Compare",
    "Condition",
    "Not",
    "Rule",
    "Split",
    "Target",
    "allocation_schema",
    "load_allocation",
]
