"""Which actions may a plan hold? Protected keys and resources stay out, and no plan grows beyond its caps.

Where a cap is passed, the actions that recover the most EffectiveCost stay in; ties by id. An action of a currency is counted in
that currency only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase

from recon.config.fixing import Caps, Protected
from recon.fix.planned import Action, Held
from recon.registry import Registry
from recon.registry.providers import spelling_of


def guarded(
    actions: Sequence[Action], protected: Protected, caps: Caps, registry: Registry, live: Mapping[str, int]
) -> tuple[list[Action], list[Held]]:
    """(what may be planned, what is held back), both in the order of `actions`. `live`: provider → its live resources."""
    held = [Held(a, "protected", why) for a in actions if (why := protection(a, protected, registry))]
    out = {each.action.id for each in held}
    free = [a for a in actions if a.id not in out]
    capped = _capped(free, caps, live)
    kept = [a for a in free if a.id not in capped]
    return kept, [*held, *(Held(a, "capped", capped[a.id]) for a in free if a.id in capped)]


def protection(action: Action, protected: Protected, registry: Registry) -> str | None:
    """Why nothing may touch this, as a sentence; None where it may be touched."""
    known = registry.keys.get(action.key)
    if known is not None and known.fixes.protected:
        return f"The registry protects the key {action.key}."
    names = (action.key, *(change.raw_key for change in action.changes))
    if action.activated is not None:
        names = (action.key, action.activated)
    if glob := _hit(names, protected.keys):
        return f"fix.protected.keys names it ({glob})."
    if glob := _hit((action.target.resource_id,), protected.resources):
        return f"fix.protected.resources names it ({glob})."
    if glob := _hit((action.target.account_id,), protected.accounts):
        return f"fix.protected.accounts names its account ({glob})."
    reserved = [name for name in names[1:] if spelling_of(action.target.provider_id).is_generated(name)]
    if reserved and not action.activates:
        return f"{action.target.provider_id} keeps {reserved[0]} for itself."
    return None


def _hit(texts: Sequence[str], globs: Sequence[str]) -> str | None:
    return next((g for g in globs if any(fnmatchcase(t.casefold(), g.casefold()) for t in texts)), None)


def _capped(actions: Sequence[Action], caps: Caps, live: Mapping[str, int]) -> dict[str, str]:
    """Action id → the cap that it would pass."""
    most = {provider: int(caps.share * count) for provider, count in live.items()}
    spent: Counter[str] = Counter()
    money: dict[str, Decimal] = {}
    seen: dict[str, set[str]] = {}
    kept, out = 0, dict[str, str]()
    for action in sorted(actions, key=lambda a: (-(a.effective or 0), a.id)):
        provider, resource = action.target.provider_id, action.target.resource_id
        limit = max(1, most[provider]) if provider in most else None
        fresh = resource not in seen.setdefault(provider, set()) and not action.activates
        amount = abs(action.effective or Decimal(0))
        cap = caps.money.get(action.currency or "")
        total = money.get(action.currency or "", Decimal(0)) + amount
        if kept >= caps.actions:
            out[action.id] = f"fix.caps.actions allows {caps.actions} in one plan."
        elif fresh and limit is not None and spent[provider] >= limit:
            out[action.id] = (
                f"fix.caps.share allows {limit} of {live[provider]} resources of {provider} in one plan."
            )
        elif cap is not None and total > cap:
            out[action.id] = f"fix.caps.money allows {cap:f} {action.currency} in one plan."
        else:
            kept += 1
            spent[provider] += fresh
            seen[provider].add(resource)
            money[action.currency or ""] = total
    return out
