"""Which tags should be set on which resources, and how much money would then be where it belongs?

Which value would be right is asked of the signals (recon/suggest); what must change for it, of the live tags of the store. One action per
resource × key. Actions are rows, and nothing here can write to a cloud.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import duckdb
import polars as pl

from recon.fix.cases import open_cases
from recon.fix.limits import refusal
from recon.fix.mend import Case, Mend, Reader, Target, mend
from recon.fix.ruled import REVIEWED, Ruling, action_id
from recon.fix.verdict_signals import Heard, hear
from recon.hostile import shown
from recon.model import short_id
from recon.registry import Registry, in_force
from recon.suggest.agree import DEMAND
from recon.suggest.estate import Estate
from recon.suggest.load import load_estate
from recon.suggest.meaning import Mark

__all__ = [
    "COLUMNS",
    "SUGGESTIONS",
    "Asking",
    "Planned",
    "planned",
    "propose",
    "write_actions",
    "write_suggestions",
]

# At most as sure as this where the resource's own tags were not read: the bill is all that is known of it.
UNREAD = 0.5
_GUESSES = frozenset(("naming", "siblings", "codeowners", "creator", "learned"))
_MONEY = pl.Decimal(38, 24)
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "action_id": pl.String, "provider_id": pl.String, "account_id": pl.String, "resource_id": pl.String, "key": pl.String,
    "raw_key": pl.String, "before_value": pl.String, "after_value": pl.String, "verdict": pl.String, "reason": pl.String,
    "evidence": pl.String, "confidence": pl.Float64, "owner": pl.String, "currency": pl.String, "billed_recovered": _MONEY,
    "effective_recovered": _MONEY, "status": pl.String,
}  # fmt: skip
SUGGESTIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "suggestion_id": pl.String, "finding_id": pl.String, "provider_id": pl.String, "account_id": pl.String, "resource_id": pl.String,
    "key": pl.String, "signal": pl.String, "signal_version": pl.String, "value": pl.String, "score": pl.Float64,
    "confidence": pl.Float64, "mode": pl.String, "state": pl.String, "evidence": pl.String, "verdict": pl.String, "owner": pl.String,
    "currency": pl.String, "billed_at_stake": _MONEY, "effective_at_stake": _MONEY,
}  # fmt: skip
_LONGEST_SEEN = 512
_SAID = 80  # characters of a value in a reason
_VARIANT = "It means the right thing and is written otherwise than the registry says."


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


@dataclass(frozen=True)
class Asking:
    """How signals are asked. `modes`: signal → on, shadow or off, as configured; `owners`: what CODEOWNERS files say (OWNERS of
    recon/suggest/estate.py); `mark`: byte-exact value → its mark, left out: as far as the store knows it; `rulings`: action id → what
    people decided about it; `only`: the actions that are asked about, None: all."""

    modes: Mapping[str, str] = field(default_factory=dict)
    owners: pl.DataFrame | None = field(default=None, repr=False)
    mark: Mark | None = field(default=None, repr=False)
    rulings: Mapping[str, Ruling] = field(default_factory=dict, repr=False)
    only: Collection[str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Planned:
    """`actions`: columns of COLUMNS, one row per resource × key; `suggestions`: of SUGGESTIONS, what each signal says of them."""

    actions: pl.DataFrame
    suggestions: pl.DataFrame


@dataclass(frozen=True)
class _Wanted:
    """A case, what was heard of it, and what would have to change; `found` None: only a shadow speaks."""

    case: Case
    heard: Heard
    found: Mend | None

    @property
    def rank(self) -> tuple[object, ...]:
        """Of several findings about one key what can be planned counts, then the surest, then the dearest."""
        case, heard = self.case, self.heard
        return (
            self.found is not None,
            heard.standing == "proposed",
            heard.confidence,
            case.effective or 0,
            case.verdict,
        )


def propose(ctx: Sources, asking: Asking | None = None) -> pl.DataFrame:
    """The actions of `planned`."""
    return planned(ctx, asking).actions


def planned(ctx: Sources, asking: Asking | None = None, loaded: Estate | None = None) -> Planned:
    """What would mend the open findings, in the order of `base.fix_action` and `base.suggestion`.

    `raw_key`, `before_value` and `after_value` are the first change; `evidence` is JSON with all of them, the tagset that was
    seen, and what the signals say. `loaded`: the estate of the store, where it was read already. `status`: `proposed`; `review` where a person has to decide (no signal is sure enough, or they
    contradict each other: `after_value` is null then); `not-possible` where the provider's limits forbid it.
    """
    how = asking or Asking()
    rules = in_force(ctx.registry, ctx.now.date())
    reader = Reader(rules, ctx.raw)
    cases = [c for c in open_cases(ctx.con) if how.only is None or action_id(c) in how.only]
    best: dict[tuple[str, str, str], _Wanted] = {}
    if cases:
        estate = loaded or load_estate(ctx.con, rules, ctx.raw, how.mark, how.owners)
        for case, heard in hear(ctx, estate, cases, how.modes, how.mark, how.rulings):
            wanted = _wanted(case, heard, reader)
            at = (case.provider_id, case.resource_id, case.key)
            if wanted is not None and (at not in best or wanted.rank > best[at].rank):
                best[at] = wanted
    actions = [_action(each, each.found, ctx.raw) for each in best.values() if each.found is not None]
    told = [row for each in best.values() for row in _suggestions(each)]
    order = ("provider_id", "account_id", "resource_id", "key")
    return Planned(
        pl.DataFrame(actions, schema=COLUMNS, orient="row").sort(order),
        pl.DataFrame(told, schema=SUGGESTIONS, orient="row").sort(*order, "signal", "value"),
    )


def write_actions(con: duckdb.DuckDBPyConnection, actions: pl.DataFrame) -> None:
    """Replace what was proposed before in `base.fix_action`; actions that went further stay."""
    con.execute("DELETE FROM base.fix_action WHERE status IN ('proposed', 'review', 'not-possible')")
    con.register("actions_now", actions.to_arrow())
    con.execute(f"INSERT INTO base.fix_action SELECT {', '.join(COLUMNS)} FROM actions_now")
    con.unregister("actions_now")


def write_suggestions(con: duckdb.DuckDBPyConnection, suggestions: pl.DataFrame) -> None:
    """Replace `base.suggestion`."""
    con.execute("DELETE FROM base.suggestion")
    con.register("suggestions_now", suggestions.to_arrow())
    con.execute(f"INSERT INTO base.suggestion SELECT {', '.join(SUGGESTIONS)} FROM suggestions_now")
    con.unregister("suggestions_now")


def _wanted(case: Case, heard: Heard, reader: Reader) -> _Wanted | None:
    """None where nothing is to be done: the resource already says one of the values, or was tagged since."""
    targets = [
        Target(value, heard.signal in (DEMAND, REVIEWED), heard.signal == REVIEWED) for value in heard.values
    ]
    mends = [mend(case, reader, target) for target in targets]
    if heard.standing == "conflict":
        found = [each for each in mends if each is not None]
        return _Wanted(case, heard, found[0]) if found and len(found) == len(mends) else None
    if heard.standing == "shadow":
        return _Wanted(case, heard, None) if any(mends) else None
    return _Wanted(case, heard, mends[0]) if mends[0] is not None else None


def _action(wanted: _Wanted, found: Mend, raw: Callable[[str], str]) -> tuple[object, ...]:
    case, heard = wanted.case, wanted.heard
    at_odds = heard.standing == "conflict"
    refused = None
    if not at_odds:
        refused = refusal(case.provider_id, case.live or {}, {c.raw_key: raw(c.after) for c in found.changes})
    changes = [
        {"raw_key": c.raw_key, "before": c.before, "after": None if at_odds else c.after}
        for c in found.changes
    ]
    first = changes[0]
    evidence = {
        "because": case.finding_id,
        "says": f"{case.lines} bill lines from {case.first_day} to {case.last_day}: {case.verdict}.",
        "changes": changes,
        "state": None if case.live is None else {k: _short(v) for k, v in case.live.items()},
        "state_id": case.live_id,
        "signals": heard.as_json(),
    }
    proposed = heard.standing == "proposed" and not _guessed(wanted)
    status = "not-possible" if refused else "proposed" if proposed else "review"
    return (
        action_id(case),
        case.provider_id, case.account_id, case.resource_id, case.key, first["raw_key"], first["before"], first["after"],
        case.verdict, f"Not possible: {refused}." if refused else _reason(wanted, found),
        json.dumps(evidence, ensure_ascii=False, sort_keys=True), _sure(wanted), case.owner, case.currency,
        case.billed, case.effective, status,
    )  # fmt: skip


def _guessed(wanted: _Wanted) -> bool:
    """A guess from names or neighbours about a resource whose own tags nobody has read: it may well be tagged."""
    return wanted.case.live is None and wanted.heard.signal in _GUESSES


def _sure(wanted: _Wanted) -> float:
    sure = wanted.heard.confidence
    return sure if wanted.case.live is not None else min(sure, UNREAD)


def _reason(wanted: _Wanted, found: Mend) -> str:
    case, heard = wanted.case, wanted.heard
    if heard.note:
        return heard.note
    if heard.standing == "conflict":
        voices = ", ".join(f'{row["signal"]} says "{shown(row["value"], _SAID)}"' for row in heard.voices)
        return f"Signals contradict each other, a person has to decide: {voices}."
    why = (
        _VARIANT
        if case.verdict == "variant" and heard.signal != REVIEWED
        else str(heard.voices[0]["evidence"])
    )
    if found.stays:
        why += f" The spelling {', '.join(shown(key, _SAID) for key in found.stays)} stays until someone removes it."
    if heard.standing == "proposed" and _guessed(wanted):
        why += " A person has to decide: the resource's own tags were not read."
    if heard.standing == "review":
        why += f" A person has to decide: {heard.signal} is sure to {heard.confidence:.2f} only."
    return why


def _suggestions(wanted: _Wanted) -> list[tuple[Any, ...]]:
    case = wanted.case
    at = (case.provider_id, case.account_id, case.resource_id, case.key)
    return [
        (
            short_id("suggestion", *at, row["signal"], row["signal_version"], row["value"]), case.finding_id, *at, row["signal"],
            row["signal_version"], row["value"], row["score"], row["confidence"], row["mode"], row["state"], row["evidence"],
            case.verdict, case.owner, case.currency, case.billed, case.effective,
        )
        for row in wanted.heard.rows
    ]  # fmt: skip


def _short(value: str) -> str:
    """A tag of the seen state, cut where no provider carries as much; `state_id` says it exactly."""
    return value if len(value) <= _LONGEST_SEEN else value[:_LONGEST_SEEN] + "…"
