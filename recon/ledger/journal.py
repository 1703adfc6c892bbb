"""How does the ledger become a journal that an accountant's own tools read and check?

A plain-text journal of beancount: one transaction per transaction of the ledger, each posting beside its
counter posting, so that every pair sums to 0. The tolerances are set to 0: `bean-check` proves the balance to
the last digit. Docs: docs/journal.md. Source of the form: beancount's language reference.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from recon.errors import InputError, Where
from recon.hostile import shown
from recon.ledger.account_names import account_names, payer_names
from recon.money import plain

Row = Mapping[str, Any]
Cost = Literal["billed", "effective"]
COSTS: Mapping[str, str] = {"billed": "BilledCost", "effective": "EffectiveCost"}

_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")
_WORDS = ("TRUE", "FALSE", "NULL")  # the language reads these capitals as values
_EVER = ("0000-00", "9999-12")
_DIGITS = 28  # beancount rounds a number with a minus, and every sum, to so many significant digits
_LONGEST = 1_000
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_TOLD = ("entry", "rule", "basis", "rung", "class", "verdict", "charges")
_CHOSEN = 'WITH chosen AS (SELECT *, "{cost}" AS amount FROM ledger WHERE billing_period BETWEEN $1 AND $2 AND ($3 IS NULL OR account = $3)) '
_ACCOUNTS = """SELECT account, min(billing_period) AS first FROM (
    SELECT account, billing_period FROM chosen UNION ALL SELECT origin_account, billing_period FROM chosen)
WHERE account IS NOT NULL GROUP BY ALL ORDER BY ALL"""
_PAYERS = """SELECT x_ProviderId AS provider, BillingAccountId AS payer, min(billing_period) AS first
FROM chosen GROUP BY ALL ORDER BY ALL"""
_TOTALS = """SELECT BillingCurrency AS currency, count(DISTINCT transaction_id) AS transactions,
    count(*) AS entries, sum(amount) AS total FROM chosen GROUP BY ALL ORDER BY ALL"""
# A share of a pool stands against the pool, everything else against the provider. What a pool's transaction
# does not sum to (0 today) stands against the provider too, so that the journal says what the ledger says.
_PAIRS = """
SELECT billing_period, x_ProviderId AS provider, BillingAccountId AS payer, BillingCurrency AS currency, transaction_id, 0 AS rest,
       account, entry_id AS entry, origin_account AS counter,
       max(entry_id) FILTER (account = origin_account) OVER (
           PARTITION BY billing_period, x_ProviderId, BillingAccountId, BillingCurrency, transaction_id) AS counter_entry,
       origin_period, rule_id AS rule, basis, rung, x_Class AS class, verdict, charges, amount
FROM chosen QUALIFY origin_account IS NULL OR account <> origin_account
UNION ALL
SELECT billing_period, x_ProviderId, BillingAccountId, BillingCurrency, transaction_id, 1, origin_account,
       max(entry_id) FILTER (account = origin_account), NULL, NULL, min(origin_period), min(rule_id), NULL, NULL, NULL, NULL, NULL,
       sum(amount)
FROM chosen WHERE origin_account IS NOT NULL
GROUP BY billing_period, x_ProviderId, BillingAccountId, BillingCurrency, transaction_id, origin_account HAVING sum(amount) <> 0
ORDER BY billing_period, provider, payer, currency, transaction_id, rest, account, entry"""


class Asked(Protocol):
    """A store that answers: rows by column name, or column names and rows as a stream."""

    def ask(self, sql: str, *parameters: object) -> list[Row]: ...

    def stream(self, sql: str, *parameters: object) -> tuple[list[str], Iterator[tuple[Any, ...]]]: ...


@dataclass(frozen=True)
class Total:
    """What one currency's transactions carry: their number, the ledger's entries, and the entries' sum."""

    currency: str
    transactions: int
    entries: int
    total: Decimal


@dataclass(frozen=True)
class Journal:
    """A journal that was written."""

    path: Path
    cost: Cost
    totals: tuple[Total, ...]


def write_journal(
    store: Asked,
    to: Path,
    cost: Cost = "billed",
    asked: tuple[str, str] | None = None,
    account: str | None = None,
) -> Journal:
    """The ledger's entries posted in `asked` (first and last period; None: all) as one file, put in place whole.

    `account`: only its own entries; a share then stands against the provider, by way of the pool that it comes from.

    InputError, before anything is written, where `to` is a folder, or a currency's code is one that beancount
    cannot read.
    """
    if to.is_dir():
        raise InputError("is a folder; name the file to write in it, such as ledger.beancount", Where(to))
    sql = _CHOSEN.format(cost=COSTS[cost])
    span = (*(asked or _EVER), account)
    ever = (*_EVER, None)
    totals = tuple(Total(**row) for row in store.ask(sql + _TOTALS, *span))
    _check_currencies([t.currency for t in totals])
    # Named over the whole ledger: an account has the same name in the journals of two periods.
    accounts = account_names(r["account"] for r in store.ask(sql + _ACCOUNTS, *ever))
    payers = payer_names((r["provider"], r["payer"]) for r in store.ask(sql + _PAYERS, *ever))
    names, rows = store.stream(sql + _PAIRS, *span)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_head(cost, account))
        file.writelines(
            _opened(store.ask(sql + _ACCOUNTS, *span), store.ask(sql + _PAYERS, *span), accounts, payers)
        )
        pairs = (dict(zip(names, row, strict=True)) for row in rows)
        file.writelines(_transactions(pairs, accounts, payers))
    part.replace(to)
    return Journal(to, cost, totals)


def _check_currencies(codes: list[str]) -> None:
    for code in codes:
        if not _CURRENCY.fullmatch(code) or code in _WORDS:
            raise InputError(
                f'the ledger has amounts in "{shown(code, 60)}", which is no currency code in a journal: two to 24 capitals, digits '
                "and ' . _ -, a capital first, a capital or digit last, and not TRUE, FALSE or NULL. Leave its months out "
                "(--period), or take the ledger as it is: tagrecon export csv ledger"
            )


def _head(cost: Cost, account: str | None) -> Iterator[str]:
    made = "journal" if account is None else "statements"
    of = "" if account is None else f", {_quoted(account)}"
    yield f"; The ledger of tagrecon: who pays for the cloud, and why. Made by tagrecon export {made}.\n"
    yield f'option "title" "tagrecon ledger, {COSTS[cost]}{of}"\n'
    yield 'option "inferred_tolerance_default" "*:0"\n'
    yield 'option "tolerance_multiplier" "0"\n\n'


def _opened(
    accounts: list[Row], payers: list[Row], names: Mapping[str, str], payer_of: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    lines = [
        (
            _booked(r["first"]) - timedelta(days=1),
            names[r["account"]],
            f'  account: "{_quoted(r["account"])}"\n',
        )
        for r in accounts
    ]
    for r in payers:
        told = f'  provider: "{_quoted(r["provider"])}"\n  billing-account: "{_quoted(r["payer"])}"\n'
        lines.append((_booked(r["first"]) - timedelta(days=1), payer_of[r["provider"], r["payer"]], told))
    for day, name, told in sorted(lines):
        yield f"{day} open {name}\n{told}"


def _transactions(
    pairs: Iterator[dict[str, Any]], names: Mapping[str, str], payer_of: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    before = None
    for pair in pairs:
        payer = payer_of[pair["provider"], pair["payer"]]
        this = (pair["billing_period"], payer, pair["currency"], pair["transaction_id"])
        if this != before:
            yield _headline(pair)
        before = this
        counter = names[pair["counter"]] if pair["counter"] is not None else payer
        for amount, back in _amounts(pair["amount"]):
            yield f"  {names[pair['account']]}  {amount} {pair['currency']}\n"
            yield from _told({name: pair[name] for name in _TOLD})
            yield f"  {counter}  {back} {pair['currency']}\n"
            yield from _told({"entry": pair["counter_entry"]})


def _headline(pair: Mapping[str, Any]) -> str:
    about = f"{pair['counter']} divided" if pair["counter"] is not None else pair["account"]
    lines = [f'\n{_booked(pair["billing_period"])} * "{_quoted(about)}"\n']
    facts = {"transaction": pair["transaction_id"], "period": pair["billing_period"]}
    if pair["origin_period"] != pair["billing_period"]:
        facts["origin-period"] = pair["origin_period"]
    lines += _told(facts, "  ")
    return "".join(lines)


def _told(facts: Mapping[str, Any], indent: str = "    ") -> Iterator[str]:
    for name, value in facts.items():
        if value is not None:
            yield (
                f"{indent}{name}: {value}\n"
                if isinstance(value, int)
                else f'{indent}{name}: "{_quoted(value)}"\n'
            )


def _amounts(amount: Decimal) -> Iterator[tuple[str, str]]:
    """The amount and its counterpart; in two pairs, whole and fraction, where beancount would round it."""
    text = plain(amount) or "0"
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    parts = [digits]
    if len(digits.replace(".", "").lstrip("0")) > _DIGITS:
        whole, _, fraction = digits.partition(".")
        parts = [whole, f"0.{fraction}"]
    for part in parts:
        back = part if sign or part == "0" else f"-{part}"
        yield sign + part, back


def _booked(period: str) -> date:
    """The last day of a month: its charges are then all there."""
    year, month = int(period[:4]), int(period[5:7])
    return date(year, month, monthrange(year, month)[1])


def _quoted(text: str) -> str:
    """Text between quotes: escaped; control, format and bidi characters replaced, for people read this file."""
    cut = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
    return shown(cut.translate(_ESCAPES), 3 * _LONGEST)
