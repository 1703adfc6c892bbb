"""What lies in Google Cloud now, and which labels and tags does it carry? Listed by Cloud Asset Inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import GcpScope
    from recon.snapshot.listing import Lister


def open_lister(scope: GcpScope, pace: Pace | None = None) -> Lister:
    """A lister of what `scope` names. The client library is imported here, not before. Nothing is asked yet."""
    from connectors.gcp.inventory.lister import open_lister as opened

    return opened(scope, pace)
