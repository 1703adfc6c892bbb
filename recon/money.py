"""How does an amount enter, and how is it shared out, without losing a digit?

Money has one scale everywhere: `DECIMAL(38,24)` in DuckDB, `pl.Decimal(38, 24)` in Polars, `Decimal` in
Python. It enters through `exact`, is shared by `split`, and becomes text only in `reports/words.py`.
Never divide or average money: a share is a display value, computed last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction

SCALE = 24
INTEGER_DIGITS = 14
SQL_TYPE = f"DECIMAL(38,{SCALE})"
UNIT = Decimal(1).scaleb(-SCALE)
_MOST_PLACES = 40
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
    parts = split_units(to_units(total), {n: int(w.scaleb(shift, _EXACT)) for n, w in weights.items()})
    return {name: of_units(units) for name, units in parts.items()}


def split_units(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """The same over whole units of the money scale, with whole weights of any size."""
    base = sum(weights.values())
    if base == 0:
        raise ValueError("weights sum to zero")
    sign = -1 if total < 0 else 1
    floors = {name: divmod(abs(total) * part, base) for name, part in weights.items()}
    left = abs(total) - sum(quotient for quotient, _ in floors.values())
    by_remainder = sorted(floors, key=lambda name: (-floors[name][1], name))
    extra = set(by_remainder[:left])
    return {name: sign * (floors[name][0] + (name in extra)) for name in weights}


def to_units(amount: Decimal) -> int:
    """An amount in whole units of the money scale."""
    return int(amount.scaleb(SCALE, _EXACT))


def of_units(units: int) -> Decimal:
    """Whole units of the money scale as an amount."""
    return Decimal(units).scaleb(-SCALE, _EXACT)


def fraction_text(number: Fraction) -> str:
    """A fraction exactly, for a person: as a decimal where it has one of at most 40 places, else n/d.

    >>> fraction_text(Fraction(5, 4)), fraction_text(Fraction(1, 3))
    ('1.25', '1/3')
    """
    scaled = number * 10**_MOST_PLACES
    if scaled.denominator != 1:
        return f"{number.numerator}/{number.denominator}"
    return plain(Decimal(scaled.numerator).scaleb(-_MOST_PLACES, _EXACT)) or "0"
