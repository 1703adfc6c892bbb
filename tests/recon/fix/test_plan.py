"""Which actions does the sample estate's plan hold, and does its file say them truly?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "checks"))
from judged_estate import SEEDS, judged_estate

from recon.checks import Context, run_checks
from recon.fix import PlanHeader, Step, propose, stored_plan, write_actions, write_plan
from recon.fix.document import quoted

HEADER = PlanHeader("20261103T060000Z-abc123", "c0ffee", "1", "2026-11-03T06:00:00Z")
NEWEST = "2026-10"


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    context = judged_estate(SEEDS[0]).context(tmp_path)
    run_checks(context, context.now)
    yield context
    context.con.close()


def written(ctx: Context, path: Path) -> dict[str, Any]:
    write_actions(ctx.con, propose(ctx))
    actions, steps = stored_plan(ctx.con)
    write_plan(path, actions, HEADER, steps)
    plan: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return plan


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
    assert set(actions.select("provider_id", "resource_id", "key").rows()) == wanted
    assert set(actions["status"]) == {"proposed"}


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
    for row in propose(ctx).iter_rows(named=True):
        state = json.loads(row["evidence"])["state"]
        assert state.get(row["raw_key"]) == row["before_value"]


def test_actions_written_twice_replace_each_other_and_spare_what_went_further(ctx: Context) -> None:
    actions = propose(ctx)
    write_actions(ctx.con, actions)
    ctx.con.execute(
        "INSERT INTO base.fix_action SELECT * REPLACE ('done' AS action_id, 'applied' AS status) FROM base.fix_action LIMIT 1"
    )
    write_actions(ctx.con, actions)
    statuses = Counter(row[0] for row in ctx.con.execute("SELECT status FROM base.fix_action").fetchall())
    assert statuses == {"proposed": actions.height, "applied": 1}


def test_a_full_resource_is_listed_as_not_possible(ctx: Context, tmp_path: Path) -> None:
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
    plan = written(ctx, tmp_path / "fix-plan.yaml")
    refused = {row["resource"]: row["why"] for row in plan["not_possible"]}
    assert "50" in refused[wants_key["resource_id"]]
    assert wants_key["resource_id"] not in {action["resource"] for action in plan["actions"]}


def test_an_unread_resource_is_planned_with_low_confidence(ctx: Context) -> None:
    ctx.con.execute("DELETE FROM base.resource_state")
    actions = propose(ctx)
    assert actions.height > 0
    assert actions["confidence"].max() <= 0.5


def test_a_gone_resource_is_not_planned_as_if_it_were_there(ctx: Context) -> None:
    ctx.con.execute("UPDATE base.resource SET deleted_at = TIMESTAMP '2026-11-02'")
    ctx.con.execute("UPDATE base.resource_state SET valid_to = TIMESTAMP '2026-11-02'")
    assert propose(ctx).is_empty()


def test_the_file_counts_and_sums_its_actions(ctx: Context, tmp_path: Path) -> None:
    plan = written(ctx, tmp_path / "fix-plan.yaml")
    assert plan["counts"]["actions"] == len(plan["actions"]) == sum(plan["by_verdict"].values())
    for total in plan["recovered"]:
        of_currency = [
            a["recovers"] for a in plan["actions"] if a["recovers"]["currency"] == total["currency"]
        ]
        assert Decimal(total["billed_cost"]) == sum(Decimal(a["billed_cost"]) for a in of_currency)
    assert {total["currency"] for total in plan["recovered"]} == {"EUR", "USD"}


def test_the_file_names_run_configuration_and_mode(ctx: Context, tmp_path: Path) -> None:
    plan = written(ctx, tmp_path / "fix-plan.yaml")
    assert (plan["run_id"], plan["config_hash"], plan["mode"]) == (
        HEADER.run_id,
        HEADER.config_hash,
        "dry-run",
    )
    assert plan["how_to_approve"] == "a later version"


def test_a_key_to_activate_is_another_step_and_no_action(ctx: Context, tmp_path: Path) -> None:
    plan = written(ctx, tmp_path / "fix-plan.yaml")
    assert [(step["billing_account"], step["key"]) for step in plan["other_steps"]] == [
        ("400100200300", "cost-center"), ("400100200990", "data-class"),
    ]  # fmt: skip
    assert plan["other_steps"][0]["do"].startswith("Activate CostCentre")
    assert "not-activated" not in plan["by_verdict"]


def test_the_same_plan_gives_the_same_bytes(ctx: Context, tmp_path: Path) -> None:
    written(ctx, tmp_path / "one.yaml")
    written(ctx, tmp_path / "two.yaml")
    assert (tmp_path / "one.yaml").read_bytes() == (tmp_path / "two.yaml").read_bytes()


def test_a_plan_of_nothing_is_a_plan(tmp_path: Path, ctx: Context) -> None:
    write_plan(tmp_path / "empty.yaml", propose(ctx).clear(), HEADER)
    plan = yaml.safe_load((tmp_path / "empty.yaml").read_text(encoding="utf-8"))
    assert (plan["actions"], plan["other_steps"], plan["recovered"]) == ([], [], [])


def test_no_secret_stands_in_the_file(ctx: Context, tmp_path: Path) -> None:
    secrets = [value for value in judged_estate(SEEDS[0]).masker.values.values() if value.startswith("AKIA")]
    resource = propose(ctx).row(0, named=True)["resource_id"]
    token = next(t for t, v in judged_estate(SEEDS[0]).masker.values.items() if v == secrets[0])
    ctx.con.execute(
        "INSERT INTO base.tagset_entry SELECT s.tagset_no, 'debug-note', ? FROM base.resource_state s JOIN base.resource r "
        "USING (resource_no) WHERE r.resource_id = ? AND s.valid_to IS NULL",
        [token, resource],
    )
    written(ctx, tmp_path / "fix-plan.yaml")
    text = (tmp_path / "fix-plan.yaml").read_text(encoding="utf-8")
    assert token in text
    assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize(
    "text",
    ["yes", "null", "1e3", "'", '"', "a\\b", "a\nb", "# no comment", "{{ x }}", "pay\u202ements", "\x00\x1b[31m", "\ufeff", "\ue000",
     "\U000e0001", "grün 😀", "‹masked:0123456789ab›", "- a: b"],
)  # fmt: skip
def test_hostile_text_reads_back_exactly_and_stands_on_one_harmless_line(text: str) -> None:
    line = quoted(text)
    assert yaml.safe_load(f"- {line}") == [text]
    assert line.isprintable()


def test_a_step_without_money_says_null(tmp_path: Path, ctx: Context) -> None:
    step = Step("aws", "1", "team", "Activate team.", "why", None, None, None, None)
    write_plan(tmp_path / "plan.yaml", propose(ctx).clear(), HEADER, [step])
    plan = yaml.safe_load((tmp_path / "plan.yaml").read_text(encoding="utf-8"))
    assert plan["other_steps"][0]["recovers"] == {
        "currency": None,
        "billed_cost": None,
        "effective_cost": None,
    }
