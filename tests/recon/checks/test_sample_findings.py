"""Do the checks find exactly what was planted in the sample estate, with its exact price, and nothing else?"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from judged_estate import Judged

from configs.sample.company import ACCOUNTS, PAGEMARK
from configs.sample.truth import Planted
from recon.checks import Context
from recon.checks.record import find_all

Thing = tuple[str, str, str | None, str | None, str | None]

PAYERS = {account.id: account.payer.id for account in ACCOUNTS}
NEWEST = "2026-10"
# What the estate's exports can't show, whatever was planted: the vendor bills without resources.
LIMITATIONS: set[Thing] = {("no-resource-level", "pagemark", PAGEMARK.id, None, None)}


def names_of(planted: Judged) -> dict[str | None, str | None]:
    """The bill's id of a resource → the inventory's, by which the truth names it."""
    things = (*planted.truth.defects, *planted.truth.controls)
    return {thing.billed_as: thing.resource for thing in things if thing.billed_as}


def thing_of(planted: Planted) -> Thing:
    """A planted defect as findings tell it: one per billing account where a key was never activated, and
    under the billing account where there is no sub account."""
    if planted.check == "not-activated":
        return planted.check, planted.provider, PAYERS[planted.account or ""], None, planted.key
    account = planted.account if planted.account else PAGEMARK.id
    return planted.check, planted.provider, account, planted.resource, planted.key


def found_in(planted: Judged, ctx: Context) -> dict[Thing, dict[str, object]]:
    names = names_of(planted)
    return {
        (
            row["check_id"],
            row["provider_id"],
            row["sub_account_id"] or row["billing_account_id"],
            names.get(row["resource_id"], row["resource_id"]),
            row["key"],
        ): row
        for row in find_all(ctx).iter_rows(named=True)
    }


def test_exactly_the_planted_defects_are_found(planted: Judged, tmp_path: Path) -> None:
    found = found_in(planted, planted.context(tmp_path)).keys()
    assert found == {thing_of(d) for d in planted.truth.defects} | LIMITATIONS


def test_money_at_stake_is_that_of_the_newest_period_with_the_defect(planted: Judged, tmp_path: Path) -> None:
    priced: dict[Thing, dict[str, list[Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
    )
    for d in planted.truth.defects:
        if d.billing_period and d.check not in ("empty-value", "sensitive-value"):
            amounts = priced[thing_of(d)][d.billing_period]
            amounts[0] += d.billed_cost
            amounts[1] += d.effective_cost
    expected = {thing: tuple(periods[max(periods)]) for thing, periods in priced.items()}
    found = found_in(planted, planted.context(tmp_path))
    assert {t: (found[t]["billed_at_stake"], found[t]["effective_at_stake"]) for t in expected} == expected


def test_a_defect_is_open_when_the_newest_period_still_has_it(planted: Judged, tmp_path: Path) -> None:
    newest: dict[Thing, str] = {}
    for d in planted.truth.defects:
        newest[thing_of(d)] = max(newest.get(thing_of(d), ""), d.billing_period or NEWEST)
    found = found_in(planted, planted.context(tmp_path))
    assert {t: found[t]["open"] for t in newest} == {t: period == NEWEST for t, period in newest.items()}
    assert {True, False} <= {found[t]["open"] for t in newest}


def test_no_finding_shows_a_planted_secret(planted: Judged, tmp_path: Path) -> None:
    secrets = [value for value in planted.masker.values.values() if value.startswith("AKIA")]
    shown = find_all(planted.context(tmp_path))
    text = "\n".join(str(cell) for row in shown.iter_rows() for cell in row)
    assert secrets
    assert not [secret for secret in secrets if secret in text]


def test_finding_twice_gives_the_same_rows(planted: Judged, tmp_path: Path) -> None:
    first = find_all(planted.context(tmp_path))
    again = find_all(planted.context(tmp_path))
    assert first.equals(again)
