"""Which live resources lack a valid owner, as our store and registry say?

No finding names a live resource that stands on no bill: what is required is asked of charges. So the live tags of the
store are judged here by the registry's own rules; coverage by count, which does count them, must agree.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from recon.registry import Rules, in_force, is_blank, load_registry

_LIVE = """
SELECT r.ResourceType, r.ResourceId, t.tag_key, t.tag_value
FROM resources r LEFT JOIN resource_tags t USING (x_ProviderId, SubAccountId, ResourceId)
WHERE r.in_inventory AND r.deleted_at IS NULL"""
_BY_COUNT = "SELECT by_count, count_basis FROM coverage WHERE scope = 'all' AND key = ?"


def live(store: Path, registry: Path, key: str, day: dt.date) -> dict[str, dict[str, bool]]:
    """Type → ARN → whether it carries a valid value of `key`."""
    rules = in_force(load_registry(registry), day)
    found: dict[str, dict[str, bool]] = {}
    with duckdb.connect(str(store), read_only=True) as con:
        rows = con.execute(_LIVE).fetchall()
    for kind, arn, tag, value in rows:
        one = found.setdefault(kind, {})
        one[arn] = one.get(arn, False) or _valid(rules, key, tag, value)
    return found


def coverage_by_count(store: Path, key: str) -> tuple[float, str]:
    """The published share of resources, and what it counts."""
    with duckdb.connect(str(store), read_only=True) as con:
        [(share, basis)] = con.execute(_BY_COUNT, [key]).fetchall()
    return float(share), str(basis)


def _valid(rules: Rules, key: str, tag: str | None, value: str | None) -> bool:
    if tag is None or value is None or is_blank(value):
        return False
    hit = rules.key_of("aws", tag)
    return hit is not None and hit.key == key and rules.value_of(key, "aws", value).valid
