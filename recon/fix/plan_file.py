"""What does a plan file say, and may it say that? Read strictly, with file and line; an edited plan is as good as a written one.

The hash of the file's bytes is the plan's name: approvals, the journal and the report speak of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from recon.errors import InputError, InputErrors, Where
from recon.fix.limits import refusal
from recon.fix.planned import SCHEMA, Action, Change, Header, Plan
from recon.fix.writing import Target
from recon.hostile import MASK, shown
from recon.model import short_id
from recon.registry import Registry, in_force
from recon.registry.rules import Rules
from recon.yaml_file import Located, Strict, Text, load_yaml, validate


class _Change(Strict):
    raw_key: Text
    before: Text | None
    after: Text | None


class _Money(Strict):
    currency: Text | None = None
    billed_cost: Decimal | None = None
    effective_cost: Decimal | None = None


class _Action(Strict):
    id: Text
    provider: Text
    account: Text
    region: Text = ""
    type: Text = ""
    resource: Text
    key: Text
    changes: Annotated[tuple[_Change, ...], Field(min_length=1)]
    verdict: Text = ""
    why: Text = ""
    evidence: Text = ""
    signals: tuple[Text, ...] = ()
    finding: Text = ""
    confidence: Decimal = Decimal(0)
    owner: Text | None = None
    recovers: _Money = _Money()
    state_id: Text | None = None
    state_seen: Mapping[str, Text] | None = None

    def action(self) -> Action:
        return Action(
            self.id, Target(self.provider, self.account, self.region, self.type, self.resource), self.key,
            tuple(Change(c.raw_key, c.before, c.after) for c in self.changes), self.verdict, self.why, self.evidence,
            self.finding, self.confidence, self.signals, self.owner, self.recovers.currency, self.recovers.billed_cost,
            self.recovers.effective_cost, self.state_seen, self.state_id,
        )  # fmt: skip


class _PlanFile(Strict):
    # what is only said for people may be edited, shortened or taken out
    model_config = ConfigDict(extra="ignore")

    plan_schema: Literal["tagrecon.fix-plan/2"] = Field(alias="schema")
    author: Text
    run_id: Text
    planned_at: Text
    config_hash: Text = ""
    registry_version: Text = ""
    actions: tuple[_Action, ...] = ()
    activations: tuple[_Action, ...] = ()


@dataclass(frozen=True)
class PlanFile:
    """A plan as it was read. `sha`: SHA-256 of its bytes."""

    path: Path
    sha: str
    plan: Plan
    located: Located


def read_plan(path: Path) -> PlanFile:
    """The plan in a file. Raises InputError or InputErrors: all that is wrong with it, with file and line."""
    sha = sha_of(path)
    located = load_yaml(path)
    if sha_of(path) != sha:
        raise InputError("the file was changed while it was read; read it again", Where(path))
    said = str(located.data.get("schema", ""))
    if said != SCHEMA:
        raise InputError(
            f'schema is "{shown(said, 60)}", not "{SCHEMA}": this is no plan of this tagrecon. Make one with tagrecon fix plan',
            located.where(("schema",)),
        )
    read = validate(_PlanFile, located)
    header = Header(read.author, read.run_id, read.planned_at, read.config_hash, read.registry_version)
    actions = [each.action() for each in (*read.actions, *read.activations)]
    found = PlanFile(path, sha, Plan(header, actions), located)
    _raise(_wrongs(found, len(read.actions)))
    return found


def sha_of(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises InputError where it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"can't be read ({error.strerror})", Where(path)) from None


def check_values(found: PlanFile, registry: Registry, day: date) -> None:
    """Raises InputErrors where an action would set what the registry does not allow on that day, or what its provider refuses.
    What stands behind a mask was checked when it was planned."""
    rules = in_force(registry, day)
    wrongs = []
    for n, action in enumerate(found.plan.actions):
        if action.activates:
            continue
        said = _not_valid(action, rules)
        if said:
            wrongs.append(found.located.error(_spot(found, n), said))
    _raise(wrongs)


def _not_valid(action: Action, rules: Rules) -> str | None:
    provider = action.target.provider_id
    for change in action.changes:
        hit = rules.key_of(provider, change.raw_key)
        if hit is None or hit.key != action.key:
            return f"{shown(change.raw_key, 80)} is no spelling of the key {shown(action.key, 80)}; the plan may change no other key"
        if change.after is None or MASK.fullmatch(change.after):
            continue
        value = rules.value_of(action.key, provider, change.after)
        if not value.valid:
            near = f' (did you mean "{shown(value.nearest, 60)}"?)' if value.nearest else ""
            return f"the registry does not allow this value for {action.key}{near}"
    wanted = {
        c.raw_key: c.after for c in action.changes if c.after is not None and not MASK.fullmatch(c.after)
    }
    refused = refusal(provider, {}, wanted)
    return f"the provider would refuse it: {refused}" if refused else None


def _wrongs(found: PlanFile, tags: int) -> list[InputError]:
    """Ids that are not those of their place, actions that stand twice, changes that change nothing."""
    wrongs, seen = [], set[tuple[str, ...]]()
    for n, action in enumerate(found.plan.actions):
        target, where = action.target, _spot(found, n)
        at = (target.provider_id, target.account_id, target.resource_id, action.key)
        own = short_id("fix", target.provider_id, target.account_id or None, target.resource_id, action.key)
        if action.id not in (
            own,
            short_id("fix", target.provider_id, target.account_id, target.resource_id, action.key),
        ):
            wrongs.append(
                found.located.error(
                    where, f'the id is that of another action; of this resource and key it is "{own}"'
                )
            )
        if at in seen:
            wrongs.append(
                found.located.error(where, "this key of this resource stands in the plan twice; keep one")
            )
        if any(c.before == c.after for c in action.changes):
            wrongs.append(found.located.error(where, "before and after are the same; take the action out"))
        if any(c.after is None for c in action.changes):
            wrongs.append(
                found.located.error(where, "after is missing; a plan sets tags and takes none away")
            )
        if action.activates != (n >= tags):
            wrongs.append(
                found.located.error(where, "activations stand under activations, tags under actions")
            )
        seen.add(at)
    return wrongs


def _spot(found: PlanFile, n: int) -> tuple[str | int, ...]:
    tags = len(found.located.data.get("actions") or ())
    return ("actions", n) if n < tags else ("activations", n - tags)


def _raise(wrongs: list[InputError]) -> None:
    if wrongs:
        raise wrongs[0] if len(wrongs) == 1 else InputErrors(wrongs)
