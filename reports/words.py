"""How does a number become text? Only here.

Every report, CSV and chart takes its amounts, shares, counts and dates from these functions, so that one
figure reads the same wherever it stands. Money arrives as `Decimal` and is rounded here and nowhere else:
totals half-even to the currency's minor unit, lines by largest remainder, so that the lines shown add up to
the total shown. Zero is "0", an amount that only rounds to zero is "0.00", and what nobody knows is "not
known".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext

NOT_KNOWN = "not known"

# DECIMAL(38,24) sums over many lines need more digits than the interpreter's default of 28.
_EXACT = Context(prec=120)

# ISO 4217 currencies whose minor unit is not a hundredth.
_NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_MINOR_UNITS = {
    **dict.fromkeys(_NO_MINOR_UNIT.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Sum without rounding, whatever the interpreter's decimal context says."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def ratio(part: Decimal, base: Decimal) -> Decimal | None:
    """Part ÷ base for display; None where the base is 0 or less, because such a share means nothing."""
    return _EXACT.divide(part, base) if base > 0 else None


def part_of(part: Decimal, base: Decimal) -> Decimal | None:
    """Part ÷ base where it is a part: None outside of 0..base. Credits can make "115.7 % has an owner", which is
    arithmetic and not an answer; the amounts are then shown alone."""
    return ratio(part, base) if 0 <= part <= base else None


def minor_units(currency: str) -> int:
    """Decimals of the currency's minor unit: 2 unless ISO 4217 says otherwise."""
    return _MINOR_UNITS.get(currency.upper(), 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Amount half-even to the currency's minor unit."""
    return _quantize(amount, minor_units(currency), ROUND_HALF_EVEN)


def apportioned(
    lines: Mapping[str, Decimal], currency: str, total: Decimal | None = None
) -> dict[str, Decimal]:
    """The lines rounded to the minor unit so that they add up to the total as shown.

    `total`: the total already shown elsewhere; by default the exact sum of the lines, half-even.
    Largest remainder gets the leftover units, ties by name.
    """
    digits = minor_units(currency)
    unit = Decimal(1).scaleb(-digits)
    shown = rounded(exact_sum(lines.values()), currency) if total is None else total
    floors = {name: _quantize(amount, digits, ROUND_FLOOR) for name, amount in lines.items()}
    with localcontext(_EXACT):
        leftover = int((shown - exact_sum(floors.values())) / unit)
        order = sorted(lines, key=lambda name: (floors[name] - lines[name], name))
        step = unit if leftover > 0 else -unit
        for place in range(abs(leftover) if order else 0):
            floors[order[place % len(order)]] += step
    return floors


def amount(value: Decimal | None, currency: str) -> str:
    """An amount without its currency, for a column whose heading names it: `1,284,310.22`, `0`, `not
    known`.
    """
    if value is None:
        return NOT_KNOWN
    if value == 0:
        return "0"
    return f"{rounded(value, currency) + 0:,.{minor_units(currency)}f}"


def money(value: Decimal | None, currency: str) -> str:
    """An amount with its currency: `1,284,310.22 USD`."""
    return NOT_KNOWN if value is None else f"{amount(value, currency)}\u00a0{currency}"


def money_to_the_cent(value: Decimal, currency: str) -> str:
    """An amount with all its minor digits, zero too: what the books close to, `0.00 USD`."""
    return f"{rounded(value, currency) + 0:,.{minor_units(currency)}f}\u00a0{currency}"


def unit_cost(value: Decimal | None) -> str:
    """What one of something costs, without its currency: four decimals, or three digits where it is less than a tenth of a
    hundredth: `0.4213`, `0.0000217`."""
    if value is None:
        return NOT_KNOWN
    digits = 4 if value == 0 or abs(value) >= Decimal("0.001") else 2 - value.adjusted()
    return f"{_quantize(value, digits, ROUND_HALF_EVEN) + 0:,f}"


def exact(value: Decimal | None) -> str:
    """Every digit of an amount as plain text, no exponent, no padding; empty for None (CSV, metrics)."""
    if value is None:
        return ""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def share(value: Decimal | float | None) -> str:
    """A share 0..1 with one decimal: `91.4 %`. Never rounded up to 100 % or down to 0 % when it is not."""
    if value is None:
        return NOT_KNOWN
    exact_value = value if isinstance(value, Decimal) else Decimal(str(value))
    if exact_value == 0:
        return "0\u00a0%"
    percent = _quantize(_EXACT.multiply(exact_value, Decimal(100)), 1, ROUND_HALF_EVEN)
    if exact_value < 1 and percent >= 100:
        return ">\u00a099.9\u00a0%"
    if percent == 0:
        return "<\u00a00.1\u00a0%" if exact_value > 0 else ">\u00a0-0.1\u00a0%"
    return f"{percent:,.1f}\u00a0%"


def points(difference: Decimal) -> str:
    """How far a share moved, without its sign: `1.2 points`, `less than 0.1 points`."""
    moved = _quantize(abs(difference) * 100, 1, ROUND_HALF_EVEN)
    return f"{moved:,} points" if moved or not difference else "less than 0.1 points"


def count(value: int | None) -> str:
    """A number of things: `1,204`."""
    return NOT_KNOWN if value is None else f"{value:,}"


def things(value: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 fix`, `12 fixes`, `no fixes`."""
    plural = many or f"{one}s"
    return f"no {plural}" if value == 0 else f"{value:,} {one if value == 1 else plural}"


def measure(value: Decimal | None, unit: str) -> str:
    """An indicator's value in its unit: `ratio` as a share, `hours`, `days` and counts as numbers."""
    if value is None:
        return NOT_KNOWN
    if unit in {"ratio", "share"}:
        return share(value)
    whole = value == value.to_integral_value()
    number = f"{value:,.0f}" if whole else f"{_quantize(value, 1, ROUND_HALF_EVEN):,}"
    return number if unit in {"count", "values", ""} else f"{number}\u00a0{unit}"


def period(billing_period: str) -> str:
    """`2026-09` as `September 2026`; text that is no period stays as it is."""
    year, _, month = billing_period.partition("-")
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        return billing_period
    return f"{_MONTHS[int(month) - 1]} {year}"


def day(value: date | datetime | None) -> str:
    """A UTC day: `30 September 2026`."""
    return NOT_KNOWN if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def instant(value: datetime | None) -> str:
    """A UTC instant to the minute: `2026-10-02 03:00 UTC`."""
    if value is None:
        return NOT_KNOWN
    utc = value.astimezone(UTC) if value.tzinfo else value
    return f"{utc:%Y-%m-%d %H:%M} UTC"


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *front, last = list(names) or ["none"]
    return f"{', '.join(front)} and {last}" if front else last


def _quantize(value: Decimal, digits: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_EXACT)
