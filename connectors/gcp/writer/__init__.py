"""Who puts labels and tags on Google Cloud's resources? Each service that refuses a write made from an old state."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import GcpScope
    from recon.fix.writing import Writer


def open_writer(scope: GcpScope, pace: Pace) -> Writer:
    """A writer of labels and tags in Google Cloud. The client library is imported here, not before. Nothing is asked
    yet."""
    from connectors.gcp.writer.writer import open_writer as opened

    return opened(scope, pace)
