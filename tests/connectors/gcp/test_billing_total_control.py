"""The billing table's sum over a real connection: BigQuery's REST interface on this machine, whose query really runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.gcp.billing_total import totals
from recon.errors import InputError, Unreachable
from tests.connectors.places.warehouse import TABLE, Refusal, Warehouse

ACCOUNT = "0A-1B"
MONTHS = ["2025-02", "2025-03"]


class Export(Warehouse):
    """A billing table with accounts, currencies and several credits a row. Its SQL is put into DuckDB's words."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._con.execute("ALTER TABLE export ADD COLUMN currency TEXT")

    def line(
        self,
        month: str | None,
        cost: float | None,
        *credits: float,
        account: str = ACCOUNT,
        currency: str = "USD",
        partition: str = "2025-03-15",
    ) -> None:
        given = [{"name": "c", "amount": amount} for amount in credits]
        self._con.execute(
            "INSERT INTO export (_PARTITIONTIME, billing_account_id, cost, credits, invoice, currency) VALUES (?, ?, ?, ?, ?, ?)",
            [datetime.fromisoformat(partition), account, cost, given, {"month": month}, currency],
        )

    def _run(self, query: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        sql = (
            query["query"]
            .replace(f"`{TABLE}`", "export")
            .replace("BIGNUMERIC", "DECIMAL(38, 20)")
            .replace("IN UNNEST(@months)", "IN (SELECT unnest(@months))")
            .replace("FROM UNNEST(credits) AS credit", "FROM (SELECT unnest(credits) AS credit)")
        )
        values = {p["name"]: _value(p) for p in query["queryParameters"]}
        rows = self._con.execute(re.sub(r"@(\w+)", r"$\1", sql), values).fetchall()
        return {"month": "STRING", "currency": "STRING", "total": "BIGNUMERIC"}, rows


def _value(parameter: dict[str, Any]) -> Any:
    said = parameter["parameterValue"]
    if "arrayValues" in said:
        return [one["value"] for one in said["arrayValues"]]
    if parameter["parameterType"]["type"] == "STRING":
        return said["value"]
    return datetime.fromisoformat(said["value"]).replace(tzinfo=None)


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Iterator[Export]:
    fake = Export()
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", fake.url)
    yield fake
    fake.close()


def ask(periods: list[str] = MONTHS, options: str = "") -> list[tuple[str, str, Decimal]]:
    return totals(ACCOUNT, TABLE + options, periods)


def test_doubles_add_up_by_their_shortest_text(export: Export) -> None:
    for _ in range(3):
        export.line("202503", 0.1)
    export.line("202503", 1e-17)
    assert ask() == [("2025-03", "USD", Decimal("0.30000000000000001"))]


def test_credits_lower_the_total_and_never_multiply_the_cost(export: Export) -> None:
    export.line("202503", 10.0, -1.0, -0.5, -0.25)
    export.line("202503", 5.0)
    assert ask() == [("2025-03", "USD", Decimal("13.25"))]


def test_a_row_of_credits_alone_counts(export: Export) -> None:
    export.line("202503", None, -2.0)
    assert ask() == [("2025-03", "USD", Decimal(-2))]


def test_the_invoice_month_decides_wherever_the_row_arrived(export: Export) -> None:
    export.line("202502", 1.0, partition="2025-01-31")
    export.line("202502", 2.0, partition="2025-03-04")
    export.line("202503", 4.0, partition="2025-02-28")
    assert ask() == [("2025-02", "USD", Decimal(3)), ("2025-03", "USD", Decimal(4))]


def test_currencies_are_totals_of_their_own(export: Export) -> None:
    export.line("202503", 1.0)
    export.line("202503", 2.0, currency="EUR")
    assert ask() == [("2025-03", "EUR", Decimal(2)), ("2025-03", "USD", Decimal(1))]


def test_a_month_that_the_table_does_not_have_is_left_out_and_no_zero(export: Export) -> None:
    export.line("202503", 1.0)
    assert [total[0] for total in ask()] == ["2025-03"]


def test_other_accounts_and_months_don_t_count(export: Export) -> None:
    export.line("202503", 1.0)
    export.line("202503", 2.0, account="0C-2D")
    export.line("202504", 4.0)
    export.line(None, 8.0)
    assert ask() == [("2025-03", "USD", Decimal(1))]


def test_no_months_ask_nothing(export: Export) -> None:
    assert ask([]) == []
    assert export.lines == []


def test_one_query_runs_after_a_dry_run_and_carries_a_cap(export: Export) -> None:
    ask()
    ((dry,), (query,)) = (export.dry, export.queries)
    assert dry["query"]["query"] == query["query"]["query"]
    assert query["query"]["maximumBytesBilled"] == str(50 * 10**9)


def test_partitions_before_the_first_month_are_not_read(export: Export) -> None:
    ask()
    bounds = {p["name"]: p for p in export.queries[0]["query"]["queryParameters"]}
    assert bounds["floor"]["parameterValue"]["value"].startswith("2025-01-01")


def test_a_query_over_the_cap_is_not_run(export: Export) -> None:
    export.bytes_processed = 2 * 10**9
    with pytest.raises(Unreachable, match=r"over the cap of 1\.00 GB") as told:
        ask(options="?max_gb=1")
    assert (told.value.kind, export.queries) == ("too-large", [])


def test_a_denied_identity_is_told_its_permissions(export: Export) -> None:
    export.refusals.append(Refusal("POST", 403, "accessDenied", 9))
    with pytest.raises(Unreachable) as told:
        ask()
    assert told.value.kind == "denied"
    assert "bigquery.jobs.create on pay-1" in str(told.value.permission)


def test_throttling_is_waited_out(export: Export) -> None:
    export.line("202503", 1.0)
    export.refusals.append(Refusal("POST", 503, "backendError"))
    assert len(ask()) == 1


def test_a_table_that_is_not_there_is_missing(export: Export) -> None:
    export.refusals.append(Refusal("POST", 404, "notFound", 9))
    with pytest.raises(Unreachable) as told:
        ask()
    assert told.value.kind == "missing"


@pytest.mark.parametrize("scope", ["", "billing.table", "p.d.t` WHERE 1=1 --"])
def test_what_is_no_table_is_refused_before_anything_is_asked(export: Export, scope: str) -> None:
    with pytest.raises(InputError, match="names no table"):
        totals(ACCOUNT, scope, MONTHS)
    assert export.lines == []
