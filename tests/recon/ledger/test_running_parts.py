"""Do the parts of a pool's charges sum to what was posted, and to the charges, whatever their signs?"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from recon.ledger.running import running_parts
from recon.money import split_units

AMOUNTS = st.integers(-(10**30), 10**30)
ITEMS = st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=12)
WEIGHTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 10**9), min_size=1).filter(
    lambda weights: any(weights.values())
)


def shared(items: list[tuple[int, int]], weights: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What a split posts of a pool with these items."""
    billed, effective = (split_units(sum(item[cost] for item in items), weights) for cost in (0, 1))
    return {name: (billed[name], effective[name]) for name in weights}


def sums(parts: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(p[0] for p in parts), sum(p[1] for p in parts)


@given(ITEMS, WEIGHTS)
def test_the_parts_of_an_account_sum_to_what_was_posted(
    items: list[tuple[int, int]], weights: dict[str, int]
) -> None:
    posted = shared(items, weights)
    for account in posted:
        assert sums(running_parts(items, posted, account)) == posted[account]


@given(ITEMS, WEIGHTS)
def test_the_parts_of_a_charge_sum_to_the_charge(
    items: list[tuple[int, int]], weights: dict[str, int]
) -> None:
    posted = shared(items, weights)
    each = [running_parts(items, posted, account) for account in posted]
    assert [sums([parts[n] for parts in each]) for n in range(len(items))] == items


@given(ITEMS, WEIGHTS)
def test_no_part_is_further_from_its_share_than_what_was_posted_is_from_the_pool(
    items: list[tuple[int, int]], weights: dict[str, int]
) -> None:
    posted = shared(items, weights)
    for account, amounts in posted.items():
        for cost in (0, 1):
            if total := sum(item[cost] for item in items):
                for item, part in zip(items, running_parts(items, posted, account), strict=True):
                    assert abs(part[cost] - item[cost] * Fraction(amounts[cost], total)) < 2


@given(ITEMS, st.dictionaries(st.sampled_from("abc"), st.tuples(AMOUNTS, AMOUNTS)))
def test_a_pool_divided_apart_into_amounts_of_any_sign_comes_out_in_both_ways(
    items: list[tuple[int, int]], others: dict[str, tuple[int, int]]
) -> None:
    whole, given_away = sums(items), sums(list(others.values()))
    posted = {**others, "rest": (whole[0] - given_away[0], whole[1] - given_away[1])}
    each = {account: running_parts(items, posted, account) for account in posted}
    assert {account: sums(parts) for account, parts in each.items()} == posted
    assert [sums([parts[n] for parts in each.values()]) for n in range(len(items))] == items


@given(ITEMS, st.dictionaries(st.sampled_from("abc"), st.tuples(AMOUNTS, AMOUNTS), min_size=1))
def test_amounts_of_any_sign_are_reached_exactly(
    items: list[tuple[int, int]], posted: dict[str, tuple[int, int]]
) -> None:
    for account in posted:
        assert sums(running_parts(items, posted, account)) == posted[account]


def test_charges_taken_together_have_the_sum_of_their_parts() -> None:
    posted = {"a": (7, 7), "b": (3, 3)}
    single = running_parts([(1, 1), (2, 2), (3, 3), (4, 4)], posted, "a")
    assert [sums(single[:2]), sums(single[2:])] == running_parts([(3, 3), (7, 7)], posted, "a")
