"""What is said about a FOCUS file that was written?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from recon.focus_export import Written, is_verified
from recon.hostile import shown
from recon.money import plain


def said(written: Written) -> dict[str, Any]:
    """The facts about the file as JSON; `text` is the same in sentences."""
    totals = [
        {
            "currency": t.currency,
            "rows": t.rows,
            "billed_cost": plain(t.BilledCost),
            "effective_cost": plain(t.EffectiveCost),
        }
        for t in written.totals
    ]
    verified = is_verified(written.version)
    lines = [f"{shown(str(written.path), 1_000)}: FOCUS {written.version}, {written.rows:,} rows"]
    lines += [
        f"  {t['currency']}: billed {t['billed_cost']}, effective {t['effective_cost']}; both as the charges in the store"
        for t in totals
    ]
    made = written.allocated
    if made:
        lines.append(
            f"  {made.lines:,} bill lines of divided pools stand as {made.charges:,} allocated charges"
        )
        if made.closed:
            lines.append(
                f"  closed: {', '.join(made.closed)}; the file holds what rules and bills say now, not what was frozen"
            )
    if not verified:
        lines.append(
            f"  unverified: no official validator of FOCUS {written.version} exists that could judge it"
        )
    if written.left_null:
        lines.append(f"  the bill says nothing for {', '.join(written.left_null)}")
    return {
        "path": str(written.path),
        "version": written.version,
        "verified": verified,
        "rows": written.rows,
        "totals": totals,
        "left_null": list(written.left_null),
        **({"allocated": asdict(made)} if made else {}),
        "text": "\n".join(lines),
    }
