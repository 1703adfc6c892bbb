"""How does a plan file come about: from the store's proposals, narrowed as asked, under the guards?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb

from connectors.writers import WRITABLE
from recon.config import RunConfig, config_hash
from recon.errors import InputError
from recon.fix.anew import Anew
from recon.fix.approvals import instant, may
from recon.fix.document import plan_text, write_plan
from recon.fix.draft import Draft, Known, draft
from recon.fix.history import Effect, History, folded
from recon.fix.log import News
from recon.fix.plan_file import PlanFile, check_values, read_plan, sha_of
from recon.fix.planned import SCHEMA, Action, Header, Plan, money
from recon.registry import Registry
from recon.run.fixing.against_store import against_store
from recon.run.fixing.coding import in_code, patch_of
from recon.run.fixing.deciding_anew import anew_of
from recon.run.fixing.desk import Desk
from recon.store.store import read_meta

NIGHTLY = "tagrecon run"  # who makes the plan of a run


@dataclass(frozen=True)
class Narrow:
    """Of the actions only those of these keys, providers, accounts, owners, verdicts (globs), at least so sure."""

    keys: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    least: Decimal = Decimal(0)

    def lets(self, action: Action) -> bool:
        """Whether it lies inside, and is sure enough."""
        return action.confidence >= self.least and self.lies(action)

    def lies(self, action: Action) -> bool:
        """Whether it lies inside."""
        pairs = (
            (action.key, self.keys), (action.target.provider_id, self.providers), (action.target.account_id, self.accounts),
            (action.owner or "", self.owners), (action.verdict, self.verdicts),
        )  # fmt: skip
        return all(_any(text, globs) for text, globs in pairs)

    @property
    def said(self) -> tuple[str, ...]:
        named = {
            "key": self.keys, "provider": self.providers, "account": self.accounts, "owner": self.owners, "verdict": self.verdicts,
        }  # fmt: skip
        words = [f"{name} {' '.join(globs)}" for name, globs in named.items() if globs]
        return (*words, *([f"confidence {self.least:f} or more"] if self.least else []))


def make_plan(desk: Desk, to: Path, by: str, narrow: Narrow) -> tuple[Plan, str]:
    """Write the plan of what the published store proposes; (plan, its hash). Kept in the log with its author. What can be
    patched in code lies beside it, as `<plan>.patch`."""
    with desk.store() as con:
        summary = json.loads(read_meta(con, "summary") or "{}").get("run", {})
        drafted = drafted_now(desk, con, narrow)
        plan = planned(drafted, header_of(desk.cfg, summary, by, instant(desk.now), narrow))
        patch = patch_of(desk.cfg, plan.code)
    _write(to, plan, patch)
    sha = sha_of(to)
    desk.log.append([_planned(plan, sha, by, to)], desk.clock())
    return plan, sha


def _write(to: Path, plan: Plan, patch: str) -> None:
    """The file, and the patch beside it; one of an earlier plan goes. Raises InputError where another file would be lost."""
    beside = to.with_suffix(".patch")
    if beside == to or (to.exists() and SCHEMA.partition("/")[0].encode() not in to.read_bytes()[:4096]):
        raise InputError(f"{to} is no plan, and would be overwritten; name another file with --to")
    if beside.exists() and not beside.read_bytes().startswith(b"--- a/"):
        raise InputError(
            f"{beside} is no patch of a plan, and would be overwritten; name another file with --to"
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    write_plan(to, plan)
    if patch:
        beside.write_text(patch, "utf-8", newline="")
    else:
        beside.unlink(missing_ok=True)


def register_edited(desk: Desk, path: Path, by: str) -> PlanFile:
    """Take note that somebody edited a plan and stands by it: its hash has an author from then on. Raises InputError(s) for what
    an edited plan may not say."""
    found = read_plan(path)
    check_values(found, desk.registry, desk.now.date(), desk.masker)
    authors = [found.plan.header.author]
    detail = {"file": path.name, "actions": len(found.plan.actions), "edited": True, "authors": authors}
    desk.log.append([News(by, "plan", found.sha, detail)], desk.clock())
    return found


def drafted_now(desk: Desk, con: duckdb.DuckDBPyConnection, narrow: Narrow | None = None) -> Draft:
    """The draft of the published store, by the log as it is now: decisions count that are newer than the store, too."""
    events = desk.events()
    anew = anew_of(con, desk.cfg, desk.registry, desk.masker, desk.now, events)
    return drafted_of(con, desk.cfg, desk.registry, desk.now, folded(events), anew, narrow)


def drafted_of(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    now: datetime,
    history: History,
    anew: Anew | None = None,
    narrow: Narrow | None = None,
) -> Draft:
    """The draft of a store, with what the log knows of earlier plans. `anew`: by newer decisions than the store was made with;
    `narrow`: looked at before the caps, so that what is left out takes nobody's place."""
    asked = narrow or Narrow()
    return draft(
        con,
        registry,
        cfg.fix,
        now,
        Known(
            _flapping(con, history),
            lambda actions: in_code(con, cfg, actions),
            _unwritable,
            anew,
            asked.lets,
            asked.lies,
        ),
    )


def planned(drafted: Draft, header: Header) -> Plan:
    """The plan of a draft."""
    return Plan(header, drafted.actions, drafted.held, drafted.code)


def header_of(
    cfg: RunConfig, run: Mapping[str, Any], by: str, at: str, narrow: Narrow | None = None
) -> Header:
    """What the plan of a run says of itself."""
    version = str(run.get("registry_version", ""))
    return Header(by, str(run.get("id", "")), at, config_hash(cfg), version, (narrow or Narrow()).said)


def _unwritable(action: Action) -> str | None:
    """Why no writer can make a change; what a cloud refuses of single types is found when it is applied."""
    if action.target.provider_id in WRITABLE:
        return None
    return f"tagrecon does not write to {action.target.provider_id}; change it where it is made."


def nightly_plan(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    history: History,
    run: Mapping[str, Any],
) -> str:
    """The text of a run's own fix-plan.yaml: a function of the store, the log and the run."""
    at = str(run["started_at"])
    drafted = drafted_of(con, cfg, registry, datetime.fromisoformat(at.replace("Z", "+00:00")), history)
    return plan_text(planned(drafted, header_of(cfg, run, NIGHTLY, at)))


def _planned(plan: Plan, sha: str, by: str, to: Path) -> News:
    sums = [
        {"currency": c, "billed": format(b, "f"), "effective": format(e, "f")}
        for c, b, e in money(plan.actions)
    ]
    detail = {
        "file": to.name,
        "actions": len(plan.actions),
        "held": len(plan.held),
        "recovers": sums,
        "run": plan.header.run_id,
    }
    return News(by, "plan", sha, detail)


def _flapping(con: duckdb.DuckDBPyConnection, history: History) -> dict[str, str]:
    """Actions that were applied and are proposed again: since set back, or not seen by a snapshot yet."""
    rows = con.execute(
        "SELECT provider_id, account_id, max(observed_at) FROM base.snapshot GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    seen = {(provider, account): f"{at:%Y-%m-%dT%H:%M:%SZ}" for provider, account, at in rows}
    told = {}
    for effect in history.effects.values():
        if effect.stands or effect.state in ("reverted", "overwritten"):
            told[effect.action.id] = _set_back(effect, seen)
    return told


def _set_back(effect: Effect, seen: Mapping[tuple[str, str], str]) -> str:
    target = effect.action.target
    if effect.stands and effect.at >= seen.get((target.provider_id, target.account_id), ""):
        return f"It was applied at {effect.at[:19]}Z, and no inventory was read since."
    return (
        f"It was set on {effect.at[:10]} and does not stand any more: someone or something sets it back. "
        "Its owner has to find out what; setting it again would not last."
    )


def _any(text: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(text.casefold(), glob.casefold()) for glob in globs)


def check_plan(desk: Desk, path: Path, by: str, role: str) -> PlanFile:
    """A plan that somebody wants to do something with: read strictly, its values checked, the role looked at."""
    names = {
        "review": desk.cfg.fix.roles.review,
        "approve": desk.cfg.fix.roles.approve,
        "apply": desk.cfg.fix.roles.apply,
    }[role]
    may(role, names, by)
    found = read_plan(path)
    if not found.plan.actions:
        raise InputError(f"{path.name} holds no action")
    check_values(found, desk.registry, desk.now.date(), desk.masker)
    return against_store(desk, found)
