"""How do findings live from run to run?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest

from recon.checks import Context, run_checks
from recon.checks import record as record_module
from recon.checks.found import COLUMNS, Found, as_frame
from recon.checks.record import find_all, merged
from recon.errors import OurBug
from recon.frames import frame

NIGHT_1, NIGHT_2, NIGHT_3 = (datetime(2026, 11, 3 + n, 6) for n in range(3))
ONE = Found("untagged", "high", "absent", "aws", "1", "2", "i-1", "cost-center")


def nights(*found: list[Found]) -> pl.DataFrame:
    """base.finding after nights that found these."""
    known = frame_of([], NIGHT_1, None)
    for n, rows in enumerate(found):
        known = frame_of(rows, NIGHT_1 + timedelta(days=n), known)
    return known


def frame_of(found: list[Found], at: datetime, known: pl.DataFrame | None) -> pl.DataFrame:
    numbered = as_frame(found).with_columns(pl.Series("finding_id", [f.finding_id for f in found], pl.String))
    empty = pl.DataFrame(
        schema={
            "finding_id": pl.String,
            **{c: t for c, t in COLUMNS.items() if c != "open"},
            "status": pl.String,
        }
        | dict.fromkeys(("first_seen", "last_seen"), pl.Datetime("us"))
    )
    return merged(numbered, empty if known is None else known, at)


def test_a_new_open_finding_was_first_and_last_seen_now() -> None:
    row = nights([ONE]).row(0, named=True)
    assert (row["status"], row["first_seen"], row["last_seen"]) == ("open", NIGHT_1, NIGHT_1)


def test_first_seen_stays_while_last_seen_moves() -> None:
    row = nights([ONE], [ONE]).row(0, named=True)
    assert (row["first_seen"], row["last_seen"]) == (NIGHT_1, NIGHT_2)


def test_what_is_no_longer_found_is_closed_and_keeps_its_last_day() -> None:
    rows = nights([ONE], [])
    assert rows.select("status", "first_seen", "last_seen").rows() == [("closed", NIGHT_1, NIGHT_1)]


def test_what_comes_back_is_open_again_since_its_first_day() -> None:
    row = nights([ONE], [], [ONE]).row(0, named=True)
    assert (row["status"], row["first_seen"], row["last_seen"]) == ("open", NIGHT_1, NIGHT_3)


def test_a_defect_of_older_periods_only_is_listed_as_closed_and_does_not_age() -> None:
    old = replace(ONE, open=False)
    rows = nights([old], [old])
    assert rows.select("status", "last_seen").rows() == [("closed", NIGHT_1)]


def test_an_id_survives_another_reason_amount_and_severity() -> None:
    changed = replace(ONE, reason="otherwise", severity="low", owner="payments", billing_account_id="9")
    assert changed.finding_id == ONE.finding_id


@pytest.mark.parametrize("field", ["check_id", "provider_id", "sub_account_id", "resource_id", "key"])
def test_an_id_changes_with_what_the_finding_is_about(field: str) -> None:
    assert replace(ONE, **{field: "other"}).finding_id != ONE.finding_id


def test_findings_about_two_billing_accounts_are_two() -> None:
    first, second = (Found("missing-days", "medium", "…", "aws", account) for account in ("1", "2"))
    assert first.finding_id != second.finding_id


def test_a_check_that_finds_one_thing_twice_is_our_bug(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    check = replace(record_module.all_checks()[0], find=lambda _: as_frame([ONE, ONE]))
    monkeypatch.setattr(record_module, "all_checks", lambda: (check,))
    with pytest.raises(OurBug, match="one thing twice"):
        find_all(ctx)


def test_a_context_shows_no_secret_when_it_is_printed(ctx: Context) -> None:
    secrets = ctx.raw.__self__.values.values()  # type: ignore[attr-defined]
    assert secrets
    assert not [secret for secret in secrets if secret in repr(ctx)]


def test_running_the_checks_twice_at_one_time_changes_nothing(ctx: Context) -> None:
    run_checks(ctx, ctx.now)
    before = frame(ctx.con, "SELECT * FROM base.finding")
    run_checks(ctx, ctx.now)
    assert before.height > 50
    assert frame(ctx.con, "SELECT * FROM base.finding").equals(before)


def test_a_mended_estate_closes_its_findings(ctx: Context) -> None:
    run_checks(ctx, ctx.now)
    ctx.con.execute("UPDATE base.judgement SET verdict = 0")
    run_checks(Context(ctx.con, ctx.registry, ctx.raw, NIGHT_2), NIGHT_2)
    statuses = ctx.con.execute(
        "SELECT DISTINCT status, last_seen FROM base.finding WHERE check_id IN ('variant', 'conflict', 'untagged')"
    ).fetchall()
    assert {status for status, _ in statuses} == {"closed"}
    assert {last_seen for _, last_seen in statuses} == {NIGHT_1}
