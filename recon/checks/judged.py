"""How do one verdict's defects become findings? With money, days, deciding values, and who should act."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from recon.checks.context import Context, day_text
from recon.checks.defects import Defect
from recon.checks.found import Found, as_frame
from recon.hostile import shown

_SHOWN = 120  # characters of a value in a sentence; evidence keeps more, so that a fix can be planned from it
_KEPT = 600


def verdict_findings(
    ctx: Context, check_id: str, severity: str, reason: Callable[[Defect], str]
) -> pl.DataFrame:
    """One finding per defect of the verdict that the check is named after; columns of `found.COLUMNS`."""
    return as_frame(
        Found(
            check_id,
            ctx.severity(defect.key, severity),
            reason(defect),
            defect.provider_id,
            defect.billing_account_id,
            defect.sub_account_id,
            defect.resource_id,
            defect.key,
            _evidence(defect),
            defect.owner,
            defect.currency,
            defect.billed,
            defect.effective,
            defect.open,
        )
        for defect in ctx.defects.of(check_id)
    )


def said(value: str | None) -> str:
    """A tag value in a sentence: quoted, harmless, cut."""
    return "nothing" if value is None else f'"{shown(value, _SHOWN)}"'


def spelled(raw: Mapping[str, str]) -> str:
    """Raw tags in a sentence: CostCenter="payments", cost-center="search"."""
    return ", ".join(f"{shown(key, _SHOWN)}={said(value)}" for key, value in sorted(raw.items())) or "nothing"


def _evidence(defect: Defect) -> dict[str, object]:
    others = [c for c in defect.currencies if c != defect.currency]
    return {
        "billing_period": defect.billing_period,
        "first_day": day_text(defect.first_day),
        "last_day": day_text(defect.last_day),
        "lines": defect.lines,
        "periods": list(defect.periods),
        "resources": defect.resources if defect.resource_id is None and defect.resources else None,
        "billed_value": _cut(defect.billed_value),
        "billed_raw": _harmless(defect.billed_raw),
        "live_value": _cut(defect.live_value),
        "live_raw": _harmless(defect.live_raw),
        "live_known": defect.live_known,
        "expected_value": defect.expected_value,
        "resolved_value": defect.resolved_value,
        "resolved_from": defect.rung,
        "refusal": defect.refusal,
        "nearest_value": defect.nearest,
        "also_in_currencies": others or None,
    }


def _cut(value: str | None) -> str | None:
    return None if value is None else shown(value, _KEPT)


def _harmless(raw: Mapping[str, str]) -> dict[str, str]:
    return {shown(key, _KEPT): shown(value, _KEPT) for key, value in sorted(raw.items())}
