"""What can a monitoring system read about the run?

`metrics.prom` in the Prometheus text format (for node_exporter's textfile collector): gauges for the bill,
verdicts, coverage, indicators, findings, closing differences, what has no owner, and gaps. Money keeps all
its digits; label values are hostile text and are escaped. Alert on `tagrecon_run_finished_timestamp_seconds`
for a run that stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from reports.summary import Summary
from reports.visible import visible
from reports.words import exact

Sample = tuple[dict[str, str | None], Decimal | int | None]


def metrics(summary: Summary, period: str) -> str:
    """The whole file. Owners are given for the headline `period` only, coverage and indicators from it
    onwards.
    """
    lines: list[str] = []
    for name, help_text, samples in _families(summary, period):
        body = [line for line in (_line(name, labels, value) for labels, value in samples) if line]
        if body:
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", *sorted(set(body))]
    return "\n".join(lines) + "\n"


def _families(s: Summary, period: str) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    run = s.run
    yield (
        "tagrecon_run_info",
        "The run: always 1.",
        [
            (
                {
                    "run_id": run.id,
                    "status": run.status,
                    "version": run.version,
                    "registry": run.registry_version,
                },
                1,
            )
        ],
    )
    yield (
        "tagrecon_run_partial",
        "1 when something configured could not be read.",
        [({}, int(run.status != "ok"))],
    )
    yield "tagrecon_run_started_timestamp_seconds", "When the run began.", [({}, _epoch(run.started_at))]
    yield "tagrecon_run_finished_timestamp_seconds", "When the run ended.", [({}, _epoch(run.finished_at))]
    yield (
        "tagrecon_gaps",
        "Things that could not be read, by kind.",
        [({"kind": kind}, sum(g.kind == kind for g in s.gaps)) for kind in sorted({g.kind for g in s.gaps})],
    )
    for book in ("billed", "effective"):
        yield from _money_families(s, book)
    yield from _share_families(s, period)
    yield (
        "tagrecon_owner_effective_cost",
        "EffectiveCost on an owner's statement, headline period.",
        [
            ({"period": o.billing_period, "currency": o.currency, "owner": o.owner}, o.total)
            for o in s.owners
            if o.billing_period == period
        ],
    )
    yield "tagrecon_findings_open", "Open findings.", [({}, s.findings.total)]
    yield "tagrecon_fixes_proposed", "Fixes that wait for a person.", [({}, s.fixes.proposed)]
    yield (
        "tagrecon_quarantined_rows",
        "Bill rows set aside as unreadable.",
        [
            (
                _scope(
                    c.billing_period, c.currency, provider=c.provider_id, billing_account=c.billing_account_id
                ),
                c.quarantined_rows,
            )
            for c in s.closing
        ],
    )


def _money_families(s: Summary, book: str) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    cost, difference = f"{book}_cost", f"difference_{book}"
    yield (
        f"tagrecon_verdict_{book}_cost",
        f"{book.title()}Cost per verdict of the owner key; a period's verdicts sum to its bill.",
        [(_scope(v.billing_period, v.currency, verdict=v.verdict), getattr(v, cost)) for v in s.verdicts],
    )
    yield (
        f"tagrecon_unallocated_{book}_cost",
        f"{book.title()}Cost in accounts without an owner.",
        [(_scope(u.billing_period, u.currency, account=u.account), getattr(u, cost)) for u in s.unallocated],
    )
    yield (
        f"tagrecon_closing_{book}_difference",
        "Source minus quarantined minus ledger: exactly 0, or the books do not close.",
        [
            (
                _scope(
                    c.billing_period, c.currency, provider=c.provider_id, billing_account=c.billing_account_id
                ),
                getattr(c, difference),
            )
            for c in s.closing
        ],
    )
    yield (
        f"tagrecon_fixes_recovered_{book}_cost",
        f"{book.title()}Cost that the proposed fixes would put right.",
        [({"currency": r.currency}, getattr(r, cost)) for r in s.fixes.recovered],
    )


def _share_families(s: Summary, since: str) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    for field in ("by_cost", "by_cost_taggable", "by_cost_with_inherited", "by_count", "by_count_taggable"):
        yield (
            f"tagrecon_coverage_{field}_ratio",
            "Label coverage (M1), 0 to 1; no sample where the base is 0 or less.",
            [
                (_scope(c.billing_period, c.currency, key=c.key, scope=c.scope), getattr(c, field))
                for c in s.coverage
                if c.billing_period >= since
            ],
        )
    for field in ("value", "target"):
        yield (
            f"tagrecon_sli_{field}",
            f"Service level indicator: {field}, in its unit.",
            [
                (_scope(i.billing_period, i.currency, id=i.id, key=i.key, unit=i.unit), getattr(i, field))
                for i in s.slis
                if (i.billing_period or since) >= since
            ],
        )


def _scope(period: str | None, currency: str | None, **more: str | None) -> dict[str, str | None]:
    return {"period": period, "currency": currency, **more}


def _line(name: str, labels: dict[str, str | None], value: Decimal | int | None) -> str:
    if value is None:
        return ""
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items() if text is not None)
    number = exact(value) if isinstance(value, Decimal) else str(value)
    return f"{name}{{{inside}}} {number}" if inside else f"{name} {number}"


def _escaped(text: str) -> str:
    # Two long values may begin alike; the digest keeps their series apart, a double one voids the whole file.
    tail = f" {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}" if len(text) > 120 else ""
    return f"{visible(text)}{tail}".replace("\\", "\\\\").replace('"', '\\"')


def _epoch(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
