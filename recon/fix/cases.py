"""Which open findings may a tag mend, and what was seen of their resources?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from recon.fix.mend import MENDABLE, Case

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
_CUT = ("…", "\N{REPLACEMENT CHARACTER}")


def open_cases(con: duckdb.DuckDBPyConnection) -> Iterator[Case]:
    """The cases, sorted by place and key."""
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
        finding, verdict, provider, account, resource, key, said["lines"], said["first_day"], said["last_day"], live, live_id,
        exact, owner, currency, billed, effective,
    )  # fmt: skip
