"""What must change for a resource to say a value, and what is better left to a person?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from recon.fix.mend import Case, Change, Mend, Reader, Target, mend
from recon.registry import in_force, load_registry

REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center:
    required: true
    aliases: [CostCenter]
    spelling: {gcp: cost_center}
    values: {list: [payments, search, {value: growth, retired: 2026-08-15}]}
  ticket: {values: {pattern: 'OPS-[0-9]+'}, sensitivity: secret}
"""
CASE = Case(
    "f-1", "variant", "aws", "1", "i-1", "cost-center", 3, "2026-10-01", "2026-10-03", {}, "t-1", {}, "payments", "USD",
    Decimal(5), Decimal(4),
)  # fmt: skip
MASKED = "‹masked:0123456789ab›"
PAYMENTS, SEARCH, DEMAND = Target("payments"), Target("search"), Target("search", demanded=True)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    registry = load_registry(tmp_path / "registry.yaml")
    return Reader(in_force(registry, date(2026, 11, 3)), lambda text: "OPS-1" if text == MASKED else text)


def changes(found: Mend | None) -> list[tuple[str, str | None, str]]:
    return [] if found is None else [(c.raw_key, c.before, c.after) for c in found.changes]


def test_a_variant_value_is_written_canonically(reader: Reader) -> None:
    found = mend(replace(CASE, live={"cost-center": "PAYMENTS", "note": "x"}), reader, PAYMENTS)
    assert changes(found) == [("cost-center", "PAYMENTS", "payments")]


def test_an_alias_gets_the_canonical_key_beside_it_and_stays(reader: Reader) -> None:
    found = mend(replace(CASE, live={"CostCenter": "Payments"}), reader, PAYMENTS)
    assert changes(found) == [("cost-center", None, "payments")]
    assert found is not None
    assert found.stays == ("CostCenter",)


def test_a_new_key_is_written_as_the_provider_spells_it(reader: Reader) -> None:
    found = mend(replace(CASE, provider_id="gcp", live={"costcenter": "payments"}), reader, PAYMENTS)
    assert changes(found) == [("cost_center", None, "payments")]


def test_where_keys_fold_the_live_casing_is_kept(reader: Reader) -> None:
    found = mend(replace(CASE, provider_id="azure", live={"COST-Center": "PAYMENTS"}), reader, PAYMENTS)
    assert changes(found) == [("COST-Center", "PAYMENTS", "payments")]


def test_what_was_mended_since_is_left_alone(reader: Reader) -> None:
    assert mend(replace(CASE, live={"cost-center": "payments"}), reader, PAYMENTS) is None


def test_spellings_that_mean_two_values_are_no_variant_to_mend(reader: Reader) -> None:
    case = replace(CASE, live={"cost-center": "PAYMENTS", "CostCenter": "search"})
    assert mend(case, reader, PAYMENTS) is None


def test_a_variant_is_never_given_another_value(reader: Reader) -> None:
    assert mend(replace(CASE, live={"cost-center": "PAYMENTS"}), reader, DEMAND) is None


def test_a_typo_is_corrected_under_its_own_key(reader: Reader) -> None:
    found = mend(replace(CASE, verdict="invalid", live={"CostCenter": "paymnets"}), reader, PAYMENTS)
    assert changes(found) == [("CostCenter", "paymnets", "payments")]


def test_what_was_made_valid_since_is_left_alone_unless_something_else_is_demanded(reader: Reader) -> None:
    case = replace(CASE, verdict="invalid", live={"cost-center": "payments"})
    assert mend(case, reader, SEARCH) is None
    assert changes(mend(case, reader, DEMAND)) == [("cost-center", "payments", "search")]


@pytest.mark.parametrize("verdict", ["wrong-owner", "conflict"])
def test_a_contradiction_is_decided_by_a_demand_alone(reader: Reader, verdict: str) -> None:
    case = replace(CASE, verdict=verdict, live={"cost-center": "payments"})
    assert changes(mend(case, reader, DEMAND)) == [("cost-center", "payments", "search")]
    assert mend(case, reader, SEARCH) is None


def test_every_spelling_that_says_otherwise_is_corrected(reader: Reader) -> None:
    live = {"cost-center": "payments", "CostCenter": "paymnets"}
    found = mend(replace(CASE, verdict="conflict", live=live), reader, DEMAND)
    assert changes(found) == [("CostCenter", "paymnets", "search"), ("cost-center", "payments", "search")]


@pytest.mark.parametrize("verdict", ["untagged", "invalid", "conflict"])
def test_a_value_that_was_retired_is_not_written(reader: Reader, verdict: str) -> None:
    assert mend(replace(CASE, verdict=verdict), reader, Target("growth", demanded=True)) is None


@pytest.mark.parametrize("verdict", ["untagged", "unknown-resource"])
def test_an_absent_tag_is_set_under_the_canonical_key(reader: Reader, verdict: str) -> None:
    assert changes(mend(replace(CASE, verdict=verdict), reader, SEARCH)) == [("cost-center", None, "search")]


def test_a_blank_is_filled_under_its_own_key(reader: Reader) -> None:
    found = mend(replace(CASE, verdict="untagged", live={"CostCenter": " "}), reader, SEARCH)
    assert changes(found) == [("CostCenter", " ", "search")]


def test_an_untagged_resource_that_was_tagged_since_is_left_alone(reader: Reader) -> None:
    assert mend(replace(CASE, verdict="untagged", live={"cost-center": "payments"}), reader, DEMAND) is None


def test_an_unread_resource_is_planned_from_its_bill_without_the_export_s_prefix(reader: Reader) -> None:
    found = mend(replace(CASE, live=None, billed_raw={"user:cost-center": "PAYMENTS"}), reader, PAYMENTS)
    assert changes(found) == [("cost-center", "PAYMENTS", "payments")]


def test_a_masked_variant_is_planned_by_reference(reader: Reader) -> None:
    other = "‹masked:ffffffffffff›"
    reader = replace(reader, raw=lambda text: {MASKED: " OPS-1", other: "OPS-1"}.get(text, text))
    case = replace(CASE, key="ticket", live={"ticket": MASKED})
    assert changes(mend(case, reader, Target(other))) == [("ticket", MASKED, other)]


def test_a_text_longer_than_any_provider_carries_is_left_to_a_person(reader: Reader) -> None:
    assert mend(replace(CASE, verdict="invalid", live={"CostCenter": "x" * 2_000}), reader, PAYMENTS) is None


def test_no_key_is_ever_removed_and_no_other_touched(reader: Reader) -> None:
    live = {"note": "x", "cost-center": "PAYMENTS"}
    for verdict in ("variant", "invalid", "wrong-owner", "conflict", "untagged"):
        for target in (PAYMENTS, SEARCH, DEMAND):
            found = mend(replace(CASE, verdict=verdict, live=live), reader, target)
            assert all(
                isinstance(c, Change) and c.raw_key != "note" and c.after
                for c in (found.changes if found else ())
            )
