"""In which order do the rules apply? Stage by stage: a rule reads the row as the stage before left it.

docs/focus-export.md lists every rule with its reason; a test compares the two.
"""

from __future__ import annotations

from functools import cache

from recon.focus_export.fills import category_fills, cost_fills, currency_fills, name_fills, pair_fills
from recon.focus_export.removals import pair_removals, removals
from recon.focus_export.rule import Rule
from recon.focus_export.spelling import spelling_rules


@cache
def stages() -> tuple[tuple[Rule, ...], ...]:
    """All rules; within a stage no column has two."""
    return (
        spelling_rules(),
        name_fills(),
        category_fills(),
        removals(),
        cost_fills(),
        pair_removals(),
        pair_fills(),
        currency_fills(),
    )
