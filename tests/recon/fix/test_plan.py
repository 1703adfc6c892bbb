"""Which actions does the sample estate get, by which signals, and what is left to a person?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "checks"))
from judged_estate import SEEDS, judged_estate

from recon.checks import Context, run_checks
from recon.fix.plan import Asking, planned, propose, write_actions, write_suggestions

NEWEST = "2026-10"


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    context = judged_estate(SEEDS[0]).context(tmp_path)
    run_checks(context, context.now)
    yield context
    context.con.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_mends_each_planted_defect_that_a_tag_can_mend(seed: int, tmp_path: Path) -> None:
    planted = judged_estate(seed)
    ctx = planted.context(tmp_path)
    run_checks(ctx, ctx.now)
    kinds = {"variant-value", "variant-key", "renamed-key", "typo", "wrong-owner-catalogue", "wrong-owner-container",
             "untagged-catalogued"}  # fmt: skip
    wanted = {
        (d.provider, d.resource, d.key)
        for d in planted.truth.defects
        if d.kind in kinds and d.billing_period == NEWEST
    }
    actions = propose(ctx)
    proposed = actions.filter(pl.col("status") == "proposed")
    assert set(proposed.select("provider_id", "resource_id", "key").rows()) == wanted
    assert set(actions["status"]) <= {"proposed", "review"}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_expected_value_is_the_one_that_the_catalogue_or_the_account_names(
    seed: int, tmp_path: Path
) -> None:
    planted = judged_estate(seed)
    ctx = planted.context(tmp_path)
    run_checks(ctx, ctx.now)
    after = dict(
        propose(ctx).filter(pl.col("key") == "cost-center").select("resource_id", "after_value").iter_rows()
    )
    for d in planted.truth.defects:
        if d.kind in ("wrong-owner-catalogue", "untagged-catalogued"):
            assert after[d.resource] == "search"


def test_one_resource_and_key_is_one_action(ctx: Context) -> None:
    actions = propose(ctx)
    assert actions.select("provider_id", "resource_id", "key").is_unique().all()
    assert actions["action_id"].is_unique().all()


def test_money_recovered_is_the_finding_s_money_at_stake(ctx: Context) -> None:
    stakes = dict(ctx.con.execute("SELECT finding_id, billed_at_stake FROM base.finding").fetchall())
    for evidence, billed in propose(ctx).select("evidence", "billed_recovered").iter_rows():
        assert billed == stakes[json.loads(evidence)["because"]]


def test_what_was_seen_live_stands_in_the_action(ctx: Context) -> None:
    read = {row[0] for row in ctx.con.execute("SELECT DISTINCT ResourceId FROM resource_tags").fetchall()}
    for row in propose(ctx).iter_rows(named=True):
        state = json.loads(row["evidence"])["state"]
        if state is None:
            assert row["resource_id"] not in read
            continue
        assert state.get(row["raw_key"]) == row["before_value"]


def test_actions_written_twice_replace_each_other_and_spare_what_went_further(ctx: Context) -> None:
    actions = propose(ctx)
    write_actions(ctx.con, actions)
    ctx.con.execute(
        "INSERT INTO base.fix_action SELECT * REPLACE ('done' AS action_id, 'applied' AS status) FROM base.fix_action LIMIT 1"
    )
    write_actions(ctx.con, actions)
    statuses = Counter(row[0] for row in ctx.con.execute("SELECT status FROM base.fix_action").fetchall())
    assert statuses == {**Counter(actions["status"]), "applied": 1}


def test_an_unread_resource_is_planned_with_low_confidence(ctx: Context) -> None:
    ctx.con.execute("DELETE FROM base.resource_state")
    actions = propose(ctx)
    assert actions.height > 0
    assert actions["confidence"].max() <= 0.5


def test_a_gone_resource_is_not_planned_as_if_it_were_there(ctx: Context) -> None:
    ctx.con.execute("UPDATE base.resource SET deleted_at = TIMESTAMP '2026-11-02'")
    ctx.con.execute("UPDATE base.resource_state SET valid_to = TIMESTAMP '2026-11-02'")
    seen = {row[0] for row in ctx.con.execute("SELECT resource_id FROM base.resource").fetchall()}
    assert not seen & set(propose(ctx)["resource_id"])


def test_a_full_resource_is_not_possible(ctx: Context) -> None:
    wants_key = (
        propose(ctx)
        .filter((pl.col("provider_id") == "aws") & pl.col("before_value").is_null())
        .row(0, named=True)
    )
    ctx.con.execute(
        "INSERT INTO base.tagset_entry SELECT s.tagset_no, 'k' || n, 'v' FROM base.resource_state s JOIN base.resource r "
        "USING (resource_no), range(50) t(n) WHERE r.resource_id = ? AND s.valid_to IS NULL",
        [wants_key["resource_id"]],
    )
    found = propose(ctx).filter(pl.col("action_id") == wants_key["action_id"]).row(0, named=True)
    assert (found["status"], "50" in found["reason"]) == ("not-possible", True)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_waits_for_review_is_mostly_right_and_by_guesses_only(seed: int, tmp_path: Path) -> None:
    planted = judged_estate(seed)
    ctx = planted.context(tmp_path)
    run_checks(ctx, ctx.now)
    waiting = propose(ctx).filter(pl.col("status") == "review")
    assert waiting.height > 0
    for evidence in waiting["evidence"]:
        assert {each["signal"] for each in json.loads(evidence)["signals"]} <= {
            "naming",
            "siblings",
            "creator",
            "codeowners",
            "container",
        }


def signals_of(row: dict[str, Any]) -> list[str]:
    return [each["signal"] for each in json.loads(row["evidence"])["signals"]]


def test_an_action_s_evidence_names_each_signal_with_its_sentence(ctx: Context) -> None:
    actions = propose(ctx).filter(pl.col("status") == "proposed")
    for row in actions.iter_rows(named=True):
        told = json.loads(row["evidence"])["signals"]
        assert told[0]["value"] == row["after_value"] or row["provider_id"] == "gcp"
        assert told[0]["confidence"] == row["confidence"]
        assert all(each["says"] and each["version"] for each in told)
    assert {row["verdict"]: signals_of(row)[0] for row in actions.iter_rows(named=True)} == {
        "variant": "alias", "invalid": "typo", "wrong-owner": "catalogue", "untagged": "catalogue",
    }  # fmt: skip


def measured(ctx: Context, signal: str, mode: str = "on", confidence: float = 0.95) -> None:
    ctx.con.execute(
        "INSERT INTO base.signal_score (key, signal, signal_version, mode) VALUES ('', ?, '1', ?)",
        [signal, mode],
    )
    ctx.con.execute("INSERT INTO base.signal_bin VALUES ('', ?, '1', 0, 1, 100, 97, ?)", [signal, confidence])


def test_a_measured_signal_proposes_by_itself(ctx: Context) -> None:
    waiting = {
        row["action_id"]
        for row in propose(ctx).filter(pl.col("status") == "review").iter_rows(named=True)
        if signals_of(row) == ["naming"]
    }
    measured(ctx, "naming")
    after = propose(ctx).filter(pl.col("action_id").is_in(sorted(waiting)))
    assert waiting
    unread = pl.col("evidence").str.json_path_match("$.state").is_null()
    assert set(after.filter(~unread)["status"]) == {"proposed"}
    assert set(after.filter(~unread)["confidence"]) == {0.95}
    # its own tags may well say it: nobody has read them
    assert set(after.filter(unread)["status"]) <= {"review"}
    assert set(after.filter(unread)["confidence"]) <= {0.5}


def test_a_demoted_signal_s_actions_go_to_review(ctx: Context) -> None:
    measured(ctx, "typo", mode="review")
    found = propose(ctx).filter(pl.col("verdict") == "invalid")
    assert set(found["status"]) == {"review"}
    assert found.filter(pl.col("after_value").is_null()).is_empty()


def test_signals_that_contradict_each_other_are_left_to_a_person(ctx: Context) -> None:
    typo = propose(ctx).filter((pl.col("verdict") == "invalid") & (pl.col("key") == "cost-center") & (pl.col("status") == "proposed")).row(0, named=True)  # fmt: skip
    other = next(v for v in ("mobile", "data") if v != typo["after_value"])
    ctx.con.execute(
        "UPDATE base.resource SET resource_name = ? WHERE resource_id = ?",
        [f"{other}-9", typo["resource_id"]],
    )
    measured(ctx, "naming")
    plan = planned(ctx)
    found = plan.actions.filter(pl.col("action_id") == typo["action_id"]).row(0, named=True)
    assert (found["status"], found["after_value"], found["confidence"]) == ("review", None, 0.0)
    assert f'naming says "{other}"' in found["reason"]
    assert f'typo says "{typo["after_value"]}"' in found["reason"]
    rows = plan.suggestions.filter(
        (pl.col("resource_id") == typo["resource_id"]) & (pl.col("key") == "cost-center")
    )
    assert {"conflict"} == set(rows["state"])


def test_a_shadow_is_told_and_changes_nothing(ctx: Context) -> None:
    before = propose(ctx, Asking(modes={"naming": "off"}))
    plan = planned(ctx, Asking(modes={"naming": "shadow"}))
    assert plan.actions.equals(before)
    assert plan.suggestions.filter((pl.col("signal") == "naming") & (pl.col("mode") == "shadow")).height > 0


def test_what_each_signal_says_is_kept_with_the_finding_and_its_money(ctx: Context) -> None:
    plan = planned(ctx)
    write_suggestions(ctx.con, plan.suggestions)
    write_suggestions(ctx.con, plan.suggestions)
    rows = ctx.con.execute(
        "SELECT count(*), count(DISTINCT suggestion_id), count(*) FILTER (s.billed_at_stake IS NOT DISTINCT FROM f.billed_at_stake) "
        "FROM suggestions s JOIN findings f USING (finding_id)"
    ).fetchall()
    assert rows == [(plan.suggestions.height,) * 3]
    led = plan.suggestions.filter(pl.col("state") == "leading").select("resource_id", "key")
    assert led.is_unique().all()
    decided = plan.actions.filter(pl.col("after_value").is_not_null())
    assert set(led.rows()) == set(decided.select("resource_id", "key").rows())


def test_the_same_store_gives_the_same_plan(ctx: Context) -> None:
    one, other = planned(ctx), planned(ctx)
    assert one.actions.equals(other.actions)
    assert one.suggestions.equals(other.suggestions)
