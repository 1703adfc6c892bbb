"""Can the store hold an amount that a plan names? Up to 14 digits before the point and 24 behind it."""

from __future__ import annotations

from decimal import Decimal

_WHOLE, _BEHIND = 14, 24  # DECIMAL(38,24)


def not_an_amount(value: Decimal | None) -> str | None:
    """Why it is none, as the end of a sentence; None where it is one. Looks at digits only: no power of ten is worked out."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return "is no number; write a plain one"
    if exponent > _WHOLE or value.adjusted() >= _WHOLE or exponent < -_BEHIND:
        return (
            f"has more than {_WHOLE} digits before the point or {_BEHIND} behind it; write what the bill says"
        )
    return None


def not_a_share(value: Decimal) -> str | None:
    """Why it is no confidence, as the end of a sentence; None where it is one."""
    return not_an_amount(value) or (None if 0 <= value <= 1 else "is none; write a number from 0 to 1")
