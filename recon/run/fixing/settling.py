"""What became of changes that were sent before a kill, under whichever plan? Read from the cloud and recorded, before anything else is sent.

A plan that is applied again settles its own (recon/fix/apply.py). A night makes a plan of its own, so nobody would ask for those of
the night that was killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connectors.writers import opened
from recon.fix.apply import settled
from recon.fix.history import UNDONE, Effect
from recon.fix.log import applying
from recon.fix.order import Hands, Order, Outcome, undone
from recon.run.fixing.desk import Desk


def settle_alone(desk: Desk, by: str) -> list[Outcome]:
    """Settle what is unclear, while nobody applies. Raises LockHeld where somebody does; takes no lock where nothing is unclear."""
    if not _unclear(desk, None):
        return []
    with applying(desk.paths.applying):
        return settle(desk, by)


def settle(desk: Desk, by: str, order: Order | None = None) -> list[Outcome]:
    """What is true of each change that was sent and has no outcome: kept in the log as applied or interrupted, never sent again. What can't
    be read yet stays as it is. For who holds the right to apply. `order`: what is carried out next, and settles its own."""
    waiting = _unclear(desk, order)
    if not waiting:
        return []
    found: list[Outcome] = []
    with opened(desk.cfg, {e.action.target.provider_id for e, _ in waiting}) as writers:
        hands = Hands(writers, desk.log, desk.masker.raw, desk.clock, desk.tell)
        for effect, undo in waiting:
            action = undone(effect.action) if undo else effect.action
            own = Order(effect.plan, by, effect.approval, undo=undo, write=True)
            found += settled([action], own, hands)
    counts = Counter("unclear still" if o.outcome == "sent" else o.outcome for o in found)
    said = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    desk.tell(f"{len(found)} changes that were cut off earlier: {said}")
    return found


def _unclear(desk: Desk, order: Order | None) -> Sequence[tuple[Effect, bool]]:
    """Each effect that was sent and has no outcome, and whether it was to undo; those of `order` left out."""
    effects = [e for e in desk.history().effects.values() if e.undo not in UNDONE]  # of those nothing is left
    each = [(e, undo) for e in effects for undo in (False, True)]
    return [
        (e, undo) for e, undo in each
        if (e.undo if undo else e.state) == "sent"
        and (order is None or (e.plan, undo) != (order.plan, order.undo))
    ]  # fmt: skip
