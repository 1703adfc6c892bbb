"""Is every statement of the sample estate the sum of its charges, and of its bill lines, to the last digit?"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from recon.explain.account import explain_account
from recon.explain.charge_lines import charge_lines
from recon.explain.entries import total
from recon.money import of_units
from recon.registry import load_registry
from reports.questions import Store
from tests.promises.test_explain_ledger import added, check_store


def test_every_account_of_the_sample_estate_is_the_sum_of_its_charges(published_estate: Any) -> None:
    assert check_store(published_estate.cfg.store) == {"direct", "inherited", "shared"}


def test_all_bill_lines_of_an_owner_sum_to_its_statement(published_estate: Any) -> None:
    with Store(published_estate.cfg.store) as store:
        told = explain_account(store, "owner:payments", ("2026-10", "2026-10"))
        found = charge_lines(
            published_estate.cfg,
            load_registry(published_estate.cfg.registry),
            told.pools,
            told.entries,
            10**9,
        )
    assert (found.missing, found.skipped, found.charges) == (0, [], found.of)
    by_entry = defaultdict(list)
    for each in found.lines:
        by_entry[each.entry_id].append(each.part)
    assert {entry: total(parts) for entry, parts in by_entry.items()} == {
        e.entry_id: e.units for e in told.entries
    }
    assert added(
        [{"billed_cost": of_units(e.units[0]), "effective_cost": of_units(e.units[1])} for e in told.entries]
    ) == added(told.document["statements"])
