"""What is proposed for one finding, and what is better left to a person?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from recon.fix.mend import Case, Change, Mend, Reader, mend
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
    "f-1", "variant", "aws", "1", "i-1", "cost-center", 3, "2026-10-01", "2026-10-03", {}, "t-1", {}, None, None,
    None, None, "payments", "USD", Decimal(5), Decimal(4),
)  # fmt: skip
MASKED = "‹masked:0123456789ab›"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    registry = load_registry(tmp_path / "registry.yaml")
    return Reader(in_force(registry, date(2026, 11, 3)), lambda text: "ops-1" if text == MASKED else text)


def changes(found: Mend | None) -> list[tuple[str, str | None, str]]:
    return [] if found is None else [(c.raw_key, c.before, c.after) for c in found.changes]


def test_a_variant_value_is_written_canonically(reader: Reader) -> None:
    found = mend(replace(CASE, live={"cost-center": "PAYMENTS", "note": "x"}), reader)
    assert changes(found) == [("cost-center", "PAYMENTS", "payments")]
    assert found is not None
    assert found.knows == "canonical"


def test_an_alias_gets_the_canonical_key_beside_it_and_stays(reader: Reader) -> None:
    found = mend(replace(CASE, live={"CostCenter": "Payments"}), reader)
    assert changes(found) == [("cost-center", None, "payments")]
    assert found is not None
    assert "CostCenter stays" in found.why


def test_a_new_key_is_written_as_the_provider_spells_it(reader: Reader) -> None:
    found = mend(replace(CASE, provider_id="gcp", live={"costcenter": "payments"}), reader)
    assert changes(found) == [("cost_center", None, "payments")]


def test_where_keys_fold_the_live_casing_is_kept(reader: Reader) -> None:
    found = mend(replace(CASE, provider_id="azure", live={"COST-Center": "PAYMENTS"}), reader)
    assert changes(found) == [("COST-Center", "PAYMENTS", "payments")]


def test_what_was_mended_since_is_left_alone(reader: Reader) -> None:
    assert mend(replace(CASE, live={"cost-center": "payments"}), reader) is None


def test_spellings_that_mean_two_values_are_no_variant_to_mend(reader: Reader) -> None:
    assert mend(replace(CASE, live={"cost-center": "PAYMENTS", "CostCenter": "search"}), reader) is None


def test_a_typo_becomes_the_value_it_is_nearest_to_under_its_own_key(reader: Reader) -> None:
    found = mend(replace(CASE, verdict="invalid", live={"CostCenter": "paymnets"}), reader)
    assert changes(found) == [("CostCenter", "paymnets", "payments")]
    assert found is not None
    assert found.knows == "nearest"


def test_what_is_expected_goes_before_what_is_near(reader: Reader) -> None:
    found = mend(
        replace(CASE, verdict="invalid", live={"cost-center": "paymnets"}, expected_value="search"), reader
    )
    assert changes(found) == [("cost-center", "paymnets", "search")]


def test_a_value_near_to_none_is_left_to_a_person(reader: Reader) -> None:
    assert mend(replace(CASE, verdict="invalid", live={"cost-center": "growth"}), reader) is None


def test_a_pattern_s_neighbour_of_a_masked_value_is_not_told(reader: Reader) -> None:
    case = replace(CASE, verdict="invalid", key="ticket", live={"ticket": MASKED})
    assert reader.rules.value_of("ticket", "aws", "ops-1").nearest == "OPS-1"
    assert mend(case, reader) is None


def test_a_wrong_owner_becomes_the_expected_one(reader: Reader) -> None:
    found = mend(
        replace(CASE, verdict="wrong-owner", live={"cost-center": "payments"}, expected_value="search"),
        reader,
    )
    assert changes(found) == [("cost-center", "payments", "search")]


def test_every_spelling_that_says_otherwise_is_corrected(reader: Reader) -> None:
    live = {"cost-center": "payments", "CostCenter": "paymnets"}
    found = mend(replace(CASE, verdict="conflict", live=live, expected_value="search"), reader)
    assert changes(found) == [("CostCenter", "paymnets", "search"), ("cost-center", "payments", "search")]


def test_a_conflict_is_left_to_a_person_where_nothing_says_who_is_right(reader: Reader) -> None:
    assert mend(replace(CASE, verdict="conflict", live={"cost-center": "payments"}), reader) is None


def test_an_expected_value_that_was_retired_is_not_proposed(reader: Reader) -> None:
    assert mend(replace(CASE, verdict="untagged", expected_value="growth"), reader) is None


@pytest.mark.parametrize("verdict", ["untagged", "unknown-resource"])
def test_an_absent_tag_gets_what_is_expected(reader: Reader, verdict: str) -> None:
    found = mend(replace(CASE, verdict=verdict, expected_value="search"), reader)
    assert changes(found) == [("cost-center", None, "search")]


def test_an_absent_tag_gets_what_a_container_passes_on(reader: Reader) -> None:
    case = replace(CASE, verdict="untagged", resolved_value="search", resolved_from="inherited")
    found = mend(case, reader)
    assert changes(found) == [("cost-center", None, "search")]
    assert found is not None
    assert found.knows == "inherited"


def test_the_registry_s_default_is_no_reason_to_tag(reader: Reader) -> None:
    assert (
        mend(replace(CASE, verdict="untagged", resolved_value="search", resolved_from="default"), reader)
        is None
    )


def test_a_blank_is_filled_under_its_own_key(reader: Reader) -> None:
    found = mend(replace(CASE, verdict="untagged", live={"CostCenter": " "}, expected_value="search"), reader)
    assert changes(found) == [("CostCenter", " ", "search")]


def test_an_untagged_resource_that_was_tagged_since_is_left_alone(reader: Reader) -> None:
    live = {"cost-center": "payments"}
    assert mend(replace(CASE, verdict="untagged", live=live, expected_value="search"), reader) is None


def test_an_unread_resource_is_planned_from_its_bill_without_the_export_s_prefix(reader: Reader) -> None:
    found = mend(replace(CASE, live=None, billed_raw={"user:cost-center": "PAYMENTS"}), reader)
    assert changes(found) == [("cost-center", "PAYMENTS", "payments")]


def test_a_masked_variant_is_planned_by_reference(reader: Reader) -> None:
    case = replace(CASE, key="ticket", live={"ticket": MASKED}, billed_value="‹masked:ffffffffffff›")
    reader = replace(
        reader, raw=lambda text: {MASKED: " OPS-1", "‹masked:ffffffffffff›": "OPS-1"}.get(text, text)
    )
    assert changes(mend(case, reader)) == [("ticket", MASKED, "‹masked:ffffffffffff›")]


def test_no_key_is_ever_removed_and_no_other_touched(reader: Reader) -> None:
    live = {"note": "x", "cost-center": "PAYMENTS"}
    for verdict in ("variant", "invalid", "wrong-owner", "conflict", "untagged"):
        found = mend(replace(CASE, verdict=verdict, live=live, expected_value="search"), reader)
        assert all(
            isinstance(c, Change) and c.raw_key != "note" and c.after
            for c in (found.changes if found else ())
        )
