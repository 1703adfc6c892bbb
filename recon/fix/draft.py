"""What would a plan of fixes hold now? From the store's proposals, its log's history, the guards and what code manages.

Nothing is written and nobody is asked: the same store, configuration and time give the same draft.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from recon.config.fixing import Fixing
from recon.fix.anew import Anew, actions_now
from recon.fix.guards import guarded
from recon.fix.planned import ACTIVATION, BACKFILL, Action, Change, CodeChange, Held, HeldWhy
from recon.fix.writing import Target
from recon.model import short_id
from recon.registry import Registry

_ACTIONS = """
SELECT f.action_id, f.provider_id, f.account_id, f.resource_id, f.key, f.raw_key, f.before_value, f.after_value, f.verdict,
       f.reason, f.evidence, f.confidence, f.owner, f.currency, f.billed_recovered, f.effective_recovered, f.status,
       r.region, r.resource_type
FROM proposals_now f
LEFT JOIN (SELECT provider_id, resource_id, any_value(region) AS region, any_value(resource_type) AS resource_type FROM base.resource
           WHERE deleted_at IS NULL GROUP BY ALL) r ON r.provider_id = f.provider_id AND r.resource_id = f.resource_id
WHERE f.status IN ('proposed', 'review', 'not-possible')
ORDER BY f.provider_id, f.account_id, f.resource_id, f.key, f.action_id"""
_STEPS = """
SELECT provider_id, billing_account_id, key, evidence, owner, currency, billed_at_stake, effective_at_stake, finding_id
FROM base.finding WHERE check_id = 'not-activated' AND status = 'open' AND provider_id = 'aws'
ORDER BY provider_id, billing_account_id, key"""
_LIVE = "SELECT provider_id, count(*) FROM base.resource WHERE deleted_at IS NULL GROUP BY ALL ORDER BY ALL"
_MONTHS_BACK = (
    12  # Source: AWS, StartCostAllocationTagBackfill: at most twelve months, from a first of a month
)


@dataclass(frozen=True)
class Draft:
    """`actions`: what may be planned; `held`: what not, and why; `code`: what must change in code instead."""

    actions: Sequence[Action]
    held: Sequence[Held] = ()
    code: Sequence[CodeChange] = ()


@dataclass(frozen=True)
class Known:
    """What is known beside the store. `flapping`: action id → a sentence; `coded`: actions that code manages → the change there;
    `anew`: what people have decided since the store was made; `lets`, `shows`: which actions the plan is narrowed to, and which it may
    name as held back."""

    flapping: Mapping[str, str] = field(default_factory=dict)
    in_code: Callable[[Sequence[Action]], Mapping[str, CodeChange]] = lambda actions: {}
    unwritable: Callable[[Action], str | None] = lambda action: None
    anew: Anew | None = None
    lets: Callable[[Action], bool] = lambda action: True
    shows: Callable[[Action], bool] = lambda action: True


def draft(
    con: duckdb.DuckDBPyConnection, registry: Registry, fixing: Fixing, now: datetime, known: Known
) -> Draft:
    """All that the store proposes, sorted into what may be planned, what is held back, and what belongs into code."""
    proposed: list[Action] = []
    held: list[Held] = []
    for action, status in _proposals(con, known.anew):
        if status == "proposed":
            proposed.append(action)
        else:
            because: HeldWhy = "review" if status == "review" else "not-possible"
            held.append(Held(action, because, action.why))
    proposed = [a for a in (*proposed, *_activations(con, now)) if known.lets(a)]
    held = [h for h in held if known.shows(h.action)]
    back = [Held(a, "flapping", known.flapping[a.id]) for a in proposed if a.id in known.flapping]
    coded = known.in_code(proposed)
    free = _less(proposed, {h.action.id for h in back} | set(coded))
    closed = [Held(a, "not-writable", why) for a in free if (why := known.unwritable(a))]
    free = _less(free, {h.action.id for h in closed})
    kept, stopped = guarded(
        free, fixing.protected, fixing.caps, registry, dict(con.execute(_LIVE).fetchall())
    )
    in_order = [coded[a.id] for a in proposed if a.id in coded]
    return Draft(kept, [*held, *back, *closed, *stopped], in_order)


def _less(actions: Sequence[Action], ids: Collection[str]) -> list[Action]:
    return [each for each in actions if each.id not in ids]


def _proposals(con: duckdb.DuckDBPyConnection, anew: Anew | None) -> list[tuple[Action, str]]:
    con.register("proposals_now", actions_now(con, anew).to_arrow())
    try:
        return [(_action(row), str(row[16])) for row in con.execute(_ACTIONS).fetchall()]
    finally:
        con.unregister("proposals_now")


def _action(row: tuple[Any, ...]) -> Action:
    (
        own, provider, account, resource, key, raw_key, before, after, verdict, reason, evidence, confidence, owner,
        currency, billed, effective, _, region, kind,
    ) = row  # fmt: skip
    told = json.loads(evidence)
    changes = told.get("changes") or [{"raw_key": raw_key, "before": before, "after": after}]
    return Action(
        own, Target(provider, account or "", region or "", kind or "", resource), key,
        tuple(Change(c["raw_key"], c["before"], c["after"]) for c in changes),
        verdict, reason, told.get("says", ""), told.get("because", ""), _hundredths(confidence),
        tuple(dict.fromkeys(s["signal"] for s in told.get("signals", ()))), owner, currency, billed, effective,
        told.get("state"), told.get("state_id"),
    )  # fmt: skip


def _hundredths(confidence: float) -> Decimal:
    return Decimal(str(confidence)).quantize(Decimal("0.01"))


def _activations(con: duckdb.DuckDBPyConnection, now: datetime) -> list[Action]:
    """Keys to activate as cost allocation tags, then one backfill per billing account."""
    found: list[Action] = []
    first: dict[str, tuple[str, str]] = {}
    for _, account, key, evidence, owner, currency, billed, effective, finding in con.execute(
        _STEPS
    ).fetchall():
        said = json.loads(evidence)
        count, day = said.get("resources", 1), str(said["first_day"])
        for raw_key in sorted(said.get("live_raw", {})) or [key]:
            found.append(
                _activation(account, raw_key, key, count, finding, (owner, currency, billed, effective))
            )
            billed = effective = None  # told once, by the first spelling
        first[account] = min(first.get(account, (day, finding)), (day, finding))
    return found + [
        _backfill(account, day, finding, now) for account, (day, finding) in sorted(first.items())
    ]


def _activation(
    account: str, raw_key: str, key: str, count: int, finding: str, money: tuple[Any, Any, Any, Any]
) -> Action:
    return Action(
        short_id("fix", "aws", account, f"{ACTIVATION}/{raw_key}", key),
        Target("aws", account, "", ACTIVATION, f"{ACTIVATION}/{raw_key}"), key,
        (Change("Status", "Inactive", "Active"),), "not-activated",
        f"Activate {raw_key} as a cost allocation tag of billing account {account}.",
        f"It is set on {count} resource{'s' if count != 1 else ''}, and on no line of the account's bill.",
        finding, Decimal("0.99"), ("activation",), *money,
    )  # fmt: skip


def _backfill(account: str, day: str, finding: str, now: datetime) -> Action:
    year, month = now.year - 1, now.month
    earliest = f"{year:04}-{month:02}"
    start = f"{max(day[:7], earliest)}-01T00:00:00Z"
    return Action(
        short_id("fix", "aws", account, BACKFILL, "BackfillFrom"), Target("aws", account, "", BACKFILL, BACKFILL), "BackfillFrom",
        (Change("BackfillFrom", None, start),), "not-activated",
        f"Backfill the cost allocation tags of billing account {account} from {start[:7]} on.",
        f"AWS applies what is active now to months back, at most {_MONTHS_BACK}; once in 24 hours. It can't be undone.",
        finding, Decimal("0.99"), ("activation",),
    )  # fmt: skip
