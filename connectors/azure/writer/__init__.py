"""Who puts tags on Azure's resources? Resource Manager's tags at scope, merged, never replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import AzureScope
    from recon.fix.writing import Writer


def open_writer(scope: AzureScope, pace: Pace) -> Writer:
    """A writer of tags in the Azure that `scope` names. The client library is imported here, not before. Nothing is
    asked yet."""
    from connectors.azure.writer.writer import open_writer as opened

    return opened(scope, pace)
