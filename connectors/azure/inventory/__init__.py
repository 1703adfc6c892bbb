"""What lies in Azure now, with which tags? Listed by Resource Graph, and by Resource Manager where that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import AzureScope
    from recon.snapshot.listing import Lister


def open_lister(scope: AzureScope | None, pace: Pace | None = None) -> Lister:
    """A lister of what `scope` names; None: every subscription that the identity can see. The client library is
    imported here, not before. Nothing is asked yet."""
    from connectors.azure.inventory.lister import open_lister as opened

    return opened(scope, pace)
