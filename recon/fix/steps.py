"""Is an action that is no tag of a resource one of the two steps of AWS billing, said exactly as they are said?

A step passes by much that is asked of tags, so nothing else may take its form: `cost-allocation-tag/<raw key>` with Status
Inactive → Active, and `cost-allocation-backfill` with BackfillFrom. Source: AWS, Cost Explorer API Reference:
UpdateCostAllocationTagsStatus, StartCostAllocationTagBackfill.
"""

from __future__ import annotations

import re

from recon.fix.planned import ACTIVATION, BACKFILL, Action, Change
from recon.hostile import shown
from recon.registry import Rules

STATUS, FROM = "Status", "BackfillFrom"
_FIRST = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-01T00:00:00Z")
_TO_ACTIVE = (Change(STATUS, "Inactive", "Active"),)


def looks_like_step(action: Action) -> bool:
    """Whether type or resource claim that it is a step of billing, rightly or not."""
    kind, resource = action.target.resource_type, action.target.resource_id
    return kind in (ACTIVATION, BACKFILL) or resource == BACKFILL or resource.startswith(f"{ACTIVATION}/")


def not_a_step(action: Action) -> str | None:
    """Why what looks like a step of billing is none, as a sentence; None where it is one."""
    if not action.activates:
        return (
            f'only provider aws has activations: type "{ACTIVATION}" with resource "{ACTIVATION}/<raw key>", and type "{BACKFILL}" '
            f'with resource "{BACKFILL}"; take the action out'
        )
    if action.activated is not None:
        if tuple(action.changes) != _TO_ACTIVE:
            return f"an activation is one change of {STATUS}, from Inactive to Active; take the action out, or write that"
        return None
    only = action.changes[0]
    first = only.after is not None and _FIRST.fullmatch(only.after)
    if len(action.changes) != 1 or only.raw_key != FROM or only.before is not None or not first:
        return f"a backfill is one change of {FROM}, from null to YYYY-MM-01T00:00:00Z"
    return None if action.key == FROM else f"the key of a backfill is {FROM}"


def not_its_key(action: Action, rules: Rules) -> str | None:
    """Why a step may not be made for the registry's key that it names; None where it may."""
    if action.activated is None:
        return None
    hit = rules.key_of(action.target.provider_id, action.activated)
    if hit is None or hit.key != action.key:
        return (
            f"{shown(action.activated, 80)} is no spelling of the key {shown(action.key, 80)}; only keys of the registry are activated, "
            "each under its own name"
        )
    return None
