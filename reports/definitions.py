"""What does each figure mean? The text behind every hover and link of the report."""

from __future__ import annotations

DEFINITIONS: tuple[tuple[str, str, str], ...] = (
    (
        "cost",
        "Cost in scope",
        "Sum of BilledCost over every charge of the period, all charge classes, one currency.",
    ),
    (
        "allocated",
        "Allocated share",
        "BilledCost posted to an owner's account, divided by all BilledCost of the ledger.",
    ),
    (
        "fixes",
        "Open fixes recover",
        "BilledCost of the charges that the open fixes of the plan would put right.",
    ),
    (
        "M1",
        "Label coverage",
        "Positive EffectiveCost of usage charges whose own billed value is valid after folding, divided by "
        "the same "
        "of all in scope. Taggable leaves out shared, untaggable and not-required; all is every class; with "
        "inherited "
        "counts values from containers too. By count: live resources with a valid value, divided by all of "
        "them.",
    ),
    (
        "M2",
        "Label drift rate",
        "Pairs of resource and key whose value left the registry or changed unapproved in the trailing 7 "
        "days, "
        "divided by pairs scanned.",
    ),
    (
        "M3",
        "Unlabeled incident rate",
        "Incidents of the trailing 30 days whose resource had no valid owner label when they were opened, divided by "
        "incidents whose resource is known.",
    ),
    ("M4", "Propagation latency", "From first seen live to first seen on the bill, per key."),
    ("M5", "Cardinality", "Distinct values per key."),
    ("M6", "Reconciliation success", "Fix actions verified, divided by fix actions attempted."),
    (
        "M7",
        "Audit completeness",
        "Tag changes between snapshots that the journal or an audit log explains, divided by all changes.",
    ),
    (
        "M8",
        "Sensitive exposures",
        "Values that match a secret or personal-data pattern under a key that is not declared sensitive.",
    ),
    ("M9", "Suggestion accuracy", "Correct suggestions, divided by suggestions made."),
    (
        "M10",
        "Cost allocation error",
        "Absolute misallocated cost after reconciliation (no owner, or unresolved wrong-owner or conflict), "
        "divided "
        "by absolute cost. The figure at the top is the net BilledCost of the same postings.",
    ),
)
KNOWN = frozenset(name for name, _, _ in DEFINITIONS)
