"""What is an amount in another currency, at whose rate?

Rates are what the user's table says for a month and a pair of currencies, in that direction. None is guessed, inverted
or chained: where there is none, the amount is not converted.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from recon.errors import InputError, InputErrors, Where
from recon.hostile import shown
from recon.money import SCALE, UNIT, exact

COLUMNS = ("month", "from", "to", "rate", "source")
_WHOLE = int(10**SCALE)


@dataclass(frozen=True)
class Rate:
    """One unit of `base` is `rate` units of `quote` in `month` (YYYY-MM), says `source`. `line`: of the file."""

    month: str
    base: str
    quote: str
    rate: Decimal
    source: str
    line: int


def read_rates(path: Path) -> list[Rate]:
    """The rates of a table, in its order. Raises InputError or InputErrors, with file and line, for whatever can't be
    taken as it stands: nothing of such a table is used."""
    rates: list[Rate] = []
    wrong: list[InputError] = []
    lines: dict[tuple[str, str, str], int] = {}
    for line, row in _rows(path):
        try:
            rate = _rate(row, line)
        except ValueError as error:
            wrong.append(InputError(str(error), Where(path, line)))
            continue
        first = lines.setdefault((rate.month, rate.base, rate.quote), line)
        if first != line:
            pair = f"{rate.base} to {rate.quote} in {rate.month}"
            wrong.append(
                InputError(
                    f"a rate for {pair} stands in line {first} already; keep one of the two",
                    Where(path, line),
                )
            )
        rates.append(rate)
    if wrong:
        raise InputErrors(wrong)
    return rates


def convert(amounts: Mapping[str, Decimal], rate: Decimal) -> dict[str, Decimal]:
    """Each amount × `rate`, at 24 decimals, such that the parts add up to the sum × `rate`, rounded half-even.

    The product is exact before it is rounded; what rounding leaves over goes by largest remainder, ties by name.
    """
    products = {name: _units(amount) * _units(rate) for name, amount in amounts.items()}
    parts = {name: divmod(product, _WHOLE) for name, product in products.items()}
    left = _half_even(sum(products.values())) - sum(whole for whole, _ in parts.values())
    first = sorted(parts, key=lambda name: (-parts[name][1], name))[:left]
    extra = set(first)
    return {name: _amount(whole + (name in extra)) for name, (whole, _) in parts.items()}


def _half_even(product: int) -> int:
    whole, rest = divmod(product, _WHOLE)
    return whole + (2 * rest > _WHOLE or (2 * rest == _WHOLE and whole % 2 == 1))


def _units(amount: Decimal) -> int:
    """How many 10⁻²⁴ an amount of at most 24 decimals is."""
    sign, digits, exponent = amount.as_tuple()
    count = int("".join(map(str, digits)) or "0") * int(10 ** (SCALE + int(exponent)))
    return -count if sign else count


def _amount(units: int) -> Decimal:
    digits = tuple(int(digit) for digit in str(abs(units)))
    return Decimal((int(units < 0), digits, -SCALE))


def _rows(path: Path) -> list[tuple[int, Mapping[str, str | None]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            try:
                names = list(reader.fieldnames or ())
                rows: list[tuple[int, Mapping[str, str | None]]] = [(reader.line_num, row) for row in reader]
            except csv.Error as error:
                text = f"can't be read as CSV: {error}; look for a quote that does not end"
                raise InputError(text, Where(path, reader.reader.line_num)) from error
            header = [name.strip().lower() for name in names]
            twice = sorted({name for name in header if header.count(name) > 1})
            if twice:
                text = f"has the columns {', '.join(map(shown, twice))} more than once; keep one of each"
                raise InputError(text, Where(path, 1))
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                text = f"lacks the columns {', '.join(missing)}; needed are {', '.join(COLUMNS)}"
                raise InputError(text, Where(path, 1))
            return rows
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't be read as a UTF-8 CSV of rates: {error}", Where(path)) from error


def _rate(row: Mapping[str, str | None], line: int) -> Rate:
    if None in row:
        raise ValueError("has more cells than the header; quote a source with a comma")
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    blank = [name for name in COLUMNS if not cells[name]]
    if blank:
        raise ValueError(f"says nothing for {', '.join(blank)}; every rate needs all of {', '.join(COLUMNS)}")
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", cells["month"]):
        raise ValueError(f'month "{shown(cells["month"], 40)}" is no month; write 2026-10')
    for name in ("from", "to"):
        if not re.fullmatch(r"[A-Za-z]{3}", cells[name]):
            raise ValueError(f'{name} "{shown(cells[name], 40)}" is no currency code of three letters')
    base, quote = cells["from"].upper(), cells["to"].upper()
    if base == quote:
        raise ValueError(f"{base} needs no rate to itself; remove the line")
    return Rate(cells["month"], base, quote, _factor(cells["rate"]), cells["source"], line)


def _factor(text: str) -> Decimal:
    found = exact(text) if text.isascii() else None
    if found is None:
        raise ValueError(f'rate "{shown(text, 40)}" is no exact number; write it plainly, such as 0.92')
    rate, residue = found
    if residue:
        raise ValueError(
            f'rate "{shown(text, 40)}" has more than 24 decimals; round it to what your books use'
        )
    if rate < UNIT:
        raise ValueError(f'rate "{shown(text, 40)}" is not above 0')
    return rate
