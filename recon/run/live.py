"""What do the clouds say of their resources now? Asked at the start of a run, before the store is touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.inventories import open_lister
from connectors.live.parts import Parts
from connectors.live.walk import Night, take
from recon.config import Inventory
from recon.errors import Unreachable
from recon.snapshot.listing import Listing
from recon.snapshot.snapshot import InventorySource

_SETTINGS = {"name", "workers", "resume_hours"}  # these do not decide what is listed


def list_live(
    source: InventorySource, said: Inventory, folder: Path, now: datetime, tell: Callable[[str], None]
) -> InventorySource:
    """The source with what its cloud said, or why it could not even be asked. `folder`: where parts lie until the
    store is published, so that a killed run goes on where it stopped."""
    text = json.dumps(said.model_dump(mode="json", exclude=_SETTINGS), sort_keys=True)
    at = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    night = Night(
        hashlib.sha256(text.encode()).hexdigest(),
        at,
        said.workers,
        timedelta(hours=said.resume_hours),
        lambda line: tell(f"inventory {source.name}: {line}"),
    )
    lister = open_lister(said)
    try:
        listing = take(lister, Parts(folder / hashlib.sha256(source.name.encode()).hexdigest()[:16]), night)
    except Unreachable as error:
        return replace(source, unreachable=error)
    finally:
        lister.close()
    tell(_summary(source.name, listing))
    return replace(source, listing=listing)


def _summary(name: str, listing: Listing) -> str:
    asked = sum(listing.calls.values())
    per = f", {asked * 1000 / listing.resources:.1f} per 1,000 resources" if listing.resources else ""
    unseen = f"; {len(listing.unseen)} places could not be seen" if listing.unseen else ""
    return f"inventory {name}: {listing.resources:,} resources, {asked:,} requests{per}{unseen}"
