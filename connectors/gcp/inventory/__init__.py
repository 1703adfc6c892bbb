"""What lies in Google Cloud now, and which labels and tags does it carry? Listed by Cloud Asset Inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recon.errors import InputError

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import GcpScope
    from recon.snapshot.listing import Lister


def open_lister(scope: GcpScope | None, pace: Pace | None = None) -> Lister:
    """A lister of what `scope` names. The client library is imported here, not before. Nothing is asked yet.
    Raises InputError without a scope: unlike the other clouds Google Cloud has no whole that goes without saying."""
    if scope is None:
        raise InputError(
            "an inventory source of Google Cloud names no scope: add gcp: {scopes: [organizations/NUMBER]}, "
            "or folders/NUMBER, or projects/ID"
        )
    from connectors.gcp.inventory.lister import open_lister as opened

    return opened(scope, pace)
