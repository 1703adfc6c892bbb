"""How does finance close a month, or open it again? The same road as a run's: private copy, proof, publish.

What is frozen is what the published store says, so what the last report showed. Reports are made again: they mark
closed months, and say what was adjusted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from recon.config import RunConfig
from recon.errors import InputError
from recon.hostile import shown
from recon.ledger.adjust import post_adjustments
from recon.ledger.closable import Problem, problems
from recon.ledger.close import close
from recon.ledger.closures import Basis, Signed, closed_books, freeze, release
from recon.model import Gap
from recon.registry import load_registry
from recon.run.outputs import sweep
from recon.run.publishing import Result, Tell, mend, publish_run
from recon.run.reporting import summarize
from recon.store.books import Book, all_books
from recon.store.store import Limits, StorePaths, discard, locked, read_meta, working_copy

# A month without a bill of its own, in which adjustments of earlier ones are posted, is a book too.
_ONLY_ADJUSTED = """
INSERT INTO base.book
SELECT (SELECT max(book_no) FROM base.book) + row_number() OVER (ORDER BY n.billing_period, n.provider_id, n.billing_account_id, n.currency), n.* FROM (
    SELECT DISTINCT a.billing_period, o.provider_id, o.billing_account_id, o.currency FROM base.adjustment a JOIN base.book o USING (book_no)
) n ANTI JOIN base.book USING (billing_period, provider_id, billing_account_id, currency)"""
_WITHOUT_FILES = """
SELECT DISTINCT b.provider_id || ' ' || b.billing_account_id FROM base.book b JOIN base.file_book f USING (billing_period, provider_id, billing_account_id)
JOIN base.source_file s USING (file_no) WHERE f.in_force AND b.book_no IN (SELECT unnest(?::INTEGER[]))
GROUP BY ALL HAVING bool_and(s.status = 'gone') ORDER BY 1"""


@dataclass(frozen=True)
class Wanted:
    """Which books: one billing period, of one provider and billing account or of all."""

    period: str
    provider: str | None = None
    billing_account: str | None = None

    def of(self, books: Sequence[Book]) -> list[Book]:
        """Those of `books` that are meant."""
        return [
            b for b in books
            if b.billing_period == self.period and self.provider in (None, b.provider_id)
            and self.billing_account in (None, b.billing_account_id)
        ]  # fmt: skip


@dataclass(frozen=True)
class Closed:
    """What was done: `books` were closed or reopened, over `waved` problems; `skipped` were so already."""

    books: list[Book]
    skipped: list[Book]
    waved: list[Problem]
    result: Result


def close_books(
    cfg: RunConfig, now: datetime, wanted: Wanted, signed: Signed, partial: bool, tell: Tell
) -> Closed:
    """Freeze the books that `wanted` means. `partial`: in spite of what speaks against it, except that the month
    has not ended.

    InputError where none is meant, or where something speaks against closing; nothing is changed then.
    """

    def change(con: duckdb.DuckDBPyConnection, books: list[Book], gaps: list[Gap]) -> list[Problem]:
        found = problems(con, books, now.astimezone(UTC).replace(tzinfo=None), gaps)
        stops = [p for p in found if p.open or not partial]
        if stops:
            raise InputError(_refusal(wanted, stops, partial))
        for book in books:
            spite = sorted({p.reason for p in found if p.book == book})
            freeze(con, [book], _told(signed, spite), _basis(con), bool(spite))
        return found

    return _changed(cfg, now, wanted, change, False, tell)


def reopen_books(cfg: RunConfig, now: datetime, wanted: Wanted, signed: Signed, tell: Tell) -> Closed:
    """Open the closed books that `wanted` means again; the trace of their closing stays."""

    def change(con: duckdb.DuckDBPyConnection, books: list[Book], gaps: list[Gap]) -> list[Problem]:
        empty = con.execute(_WITHOUT_FILES, [[b.book_no for b in books]]).fetchall()
        if empty:
            raise InputError(
                f"{_named(wanted)} can't be reopened: no file of {', '.join(shown(str(row[0]), 80) for row in empty)} is left at its source, "
                "so nothing would be left of the month. Put its files back, run tagrecon run, then reopen"
            )
        release(con, books, signed)
        return []

    return _changed(cfg, now, wanted, change, True, tell)


_Change = Callable[[duckdb.DuckDBPyConnection, list[Book], list[Gap]], list[Problem]]


def _changed(
    cfg: RunConfig, now: datetime, wanted: Wanted, change: _Change, closed: bool, tell: Tell
) -> Closed:
    at = now.astimezone(UTC).replace(tzinfo=None)
    registry = load_registry(cfg.registry)
    paths = StorePaths(cfg.store)
    if not paths.published.exists():
        raise InputError(f"no store lies at {paths.published} yet: `tagrecon run` makes one")
    with locked(paths):
        discard(paths)
        sweep(cfg.output)
        mend(cfg, paths, tell)
        run_id = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with working_copy(paths, Limits(cfg.memory_limit, cfg.threads)) as con:
            if read_meta(con, "pending") == "1":
                raise InputError(
                    "the store holds bills that are not reconciled yet: run tagrecon run, then close"
                )
            known = _known(con, closed)
            meant = wanted.of(known)
            if not meant:
                raise InputError(_nothing(wanted, known, closed))
            frozen = closed_books(con)
            books = [b for b in meant if (b.book_no in frozen) == closed]
            skipped = [b for b in meant if (b.book_no in frozen) != closed]
            if not books:
                state = "open" if closed else "closed"
                raise InputError(f"{_named(wanted)} is {state} already; see tagrecon close --list")
            gaps = _gaps(con)
            waved = change(con, books, gaps)
            post_adjustments(con, read_meta(con, "posted_version") or "")
            close(con)
            summary = summarize(con, cfg, registry, run_id, at, gaps)
        return Closed(books, skipped, waved, publish_run(cfg, paths, run_id, summary, True, tell))


def _told(signed: Signed, spite: Sequence[str]) -> Signed:
    """The reason with what was waved through: it stays with the closing."""
    if not spite:
        return signed
    return replace(
        signed,
        reason="; ".join([*([signed.reason] if signed.reason else []), f"in spite of: {'; '.join(spite)}"]),
    )


def _known(con: duckdb.DuckDBPyConnection, closed: bool) -> list[Book]:
    """Open ones need charges or adjustments that are posted in them; a closed one may have lost its charges."""
    if not closed:
        con.execute(_ONLY_ADJUSTED)
        rows = con.execute(
            "SELECT book_no, billing_period, provider_id, billing_account_id, currency FROM base.book b WHERE EXISTS ("
            "SELECT 1 FROM base.adjustment a JOIN base.book o USING (book_no) WHERE a.billing_period = b.billing_period "
            "AND o.provider_id = b.provider_id AND o.billing_account_id = b.billing_account_id AND o.currency = b.currency)"
        ).fetchall()
        found = {*all_books(con), *(Book(*row) for row in rows)}
        return sorted(
            found, key=lambda b: (b.billing_period, b.provider_id, b.billing_account_id, b.currency)
        )
    rows = con.execute(
        "SELECT book_no, billing_period, provider_id, billing_account_id, currency FROM base.book ORDER BY 2, 3, 4, 5"
    ).fetchall()
    frozen = closed_books(con)
    return [book for book in (Book(*row) for row in rows) if book.book_no in frozen]


def _basis(con: duckdb.DuckDBPyConnection) -> Basis:
    run: dict[str, Any] = json.loads(read_meta(con, "summary") or "{}").get("run", {})
    return Basis(
        str(run.get("registry_version", "")),
        read_meta(con, "posted_version") or "",
    )


def _gaps(con: duckdb.DuckDBPyConnection) -> list[Gap]:
    """What the last run could not see, as its summary says."""
    told = json.loads(read_meta(con, "summary") or "{}").get("gaps", [])
    return [
        Gap(
            g["kind"],
            g["scope"],
            g["reason"],
            g["provider"],
            g["permission"],
            tuple(g["touched"]),
            bool(g.get("limitation")),
        )
        for g in told
    ]


def _refusal(wanted: Wanted, stops: Sequence[Problem], partial: bool) -> str:
    lines = [f"{_named(wanted)} can't be closed yet; nothing was changed:"]
    lines += sorted({f"  {_book(p.book)}: {p.reason}" for p in stops})
    if not partial and not any(p.open for p in stops):
        lines.append(
            "Mend it and run again, or close it as it is with --partial; that is kept with the closing."
        )
    return "\n".join(lines)


def _nothing(wanted: Wanted, known: Sequence[Book], closed: bool) -> str:
    there = sorted({f"{b.billing_period} {b.provider_id} {shown(b.billing_account_id, 60)}" for b in known})
    listed = "; ".join(there[-12:]) or "none"
    return f"the store has no {'closed ' if closed else ''}book of {_named(wanted)}. There are: {listed}"


def _named(wanted: Wanted) -> str:
    return " ".join(
        shown(part, 80) for part in (wanted.period, wanted.provider, wanted.billing_account) if part
    )


def _book(book: Book) -> str:
    return f"{book.billing_period} {book.provider_id} {shown(book.billing_account_id, 60)} {book.currency}"
