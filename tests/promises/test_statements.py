"""An owner's statement says what the ledger says: page, table and journal, in safe files, the same bytes every time."""

from __future__ import annotations

import csv
import json
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from typer.testing import CliRunner

from recon.cli.app import app
from tests.bills import REGISTRY, line, work, write_bill, write_config
from tests.promises.test_closing import PAY, ask, bill, close, october

HOSTILE = ("=1+1", "../../evil", "<script>alert(1)</script>", "Payments", "pay\u202ements")


def export(config: Path, *arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(app, ["export", "statements", "--config", str(config), *arguments])
    assert answer.exit_code == code, answer.output
    return answer.output


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """October closed, then restated: November has adjustments."""
    config = write_config(tmp_path / "estate")
    write_bill(config.parent / "exports/oct.csv", october())
    work(config)
    close(config)
    bill(config, october("50"))
    bill(config, [line(30, "7", month=11, tags=PAY)], "nov")
    return config


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_page_table_and_journal_say_what_the_ledger_says(estate: Path, tmp_path: Path) -> None:
    (estate.parent / "orders.csv").write_text(
        "month,owner,metric,value\n2026-11,payments,orders,97\n2026-11,paymets,orders,1\n", "utf-8"
    )
    with estate.open("a", encoding="utf-8") as file:
        file.write("unit_metrics: [{file: orders.csv, metric: orders}]\n")
    told = export(estate, "--to", str(tmp_path / "out"))
    assert 'orders.csv:3: no owner "paymets" is in the ledger' in told
    ledger = ask(
        estate,
        "SELECT billing_period, owner, sum(EffectiveCost) FROM ledger WHERE owner IS NOT NULL GROUP BY ALL ORDER BY ALL",
    )
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.csv")) == [
        f"{period}/{owner}.csv" for period, owner, _ in ledger
    ]
    for period, owner, total in ledger:
        table = rows(tmp_path / f"out/{period}/{owner}.csv")
        assert sum(Decimal(row["effective_cost"]) for row in table) == total
        assert sum(Decimal(row["effective_cost_rounded"]) for row in table) == total.quantize(Decimal("0.01"))
        text = (tmp_path / f"out/{period}/{owner}.beancount").read_text("utf-8")
        with localcontext(Context(prec=28)):
            entries, errors, _ = loader.load_string(text)
        assert errors == []
        assert _sum(entries, "Expenses:Owners:") == total
        assert _sum(entries, "Liabilities:") == -total
        assert _sum(entries, "Expenses:Shared:") == 0
    page = (tmp_path / "out/2026-11/payments.html").read_text("utf-8")
    # 7 of November; 40 + 1.5 of what October's restated bill changed
    for part in (
        "Adjustments of earlier months",
        "October 2026",
        "bill restated",
        "by <bdi>finance",
        "48.50",
        "0.5000",
    ):
        assert part in page
    assert "37.50\u00a0USD more than in October 2026 (+340.9\u00a0%)" in page


def _sum(entries: Any, prefix: str) -> Decimal:
    return sum(
        (
            posting.units.number
            for entry in entries
            if isinstance(entry, Transaction)
            for posting in entry.postings
            if posting.account.startswith(prefix)
        ),
        Decimal(0),
    )


def test_the_same_ledger_gives_the_same_bytes(estate: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(estate, "--to", str(tmp_path / name))
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 12  # two owners, two months, three files
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_one_owner_and_one_month(estate: Path, tmp_path: Path) -> None:
    told = json.loads(
        export(estate, "--to", str(tmp_path / "o"), "--owner", "search", "--period", "2026-11", "--json")
    )
    (only,) = told["statements"]
    assert (only["billing_period"], only["owner"], only["totals"]) == (
        "2026-11", "search", [{"currency": "USD", "effective_cost": "-1.5", "billed_cost": "-1.5"}],
    )  # fmt: skip
    assert [Path(p).name for p in only["paths"]] == ["search.html", "search.csv", "search.beancount"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--owner", "serch"), 'Did you mean "search"?'),
        (("--period", "2031-01"), "nothing is posted in 2031-01"),
        (("--cost", "gross"), 'unknown cost "gross"'),
    ],
)
def test_what_is_not_there_is_told(
    estate: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in export(estate, "--to", str(tmp_path / "o"), *arguments, code=2)
    assert not (tmp_path / "o").exists()


def test_hostile_owners_stay_in_the_folder_and_do_no_harm(tmp_path: Path) -> None:
    config = write_config(tmp_path / "estate")
    (config.parent / "registry.yaml").write_text(
        REGISTRY.replace("values: {list: [payments, search, platform]}", "case: exact"), "utf-8"
    )
    (config.parent / "allocation.yaml").write_text("version: 1\nrules: []\n", "utf-8")
    lines = [
        line(5, "1", tags={"cost-center": name}, ResourceId=f"r-{n}")
        for n, name in enumerate((*HOSTILE, "payments"))
    ]
    bill(config, lines)
    export(config, "--to", str(tmp_path / "out"))
    pages = sorted((tmp_path / "out/2026-10").glob("*.html"))
    assert len({p.name.casefold() for p in pages}) == len(HOSTILE) + 1
    assert {p.parent for p in (tmp_path / "out").rglob("*.*")} == {tmp_path / "out/2026-10"}
    assert "<script>alert" not in "".join(p.read_text("utf-8") for p in pages)
    owners = [row["owner"] for p in (tmp_path / "out").rglob("*.csv") for row in rows(p)]
    assert "'=1+1" in owners
    assert not any(owner.startswith("=") for owner in owners)
