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

from recon.errors import InputError, InputErrors
from recon.fix.amounts import not_a_share, not_an_amount
from recon.fix.limits import limits_of, refusal
from recon.fix.planned import SCHEMA, Action, Change, Header, Plan
from recon.fix.steps import looks_like_step, not_a_step, not_its_key
from recon.fix.writing import Target
from recon.hostile import MASK, shown
from recon.model import short_id
from recon.registry import Registry, in_force
from recon.registry.rules import Rules
from recon.store.masking import Masker
from recon.yaml_file import Located, Strict, Text, bytes_of, load_bytes, validate


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
    raw = bytes_of(path)  # once: what is approved is what was read
    located = load_bytes(path, raw)
    said = str(located.data.get("schema", ""))
    if said != SCHEMA:
        raise InputError(
            f'schema is "{shown(said, 60)}", not "{SCHEMA}": this is no plan of this tagrecon. Make one with tagrecon fix plan',
            located.where(("schema",)),
        )
    read = validate(_PlanFile, located)
    header = Header(read.author, read.run_id, read.planned_at, read.config_hash, read.registry_version)
    actions = [each.action() for each in (*read.actions, *read.activations)]
    found = PlanFile(path, _sha(raw), Plan(header, actions), located)
    _raise(_wrongs(found, len(read.actions)))
    return found


def sha_of(path: Path) -> str:
    """SHA-256 of a regular file's bytes. Raises InputError where it can't be read, or is none."""
    return _sha(bytes_of(path))


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def check_values(found: PlanFile, registry: Registry, day: date, masker: Masker) -> None:
    """Raises InputErrors where an action would set what the registry does not allow on that day, or what its provider refuses, and
    where a sensitive value stands in clear or would be written where it is shown. `masker`: the store's, which knows what stands
    behind a mark; that is checked like any other value."""
    rules = in_force(registry, day)
    wrongs = []
    for n, action in enumerate(found.plan.actions):
        said = not_its_key(action, rules) if action.activates else _not_valid(action, rules, masker)
        if said:
            wrongs.append(found.located.error(spot_of(found, n), said))
    _raise(wrongs)


def _not_valid(action: Action, rules: Rules, masker: Masker) -> str | None:
    provider = action.target.provider_id
    wanted = dict[str, str]()
    for change in action.changes:
        hit = rules.key_of(provider, change.raw_key)
        if hit is None or hit.key != action.key:
            return f"{shown(change.raw_key, 80)} is no spelling of the key {shown(action.key, 80)}; the plan may change no other key"
        said = _unmasked(change.raw_key, change.after, masker) or _unmasked(
            change.raw_key, change.before, masker, before=True
        )
        if said:
            return said
        exact = None if change.after is None else masker.raw(change.after)
        if exact is None or MASK.fullmatch(exact):
            continue  # a mark whose value is not known here is never written
        value = rules.value_of(action.key, provider, exact)
        if not value.valid:
            near = (
                value.nearest if exact == change.after else None
            )  # what is near a hidden value says much of it
            hint = f' (did you mean "{shown(near, 60)}"?)' if near else ""
            return f"the registry does not allow this value for {action.key}{hint}"
        wanted[change.raw_key] = exact
    if any(masker.hides(key, value) for key, value in (action.state or {}).items()):
        return "state_seen holds a sensitive value in clear text; write its mark as the plan had it, or take state_seen out"
    refused = refusal(provider, {}, wanted)
    return f"the provider would refuse it: {refused}" if refused else None


def _unmasked(raw_key: str, text: str | None, masker: Masker, before: bool = False) -> str | None:
    """Why a sensitive value would be shown, here or in the cloud; None where it would not."""
    if text is None:
        return None
    if masker.hides(raw_key, text):
        return (
            f"a sensitive value of {shown(raw_key, 80)} stands here in clear text; write its mark (‹masked:…›) as the plan had it, "
            "or leave the action out"
        )
    exact = masker.raw(text)
    if before and exact == text:
        return None  # somebody's tag may look like a mark; what is not known is never written, nor put back
    if MASK.fullmatch(text) and not (masker.sensitive(raw_key) or masker.hides(raw_key, exact)):
        return f"a mark stands for the value of a sensitive key, and {shown(raw_key, 80)} is none: there it would be shown to everybody"
    return None


def _wrongs(found: PlanFile, tags: int) -> list[InputError]:
    """Ids that are not those of their place, actions that stand twice, changes that change nothing."""
    wrongs, seen = [], set[tuple[str, ...]]()
    for n, action in enumerate(found.plan.actions):
        target, where = action.target, spot_of(found, n)
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
        told = (_twice(action), _no_money(action), not_a_step(action) if looks_like_step(action) else None)
        wrongs += [found.located.error(where, each) for each in told if each]
        if action.activates != (n >= tags):
            wrongs.append(
                found.located.error(where, "activations stand under activations, tags under actions")
            )
        seen.add(at)
    return wrongs


def _twice(action: Action) -> str | None:
    fold = limits_of(action.target.provider_id).keys_fold
    keys = [c.raw_key.casefold() if fold else c.raw_key for c in action.changes]
    return None if len(set(keys)) == len(keys) else "a raw key stands in the changes twice; keep one"


def _no_money(action: Action) -> str | None:
    for name, value in (("billed_cost", action.billed), ("effective_cost", action.effective)):
        if why := not_an_amount(value):
            return f"recovers: {name} {why}"
    why = not_a_share(action.confidence)
    return f"confidence {why}" if why else None


def spot_of(found: PlanFile, n: int) -> tuple[str | int, ...]:
    """Where the n-th action stands in the file."""
    tags = len(found.located.data.get("actions") or ())
    return ("actions", n) if n < tags else ("activations", n - tags)


def _raise(wrongs: list[InputError]) -> None:
    if wrongs:
        raise wrongs[0] if len(wrongs) == 1 else InputErrors(wrongs)
