"""The ledger balances under any rule set: shares sum to 1, every transaction to zero, and nothing stays in a pool."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from recon.allocation import Split
from recon.allocation.split_model import Bounds, Tier, Usage, Window, Zero
from recon.ledger.bounds import bounded
from recon.ledger.reciprocal import dead_ends, ends
from recon.ledger.shares import Cell, Known, shares_of
from recon.ledger.split import Share, Units, divide
from recon.money import SCALE, of_units

OWNERS = ("owner:a", "owner:b", "owner:c")
POOLS = ("shared:p0", "shared:p1", "shared:p2", "shared:p3")
DAYS = ("2026-10-01", "2026-10-02", "2026-10-03")
EXACT = Context(prec=400)
units = st.integers(-(10**34), 10**34)
both = st.tuples(units, units)
weight = st.decimals(min_value=0, max_value=10**6, places=6)
percent = st.decimals(min_value=0, max_value=100, places=2)


@dataclass
class Given:
    """Costs by day and account, and the pools' amounts by book and day."""

    by_day: Mapping[Cell, Mapping[str, Fraction]]
    pools: Mapping[int, Mapping[str, Mapping[Cell, Units]]]

    def costs(self, rule: Split, cell: Cell, *, previous: bool) -> Mapping[str, Fraction]:
        if previous:
            return {"owner:b": Fraction(1), "owner:c": Fraction(-1)}
        if cell:
            return self.by_day.get(cell, {})
        found: dict[str, Fraction] = {}
        for costs in self.by_day.values():
            for account, cost in costs.items():
                found[account] = found.get(account, Fraction(0)) + cost
        return found

    def in_cells(self, rule: Split) -> Mapping[int, Mapping[Cell, Units]]:
        return {book: pools.get(rule.source, {}) for book, pools in self.pools.items()}

    def balances(self) -> dict[int, dict[str, Units]]:
        return {
            book: {
                pool: (sum(a[0] for a in cells.values()), sum(a[1] for a in cells.values()))
                for pool, cells in pools.items()
            }
            for book, pools in self.pools.items()
        }


@st.composite
def weighers(draw: st.DrawFn) -> Given:
    days = st.sampled_from([(day,) for day in DAYS])
    costs = st.dictionaries(st.sampled_from([*OWNERS, *POOLS]), units.map(lambda u: Fraction(u, 10**SCALE)))
    pools = st.dictionaries(st.sampled_from([*POOLS, "owner:a"]), st.dictionaries(days, both, max_size=3))
    books = draw(st.lists(pools, min_size=1, max_size=3))
    return Given(draw(st.dictionaries(days, costs, max_size=3)), dict(enumerate(books, 7)))


@st.composite
def divisions(draw: st.DrawFn, source: str, targets: list[str], method: str) -> Split:
    """A split by any method that does not look at the pool's amount."""
    names = tuple(sorted(draw(st.lists(st.sampled_from(targets), min_size=1, unique=True))))
    zero = draw(st.sampled_from([Zero("even"), Zero(), Zero("previous_month"), Zero("to", "owner:c")]))
    split = Split(
        "s",
        source,
        "even",
        names,
        when_zero=zero,
        cost=draw(st.sampled_from(["EffectiveCost", "BilledCost"])),
    )
    if method == "fixed":
        parts, rest = [], Decimal(100)
        for name in names:
            part = draw(st.decimals(min_value="0.001", max_value=max(rest, Decimal("0.001")), places=3))
            if part <= rest:
                parts.append((name, part))
                rest -= part
        return replace(split, method="fixed", percents=tuple(parts), remainder_to="owner:a")
    if method == "weights":
        return replace(split, method="weights", weights=tuple((n, draw(weight) + 1) for n in names))
    if method == "usage":
        values = {day: {n: draw(weight) for n in names} for day in DAYS if draw(st.booleans())}
        split = replace(split, method="usage", usage=Usage("m", values, ""))
    if method == "proportional":
        split = replace(split, method="proportional")
    if draw(st.booleans()):
        split = replace(split, targets=None)
    if draw(st.booleans()):
        low, high = draw(percent), draw(percent)
        own = ((names[0], min(low, high)),)
        split = replace(split, bounds=Bounds(min(low, high), max(low, high), own, ()))
    return replace(split, remainder_to=draw(st.sampled_from([None, "owner:b"])) if split.bounds else None)


@st.composite
def cascades(draw: st.DrawFn) -> tuple[Split, ...]:
    """Splits in dependency order, of any method: a pool pays owners and pools that come later."""
    splits = []
    for n, pool in enumerate(POOLS[: draw(st.integers(1, 4))]):
        targets = [*OWNERS, *POOLS[n + 1 :]]
        method = draw(
            st.sampled_from(["even", "fixed", "proportional", "usage", "weights", "amount", "tiers"])
        )
        split = draw(divisions(pool, targets, "even" if method in ("amount", "tiers") else method))
        if method == "amount":
            amounts = tuple((t, draw(weight) + 1) for t in split.targets or OWNERS)
            split = Split(
                "s",
                pool,
                "amount",
                tuple(t for t, _ in amounts),
                amounts=amounts,
                currency="USD",
                remainder_to="owner:c",
            )
        elif method == "tiers":
            second = draw(divisions(pool, targets, "proportional"))
            split = Split(
                "s", pool, "tiers", (), currency="USD", tiers=(Tier(Decimal(5), split), Tier(None, second))
            )
        elif method in ("proportional", "usage") and draw(st.booleans()):
            split = replace(split, window=Window("day"))
        splits.append(replace(split, id=f"s{n}"))
    if draw(st.booleans()):
        splits.append(Split("step", "owner:a", "even", ("owner:b", "owner:c")))
    return tuple(splits)


@st.composite
def circles(draw: st.DrawFn) -> tuple[Split, ...]:
    """Pools that may all pay each other, themselves and owners."""
    methods = st.sampled_from(["even", "fixed", "proportional", "usage", "weights"])
    return tuple(
        replace(draw(divisions(pool, [*OWNERS, *POOLS[:3], "owner:a"], draw(methods))), id=f"s{n}")
        for n, pool in enumerate(POOLS[:3])
    )


def total(shares: list[Share], which: str) -> Decimal:
    found = Decimal(0)
    for share in shares:
        found = EXACT.add(found, getattr(share, which))
    return found


def prove(splits: tuple[Split, ...], given_: Given) -> dict[int, list[Share]]:
    balances = given_.balances()
    posted = divide(splits, balances, given_, "2026-10", "USD")
    for book, shares in posted.items():
        for rule in splits:
            ours = [s for s in shares if s.split_id == rule.id]
            assert total(ours, "billed") == total(ours, "effective") == 0
            moved = [s for s in shares if s.account == rule.source]
            left = balances[book].get(rule.source, (0, 0))
            assert EXACT.add(of_units(left[0]), total(moved, "billed")) == 0
            assert EXACT.add(of_units(left[1]), total(moved, "effective")) == 0
            assert len({s.account for s in ours}) == len(ours)
    return posted


@given(cascades(), weighers())
def test_every_transaction_sums_to_zero_and_pools_end_empty(splits, weigher) -> None:  # type: ignore[no-untyped-def]
    prove(splits, weigher)


@given(circles(), weighers())
def test_circles_are_solved_so_that_pools_end_empty(splits, weigher) -> None:  # type: ignore[no-untyped-def]
    prove(splits, weigher)


@given(cascades(), weighers(), st.randoms())
def test_the_order_of_what_is_given_does_not_matter(splits, weigher, chance) -> None:  # type: ignore[no-untyped-def]
    mixed = Given(
        _shuffled(chance, {c: _shuffled(chance, w) for c, w in weigher.by_day.items()}),
        {
            b: _shuffled(chance, {p: _shuffled(chance, c) for p, c in pools.items()})
            for b, pools in weigher.pools.items()
        },
    )
    again = list(splits)
    chance.shuffle(again)
    assert prove(tuple(again), mixed) == prove(splits, weigher)


def _shuffled(chance: random.Random, mapping: Mapping) -> dict:  # type: ignore[type-arg]
    items = list(mapping.items())
    chance.shuffle(items)
    return dict(items)


@settings(max_examples=200)
@given(st.data(), weighers(), st.sampled_from(["even", "fixed", "proportional", "usage", "weights"]))
def test_shares_are_not_negative_and_sum_to_one(data, weigher, method) -> None:  # type: ignore[no-untyped-def]
    split = data.draw(divisions("shared:p0", [*OWNERS, *POOLS[1:]], method))
    found = shares_of(split, Known(weigher, Fraction(5), "USD", "2026-10"))
    assert sum(found.parts.values()) == 1
    assert all(share > 0 for share in found.parts.values())
    assert found.parts.keys() == found.weight.keys()


weights = st.dictionaries(st.sampled_from("abcdef"), st.fractions(0, 100, max_denominator=50), min_size=1)
limits = st.dictionaries(st.sampled_from("abcdef"), st.fractions(0, 1, max_denominator=20))


@given(weights, limits, limits)
def test_bounds_hold_and_what_nobody_may_take_is_left(parts, least, span) -> None:  # type: ignore[no-untyped-def]
    most = {name: min(Fraction(1), least.get(name, Fraction(0)) + more) for name, more in span.items()}
    shares, rest = bounded(parts, least, most)
    assert sum(shares.values()) + rest == 1
    assert rest >= 0
    floors = {name: least.get(name, Fraction(0)) for name in parts}
    if sum(floors.values()) <= 1:
        assert all(floors[n] <= shares[n] <= most.get(n, Fraction(1)) for n in parts)
    if rest:  # only where whoever has a weight has its most
        assert all(shares[n] == most.get(n, Fraction(1)) for n in parts if parts[n])
    free = [n for n in parts if parts[n] and floors[n] < shares[n] < most.get(n, Fraction(1))]
    assert len({shares[n] / parts[n] for n in free}) <= 1  # in proportion wherever no bound holds


members = st.sampled_from("xyz")


@st.composite
def rings(draw: st.DrawFn) -> dict[str, dict[str, Fraction]]:
    ring = {}
    for member in "xyz":
        parts = draw(st.dictionaries(st.sampled_from("xyzabc"), st.integers(1, 20), min_size=1))
        ring[member] = {name: Fraction(n, sum(parts.values())) for name, n in parts.items()}
    return ring


@given(rings())
def test_where_cost_ends_is_what_following_it_step_by_step_comes_to(ring) -> None:  # type: ignore[no-untyped-def]
    stuck = dead_ends(ring)
    solvable = {m: {"a": Fraction(1)} if m in stuck else parts for m, parts in ring.items()}
    found = ends(solvable)
    for member, shares in found.items():
        assert sum(shares.values()) == 1
        assert not shares.keys() & ring.keys()
        # one step, and then what its targets come to: the equation that defines the solution
        step: dict[str, Fraction] = {}
        for name, share in solvable[member].items():
            for end, part in (found[name] if name in ring else {name: Fraction(1)}).items():
                step[end] = step.get(end, Fraction(0)) + share * part
        assert step == shares


amounts = st.lists(st.integers(1, 10**33), min_size=1, max_size=4)


@given(amounts, st.integers(0, 10**34), st.integers(1, 10**33))
def test_written_amounts_come_out_exactly_over_all_books(pools, more, wanted) -> None:  # type: ignore[no-untyped-def]
    assume_total = wanted + wanted // 3 + more
    books = {n: {"shared:p0": {(): (pool, pool)}} for n, pool in enumerate(pools)}
    books[99] = {"shared:p0": {(): (0, max(0, assume_total - sum(pools)))}}
    want = {"owner:a": of_units(wanted), "owner:b": of_units(wanted // 3)}
    split = Split(
        "s",
        "shared:p0",
        "amount",
        ("owner:a", "owner:b"),
        amounts=tuple(want.items()),
        currency="USD",
        remainder_to="owner:c",
    )
    posted = prove((split,), Given({}, books))
    for account, amount in want.items():
        got = [s for shares in posted.values() for s in shares if s.account == account]
        assert total(got, "effective") == amount
