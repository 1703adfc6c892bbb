"""Does what was applied still stand, and was anybody's change lost in the one call that can't be fenced?

A fresh read answers the first. The second is answered by imported audit logs: a change of the same key by somebody else between
our re-read and the answer to our write was overwritten by ours, and nobody would see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recon.fix.history import Effect
from recon.fix.log import News
from recon.fix.standing import Raw, standing
from recon.fix.writing import Failed, Seen, Target, Writer
from recon.hostile import shown

Foreign = Callable[[Effect], Sequence[str]]
_CHUNK = 100


@dataclass(frozen=True)
class Found:
    """`found`: verified; raced (a change of somebody else met ours); reverted (it was set back); overwritten (it says something
    else now); gone; unknown (it could not be read)."""

    effect: Effect
    found: str
    reason: str = ""


def look(effects: Sequence[Effect], writers: Mapping[str, Writer], raw: Raw, foreign: Foreign) -> list[Found]:
    """What a fresh read and the audit logs say of changes that took effect. `foreign`: who else changed the same key in the
    window of our write."""
    seen: dict[Target, Seen | Failed] = {}
    for provider in sorted({e.action.target.provider_id for e in effects}):
        writer = writers.get(provider)
        targets = list(
            dict.fromkeys(e.action.target for e in effects if e.action.target.provider_id == provider)
        )
        for at in range(0, len(targets), _CHUNK):
            part = targets[at : at + _CHUNK]
            missing = Failed("unsupported", f"reading {provider} is not set up (fix.{provider})")
            seen |= dict(writer.read(part)) if writer else dict.fromkeys(part, missing)
    fenced = {provider for provider, writer in writers.items() if writer.fenced}
    return [
        _of(e, seen[e.action.target], raw, foreign, e.action.target.provider_id in fenced) for e in effects
    ]


def _of(effect: Effect, now: Seen | Failed, raw: Raw, foreign: Foreign, fenced: bool) -> Found:
    if isinstance(now, Failed):
        return (
            Found(effect, "gone", now.reason) if now.kind == "gone" else Found(effect, "unknown", now.reason)
        )
    others = () if fenced else foreign(effect)  # a cloud that refuses stale writes has no window
    stand = standing(effect.action, now.tags, raw).stand
    first = not effect.verified_at  # nobody has seen it standing yet
    if others:
        names = ", ".join(shown(name, 200) for name in others[:3])
        return Found(
            effect,
            "raced",
            f"{names} changed the same key while it was written; one of the two changes is lost",
        )
    if stand == "after":
        return Found(effect, "verified")
    if first:
        return Found(
            effect,
            "raced",
            "it does not say what was just written: somebody changed it at the same time, or it was set back",
        )
    if stand == "before":
        return Found(effect, "reverted", "someone or something has set it back")
    return Found(effect, "overwritten", "it says something else now")


def as_news(found: Sequence[Found], by: str) -> list[News]:
    """What the log keeps of it. What could not be read is not kept."""
    return [
        News(
            by, "verify", each.effect.action.target.resource_id,
            {
                "plan": each.effect.plan, "action": each.effect.action.id, "found": each.found, "reason": each.reason,
                "key": each.effect.action.key,
            },
        )
        for each in found if each.found != "unknown"
    ]  # fmt: skip
