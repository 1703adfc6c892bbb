"""Does beancount itself accept the journal, and find in it what the ledger says, to the last digit?"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
from beancount import loader
from beancount.core.data import Open, Transaction
from typer.testing import CliRunner

from recon.cli.app import app
from recon.errors import InputError
from recon.ledger.account_names import account_names, components, payer_names
from recon.ledger.journal import COSTS, write_journal
from recon.store.store import create_schema
from reports.questions import Store

Sums = Mapping[tuple[str, str], Decimal]  # ledger account and currency
HOSTILE = (
    "payments", "Payments", "pay ments", "pay-ments", "支付", "財務", "", ":", "a:b", "<script>alert(1)</script>", '"; quit', "back\\slash",
    "two\nlines", "tab\there", '2026-01-01 open Assets:Evil\n', "Zürich", "zurich", "=1+1", "-", "9lives", "x" * 5_000, "x" * 5_000 + "y",
    "payments-239D59ED", "\\n", 'ends with \\', "e\u0301", "é",
)  # fmt: skip


def ledger_of(path: Path, entries: Iterable[Mapping[str, Any]]) -> Path:
    """A store with our schema and these entries: what the ledger view reads."""
    with duckdb.connect(str(path)) as con:
        create_schema(con)
        books: dict[tuple[str, ...], int] = {}
        for n, given in enumerate(entries):
            e = {
                "origin": None, "provider": "aws", "payer": "400100200300", "currency": "USD", "period": "2026-10",
                "account": "owner:payments", "basis": "direct", "pool": None, "rule": None, "effective": Decimal(0),
                "transaction": f"t{n}", **given,
            }  # fmt: skip
            key = (e["origin"] or e["period"], e["provider"], e["payer"], e["currency"])
            if key not in books:
                books[key] = len(books)
                con.execute("INSERT INTO base.book VALUES (?, ?, ?, ?, ?)", [books[key], *key])
            con.execute(
                "INSERT INTO base.entry VALUES (?, ?, ?, ?, ?, ?, NULL, 'direct', ?, ?, ?, 'usage', 'match', ?, ?, 1, NULL, NULL, NULL)",
                [
                    n, books[key], f"e{n}", e["transaction"], e["period"], e["account"], e["rule"], e["basis"], e["pool"], e["billed"],
                    e["effective"],
                ],
            )  # fmt: skip
    return path


def written(path: Path, to: Path, **options: Any) -> str:
    with Store(path) as store:
        write_journal(store, to, **options)
    return to.read_text("utf-8")


def loaded(text: str) -> Any:
    """What `bean-check` makes of it: our own process adds with more digits than beancount's does."""
    with localcontext(Context(prec=28)):
        return loader.load_string(text)


def read(text: str) -> tuple[Sums, Sums, list[Transaction]]:
    """What beancount reads: sums by ledger account, sums by provider and payer, transactions; no error."""
    entries, errors, _ = loaded(text)
    assert errors == []
    told: dict[str, str] = {}
    for e in entries:
        if isinstance(e, Open):
            told[e.account] = e.meta.get(
                "account", f"{e.meta.get('provider')} {e.meta.get('billing-account')}"
            )
    assert len(set(told.values())) == len(told)
    sums: dict[bool, dict[tuple[str, str], Decimal]] = {
        True: defaultdict(Decimal),
        False: defaultdict(Decimal),
    }
    transactions = [e for e in entries if isinstance(e, Transaction)]
    for posting in (p for t in transactions for p in t.postings):
        assert posting.units is not None and isinstance(posting.units.number, Decimal)
        side = sums[posting.account.startswith("Expenses:")]
        key = (told[posting.account], posting.units.currency)
        side[key] += posting.units.number
    return sums[True], sums[False], transactions


def ledger_sums(path: Path, cost: str = "BilledCost", where: str = "true") -> tuple[Sums, Sums]:
    with duckdb.connect(str(path), read_only=True) as con:
        own, payers = (
            con.execute(
                f"SELECT {what}, BillingCurrency, sum({cost}) FROM ledger WHERE {where} GROUP BY ALL"
            ).fetchall()
            for what in ("account", "x_ProviderId || ' ' || BillingAccountId")
        )
    return {(a, c): s for a, c, s in own}, {(a, c): -s for a, c, s in payers}


@pytest.mark.parametrize("cost", sorted(COSTS))
def test_the_sample_estate_balances_and_says_what_the_ledger_says(
    published_estate: Any, tmp_path: Path, cost: Any
) -> None:
    store = published_estate.cfg.store
    own, payers, transactions = read(written(store, tmp_path / "j.beancount", cost=cost))
    assert (own, payers) == ledger_sums(store, COSTS[cost])
    with duckdb.connect(str(store), read_only=True) as con:
        ids = {i for (i,) in con.execute("SELECT DISTINCT transaction_id FROM ledger").fetchall()}
        splits = con.execute("SELECT count(*) FROM ledger WHERE origin_account IS NOT NULL").fetchone()
    assert {t.meta["transaction"] for t in transactions} == ids
    assert len(transactions) == len(ids)
    assert splits and splits[0] > 1  # otherwise nothing above is about shared cost


def test_every_entry_is_named_with_its_rule_and_its_exact_amount(
    published_estate: Any, tmp_path: Path
) -> None:
    store = published_estate.cfg.store
    _, _, transactions = read(written(store, tmp_path / "j.beancount"))
    found: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    rules: dict[str, str | None] = {}
    for posting in (p for t in transactions for p in t.postings):
        assert posting.meta is not None and posting.units is not None and posting.units.number is not None
        if entry := posting.meta.get("entry"):
            key = (entry, posting.units.currency)
            found[key] += posting.units.number
            if "charges" in posting.meta:
                rules[entry] = posting.meta.get("rule")
    with duckdb.connect(str(store), read_only=True) as con:
        rows = con.execute(
            "SELECT entry_id, BillingCurrency, BilledCost, rule_id, account IS NOT DISTINCT FROM origin_account FROM ledger"
        ).fetchall()
    assert found == {(entry, currency): billed for entry, currency, billed, _, _ in rows}
    assert rules == {entry: rule for entry, _, _, rule, pool in rows if not pool}


@pytest.mark.parametrize("lost", ["000000000000000000000001", "5"])
def test_beancount_rounds_nothing_away(tmp_path: Path, lost: str) -> None:
    store = ledger_of(tmp_path / "s.duckdb", [{"billed": Decimal("1.5")}])
    text = written(store, tmp_path / "j.beancount")
    wrong = text.replace("-1.5 USD", f"-1.5{lost} USD")
    assert wrong != text
    _, errors, _ = loaded(wrong)
    assert ["does not balance" in e.message for e in errors] == [True]


def test_more_digits_than_beancount_keeps_still_come_out_whole(tmp_path: Path) -> None:
    long = Decimal("12345678901234.123456789012345678901234")
    pool = {"pool": "shared:support", "transaction": "t", "rule": "support", "basis": "even"}
    store = ledger_of(
        tmp_path / "s.duckdb",
        [
            {"billed": long},
            {"billed": long.copy_negate(), "account": "owner:search"},
            {"billed": Decimal("40000.000000000000000000000001"), "account": "shared:support"},
            {"billed": Decimal("-40000.000000000000000000000001"), "account": "shared:support", **pool},
            {"billed": Decimal("13333.333333333333333333333334"), "account": "owner:a", **pool},
            {"billed": Decimal("13333.333333333333333333333334"), "account": "owner:b", **pool},
            {"billed": Decimal("13333.333333333333333333333333"), "account": "owner:c", **pool},
        ],
    )
    own, payers, _ = read(written(store, tmp_path / "j.beancount"))
    assert (own, payers) == ledger_sums(store)
    assert own["owner:payments", "USD"] == long
    assert own["shared:support", "USD"] == 0


def test_what_a_pool_does_not_give_on_stands_against_the_provider(tmp_path: Path) -> None:
    pool = {"pool": "shared:support", "transaction": "t"}
    store = ledger_of(
        tmp_path / "s.duckdb",
        [
            {"billed": Decimal(-10), "account": "shared:support", **pool},
            {"billed": Decimal(12), "account": "owner:a", **pool},
        ],
    )
    own, payers, _ = read(written(store, tmp_path / "j.beancount"))
    assert (own, payers) == ledger_sums(store)
    assert own == {("owner:a", "USD"): 12, ("shared:support", "USD"): -10}


def test_hostile_owners_stay_apart_and_keep_their_text(tmp_path: Path) -> None:
    store = ledger_of(
        tmp_path / "s.duckdb",
        [{"billed": Decimal(n + 1), "account": f"owner:{owner}"} for n, owner in enumerate(HOSTILE)],
    )
    entries, errors, _ = loaded(written(store, tmp_path / "j.beancount"))
    assert errors == []
    opened = {e.account: e.meta["account"] for e in entries if isinstance(e, Open) and "account" in e.meta}
    assert len(opened) == len(HOSTILE)
    short = {f"owner:{owner}" for owner in HOSTILE if len(owner) < 1_000}
    assert short == {text for text in opened.values() if len(text) < 1_000}
    amounts = {
        opened[p.account]: p.units.number
        for t in entries
        if isinstance(t, Transaction)
        for p in t.postings
        if p.account in opened and p.units is not None
    }
    assert all(amounts[f"owner:{o}"] == n + 1 for n, o in enumerate(HOSTILE) if len(o) < 1_000)


def test_characters_that_would_fool_a_reader_are_replaced(tmp_path: Path) -> None:
    store = ledger_of(
        tmp_path / "s.duckdb", [{"billed": Decimal(1), "account": "owner:a\x1b[2J\u202eb\u2028c\x00"}]
    )
    text = written(store, tmp_path / "j.beancount")
    assert '  account: "owner:a\ufffd[2J\ufffdb\ufffdc\ufffd"\n' in text
    assert loaded(text)[1] == []


def test_two_currencies_two_clouds_and_credits_are_never_mixed(tmp_path: Path) -> None:
    store = ledger_of(
        tmp_path / "s.duckdb",
        [
            {"billed": Decimal("10.25"), "currency": "USD"},
            {"billed": Decimal("-0.000000000000000000000007"), "currency": "EUR"},
            {"billed": Decimal("-3"), "currency": "EUR", "provider": "azure", "payer": "/providers/x/1"},
            {"billed": Decimal(0), "currency": "EUR", "account": "unallocated:untagged"},
        ],
    )
    text = written(store, tmp_path / "j.beancount")
    assert read(text)[:2] == ledger_sums(store)
    assert (
        "  Liabilities:Azure:providers-x-1" not in text and "  Liabilities:Azure:Providers-x-1  3 EUR" in text
    )
    assert "E-" not in re.sub('".*"', "", text)


def test_only_the_months_asked_for_under_the_names_of_the_whole_ledger(tmp_path: Path) -> None:
    store = ledger_of(
        tmp_path / "s.duckdb",
        [
            {"billed": Decimal(1), "period": "2026-09", "account": "owner:Payments"},
            {"billed": Decimal(2), "period": "2026-10", "origin": "2026-08", "account": "owner:payments"},
            {"billed": Decimal(4), "period": "9999-12", "account": "owner:payments"},
        ],
    )
    text = written(store, tmp_path / "j.beancount", asked=("2026-10", "2026-10"))
    own, _, (only,) = read(text)
    assert own == {("owner:payments", "USD"): 2}
    assert (str(only.date), only.meta["origin-period"]) == ("2026-10-31", "2026-08")
    whole = written(store, tmp_path / "whole.beancount")
    (name,) = re.findall("open (Expenses:.*)", text)
    assert name in re.findall("open (Expenses:.*)", whole)
    assert f"2026-10-30 open {name}\n" in text
    assert read(whole)[:2] == ledger_sums(store)


def test_an_empty_ledger_is_an_empty_journal(tmp_path: Path) -> None:
    text = written(ledger_of(tmp_path / "s.duckdb", []), tmp_path / "j.beancount")
    assert loaded(text)[:2] == ([], [])


@pytest.mark.parametrize("code", ["credits", "X", "TRUE", "US D", "1AB", "A" * 25, "USD-", ""])
def test_a_currency_that_beancount_cannot_read_is_refused_and_nothing_is_written(
    tmp_path: Path, code: str
) -> None:
    store = ledger_of(tmp_path / "s.duckdb", [{"billed": Decimal(1), "currency": code}])
    with pytest.raises(InputError, match=re.escape(f'"{code}", which is no currency code')):
        written(store, tmp_path / "j.beancount")
    assert [p.name for p in tmp_path.iterdir()] == ["s.duckdb"]


def test_a_folder_is_refused_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    store = ledger_of(tmp_path / "s.duckdb", [{"billed": Decimal(1)}])
    (tmp_path / "to").mkdir()
    with pytest.raises(InputError, match="is a folder; name the file"):
        written(store, tmp_path / "to")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["s.duckdb", "to"]


def test_the_same_entries_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    entries = [
        {"billed": Decimal(n), "account": f"owner:{owner}", "transaction": f"t{n % 3}"}
        for n, owner in enumerate(HOSTILE)
    ]
    first = ledger_of(tmp_path / "a.duckdb", entries)
    with duckdb.connect(str(first)) as con:
        con.execute(
            "CREATE TABLE back AS SELECT * FROM base.entry ORDER BY entry_no DESC; DELETE FROM base.entry"
        )
        before = ledger_of(tmp_path / "b.duckdb", entries)
        con.execute("INSERT INTO base.entry SELECT * FROM back ORDER BY entry_no DESC")
    assert written(first, tmp_path / "a.beancount") == written(before, tmp_path / "b.beancount")


def test_a_name_that_looks_like_another_ones_hashed_name_is_not_it() -> None:
    plain_pair = components(["Payments", "payments"])
    taken = plain_pair["payments"]
    names = components(["Payments", "payments", taken])
    assert len(set(names.values())) == 3
    assert all(re.fullmatch("[A-Z0-9][A-Za-z0-9-]*", name) for name in names.values())


def test_plain_names_are_plain() -> None:
    assert account_names(["owner:payments", "shared:support", "unallocated:wrong-owner", "odd"]) == {
        "owner:payments": "Expenses:Owners:Payments",
        "shared:support": "Expenses:Shared:Support",
        "unallocated:wrong-owner": "Expenses:Unallocated:Wrong-owner",
        "odd": "Expenses:Other:Odd",
    }
    assert payer_names([("aws", "400100200300")]) == {("aws", "400100200300"): "Liabilities:Aws:400100200300"}


def test_the_command_writes_it_and_says_what_it_carries(published_estate: Any, tmp_path: Path) -> None:
    to = tmp_path / "new" / "ledger.beancount"
    asked = ["export", "journal", "--to", str(to), "--config", str(published_estate.config)]
    answer = CliRunner().invoke(app, [*asked, "--period", "2026-10", "--cost", "effective", "--json"])
    assert answer.exit_code == 0, answer.output
    own, _ = ledger_sums(published_estate.cfg.store, "EffectiveCost", "billing_period = '2026-10'")
    said = {t["currency"]: Decimal(t["total"]) for t in json.loads(answer.stdout)["totals"]}
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for (_, currency), amount in own.items():
        totals[currency] += amount
    assert said == totals
    assert read(to.read_text("utf-8"))[0] == own
    text = CliRunner().invoke(app, [*asked, "--period", "1999-01"])
    assert (text.exit_code, "no entries" in text.stdout) == (0, True)
    refused = CliRunner().invoke(app, [*asked, "--cost", "list"])
    assert (refused.exit_code, "effective" in refused.output) == (2, True)
