"""Splits are exact for any amount and any weights."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recon.money import SCALE, UNIT, exact, plain, split

amounts = st.decimals(min_value=-(10**13), max_value=10**13, places=SCALE, allow_nan=False)
weights = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.decimals(min_value=0, max_value=10**9, places=6),
    min_size=1,
    max_size=12,
).filter(lambda w: any(w.values()))


@given(amounts, weights)
def test_the_parts_sum_to_the_total_exactly(total: Decimal, shares: dict[str, Decimal]) -> None:
    assert sum(split(total, shares).values()) == total


@given(amounts, weights)
def test_no_part_is_a_unit_away_from_its_fair_share(total: Decimal, shares: dict[str, Decimal]) -> None:
    base = sum(shares.values())
    for name, part in split(total, shares).items():
        assert abs(part * base - total * shares[name]) <= UNIT * base


@given(amounts, weights)
def test_a_negative_total_mirrors_the_positive_one(total: Decimal, shares: dict[str, Decimal]) -> None:
    assert split(-total, shares) == {name: -part for name, part in split(total, shares).items()}


@given(amounts, weights)
def test_the_order_of_the_weights_does_not_matter(total: Decimal, shares: dict[str, Decimal]) -> None:
    backwards = dict(reversed(list(shares.items())))
    assert split(total, backwards) == split(total, shares)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-(10**13), max_value=10**13))
def test_text_in_and_plain_text_out_is_the_same_amount(amount: Decimal) -> None:
    kept = exact(str(amount))
    assert kept is not None
    assert kept == (amount, 0)
    assert Decimal(plain(kept[0]) or "") == amount


@given(st.integers(-(10**30), 10**30).map(lambda n: Decimal(n).scaleb(-26)))
def test_what_rounding_drops_is_the_residue(amount: Decimal) -> None:
    kept = exact(format(amount, "f"))
    if kept is not None:
        assert kept[0] + kept[1] == amount
        assert abs(kept[1]) <= UNIT / 2
