"""Is every kind of defect planted for every seed, and do the tags stand where the story says?"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from configs.sample import write_estate
from configs.sample.company import LANTERN
from configs.sample.estate import plan
from configs.sample.owner_stories import NEVER_ACTIVATED
from configs.sample.stories import REQUIRED_KEYS, VERDICTS

FINDINGS = {"empty-value", "sensitive-value", "live-not-billed"}
EVERYWHERE = {
    "variant-key", "typo", "retired-value", "conflict-live", "conflict-spellings", "tagged-late-history",
    "lagging", "tagged-late-bill", "not-billed", "untagged", "unknown-resource", "deleted",
    "wrong-owner-catalogue", "wrong-owner-container", "empty-value", "live-not-billed",
}  # fmt: skip


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_verdict_and_finding_is_planted_whatever_the_seed(tmp_path: Path, seed: int) -> None:
    truth = write_estate(tmp_path, seed=seed, scale=0.05)
    assert {t.verdict for t in truth.verdicts} == VERDICTS
    assert {d.check for d in truth.defects} >= FINDINGS


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_kind_that_fits_every_cloud_stands_in_each(estate: Any, cloud: str) -> None:
    assert {d.kind for d in estate.truth.defects if d.provider == cloud} >= EVERYWHERE


def test_not_activated_is_planted_under_two_billing_accounts(estate: Any) -> None:
    found = {(d.key, d.account) for d in estate.truth.defects if d.check == "not-activated"}
    assert len({account for _, account in found}) >= 2
    assert {key for key, _ in found} == {"cost-center", "data-class"}


def test_a_key_that_is_not_activated_stands_on_no_line_of_its_billing_account(estate: Any) -> None:
    for row in estate.bill:
        if row["BillingAccountId"] == LANTERN.id:
            assert NEVER_ACTIVATED not in row["Tags"]
        elif row["x_provider"] == "aws":
            assert "data-class" not in row["Tags"]


def test_only_planted_resources_match_the_catalogue(estate: Any) -> None:
    for resource in plan(7, 0.2):
        named = fnmatch(resource.live_id, "*search-index*")
        assert named == ("search-index" in resource.name)
        assert not named or fnmatch(resource.billed_id, "*search-index*")


def test_a_resource_has_one_story_for_each_required_key() -> None:
    for resource in plan(7, 0.2):
        keys = [s.key for s in resource.stories]
        assert sorted(k for k in keys if k in REQUIRED_KEYS) == sorted(REQUIRED_KEYS)


def test_at_most_one_cause_is_planted_in_a_resource_that_carries_tags() -> None:
    for resource in plan(7, 0.2):
        planted = [s for s in resource.stories if s.kind != "healthy"]
        assert len(planted) <= 1 or len({s.kind for s in planted}) == 1


def test_ids_and_names_are_unique() -> None:
    resources = plan(7, 0.5)
    for ids in (
        [r.live_id for r in resources],
        [r.billed_id for r in resources],
        [r.name for r in resources],
    ):
        assert len(set(ids)) == len(ids)


def test_tagged_late_days_lie_between_the_snapshots_that_enclose_the_start(estate: Any) -> None:
    late = [d for d in estate.truth.defects if d.kind in ("tagged-late-history", "lagging")]
    assert late
    for defect in late:
        assert "2026-10-15" < defect.first_day.isoformat() <= defect.last_day.isoformat() <= "2026-10-31"


def test_every_kind_of_drift_is_planted(estate: Any) -> None:
    assert {c.change for c in estate.truth.drift} == {"added", "removed", "changed", "renamed"}


def test_a_renamed_key_keeps_its_value(estate: Any) -> None:
    renamed = [c for c in estate.truth.drift if c.change == "renamed"]
    assert renamed
    assert all(c.before_value == c.after_value and c.before_key != c.after_key for c in renamed)


def test_the_secret_stands_on_bill_and_resource_under_a_key_that_no_one_declared(estate: Any) -> None:
    secret = [d for d in estate.truth.defects if d.check == "sensitive-value"]
    assert {d.provider for d in secret} == {"aws", "azure"}
    for row in estate.bill:
        if row.get("ResourceId") in {d.billed_as for d in secret}:
            assert row["Tags"]["debug-note"].startswith("AKIA")
