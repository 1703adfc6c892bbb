"""What could this run not see, and what does the kind of export not show? Gaps, never silence."""

from __future__ import annotations

import duckdb

from recon.config import RunConfig
from recon.ingest.ingest import BillSource, Ingested
from recon.model import Gap
from recon.snapshot.snapshot import InventorySource, Snapshotted

_NO_RESOURCES = """
SELECT provider_id, billing_account_id, list(DISTINCT billing_period ORDER BY billing_period)
FROM base.book b JOIN base.charge c USING (book_no) GROUP BY ALL HAVING max(c.bill_resource_no) = 0 ORDER BY ALL"""


def missing_locations(
    cfg: RunConfig, bills: list[BillSource], inventories: list[InventorySource]
) -> list[Gap]:
    """Configured sources with nothing at their location; and, as a limitation, an inventory not configured."""
    found = [
        Gap(
            "missing",
            f"billing {b.rule.name}",
            "no file lies at its location; check `location:` and the delivery",
        )
        for b in bills
        if not b.paths
    ]
    found += [
        Gap(
            "missing",
            f"inventory {i.name}",
            "no dump lies at its location; check `location:` and the dump's job",
        )
        for i in inventories
        if not i.paths
    ]
    if not cfg.inventory:
        reason = (
            "no inventory is configured: live tags are not known, and every figure rests on the bill alone"
        )
        found.append(Gap("not-configured", "inventory", reason, limitation=True))
    if not cfg.billing:
        found.append(Gap("not-configured", "billing", "no billing source is configured", limitation=True))
    return found


def delivery_gaps(ingested: Ingested) -> list[Gap]:
    """Bill files that could not be used and periods that were held."""
    found = [
        Gap("unreadable", f"{file.source}: {file.name}", reason, touched=(file.source,))
        for file, reason in ingested.problems
    ]
    for held in ingested.held:
        period, provider, account = held.group
        found.append(Gap("held", f"{period} {provider} {account}", held.reason, provider, touched=(period,)))
    return found


def snapshot_gaps(snapshotted: Snapshotted) -> list[Gap]:
    """Inventory dumps that could not be used and accounts that were promised and not seen."""
    found = [
        Gap("unreadable", f"{file.source}: {file.name}", reason, touched=(file.source,))
        for file, reason in snapshotted.problems
    ]
    for source, provider, account in snapshotted.missing:
        reason = f"inventory source {source} promises this account (`covers`), but no dump lists it"
        found.append(Gap("missing", f"{provider} {account}", reason, provider, touched=(account,)))
    return found


def limitations(con: duckdb.DuckDBPyConnection) -> list[Gap]:
    """What the loaded exports don't carry."""
    rows = con.execute(_NO_RESOURCES).fetchall()
    reason = "this export carries no resource ids: its lines are judged by their own tags alone"
    return [
        Gap(
            "no-resource-level",
            f"{provider} {account}",
            reason,
            provider,
            touched=tuple(periods),
            limitation=True,
        )
        for provider, account, periods in rows
    ]
