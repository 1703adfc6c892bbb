"""AWS as it is now: accounts, regions, resources and their tags, over the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import AwsScope
    from recon.snapshot.listing import Lister


def open_lister(scope: AwsScope | None, pace: Pace | None = None) -> Lister:
    """A lister of what `scope` names; None: the account of the credentials, in all its enabled regions. boto3 is
    imported here, not before. Nothing is asked yet."""
    from connectors.aws.inventory.lister import AwsLister
    from connectors.live.pace import Pace as OwnPace
    from recon.config.live import AwsScope as OwnScope

    return AwsLister(scope or OwnScope(), pace or OwnPace())
