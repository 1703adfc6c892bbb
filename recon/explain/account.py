"""Why did this account of the ledger get this, or what is this one entry? From the amount back to charges.

Each level's amounts add up to the level above, in both costs: statement, parts, entries, the pool behind a share, the
charges. `OurBug` where they do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from recon.errors import InputError, OurBug
from recon.explain.adjusted import adjustment, closure_of, pool_total
from recon.explain.entries import Books, Entry, Group, money, total
from recon.explain.pools import Pools, Source
from recon.explain.reasons import RUNGS
from recon.hostile import shown
from recon.ledger.running import Units
from recon.money import plain, to_units
from recon.yaml_file import not_allowed
from reports.questions import Store

SCHEMA = "tagrecon.explain/1"
KINDS = ("owner", "shared", "unallocated")
PARTS = ("direct", "inherited", "shared", "adjustments")
Periods = tuple[str, str] | None
_EVER = ("0000-00", "9999-99")


@dataclass(frozen=True)
class Told:
    """Entries with their documents, and the books that they stand in."""

    document: dict[str, Any]
    entries: list[Entry]
    pools: Pools

    def as_json(self) -> dict[str, Any]:
        """The document of `explain --json`, without bill lines; amounts are plain decimal text."""
        told: dict[str, Any] = _plain(self.document)
        return told


def known_account(store: Store, wanted: str) -> str | None:
    """The account of the ledger that a person means: as it is written, or by its name alone where only one has it.

    InputError where a word with an account's kind before it names none: the nearest is told."""
    accounts = [row["account"] for row in store.ask("SELECT DISTINCT account FROM ledger ORDER BY 1")]
    if wanted in accounts:
        return wanted
    folded = [a for a in accounts if a.casefold() == wanted.casefold()]
    if len(folded) == 1:
        return str(folded[0])
    if wanted.partition(":")[0] in KINDS:
        raise InputError(not_allowed(wanted, "account of the ledger", accounts))
    named = [a for a in accounts if a.partition(":")[2] == wanted]
    if len(named) > 1:
        listed = ", ".join(shown(a, 60) for a in named)
        raise InputError(
            f'"{shown(wanted)}" is the name of several accounts: {listed}; write one of them in full'
        )
    return str(named[0]) if named else None


def explain_account(store: Store, account: str, periods: Periods = None) -> Told:
    """Everything posted to an account in some posted periods (first, last; None: all). InputError where nothing is."""
    pools = Pools(Books(store))
    entries = pools.books.posted(
        "p.account = ? AND p.billing_period BETWEEN ? AND ?", account, *(periods or _EVER)
    )
    if not entries:
        held = [
            row["p"]
            for row in store.ask(
                "SELECT DISTINCT billing_period AS p FROM ledger WHERE account = ? ORDER BY 1", account
            )
        ]
        asked = "..".join(dict.fromkeys(periods or ()))
        raise InputError(not_allowed(asked, "billing period", held, f" of {shown(account)}"))
    pools.preload(entries)
    documents = {(e.world, e.entry_id): entry_document(pools, e) for e in entries}
    statements = [
        _statement(account, period, currency, list(members), documents)
        for (period, currency), members in groupby(entries, key=_statement_of)
    ]
    return Told(
        {"schema": SCHEMA, "kind": "account", "account": account, "statements": statements}, entries, pools
    )


def explain_entry(store: Store, entry_id: str) -> Told:
    """One posted entry. InputError where there is none of this id."""
    pools = Pools(Books(store))
    entries = pools.books.posted("p.entry_id = ?", entry_id)
    if not entries:
        near = [
            row["entry_id"]
            for row in store.ask(
                "SELECT DISTINCT entry_id FROM ledger WHERE left(entry_id, 4) = left(?, 4) ORDER BY 1 LIMIT 20",
                entry_id,
            )
        ]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise InputError(
            f'no entry "{shown(entry_id, 60)}" is posted. Ids stand in the view ledger, on owners\' pages and in '
            f"explain owner:NAME; an entry that nothing is posted for any more has gone from it.{hint}"
        )
    pools.preload(entries)
    documents = [entry_document(pools, e) for e in entries]
    return Told({"schema": SCHEMA, "kind": "entry", "entry": documents[0]}, entries, pools)


def is_entry(store: Store, text: str) -> bool:
    """Whether a text of 16 hex digits is the id of a posted entry."""
    return bool(store.ask("SELECT 1 FROM ledger WHERE entry_id = ? LIMIT 1", text))


def is_name(store: Store, text: str) -> bool:
    """Whether an account of the ledger has this name behind its kind."""
    return bool(store.ask("SELECT 1 FROM ledger WHERE ends_with(account, ':' || ?) LIMIT 1", text))


def _statement_of(entry: Entry) -> tuple[str, str]:
    return str(entry.facts["billing_period"]), str(entry.facts["currency"])


def _statement(
    account: str, period: str, currency: str, entries: list[Entry], documents: dict[Any, dict[str, Any]]
) -> dict[str, Any]:
    of_part = {part: [e for e in entries if e.part == part] for part in PARTS}
    pools = sorted({e.origin_account for e in of_part["shared"] if e.origin_account is not None})
    return {
        "billing_period": period,
        "currency": currency,
        "account": account,
        **money(total(e.units for e in entries)),
        "parts": [
            {"part": part, "entries": len(mine), **money(total(e.units for e in mine))}
            for part, mine in of_part.items()
        ],
        "pools": [
            {"pool": pool, **money(total(e.units for e in of_part["shared"] if e.origin_account == pool))}
            for pool in pools
        ],
        "entries": [
            documents[e.world, e.entry_id]
            for part in PARTS
            for e in sorted(
                of_part[part], key=lambda e: (e.origin_account or "", -abs(e.units[1]), e.entry_id)
            )
        ],
    }


def entry_document(pools: Pools, entry: Entry) -> dict[str, Any]:
    """One entry as plain rows: what it is, and the level below it that sums to it."""
    facts = entry.facts
    frozen = bool(entry.world[0])
    document = {
        "entry_id": entry.entry_id,
        "transaction_id": facts["transaction_id"],
        "billing_period": facts["billing_period"],
        "origin_period": facts["origin_period"],
        "provider": facts["provider_id"],
        "billing_account": facts["billing_account_id"],
        "currency": facts["currency"],
        "account": entry.account,
        "owner": facts["owner"],
        "part": entry.part,
        "rule_id": facts["rule_id"],
        "rule_version": facts["rule_version"],
        "rung": facts["rung"],
        "rung_means": RUNGS.get(str(facts["rung"])),
        "basis": facts["basis"],
        "weight": facts["weight"],
        "weight_total": facts["weight_total"],
        "class": facts["class"],
        "verdict": facts["verdict"],
        "frozen": frozen,
        **money(entry.units),
    }
    if entry.part == "adjustments":
        told = adjustment(pools, entry)
        if told["kept"]:
            _prove(entry, (_units(piece) for piece in told["pieces"]))
        return {**document, "adjustment": told}
    document["closed"] = closure_of(pools.books, entry.world[1]) if frozen else None
    if entry.origin_account is None:
        groups = pools.books.groups(entry)
        _prove(entry, (g.units for g in groups))
        return {**document, "charges": [_charge(g, g.units) for g in groups]}
    sources = pools.sources(entry)
    _prove(entry, (s.part for s in sources))
    share: dict[str, Any] = {
        "pool": entry.origin_account,
        **money(pool_total(pools, entry), "pool_"),
        "made_of": [_source(s) for s in sources],
    }
    if entry.account == entry.origin_account:
        share["divided_to"] = [
            {"account": e.account, "entry_id": e.entry_id, "weight": e.facts["weight"], "weight_total": e.facts["weight_total"], **money(e.units)}
            for e in pools.transaction(entry)
        ]  # fmt: skip
    return {**document, "share": share}


def _source(source: Source) -> dict[str, Any]:
    facts = source.entry.facts
    told: dict[str, Any] = {
        "entry_id": source.entry.entry_id,
        "pool": source.entry.origin_account,
        "rule_id": facts["rule_id"],
        "rule_version": facts["rule_version"],
        "rung": facts["rung"],
        "basis": facts["basis"],
        "weight": facts["weight"],
        "weight_total": facts["weight_total"],
        "class": facts["class"],
        **money(source.units, "pool_"),
        **money(source.part),
    }
    if source.entry.origin_account is None:
        return {**told, "charges": [_charge(group, part) for group, part in source.charges]}
    return {**told, "made_of": [_source(below) for below in source.sources]}


def _charge(group: Group, part: Units) -> dict[str, Any]:
    """Some charges, the part of them that is meant (`billed_cost`), and all of them (`charged_…`)."""
    return {**group.as_json(), **money(group.units, "charged_"), **money(part)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _units(document: dict[str, Any]) -> Units:

    return to_units(document["billed_cost"]), to_units(document["effective_cost"])


def _prove(entry: Entry, parts: Iterable[Units]) -> None:
    if total(parts) != entry.units:
        raise OurBug(
            f"entry {entry.entry_id} of {shown(entry.account)} is not the sum of what it is made of; "
            "run tagrecon run --period with its month, and tell us"
        )
