"""Does a plan say of its resources and their money what the published store says? A file is edited by anybody.

Protected accounts and caps of money hold only where account and money are not the file's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import duckdb

from recon.errors import InputErrors
from recon.fix.plan_file import PlanFile, spot_of
from recon.fix.planned import Action
from recon.hostile import shown
from recon.run.fixing.desk import Desk

_PLACES = """
SELECT provider_id, resource_id, coalesce(account_id, ''), coalesce(resource_type, '') FROM base.resource
WHERE resource_id IN (SELECT unnest($ids::VARCHAR[]))
UNION
SELECT provider_id, resource_id, coalesce(sub_account_id, ''), '' FROM base.finding
WHERE resource_id IN (SELECT unnest($ids::VARCHAR[]))
UNION
SELECT provider_id, resource_id, coalesce(account_id, ''), '' FROM base.fix_action
WHERE resource_id IN (SELECT unnest($ids::VARCHAR[]))"""
_PAYERS = "SELECT DISTINCT billing_account_id FROM base.book WHERE provider_id = 'aws'"
_PROPOSED = """
SELECT action_id, currency, billed_recovered, effective_recovered FROM base.fix_action
WHERE action_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL"""
_AT_STAKE = """
SELECT provider_id, coalesce(sub_account_id, ''), resource_id, key, currency, billed_at_stake, effective_at_stake FROM base.finding
WHERE resource_id IN (SELECT unnest(?::VARCHAR[])) AND effective_at_stake IS NOT NULL
ORDER BY (status = 'open'), abs(effective_at_stake), finding_id"""
_STEPS = """
SELECT billing_account_id, key, currency, billed_at_stake, effective_at_stake FROM base.finding
WHERE check_id = 'not-activated' AND provider_id = 'aws' AND effective_at_stake IS NOT NULL ORDER BY (status = 'open'), finding_id"""
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]+):.*", re.DOTALL)

_Money = tuple[str | None, Decimal | None, Decimal | None]  # currency, billed, effective


@dataclass
class _Told:
    """What the store tells of the resources of a plan. `accounts`, `types`: (provider, resource) → the names it knows;
    `proposed`: action id → money; `at_stake`: (provider, account, resource, key) → money of the finding; `steps`: (account, key) → money."""

    accounts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    types: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    payers: Collection[str] = ()
    proposed: dict[str, _Money] = field(default_factory=dict)
    at_stake: dict[tuple[str, ...], _Money] = field(default_factory=dict)
    steps: dict[tuple[str, str], _Money] = field(default_factory=dict)


def against_store(desk: Desk, found: PlanFile) -> PlanFile:
    """The plan with the money that the store knows of its actions. Raises InputError(s), each with file and line, where a resource is not
    in the store, or not in the account or of the type that the file says. Without a published store nothing can be compared."""
    if not desk.paths.published.exists():
        return found
    with desk.store(pending=True) as con:
        told = _told(con, found.plan.actions)
    wrongs = [
        found.located.error(spot_of(found, n), why)
        for n, action in enumerate(found.plan.actions)
        if (why := _otherwise(action, told))
    ]
    if wrongs:
        raise wrongs[0] if len(wrongs) == 1 else InputErrors(wrongs)
    return replace(found, plan=replace(found.plan, actions=_priced(found.plan.actions, told)))


def _told(con: duckdb.DuckDBPyConnection, actions: Sequence[Action]) -> _Told:
    ids = sorted({a.target.resource_id for a in actions})
    told = _Told(payers={payer for (payer,) in con.execute(_PAYERS).fetchall()})
    for provider, resource, account, kind in con.execute(_PLACES, {"ids": ids}).fetchall():
        told.accounts.setdefault((provider, resource), set()).add(account)
        if kind:
            told.types.setdefault((provider, resource), set()).add(kind)
    for own, *money in con.execute(_PROPOSED, [sorted(a.id for a in actions)]).fetchall():
        told.proposed[own] = (money[0], money[1], money[2])
    for provider, account, resource, key, *money in con.execute(_AT_STAKE, [ids]).fetchall():
        told.at_stake[provider, account, resource, key] = (
            money[0],
            money[1],
            money[2],
        )  # the dearest open one
    for account, key, *money in con.execute(_STEPS).fetchall():
        told.steps[account, key] = (money[0], money[1], money[2])
    return told


def _otherwise(action: Action, told: _Told) -> str | None:
    target = action.target
    if action.activates:
        if target.account_id in told.payers:
            return None
        return f"the store knows no bill of the AWS account {shown(target.account_id, 60)}; only an account that pays can activate keys"
    at = (target.provider_id, target.resource_id)
    accounts = told.accounts.get(at)
    name = shown(target.resource_id, 120)
    if accounts is None:
        return f"the store knows no such resource of {shown(target.provider_id, 20)}: {name}; run tagrecon run, or take the action out"
    if target.account_id.casefold() not in {a.casefold() for a in accounts}:
        said = ", ".join(shown(a or "(unknown)", 60) for a in sorted(accounts))
        return f"{name} belongs to account {said}, not {shown(target.account_id or '(none)', 60)}; make the plan anew, or take the action out"
    named = _ARN.fullmatch(target.resource_id) if target.provider_id == "aws" else None
    # what the store itself proposes may be shared into another account: the writer refuses that one
    if named and target.account_id not in ("", named[1]) and action.id not in told.proposed:
        return f"{name} names account {named[1]}, not {shown(target.account_id, 60)}; take the action out"
    types = told.types.get(at)
    # clouds write types in several cases
    if (
        types
        and target.resource_type
        and target.resource_type.casefold() not in {t.casefold() for t in types}
    ):
        return (
            f"{name} is of type {', '.join(shown(t, 60) for t in sorted(types))}, not {shown(target.resource_type, 60)}; "
            "make the plan anew, or take the action out"
        )
    return None


def _priced(actions: Sequence[Action], told: _Told) -> list[Action]:
    steps = dict(told.steps)
    priced = []
    for action in actions:
        target = action.target
        money = told.proposed.get(action.id)
        if money is None or money[2] is None:
            money = told.at_stake.get((target.provider_id, target.account_id, target.resource_id, action.key))
        if action.activated is not None:
            money = steps.pop((target.account_id, action.key), None)  # told once, by the first spelling
        if money is not None and money != (action.currency, action.billed, action.effective):
            action = replace(action, currency=money[0], billed=money[1], effective=money[2])
        priced.append(action)
    return priced
