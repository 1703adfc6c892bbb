"""Question    Are suggestions right?

Definition  M9: correct suggestions divided by those made, of signals that may propose by themselves
Grain       one row by hiding known tags (both ways together), one by reviewers' decisions
Reads       signal_scores (base.signal_score: key, signal, basis, mode, made, correct)
Returns     id M9; unit ratio; numerator: correct, denominator: made; no data where nothing was measured
Caveats     A signal that is demoted for a key, or a shadow, proposes nothing of it and is not counted. Signals are counted one by
            one, before they agree or contradict each other. What the registry itself says (alias, catalogue) counts by review only: a
            tag that contradicts it is wrong itself. What was hidden is what is tagged: what never was may be harder.
Example
    >>> import polars as pl
    >>> kinds = ["key", "signal", "basis", "mode", "made", "correct"]
    >>> rows = [("owner", "naming", "single", "on", 40, 38), ("owner", "naming", "grouped", "on", 10, 8),
    ...         ("owner", "siblings", "single", "review", 9, 0), ("owner", "catalogue", "single", "on", 9, 0)]
    >>> suggestion_accuracy(pl.DataFrame(rows, schema=kinds, orient="row"))["value"].to_list()
    [0.92]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import Measure, measures, share
from recon.suggest.confidence import GIVEN

ID = "M9"
_NAMES = {"hidden": "suggestion accuracy", "review": "suggestion accuracy by review"}


def suggestion_accuracy(signal_scores: pl.DataFrame) -> pl.DataFrame:
    """M9 by hiding, and by review where somebody has decided."""
    counted = signal_scores.filter(pl.col("key") != "", pl.col("mode") == "on", pl.col("made") > 0)
    found = []
    for basis, name in _NAMES.items():
        reviewed = pl.col("basis") == "review"
        hidden = ~reviewed & ~pl.col("signal").is_in(list(GIVEN))
        rows = counted.filter(reviewed if basis == "review" else hidden)
        if not rows.is_empty():
            found.append(share(ID, name, int(rows["correct"].sum()), int(rows["made"].sum())))
    return measures(found or [Measure(ID, _NAMES["hidden"], "ratio", None)])
