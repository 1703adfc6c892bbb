"""Do allocated charges sum to the bill and to the ledger, and tell whose they are?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from recon.errors import InputError, OurBug
from recon.focus_export import divided
from recon.focus_export.ways import Ways
from tests.bills import line, work, write_bill
from tests.focus_export.shared_estate import Estate, read, run_estate, shared_bill, sums_of, tags

DIMENSIONS = "ChargeDescription, ResourceId, ServiceName, ChargeCategory, Tags, ListUnitPrice, ContractedUnitPrice, PricingUnit"
ALLOCATED = "SELECT * FROM rows WHERE AllocatedMethodId IS NOT NULL"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return run_estate(tmp_path_factory.mktemp("allocated") / "estate", shared_bill())


@pytest.fixture(scope="module")
def exported(estate: Estate) -> Path:
    estate.export(estate.folder / "allocated.csv")
    return estate.folder / "allocated.csv"


@pytest.fixture(scope="module")
def plain(estate: Estate) -> Path:
    estate.export(estate.folder / "plain.csv", allocated=False)
    return estate.folder / "plain.csv"


def ledger(estate: Estate) -> list[tuple[Any, ...]]:
    with estate.store() as con:
        return con.execute(
            "SELECT account, BillingCurrency, sum(BilledCost), sum(EffectiveCost) FROM ledger GROUP BY ALL "
            "HAVING sum(BilledCost) <> 0 OR sum(EffectiveCost) <> 0 ORDER BY ALL"
        ).fetchall()


def borne(path: Path) -> list[tuple[Any, ...]]:
    money = "DECIMAL(38,24)"
    return read(
        path,
        f"SELECT x_LedgerAccount, BillingCurrency, sum(BilledCost::{money}), sum(EffectiveCost::{money}) FROM rows "
        f"GROUP BY ALL HAVING sum(BilledCost::{money}) <> 0 OR sum(EffectiveCost::{money}) <> 0 ORDER BY ALL",
    )


def test_every_metric_sums_to_that_of_the_bill(exported: Path, plain: Path) -> None:
    assert sums_of(exported) == sums_of(plain)


def test_each_account_bears_what_the_ledger_posted_to_it(estate: Estate, exported: Path) -> None:
    found = borne(exported)
    assert found == ledger(estate)
    assert {account for account, *_ in found} == {
        "owner:payments",
        "owner:search",
    }  # platform passes all of it on


def test_each_line_is_the_sum_of_its_allocated_charges(exported: Path, plain: Path) -> None:
    every = (
        "BilledCost",
        "EffectiveCost",
        "ListCost",
        "ContractedCost",
        "PricingQuantity",
        "ConsumedQuantity",
    )
    sums = ", ".join(f"sum({m}::DECIMAL(38,{24 if m.endswith('Cost') else 12}))" for m in every)
    query = f"SELECT x_SourceFile, x_SourceRow::INT, {sums} FROM rows GROUP BY ALL ORDER BY ALL"
    assert read(exported, query) == read(plain, query)


def test_dimensions_and_unit_prices_are_those_of_the_line(exported: Path, plain: Path) -> None:
    query = f"SELECT DISTINCT x_SourceRow::INT, {DIMENSIONS} FROM rows ORDER BY 1"
    assert read(exported, query) == read(plain, query)


def test_a_line_of_an_owner_who_passes_nothing_on_is_left_as_it_is(exported: Path, plain: Path) -> None:
    columns = [c for (c,) in read(plain, "SELECT column_name FROM (DESCRIBE rows)")]
    query = f"SELECT {', '.join(columns)} FROM rows WHERE x_SourceRow IN ('1', '2', '3') ORDER BY x_SourceRow::INT"
    assert read(exported, query) == read(plain, query)
    owned = "SELECT x_SourceRow, x_Owner, x_LedgerAccount, x_AllocationRung, x_OriginChargeId FROM rows WHERE x_SourceRow = '2'"
    assert read(exported, owned) == [("2", "search", "owner:search", "billed", None)]


def test_the_ratios_of_a_line_sum_to_1_as_printed_and_exactly(exported: Path) -> None:
    ratios: dict[str, list[tuple[Decimal, Fraction]]] = defaultdict(list)
    for details, share, origin in read(
        exported,
        "SELECT AllocatedMethodDetails, x_AllocatedShare, x_OriginChargeId FROM rows WHERE AllocatedMethodId IS NOT NULL",
    ):
        [element] = json.loads(details, parse_float=Decimal, parse_int=Decimal)["Elements"]
        assert element["x_AllocatedShare"] == share
        assert abs(Fraction(element["AllocatedRatio"]) - Fraction(share)) < Fraction(1, 10**17)
        ratios[origin].append((element["AllocatedRatio"], Fraction(share)))
    assert len(ratios) == 8
    for parts in ratios.values():
        assert (sum(ratio for ratio, _ in parts), sum(share for _, share in parts)) == (1, 1)


def test_a_cascade_is_followed_to_its_end_and_names_its_splits(exported: Path) -> None:
    rows = read(
        exported,
        "SELECT AllocatedMethodId, AllocatedResourceId, AllocatedResourceName, x_Owner, x_LedgerAccount, x_AllocationRuleId, "
        "x_AllocationRung, x_AllocatedFrom, x_OriginChargeId FROM rows WHERE x_SourceRow = '5' ORDER BY 2",
    )
    common = ("shared", "shared:transit", "exports/bill.csv:5")
    assert rows == [
        ("transit > gateway", *("owner:payments", "payments") , "payments", "owner:payments", "gateway", *common),
        ("transit > gateway", *("owner:search", "search"), "search", "owner:search", "transit, gateway", *common),
    ]  # fmt: skip


def test_the_owner_stands_in_allocated_tags_unless_tags_have_the_key(exported: Path) -> None:
    seen = set()
    for own, theirs, owner in read(exported, f"SELECT Tags, AllocatedTags, x_Owner FROM ({ALLOCATED})"):
        assert tags(theirs) == ({} if "team" in tags(own) else {"team": owner})
        seen.add("team" in tags(own))
    assert seen == {True, False}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_file_read_as_a_bill_has_the_totals_of_the_bill(
    estate: Estate, tmp_path: Path, form: str
) -> None:
    again = tmp_path / "again"
    (again / "exports").mkdir(parents=True)
    estate.export(again / "exports" / f"bill.{form}", form=form)  # type: ignore[arg-type]
    for name in ("registry.yaml", "tagrecon.yaml", "usage.csv"):
        (again / name).write_bytes((estate.folder / name).read_bytes())
    (again / "allocation.yaml").write_text("version: 1\n", "utf-8")
    work(again / "tagrecon.yaml")
    by_book = "SELECT billing_period, x_ProviderId, BillingAccountId, BillingCurrency, sum(BilledCost), sum(EffectiveCost) FROM charges GROUP BY ALL ORDER BY ALL"
    with estate.store() as one, Estate(again).store() as other:
        assert other.execute(by_book).fetchall() == one.execute(by_book).fetchall()
        assert other.execute("SELECT count(*) FROM base.quarantine").fetchall() == [(0,)]
    Estate(again).export(tmp_path / "twice.csv")  # our own columns do not stand twice in it
    columns = [c for (c,) in read(tmp_path / "twice.csv", "SELECT column_name FROM (DESCRIBE rows)")]
    assert len({c.lower() for c in columns}) == len(columns)


def test_the_same_store_gives_the_same_bytes(estate: Estate, exported: Path, tmp_path: Path) -> None:
    estate.export(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == exported.read_bytes()


def test_a_release_without_the_columns_is_refused(estate: Estate, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"FOCUS 1\.2 has no columns .* --focus-version 1\.3"):
        estate.export(tmp_path / "focus.csv", "1.2")
    assert list(tmp_path.iterdir()) == []


def test_rules_that_were_changed_since_the_run_are_said_to_be(tmp_path: Path) -> None:
    estate = run_estate(tmp_path / "estate", shared_bill())
    rules = (estate.folder / "allocation.yaml").read_text("utf-8")
    more = "rules: [{id: one, when: {ChargeDescription: line 1}, to: 'owner:search'}]\n"
    (estate.folder / "allocation.yaml").write_text(rules + more, "utf-8")
    with pytest.raises(InputError, match="Run tagrecon run, then export"):
        estate.export(tmp_path / "focus.csv")


def test_the_command_says_how_many_lines_were_replaced(estate: Estate, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recon", "export", "focus", "--allocated", "--focus-version", "1.4"]
    config = [
        "--to",
        str(tmp_path / "f.parquet"),
        "--config",
        str(estate.config),
        "--now",
        "2026-11-03T06:00:00Z",
    ]
    done = subprocess.run([*command, *config], capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 bill lines of divided pools stand as 15 allocated charges" in done.stdout


def test_a_provider_s_own_allocated_charge_keeps_what_it_said(tmp_path: Path) -> None:
    own = {
        "AllocatedMethodId": "pods",
        "AllocatedResourceId": "pod-1",
        "AllocatedTags": '{"app": "a"}',
        "ServiceProviderName": "AWS",
    }
    lines = [line(tags={"team": "search"}), line(cost="3", ServiceName="Transit", **own)]
    estate = run_estate(tmp_path / "estate", lines)
    write_bill(estate.folder / "exports" / "bill.csv", lines, [*lines[1]])
    work(estate.config)
    estate.export(tmp_path / "focus.csv")
    rows = read(
        tmp_path / "focus.csv", f"SELECT AllocatedTags, x_OriginAllocated, x_Owner FROM ({ALLOCATED})"
    )
    assert len(rows) == 2
    for theirs, origin, owner in rows:
        assert tags(theirs) == {"app": "a", "team": owner}
        assert (tags(origin)["AllocatedMethodId"], tags(origin)["AllocatedResourceId"]) == ("pods", "pod-1")


def test_charges_that_do_not_sum_to_the_lines_are_not_published(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(divided, "shared", lambda amounts, shares: [[0] * len(amounts) for _ in shares])
    with pytest.raises(OurBug, match="do not sum to the bill lines"):
        estate.export(tmp_path / "focus.csv")
    assert list(tmp_path.iterdir()) == []


def test_accounts_that_do_not_bear_what_was_posted_are_not_published(
    estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Ways.follow

    def exchanged(ways: Ways, lines: Any) -> Any:
        one, other = (found(ways, lines)[f"owner:{name}"] for name in ("payments", "search"))
        both = one.keys() & other.keys()
        swapped = {line: other[line] for line in both}, {line: one[line] for line in both}
        return {"owner:payments": {**one, **swapped[0]}, "owner:search": {**other, **swapped[1]}}

    monkeypatch.setattr(Ways, "follow", exchanged)
    with pytest.raises(OurBug, match="not what the ledger posted"):
        estate.export(tmp_path / "focus.csv")
    assert list(tmp_path.iterdir()) == []


costs = st.decimals(-(10**9), 10**9, places=24, allow_nan=False, allow_infinity=False).map(
    lambda d: format(d, "f")
)
quantity = st.one_of(st.just(""), st.decimals(-(10**6), 10**6, places=12).map(lambda d: format(d, "f")))


@st.composite
def bills(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        line(
            draw(st.integers(4, 7)),
            draw(costs),
            EffectiveCost=draw(costs),
            ListCost=draw(st.one_of(st.just(""), costs)),
            PricingQuantity=draw(quantity),
            PricingUnit="Hours",
            ServiceName=draw(st.sampled_from(["Transit", "Compute"])),
            ChargeCategory=draw(st.sampled_from(["Usage", "Usage", "Tax", "Credit"])),
            BillingCurrency=draw(st.sampled_from(["USD", "EUR"])),
            tags=draw(st.sampled_from([{}, {"team": "search"}, {"team": "payments"}, {"team": "platform"}])),
        )
        for _ in range(draw(st.integers(1, 8)))
    ]


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example runs for a second: no shrinking
)
@given(lines=bills())
def test_any_bill_sums_up(tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]]) -> None:
    estate = run_estate(tmp_path_factory.mktemp("any") / "estate", lines)
    first, second = estate.folder / "allocated.csv", estate.folder / "plain.csv"
    estate.export(first)
    estate.export(second, allocated=False)
    assert sums_of(first) == sums_of(second)
    assert borne(first) == ledger(estate)


def test_a_closed_month_is_said_to_stand_as_it_is_now(tmp_path: Path) -> None:
    estate = run_estate(tmp_path / "estate", shared_bill())
    now = ["--config", str(estate.config), "--now", "2026-11-05T06:00:00Z"]
    for command in (
        ["close", "2026-10", "--reason", "month end", *now],
        [
            "export",
            "focus",
            "--allocated",
            "--focus-version",
            "1.3",
            "--to",
            str(tmp_path / "focus.csv"),
            *now,
        ],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "recon", *command], capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr + done.stdout
    assert "closed: 2026-10; the file holds what rules and bills say now" in done.stdout
