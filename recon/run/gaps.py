"""What could this run not see, and what does the kind of export not show? Gaps, never silence."""

from __future__ import annotations

import duckdb

from recon.config import RunConfig
from recon.ingest.ingest import Ingested
from recon.ingest.source import BillSource
from recon.model import Gap
from recon.snapshot.listing import Unseen
from recon.snapshot.snapshot import InventorySource, Snapshotted

_NO_RESOURCES = """
SELECT provider_id, billing_account_id, list(DISTINCT billing_period ORDER BY billing_period)
FROM base.book b JOIN base.charge c USING (book_no) GROUP BY ALL HAVING max(c.bill_resource_no) = 0 ORDER BY ALL"""


# amortized exports with no actual one beside them
_ONLY_AMORTIZED = """
SELECT b.provider_id, b.billing_account_id, list(DISTINCT b.billing_period ORDER BY b.billing_period)
FROM base.file_book b JOIN base.source_file f USING (file_no)
WHERE b.in_force AND b.counts = 'both' AND f.view = 'effective' GROUP BY ALL ORDER BY ALL"""


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
        if not b.files and b.unreachable is None and not b.left_out and not b.deliveries
    ]
    found += [
        Gap(
            b.unreachable.kind,
            f"billing {b.rule.name}",
            b.unreachable.reason,
            permission=b.unreachable.permission,
        )
        for b in bills
        if b.unreachable is not None
    ]
    found += [
        Gap(
            "missing",
            f"inventory {i.name}",
            "no dump lies at its location; check `location:` and the dump's job",
        )
        for i in inventories
        if not i.files and not i.live and i.unreachable is None
    ]
    found += [
        Gap(
            i.unreachable.kind,
            f"inventory {i.name}",
            i.unreachable.reason,
            permission=i.unreachable.permission,
        )
        for i in inventories
        if i.unreachable is not None
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
    return found + _unseen_gaps(snapshotted.unseen)


def _unseen_gaps(unseen: list[Unseen]) -> list[Gap]:
    """One gap for each account, type and reason, however many regions it is true of."""
    alike: dict[tuple[str, str, str, str, str | None], list[Unseen]] = {}
    for each in unseen:
        key = (each.provider, each.account, each.type, each.kind, each.permission)
        alike.setdefault(key, []).append(each)
    found = []
    for (provider, account, kind_of_resource, kind, permission), places in sorted(
        alike.items(), key=lambda item: tuple(str(part) for part in item[0])
    ):
        regions = sorted({each.region for each in places if each.region})
        scope = " ".join(part for part in (provider, account or "all accounts", kind_of_resource) if part)
        where = f" (in {', '.join(regions[:5])}{f' and {len(regions) - 5} more' if len(regions) > 5 else ''})"
        reason = min(each.reason for each in places) + (where if regions else "")
        found.append(Gap(kind, scope, reason, provider, permission, touched=(account,) if account else ()))
    return found


def limitations(con: duckdb.DuckDBPyConnection) -> list[Gap]:
    """What the loaded exports don't carry."""
    rows = con.execute(_NO_RESOURCES).fetchall()
    reason = "this export carries no resource ids: its lines are judged by their own tags alone"
    amortized = con.execute(_ONLY_AMORTIZED).fetchall()
    stand_in = (
        "only amortized costs were delivered: purchases of commitments are not among them, so that BilledCost is not "
        "what the invoice says. Add the actual-cost export of the same period"
    )
    return [
        Gap(
            "amortized-only",
            f"{provider} {account}",
            stand_in,
            provider,
            touched=tuple(periods),
            limitation=True,
        )
        for provider, account, periods in amortized
    ] + [
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
