"""What does the store know of decisions, approvals and changes? What the log beside it says, taken in whole at every run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import polars as pl

from recon.fix.approvals import standing_approvals
from recon.fix.history import Effect, folded
from recon.fix.log import AuditLog, Event
from recon.fix.proof import prove
from recon.fix.published import published
from recon.model import Gap
from recon.review.decision import Decision, decisions
from recon.store.masking import Masker
from recon.store.store import Limits, StorePaths, connect

_EVENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "at": pl.Datetime("us"), "actor": pl.String, "action": pl.String, "subject": pl.String, "detail": pl.String,
    "run_id": pl.String, "event_no": pl.Int64, "event_hash": pl.String,
}  # fmt: skip
_MONEY = pl.Decimal(38, 24)
_EFFECTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "action_id": pl.String, "provider_id": pl.String, "account_id": pl.String, "resource_id": pl.String,
    "key": pl.String, "changes": pl.String, "verdict": pl.String, "reason": pl.String, "finding_id": pl.String,
    "owner": pl.String, "state": pl.String, "state_reason": pl.String, "sent_at": pl.Datetime("us"),
    "ended_at": pl.Datetime("us"), "actor": pl.String, "approval": pl.String, "approved_by": pl.String,
    "verified_at": pl.Datetime("us"), "undo": pl.String, "undone_at": pl.Datetime("us"), "currency": pl.String,
    "billed_recovered": _MONEY, "effective_recovered": _MONEY,
}  # fmt: skip

_REVIEWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "event_no": pl.Int64, "at": pl.Datetime("us"), "reviewer": pl.String, "action_id": pl.String, "provider_id": pl.String,
    "account_id": pl.String, "resource_id": pl.String, "key": pl.String, "decision": pl.String, "value": pl.String,
    "until": pl.Date, "adjudicates": pl.Boolean, "comment": pl.String, "suggested": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Log:
    """The log as it was read: `head` is what a run depends on: the newest hash, "" for none, and what is wrong; `gaps`: one where it was
    changed after it was written."""

    events: Sequence[Event]
    head: str
    gaps: tuple[Gap, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.gaps


def read_log(paths: StorePaths) -> Log:
    """What the log beside a store says, proven by its hashes and by what the published store has taken in. That somebody changed it is a
    gap and stops no run; nothing is applied by it then, and nothing of it taken in."""
    log = AuditLog(paths.audit)
    known = taken_in(paths)
    events = log.readable()
    proof = prove(log, known=known)
    gaps: tuple[Gap, ...] = ()
    head = events[-1].hash if events else ""
    if not proof.holds:
        words = (
            f"it was changed after it was written: {proof.problems[0]}; tagrecon fix audit --verify tells all"
        )
        gaps = (Gap("unreadable", "audit log of fixes", words),)
        head = " ".join((head, *proof.problems))
    return Log(events, head, gaps)


def taken_in(paths: StorePaths) -> list[tuple[int, str]]:
    """Number and hash of the events that the published store has taken in."""
    if not paths.published.exists():
        return []
    con = connect(paths.published, Limits(memory="256MB"), read_only=True)
    try:
        return con.execute(
            "SELECT event_no, event_hash FROM base.audit WHERE event_no IS NOT NULL ORDER BY event_no"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # a store of before there was a log
        return []
    finally:
        con.close()


def take_log(con: duckdb.DuckDBPyConnection, log: Log, masker: Masker) -> None:
    """Fill `base.audit` (one row per event), `base.review` (one per decision of a reviewer) and `base.fix_effect` (one per plan and action
    that was tried), masked by what is sensitive today. Of a log that was changed nothing is taken: what the store knows stays, because it
    is what finds the change."""
    events = [published(event, masker) for event in (log.events if log.holds else _known(con))]
    history = folded(events)
    rows = [_event(event) for event in events]
    _fill(con, "base.audit", pl.DataFrame(rows, schema=_EVENTS, orient="row"))
    reviews = [_review(each) for each in decisions(events)]
    _fill(con, "base.review", pl.DataFrame(reviews, schema=_REVIEWS, orient="row"))
    signers = {a.id: a.by for a in history.approvals.values()} | {
        s.id: s.by for s in standing_approvals(events)
    }
    effects = [_effect(effect, signers) for effect in history.effects.values()]
    _fill(con, "base.fix_effect", pl.DataFrame(effects, schema=_EFFECTS, orient="row"))


def _fill(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    con.execute(f"DELETE FROM {table}")
    con.register("log_now", rows.to_arrow())
    names = ", ".join(f'"{name}"' for name in rows.columns)
    con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM log_now")
    con.unregister("log_now")


def _event(event: Event) -> tuple[object, ...]:
    plan = event.detail.get("plan")
    detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
    return (
        _at(event.at), event.who, _named(event), event.subject, detail, None if plan is None else str(plan)[:16],
        event.n, event.hash,
    )  # fmt: skip


def _known(con: duckdb.DuckDBPyConnection) -> list[Event]:
    """The events that the store has taken in, as it says them."""
    rows = con.execute(
        'SELECT event_no, "at", actor, action, subject, detail, event_hash FROM base.audit WHERE event_no IS NOT NULL ORDER BY event_no'
    ).fetchall()
    return [
        Event(
            n,
            f"{at:%Y-%m-%dT%H:%M:%S.%fZ}" if at else "",
            who,
            _what(action, said),
            subject,
            said,
            hash=digest,
        )
        for n, at, who, action, subject, text, digest in rows
        for said in [json.loads(text)]
    ]


def _what(named: str, detail: Mapping[str, object]) -> str:
    """The kind of an event, of how the store names it."""
    if not named.startswith("fix:"):
        return named
    return "outcome" if "outcome" in detail else "verify" if "found" in detail else "send"


def _named(event: Event) -> str:
    """`fix:applied`, `fix:rolled-back`, `fix:changed`…: what happened to a tag; else the kind of the event."""
    undo = bool(event.detail.get("undo"))
    if event.what == "outcome":
        outcome = str(event.detail.get("outcome"))
        return "fix:rolled-back" if undo and outcome == "applied" else f"fix:{'undo-' * undo}{outcome}"
    if event.what == "verify":
        return f"fix:{event.detail.get('found')}"
    return "fix:send" if event.what == "send" else event.what


def _review(each: Decision) -> tuple[object, ...]:
    suggested = json.dumps([dict(said) for said in each.suggested], ensure_ascii=False, sort_keys=True)
    return (
        each.n, _at(each.at), each.by, each.action, each.provider_id, each.account_id, each.resource_id, each.key, each.kind,
        each.value, date.fromisoformat(each.until) if each.until else None, each.adjudicates, each.comment, suggested,
    )  # fmt: skip


def _effect(effect: Effect, signers: Mapping[str, str]) -> tuple[object, ...]:
    action, target = effect.action, effect.action.target
    changes = [{"raw_key": c.raw_key, "before": c.before, "after": c.after} for c in action.changes]
    return (
        effect.plan, action.id, target.provider_id, target.account_id, target.resource_id, action.key,
        json.dumps(changes, ensure_ascii=False), action.verdict, action.why, action.finding, action.owner,
        effect.state, effect.reason, _at(effect.sent_at), _at(effect.at), effect.by, effect.approval,
        signers.get(effect.approval), _at(effect.verified_at), effect.undo, _at(effect.undo_at), action.currency,
        action.billed, action.effective,
    )  # fmt: skip


def _at(text: str) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None) if text else None
