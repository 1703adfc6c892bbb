"""Question: Which fixes were set back by someone or something?

Why: A tag that flaps has a second owner: a deployment, a policy, a script that writes the old value again. Setting it once more
would only go on with the fight, and each side's log would look right.

What to do: Find out what sets it (the audit log names who, where one is imported), change it there, or reject the fix.
tagrecon does not propose it again by itself.
"""

from __future__ import annotations

import json

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame

CHECK_ID = "fix-reverted"
SEVERITY = "high"

# what took effect and was not rolled back, with what the resource carries in a snapshot after it
_STOOD = """
SELECT e.action_id, e.provider_id, e.account_id, e.resource_id, e.key, e.changes, e.owner, e.currency, e.billed_recovered,
       e.effective_recovered, e.ended_at, e.state, s.tagset_no,
       (SELECT count(DISTINCT plan) FROM base.fix_effect t WHERE t.action_id = e.action_id AND t.sent_at IS NOT NULL) AS times
FROM base.fix_effect e
JOIN base.resource r ON r.provider_id = e.provider_id AND r.resource_id = e.resource_id AND r.deleted_at IS NULL
JOIN base.resource_state s ON s.resource_no = r.resource_no AND s.valid_to IS NULL
WHERE e.state IN ('applied', 'verified', 'reverted', 'overwritten', 'raced') AND coalesce(e.undo, '') NOT IN ('applied', 'already', 'verified')
  AND r.last_seen > e.ended_at
QUALIFY row_number() OVER (PARTITION BY e.action_id ORDER BY e.ended_at DESC, e.plan) = 1
ORDER BY e.provider_id, e.resource_id, e.key"""
_TAGS = "SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry WHERE tagset_no IN (SELECT unnest(?::INTEGER[]))"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per fix that a later snapshot does not show any more."""
    rows = ctx.con.execute(_STOOD).fetchall()
    tags: dict[int, dict[str, str]] = {}
    for number, key, value in ctx.con.execute(_TAGS, [sorted({row[12] for row in rows})]).fetchall():
        tags.setdefault(number, {})[key.casefold()] = value
    found = []
    for (
        _,
        provider,
        account,
        resource,
        key,
        changes,
        owner,
        currency,
        billed,
        effective,
        ended,
        _,
        tagset,
        times,
    ) in rows:
        now = tags.get(tagset, {})
        if all(now.get(c["raw_key"].casefold()) == c["after"] for c in json.loads(changes)):
            continue
        found.append(
            Found(
                CHECK_ID,
                SEVERITY,
                f"{key} was set on {ended:%Y-%m-%d} and does not stand any more; it was set {times} time{'s' * (times != 1)}. "
                "Someone or something sets it back.",
                provider,
                sub_account_id=account,
                resource_id=resource,
                key=key,
                evidence={"applied_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}", "times": times},
                owner=owner,
                currency=currency,
                billed_at_stake=billed,
                effective_at_stake=effective,
            )
        )
    return as_frame(found)
