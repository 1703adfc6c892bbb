"""What was planted, and to what does it add up?

The totals are summed over the planned lines with the verdicts of the plan; no rule of the product is applied
here. Money is exact, in the row's currency; `truth.json` holds it as plain decimal text.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from configs.sample import clock
from configs.sample.drift import TagChange, tag_changes
from configs.sample.lines import Line
from configs.sample.resources import Resource
from configs.sample.stories import DEFECTS


@dataclass(frozen=True)
class Planted:
    """One planted thing, per key and billing period. `check` is a verdict's or a finding's name.

    `resource` is the inventory's id, `billed_as` the bill's; both None for an export without resources. The
    costs and days are those of the lines with that verdict; a thing without lines has None and zero.
    """

    check: str
    kind: str
    provider: str
    account: str | None
    resource: str | None
    billed_as: str | None
    key: str | None
    billing_period: str | None
    currency: str
    first_day: date | None
    last_day: date | None
    lines: int
    billed_cost: Decimal
    effective_cost: Decimal


@dataclass(frozen=True)
class VerdictTotal:
    """All charges of a period, currency and key under one verdict; a key's rows sum to the bill."""

    billing_period: str
    currency: str
    key: str
    verdict: str
    lines: int
    billed_cost: Decimal
    effective_cost: Decimal


@dataclass(frozen=True)
class BillTotal:
    """One book: what a period's bill of one billing account sums to."""

    billing_period: str
    provider: str
    billing_account: str
    currency: str
    lines: int
    billed_cost: Decimal
    effective_cost: Decimal


@dataclass(frozen=True)
class OwnerTotal:
    """What one ledger account gets before any shared pool is split."""

    billing_period: str
    provider: str
    currency: str
    account: str
    lines: int
    billed_cost: Decimal
    effective_cost: Decimal


@dataclass(frozen=True)
class Truth:
    """The planted truth of one estate. `controls` look like defects and are none."""

    seed: int
    scale: float
    now: str
    defects: tuple[Planted, ...]
    controls: tuple[Planted, ...]
    verdicts: tuple[VerdictTotal, ...]
    bills: tuple[BillTotal, ...]
    owners: tuple[OwnerTotal, ...]
    drift: tuple[TagChange, ...]

    def write(self, path: Path) -> None:
        """One JSON document, sorted, the same bytes for the same plan."""
        text = json.dumps(asdict(self), indent=1, default=_as_text, ensure_ascii=True)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")


@dataclass
class _Sum:
    lines: int = 0
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    first: date | None = None
    last: date | None = None

    def add(self, line: Line) -> None:
        self.lines += 1
        self.billed += line.billed
        self.effective += line.effective
        self.first = min(self.first or line.day, line.day)
        self.last = max(self.last or line.day, line.day)


_Sums = dict[tuple[Any, ...], _Sum]


def truth_of(seed: int, scale: float, resources: Sequence[Resource], lines: Iterable[Line]) -> Truth:
    """Adds the planned lines up; what has no line is taken from the planned resources."""
    verdicts, bills, owners, planted = (defaultdict[tuple[Any, ...], _Sum](_Sum) for _ in range(4))
    for line in lines:
        period, currency = line.period, line.payer.currency
        bills[period, line.payer.provider, line.payer.id, currency].add(line)
        owners[period, line.payer.provider, currency, line.pays].add(line)
        for key, verdict in line.judged:
            verdicts[period, currency, key, verdict].add(line)
            if kind := _planted_kind(line, key, verdict):
                planted[(verdict, kind, *_place(line), key, period, currency)].add(line)
        if line.resource and line.resource.finding:
            finding = line.resource.finding
            planted[(finding, finding, *_place(line), _finding_key(finding), period, currency)].add(line)
    things = [*_rows(Planted, planted, with_days=True), *_unbilled(resources)]
    defects = {*DEFECTS, *(r.finding for r in resources if r.finding)}
    return Truth(
        seed, scale, clock.NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        tuple(t for t in things if t.check in defects), tuple(t for t in things if t.check not in defects),
        _rows(VerdictTotal, verdicts), _rows(BillTotal, bills), _rows(OwnerTotal, owners),
        tag_changes(resources),
    )  # fmt: skip


def _planted_kind(line: Line, key: str, verdict: str) -> str | None:
    """What was planted under a key of a line; None where nothing was."""
    if line.resource is None:
        return "no-resource-level" if verdict in DEFECTS else None
    story = next(s for s in line.resource.stories if s.key == key)
    return None if story.kind == "healthy" or line.category != "Usage" else story.kind


def _finding_key(finding: str) -> str | None:
    return {"empty-value": "cost-center", "sensitive-value": "debug-note"}.get(finding)


def _place(line: Line) -> tuple[str, str | None, str | None, str | None]:
    resource = line.resource
    ids = (resource.live_id, resource.billed_id) if resource else (None, None)
    return line.payer.provider, line.account.id if line.account else None, *ids


def _unbilled(resources: Sequence[Resource]) -> list[Planted]:
    return [
        Planted(
            "live-not-billed", "live-not-billed", r.account.provider, r.account.id, r.live_id, r.billed_id,
            None, None, r.account.payer.currency, None, None, 0, Decimal(0), Decimal(0),
        )
        for r in sorted(resources, key=lambda r: r.live_id) if not r.runs
    ]  # fmt: skip


def _rows(row: type[Any], sums: _Sums, *, with_days: bool = False) -> tuple[Any, ...]:
    """Sorted rows: the key's parts, then days if wanted, then lines and the two sums."""
    ordered = sorted(sums.items(), key=lambda item: tuple(str(part) for part in item[0]))
    return tuple(
        row(*key, *((s.first, s.last) if with_days else ()), s.lines, s.billed, s.effective)
        for key, s in ordered
    )


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in truth.json")
