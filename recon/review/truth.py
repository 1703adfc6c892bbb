"""Which suggestions turned out right, by what people decided? Ground truth for the accuracy of signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from recon.fix.log import Event
from recon.registry import Registry
from recon.review.decision import Decision, decisions
from recon.review.matters import matters

TRUTH: dict[str, pl.DataType | type[pl.DataType]] = {
    "action_id": pl.String, "provider_id": pl.String, "account_id": pl.String, "resource_id": pl.String, "key": pl.String,
    "signal": pl.String, "signal_version": pl.String, "value": pl.String, "confidence": pl.Float64, "decision": pl.String,
    "true_value": pl.String, "right": pl.Boolean, "decided_at": pl.String,
}  # fmt: skip


def truth(events: Iterable[Event], registry: Registry | None = None) -> pl.DataFrame:
    """One row per suggestion of a signal that people have judged, columns of TRUTH.

    An accepted or corrected value makes those signals right that said it, and all others wrong; a rejected one makes those wrong that said
    it, and tells nothing of the others (`true_value` is null). Where the registry asks for two reviewers only what both said, or a third
    decided, counts. Of several decisions on one suggestion the newest counts; deferrals tell nothing."""
    newest: dict[tuple[str, str, str, str], tuple[Any, ...]] = {}
    # a day before all others: a deferral never counts, expired or not
    for matter in matters(decisions(events), registry, "").values():
        for each in matter.decided:
            for row in _rows(each):
                newest[row[0], row[5], row[6], row[7]] = row
    rows = [newest[at] for at in sorted(newest)]
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def _rows(each: Decision) -> Iterator[tuple[Any, ...]]:
    if each.kind == "defer":
        return
    rejects = each.kind == "reject"
    for said in each.suggested:
        if rejects and said["value"] != each.value:
            continue
        yield (
            each.action, each.provider_id, each.account_id, each.resource_id, each.key, str(said["signal"]), str(said["version"]),
            str(said["value"]), float(said["confidence"]), each.kind, None if rejects else each.value,
            not rejects and said["value"] == each.value, each.at,
        )  # fmt: skip
