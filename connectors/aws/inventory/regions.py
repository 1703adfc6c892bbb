"""Which regions of an account can hold anything?"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.aws.inventory.desk import Desk
from recon.errors import Unreachable
from recon.snapshot.listing import Unseen


def enabled(desk: Desk, wanted: Iterable[str]) -> tuple[list[str], list[Unseen]]:
    """The regions to list, and those that were asked for and are not enabled in the account. Where the account
    does not tell its regions those that were asked for are taken at their word. Raises Unreachable."""
    asked = list(dict.fromkeys(wanted))
    try:
        # without AllRegions it names the enabled ones only
        answer = desk.ask("ec2", "DescribeRegions", desk.sessions.region)
    except Unreachable as error:
        if not asked or error.permission != "ec2:DescribeRegions":
            raise
        return asked, []
    found = sorted(str(region["RegionName"]) for region in answer.get("Regions", ()))
    if not found:
        raise Unreachable(f"aws/{desk.account}", "an answer that can't be read: it names no region")
    if not asked:
        return found, []
    reason = "the region is not enabled in the account, or there is none of that name"
    missing = [
        Unseen("aws", desk.account, reason, region, kind="missing") for region in asked if region not in found
    ]
    return [region for region in asked if region in found], missing
