"""The ledger balances under any rule set: every split transaction sums to zero, and nothing stays in a pool."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recon.allocation import Split
from recon.ledger.split import divide

OWNERS = ("owner:a", "owner:b", "owner:c")
amount = st.decimals(min_value=-(10**6), max_value=10**6, places=18)
amounts = st.tuples(amount, amount)


@st.composite
def cascades(draw: st.DrawFn) -> tuple[Split, ...]:
    """Splits in dependency order: a pool pays owners and pools that come later."""
    pools = [f"shared:p{n}" for n in range(draw(st.integers(1, 4)))]
    splits = []
    for n, pool in enumerate(pools):
        targets = draw(
            st.lists(st.sampled_from([*OWNERS, *pools[n + 1 :]]), min_size=1, max_size=4, unique=True)
        )
        method = draw(st.sampled_from(["even", "fixed", "proportional"]))
        percents, rest = [], Decimal(100)
        for target in sorted(targets):
            part = draw(st.decimals(min_value=0, max_value=rest, places=3))
            percents.append((target, part))
            rest -= part
        splits.append(
            Split(
                f"s{n}", pool, method, tuple(sorted(targets)) if method == "fixed" or draw(st.booleans()) else None,
                percents=tuple(percents) if method == "fixed" else (), remainder_to="owner:a" if method == "fixed" else None,
                when_zero=draw(st.sampled_from(["even", "unallocated"])), cost=draw(st.sampled_from(["EffectiveCost", "BilledCost"])),
            )
        )  # fmt: skip
    return tuple(splits)


@given(
    cascades(),
    st.dictionaries(st.sampled_from(["shared:p0", "shared:p1", "shared:p2", *OWNERS]), amounts),
    st.data(),
)
def test_every_transaction_sums_to_zero_and_pools_end_empty(splits, balances, data) -> None:  # type: ignore[no-untyped-def]
    weights = data.draw(st.dictionaries(st.sampled_from(OWNERS), amounts))
    shares = divide(splits, balances, weights)
    for rule in splits:
        ours = [s for s in shares if s.split_id == rule.id]
        assert sum((s.billed for s in ours), Decimal(0)) == 0
        assert sum((s.effective for s in ours), Decimal(0)) == 0
        left = balances.get(rule.source, (Decimal(0), Decimal(0)))
        assert left[0] + sum((s.billed for s in shares if s.account == rule.source), Decimal(0)) == 0
        assert left[1] + sum((s.effective for s in shares if s.account == rule.source), Decimal(0)) == 0
