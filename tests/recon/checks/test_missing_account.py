"""Is an account told that was billed a month ago and is gone from the newest bill, and no other?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from recon.checks import Context, all_checks

[CHECK] = [check for check in all_checks() if check.check_id == "missing-account"]
PAYER = "400100200300"
BOOKS = f"book_no IN (SELECT book_no FROM base.book WHERE billing_account_id = '{PAYER}' AND billing_period = '{{}}')"


def found(ctx: Context) -> list[dict[str, Any]]:
    return CHECK.find(Context(ctx.con, ctx.registry, ctx.raw, ctx.now)).to_dicts()


@pytest.fixture
def account(ctx: Context) -> str:
    """An account below the payer, used in every month, and not the only one."""
    used = ctx.con.execute(
        "SELECT d.sub_account_id FROM base.charge c JOIN base.book b ON b.book_no = c.book_no JOIN base.charge_dim d USING (dim_no) "
        "WHERE b.billing_account_id = ? AND d.class = 'usage' AND d.sub_account_id IS NOT NULL GROUP BY ALL "
        "HAVING count(DISTINCT b.billing_period) = 3 ORDER BY ALL",
        [PAYER],
    ).fetchall()
    assert len(used) > 1
    return str(used[0][0])


def leave(ctx: Context, account: str, *periods: str, since_day: int = 1) -> None:
    """Take an account out of bills, as an export would that lost it."""
    for period in periods:
        first = (datetime.fromisoformat(f"{period}-01") - datetime(1970, 1, 1)).days
        ctx.con.execute(
            f"DELETE FROM base.charge WHERE {BOOKS.format(period)} AND day >= ? AND dim_no IN "
            "(SELECT dim_no FROM base.charge_dim WHERE sub_account_id = ?)",
            [first + since_day - 1, account],
        )


def used_for(ctx: Context, account: str, period: str) -> tuple[Decimal, Decimal]:
    """BilledCost and EffectiveCost of an account's usage in a month."""
    [sums] = ctx.con.execute(
        f"SELECT sum(billed), sum(effective) FROM base.charge JOIN base.charge_dim d USING (dim_no) WHERE base.charge.{BOOKS.format(period)} "
        "AND d.sub_account_id = ? AND d.class = 'usage'",
        [account],
    ).fetchall()
    return sums


def keep_days(ctx: Context, days: int) -> None:
    """The newest month as it stands after so many days."""
    first = (datetime(2026, 10, 1) - datetime(1970, 1, 1)).days
    ctx.con.execute("DELETE FROM base.charge WHERE day >= ? AND " + BOOKS.format("2026-10"), [first + days])


def test_an_estate_whose_accounts_are_all_billed_misses_none(ctx: Context) -> None:
    assert found(ctx) == []


def test_an_account_gone_from_the_newest_bill_is_told_with_last_month_s_money(
    ctx: Context, account: str
) -> None:
    leave(ctx, account, "2026-10")
    [row] = found(ctx)
    assert (row["provider_id"], row["billing_account_id"], row["sub_account_id"]) == ("aws", PAYER, account)
    assert (row["billed_at_stake"], row["effective_at_stake"]) == used_for(ctx, account, "2026-09")
    assert "Used in 2026-09, and without usage in the bill of 2026-10" in row["reason"]


def test_an_account_with_one_day_in_the_newest_bill_is_there(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-10", since_day=2)
    assert used_for(ctx, account, "2026-10")[0] is not None
    assert found(ctx) == []


def test_an_account_that_left_months_ago_is_not_told_again(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-09", "2026-10")
    assert found(ctx) == []


def test_an_account_that_missed_an_earlier_month_and_came_back_is_there(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-09")
    assert found(ctx) == []


def test_a_month_that_has_only_begun_is_not_held_against_an_account(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-10")
    keep_days(ctx, 4)
    assert found(ctx) == []


def test_after_five_days_a_month_tells(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-10")
    keep_days(ctx, 5)
    assert [row["sub_account_id"] for row in found(ctx)] == [account]


def test_an_account_billed_in_two_currencies_is_one_finding_with_one_of_them(
    ctx: Context, account: str
) -> None:
    leave(ctx, account, "2026-10")
    [(book,)] = ctx.con.execute(f"SELECT book_no FROM base.book WHERE {BOOKS.format('2026-09')}").fetchall()
    ctx.con.execute("INSERT INTO base.book SELECT * REPLACE (9999 AS book_no, 'EUR' AS currency) FROM base.book WHERE book_no = ?", [book])  # fmt: skip
    whole = used_for(ctx, account, "2026-09")[0]
    ctx.con.execute(
        "UPDATE base.charge SET book_no = 9999 WHERE book_no = ? AND charge_no IN (SELECT charge_no FROM base.charge "
        "JOIN base.charge_dim d USING (dim_no) WHERE base.charge.book_no = ? AND d.sub_account_id = ? AND d.class = 'usage' "
        "AND billed > 0 ORDER BY billed LIMIT 1)",
        [book, book, account],
    )
    [row] = found(ctx)
    assert row["currency"] == "USD"
    assert 0 < row["billed_at_stake"] < whole


def test_other_money_is_the_same_finding(ctx: Context, account: str) -> None:
    leave(ctx, account, "2026-10")
    [before] = found(ctx)
    ctx.con.execute("UPDATE base.charge SET billed = billed * 2")
    [after] = found(ctx)
    names = ("check_id", "provider_id", "sub_account_id", "resource_id", "key")
    assert [after[name] for name in names] == [before[name] for name in names]
    assert after["billed_at_stake"] == before["billed_at_stake"] * 2
