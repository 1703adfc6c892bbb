"""How does an amount enter, and how is it shared out, without losing a digit?

Money has one scale everywhere: `DECIMAL(38,24)` in DuckDB, `pl.Decimal(38, 24)` in Polars, `Decimal` in
Python. It enters through `exact`, is shared by `split`, and becomes text only in `reports/words.py`.
Never divide or average money: a share is a display value, computed last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation

SCALE = 24
INTEGER_DIGITS = 14
SQL_TYPE = f"DECIMAL(38,{SCALE})"
UNIT = Decimal(1).scaleb(-SCALE)
_EXACT = Context(prec=200)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def exact(text: str) -> tuple[Decimal, Decimal] | None:
    """The amount that `text` says, at 24 decimals half-even, and the residue that this dropped.

    None when it is no plain decimal or scientific number (currency signs, thousands separators, NaN,
    infinity), or has more than 14 digits before the point.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    try:
        whole = _EXACT.create_decimal(text)
        kept = whole.quantize(UNIT, context=_EXACT)
    except InvalidOperation:
        return None
    if abs(kept) >= Decimal(10) ** INTEGER_DIGITS:
        return None
    return kept, _EXACT.subtract(whole, kept)


def plain(amount: Decimal | None) -> str | None:
    """An amount as a decimal string without exponent and without trailing zeros: for JSON and ids."""
    if amount is None:
        return None
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def split(total: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """`total` shared in proportion to non-negative `weights`; the parts sum to `total` exactly.

    Largest remainder at the money scale, ties by name; a negative total mirrors the positive one.
    An empty mapping, or one that sums to zero, has no answer: `ValueError` (the caller has a rule for it).
    """
    if any(w < 0 for w in weights.values()):
        raise ValueError("weights must not be negative")
    shift = max((max(0, -int(w.as_tuple().exponent)) for w in weights.values()), default=0)
    parts = {name: int(w.scaleb(shift, _EXACT)) for name, w in weights.items()}
    base = sum(parts.values())
    if base == 0:
        raise ValueError("weights sum to zero")
    units = int(total.scaleb(SCALE, _EXACT))
    sign = -1 if units < 0 else 1
    floors = {name: divmod(abs(units) * part, base) for name, part in parts.items()}
    left = abs(units) - sum(quotient for quotient, _ in floors.values())
    by_remainder = sorted(floors, key=lambda name: (-floors[name][1], name))
    extra = set(by_remainder[:left])
    return {
        name: _EXACT.scaleb(Decimal(sign * (floors[name][0] + (name in extra))), -SCALE) for name in weights
    }
