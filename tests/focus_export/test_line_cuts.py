"""Are a pool's lines cut so that every line, and every account, comes out to the last digit?"""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.errors import OurBug
from recon.focus_export.cut import cut, shared
from recon.focus_export.decimals import column_of, units_of
from recon.focus_export.ways import Division, Target, Units, Ways
from recon.money import fraction_text, split_units

AMOUNTS = st.integers(-(10**37), 10**37)
SMALL = st.one_of(st.integers(-3, 3), AMOUNTS)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=6).filter(any)


def fractions(weights: list[int]) -> list[Fraction]:
    return [Fraction(w, sum(weights)) for w in weights]


def column_sums(parts: list[list[int]]) -> list[int]:
    return [sum(part) for part in parts]


def row_sums(parts: list[list[int]]) -> list[int]:
    return [sum(row) for row in zip(*parts, strict=True)]


@given(st.lists(SMALL, min_size=1, max_size=12), WEIGHTS)
def test_lines_and_what_a_split_posted_both_come_out(lines: list[int], weights: list[int]) -> None:
    posted = list(split_units(sum(lines), {str(n): w for n, w in enumerate(weights)}).values())
    parts = cut(lines, fractions(weights), posted)
    assert (row_sums(parts), column_sums(parts)) == (lines, posted)


@given(st.lists(SMALL, min_size=1, max_size=12), WEIGHTS, st.data())
def test_amounts_that_no_share_explains_come_out_too(
    lines: list[int], weights: list[int], data: st.DataObject
) -> None:
    """As where each day of a pool was divided by weights of its own."""
    free = [data.draw(SMALL) for _ in weights[1:]]
    posted = [*free, sum(lines) - sum(free)]
    parts = cut(lines, fractions(weights), posted)
    assert (row_sums(parts), column_sums(parts)) == (lines, posted)


@given(st.lists(SMALL, min_size=1, max_size=12), WEIGHTS)
def test_a_part_is_the_line_s_share_up_to_the_last_units(lines: list[int], weights: list[int]) -> None:
    posted = list(split_units(sum(lines), {str(n): w for n, w in enumerate(weights)}).values())
    for share, part in zip(fractions(weights), cut(lines, fractions(weights), posted), strict=True):
        for line, got in zip(lines, part, strict=True):
            assert abs(got - line * share) <= 12 + abs(line) / Fraction(10**11)


@given(st.lists(SMALL, max_size=12), WEIGHTS)
def test_an_amount_that_no_account_is_posted_sums_to_itself(amounts: list[int], weights: list[int]) -> None:
    parts = shared(amounts, fractions(weights))
    assert row_sums(parts) == amounts
    for share, part in zip(fractions(weights), parts, strict=True):
        assert all(abs(got - a * share) < 1 for a, got in zip(amounts, part, strict=True))


def test_sums_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        cut([1, 2], [Fraction(1)], [4])
    with pytest.raises(ValueError, match="not the whole"):
        cut([1, 2], [Fraction(1, 2)], [3])


@given(st.lists(st.one_of(st.none(), AMOUNTS)), st.integers(0, 3))
def test_decimals_become_whole_numbers_and_back(units: list[int | None], start: int) -> None:
    exact = Context(prec=60)
    texts = [None if u is None else Decimal(u).scaleb(-24, exact) for u in units]
    column = pa.chunked_array(
        [pa.array(texts, pa.decimal128(38, 24)), pa.array([None], pa.decimal128(38, 24))]
    )
    assert units_of(column) == [*units, None]
    assert units_of(column.slice(start)) == [*units, None][start:]
    assert column_of(units, pa.decimal128(38, 24)).to_pylist() == texts


POOLS = ("shared:a", "shared:b", "shared:c", "owner:step")
OWNERS = ("owner:x", "owner:y", "owner:z")
LINES = st.lists(st.tuples(SMALL, SMALL), max_size=5)


@st.composite
def estates(draw: st.DrawFn) -> tuple[dict[str, dict[int, Units]], list[Division], dict[str, Units]]:
    """Lines of pools, splits of some pools among later ones and owners as the ledger posts them, and where it ends."""
    direct: dict[str, dict[int, Units]] = {}
    number = 0
    balance: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pool in (*POOLS, "owner:x"):
        direct[pool] = {}
        for units in draw(LINES):
            direct[pool][number] = units
            number += 1
            balance[pool] = [had + more for had, more in zip(balance[pool], units, strict=True)]
    divisions = []
    for n, pool in enumerate(POOLS):
        if not draw(st.booleans()):
            continue
        names = draw(st.lists(st.sampled_from([*POOLS[n + 1 :], *OWNERS]), min_size=1, unique=True))
        weights = {name: draw(st.integers(1, 10**9)) for name in sorted(names)}
        parts = [split_units(balance[pool][cost], weights) for cost in (0, 1)]
        posted = {name: (parts[0][name], parts[1][name]) for name in weights}
        kept = {name: units for name, units in posted.items() if units != (0, 0)}  # the ledger posts no zeros
        if not kept:
            continue
        balance[pool] = [0, 0]
        for name, units in kept.items():
            balance[name] = [had + more for had, more in zip(balance[name], units, strict=True)]
        told = draw(st.booleans())
        targets = [Target(a, u, Fraction(weights[a]) if told else None) for a, u in kept.items()]
        divisions.append(Division(f"s{n}", pool, tuple(targets)))
    ends = {account: (units[0], units[1]) for account, units in balance.items()}
    return direct, divisions, ends


@given(estates())
def test_cascades_end_where_the_ledger_ends(
    estate: tuple[dict[str, dict[int, Units]], list[Division], dict[str, Units]],
) -> None:
    direct, divisions, ends = estate
    ways = Ways.of(divisions[::-1])
    found = ways.follow({account: own for account, own in direct.items() if own})
    for account in {*found, *ends}:
        parts = found.get(account, {}).values()
        assert (sum(u[0] for u in parts), sum(u[1] for u in parts)) == ends.get(account, (0, 0))
    for own in direct.values():
        for line, units in own.items():
            parts_of = [parts[line] for parts in found.values() if line in parts]
            assert (sum(u[0] for u in parts_of), sum(u[1] for u in parts_of)) == units


@given(estates())
def test_the_ends_of_a_pool_have_all_of_it(
    estate: tuple[dict[str, dict[int, Units]], list[Division], dict[str, Units]],
) -> None:
    direct, divisions, _ = estate
    ways = Ways.of(divisions)
    found = ways.follow({account: own for account, own in direct.items() if own})
    for division in divisions:
        ends = ways.ends(division.pool)
        assert sum(end.share for end in ends) == 1
        accounts = {end.account for end in ends}
        assert not accounts & ways.divisions.keys()
        assert {a for a, parts in found.items() if direct[division.pool].keys() & parts.keys()} <= accounts


def test_a_way_over_two_pools_multiplies_the_shares_and_names_both_splits() -> None:
    def target(account: str, weight: str) -> Target:
        return Target(account, (1, 1), Fraction(weight))

    ways = Ways.of(
        [
            Division("second", "shared:b", (target("owner:x", "1"), target("owner:y", "2"))),
            Division("first", "shared:a", (target("owner:x", "25"), target("shared:b", "75"))),
        ]
    )
    told = [(e.account, fraction_text(e.share), e.splits, e.last) for e in ways.ends("shared:a")]
    assert told == [
        ("owner:x", "0.5", ("first", "second"), ("first", "second")),
        ("owner:y", "0.5", ("first", "second"), ("second",)),
    ]


def test_a_circle_is_refused() -> None:
    one, two = (
        Division(s, s, (Target(t, (1, 1), Fraction(1)),))
        for s, t in (("shared:a", "shared:b"), ("shared:b", "shared:a"))
    )
    with pytest.raises(OurBug, match="circle"):
        Ways.of([one, two])
