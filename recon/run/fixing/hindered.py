"""What stands in the way of an action today, though a plan holds it? Protections and code are looked at again, not only when it was planned."""

from __future__ import annotations

from collections.abc import Sequence

from recon.fix.guards import protection
from recon.fix.planned import Action
from recon.run.fixing.coding import in_code
from recon.run.fixing.desk import Desk


def hindered(desk: Desk, actions: Sequence[Action]) -> dict[str, str]:
    """Action id → why it must not be made now, as a sentence: the key, resource or account is protected, or code manages it."""
    found = {a.id: why for a in actions if (why := protection(a, desk.cfg.fix.protected, desk.registry))}
    if desk.paths.published.exists():
        with desk.store(pending=True) as con:
            coded = in_code(con, desk.cfg, actions)
        for own, change in coded.items():
            found.setdefault(
                own,
                f"{change.tool} manages it ({change.address}): it is changed there, else the next apply of the code undoes it.",
            )
    return found
