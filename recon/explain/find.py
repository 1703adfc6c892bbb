"""Which resource does a person mean who types an id, a short id, or the end of one?

Bill and inventory may spell one resource differently; spellings that its provider treats as one are one hit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from recon.errors import InputError
from recon.hostile import shown
from recon.providers import provider
from reports.questions import Store

_LISTED = 20


@dataclass(frozen=True)
class Hit:
    """One resource: its provider and every id that bill or inventory give it, the inventory's first."""

    provider_id: str
    ids: tuple[str, ...]
    account: str | None


def find(store: Store, wanted: str) -> Hit:
    """The one resource meant: the exact id, else in any case, else a short id, else the end of an id.

    InputError when none is found, or several: they are listed.
    """
    known = _known(store, wanted)
    for fits in _ways(wanted):
        hits = [hit for hit in known if any(fits(resource) for resource in hit.ids)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise _several(wanted, hits)
    raise InputError(
        f'no resource "{shown(wanted)}" in the store. Give the id as bill or inventory write it, its last '
        "part, or its end; the ids stand in the views resources and charges"
    )


def _ways(wanted: str) -> tuple[Callable[[str], bool], ...]:
    folded = wanted.casefold()
    return (
        lambda resource: resource == wanted,
        lambda resource: resource.casefold() == folded,
        lambda resource: last_part(resource).casefold() == folded,
        lambda resource: resource.casefold().endswith(folded),
    )


def last_part(resource: str) -> str:
    """What follows the last slash or colon of an id: short, and enough for `find` where only one resource has it."""
    return re.split(r"[/:]", resource.rstrip("/"))[-1]


def _known(store: Store, wanted: str) -> list[Hit]:
    """Resources one of whose ids ends with the wanted text, in any case."""
    rows = store.ask(
        """
        SELECT x_ProviderId, ResourceId, min(SubAccountId) AS account, bool_or(listed) AS listed FROM (
            SELECT x_ProviderId, ResourceId, SubAccountId, in_inventory AS listed FROM resources
            UNION ALL
            SELECT x_ProviderId, ResourceId, SubAccountId, false FROM charges WHERE ResourceId IS NOT NULL)
        GROUP BY ALL ORDER BY listed DESC, x_ProviderId, ResourceId
        """
    )
    folded = wanted.casefold()
    groups: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
    meant = set()
    for row in rows:
        resource = str(row["ResourceId"])
        facts = provider(row["x_ProviderId"])
        one = (facts.id, facts.short(resource) or facts.folded(resource))
        groups.setdefault(one, []).append((resource, row["account"]))
        if resource.casefold().rstrip("/").endswith(folded.rstrip("/")):
            meant.add(one)
    return [Hit(one[0], tuple(r for r, _ in ids), ids[0][1]) for one, ids in groups.items() if one in meant]


def _several(wanted: str, hits: list[Hit]) -> InputError:
    listed = [
        f"  {hit.provider_id} {shown(hit.account or '')} {shown(hit.ids[0], 300)}" for hit in hits[:_LISTED]
    ]
    more = [f"  … and {len(hits) - _LISTED:,} more"] if len(hits) > _LISTED else []
    head = f'"{shown(wanted)}" is meant by {len(hits):,} resources; give more of the id:'
    return InputError("\n".join([head, *listed, *more]))
