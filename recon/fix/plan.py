"""Which tags should be set on which resources, and how much money would then be where it belongs?

Read from the open findings and the live tags of the store; one action per resource × key. A dry run: actions
are rows and a file, and nothing here can write to a cloud.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol

import duckdb
import polars as pl

from recon.fix.document import Step, write_plan
from recon.fix.limits import refusal
from recon.fix.mend import CONFIDENCE, MENDABLE, UNREAD, Case, Mend, Reader, mend
from recon.frames import frame
from recon.model import short_id
from recon.registry import Registry, in_force

__all__ = ["COLUMNS", "propose", "stored_plan", "write_actions", "write_plan"]

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "action_id": pl.String,
    "provider_id": pl.String,
    "account_id": pl.String,
    "resource_id": pl.String,
    "key": pl.String,
    "raw_key": pl.String,
    "before_value": pl.String,
    "after_value": pl.String,
    "verdict": pl.String,
    "reason": pl.String,
    "evidence": pl.String,
    "confidence": pl.Float64,
    "owner": pl.String,
    "currency": pl.String,
    "billed_recovered": pl.Decimal(38, 24),
    "effective_recovered": pl.Decimal(38, 24),
    "status": pl.String,
}

_CASES = """
SELECT f.finding_id, f.check_id, f.provider_id, f.sub_account_id, f.resource_id, f.key, f.evidence, f.owner,
       f.currency, f.billed_at_stake, f.effective_at_stake, t.tagset_id, s.tagset_no
FROM base.finding f
LEFT JOIN base.resource r ON r.provider_id = f.provider_id AND r.resource_id = f.resource_id
LEFT JOIN base.resource_state s ON s.resource_no = r.resource_no AND s.valid_to IS NULL
LEFT JOIN base.tagset t ON t.tagset_no = s.tagset_no
WHERE f.status = 'open' AND f.resource_id IS NOT NULL AND r.deleted_at IS NULL AND f.check_id IN (SELECT unnest(?::VARCHAR[]))
ORDER BY f.provider_id, f.sub_account_id, f.resource_id, f.key, f.check_id"""
_ENTRIES = """
SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry
WHERE tagset_no IN (SELECT unnest(?::INTEGER[])) ORDER BY ALL"""
_STEPS = """
SELECT provider_id, billing_account_id, key, evidence, owner, currency, billed_at_stake, effective_at_stake
FROM base.finding WHERE check_id = 'not-activated' AND status = 'open'
ORDER BY provider_id, billing_account_id, key"""
_LONGEST_SEEN = 512
_CUT = ("…", "\N{REPLACEMENT CHARACTER}")


class Sources(Protocol):
    """What planning reads: the store, the registry, the values behind masks, and the clock."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def raw(self) -> Callable[[str], str]: ...
    @property
    def now(self) -> datetime: ...


def propose(ctx: Sources) -> pl.DataFrame:
    """The proposed actions, one per resource × key: columns of COLUMNS, in the order of `base.fix_action`.

    Of several open findings about one key the surest counts, then the dearest. `raw_key`, `before_value` and
    `after_value` are the first change; `evidence` is JSON with all of them and the tagset that was seen.
    `status` is `proposed`, or `not-possible` where the provider's limits forbid it (the reason says which).
    """
    reader = Reader(in_force(ctx.registry, ctx.now.date()), ctx.raw)
    best: dict[tuple[str, str, str], tuple[Case, Mend]] = {}
    for case in _cases(ctx.con):
        found = mend(case, reader)
        at = (case.provider_id, case.resource_id, case.key)
        if found is not None and (at not in best or _rank(case, found) > _rank(*best[at])):
            best[at] = (case, found)
    rows = [_action(case, found, ctx.raw) for case, found in best.values()]
    actions = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    return actions.sort("provider_id", "account_id", "resource_id", "key")


def write_actions(con: duckdb.DuckDBPyConnection, actions: pl.DataFrame) -> None:
    """Replace what was proposed before in `base.fix_action`; actions that went further stay."""
    con.execute("DELETE FROM base.fix_action WHERE status IN ('proposed', 'not-possible')")
    con.register("actions_now", actions.to_arrow())
    con.execute(f"INSERT INTO base.fix_action SELECT {', '.join(COLUMNS)} FROM actions_now")
    con.unregister("actions_now")


def stored_plan(con: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, tuple[Step, ...]]:
    """(actions, other steps) of a store, for `write_plan`: what `write_actions` left, and the open findings
    that no tag mends."""
    actions = frame(
        con, "SELECT * FROM base.fix_action ORDER BY provider_id, account_id, resource_id, key, action_id"
    )
    return actions, tuple(_step(*row) for row in con.execute(_STEPS).fetchall())


def _rank(case: Case, found: Mend) -> tuple[object, ...]:
    return (CONFIDENCE[found.knows], case.effective or 0, case.verdict)


def _cases(con: duckdb.DuckDBPyConnection) -> Iterator[Case]:
    rows = con.execute(_CASES, [list(MENDABLE)]).fetchall()
    numbers = sorted({row[-1] for row in rows if row[-1] is not None})
    tags: dict[int, dict[str, str]] = {}
    for number, key, value in con.execute(_ENTRIES, [numbers]).fetchall():
        tags.setdefault(number, {})[key] = value
    for *fields, tagset_id, tagset_no in rows:
        yield _case(fields, tagset_id, None if tagset_id is None else tags.get(tagset_no, {}))


def _case(fields: list[Any], live_id: str | None, live: dict[str, str] | None) -> Case:
    finding, verdict, provider, account, resource, key, evidence, owner, currency, billed, effective = fields
    said: dict[str, Any] = json.loads(evidence)
    raw = said.get("billed_raw", {})
    # a text that was cut or made harmless for showing can't be planned from
    exact = {k: v for k, v in raw.items() if not any(mark in k + v for mark in _CUT)}
    return Case(
        finding, verdict, provider, account, resource, key, said["lines"], said["first_day"],
        said["last_day"], live, live_id, exact, said.get("billed_value"), said.get("expected_value"),
        said.get("resolved_value"), said.get("resolved_from"), owner, currency, billed, effective,
    )  # fmt: skip


def _action(case: Case, found: Mend, raw: Callable[[str], str]) -> tuple[object, ...]:
    wanted = {c.raw_key: raw(c.after) for c in found.changes}
    refused = refusal(case.provider_id, case.live or {}, wanted)
    first = found.changes[0]
    sure = CONFIDENCE[found.knows] if case.live is not None else min(CONFIDENCE[found.knows], UNREAD)
    evidence = {
        "because": case.finding_id,
        "says": f"{case.lines} bill lines from {case.first_day} to {case.last_day}: {case.verdict}.",
        "changes": [{"raw_key": c.raw_key, "before": c.before, "after": c.after} for c in found.changes],
        "state": None if case.live is None else {k: _short(v) for k, v in case.live.items()},
        "state_id": case.live_id,
    }
    return (
        short_id("fix", case.provider_id, case.account_id, case.resource_id, case.key),
        case.provider_id, case.account_id, case.resource_id, case.key, first.raw_key, first.before,
        first.after, case.verdict, f"Not possible: {refused}." if refused else found.why,
        json.dumps(evidence, ensure_ascii=False, sort_keys=True), sure, case.owner, case.currency,
        case.billed, case.effective, "not-possible" if refused else "proposed",
    )  # fmt: skip


def _short(value: str) -> str:
    """A tag of the seen state, cut where no provider carries as much; `state_id` says it exactly."""
    return value if len(value) <= _LONGEST_SEEN else value[:_LONGEST_SEEN] + "…"


def _step(
    provider: str,
    account: str,
    key: str,
    evidence: str,
    owner: str | None,
    currency: str | None,
    billed: Any,
    effective: Any,
) -> Step:
    said = json.loads(evidence)
    names = ", ".join(sorted(said.get("live_raw", {}))) or key
    what = (
        f"Activate {names} as a cost allocation tag in billing account {account}, "
        f"then backfill from {said['first_day']}."
    )
    count = said.get("resources", 1)
    why = f"It is set on {count} resource{'s' if count != 1 else ''}, and on no line of the account's bill."
    return Step(provider, account, key, what, why, owner, currency, billed, effective)
