"""Who else changed the same key while it was written? What imported audit logs tell of the window that no call can close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from recon.fix.history import Effect
from recon.registry import in_force
from recon.run.fixing.desk import Desk
from recon.store.store import Limits, connect

# audit logs tell whole seconds: an event may stand up to one before it happened
_NEAR = timedelta(seconds=1)
_EVENTS = """
SELECT r.provider_id, r.resource_id, e."at", e.actor, e.key, e.event_id
FROM base.tag_event e
JOIN base.evidence_match m ON m.provider_id = coalesce(e.provider_id, '') AND m.account_id = coalesce(e.account_id, '')
    AND m.resource_id = e.resource_id
JOIN base.resource r ON r.resource_no = m.resource_no
WHERE r.resource_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL"""


def foreign_changes(desk: Desk, effects: Sequence[Effect]) -> Callable[[Effect], Sequence[str]]:
    """Of each effect: who else, by audit logs that the store has taken in, changed its key (or some key that the log does not
    name) between our re-read and the answer to our write."""
    if not desk.paths.published.exists() or not effects:
        return lambda effect: ()
    wanted = sorted({e.action.target.resource_id for e in effects})
    # a night that only took logs in has bills to reconcile: that does not matter here
    limits = Limits(desk.cfg.memory_limit, desk.cfg.threads)
    with connect(desk.paths.published, limits, read_only=True) as con:
        rows = con.execute(_EVENTS, [wanted]).fetchall()
    rules = in_force(desk.registry, desk.now.date())
    told: dict[tuple[str, str], list[tuple[datetime, str, str | None]]] = {}
    for provider, resource, at, actor, raw_key, _ in rows:
        hit = rules.key_of(provider, raw_key) if raw_key is not None else None
        key = None if raw_key is None else hit.key if hit else raw_key
        told.setdefault((provider, resource), []).append((at, actor or "somebody", key))

    def of(effect: Effect) -> list[str]:
        begin, end = _instant(effect.read_at) - _NEAR, _instant(effect.at) + _NEAR
        target = effect.action.target
        inside = {
            actor for at, actor, key in told.get((target.provider_id, target.resource_id), ())
            if begin <= at <= end and key in (effect.action.key, None)
        }  # fmt: skip
        if effect.actor:
            return sorted(actor for actor in inside if actor.casefold() != effect.actor.casefold())
        # who we are is not known: one of them is us, and by the log alone nobody can tell which
        return [f"{' or '.join(sorted(inside))} (one of them is tagrecon)"] if len(inside) > 1 else []

    return of


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)
